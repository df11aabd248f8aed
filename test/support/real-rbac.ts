/** The roles that we ask for, on an API server that enforces them, and kubeconfigs of those who have no more than them. */
import { join } from 'node:path';
import { optInBindings } from '#infra/deploy/rbac.ts';
import { type Accounts, createAccounts } from '#infra/local/start/accounts.ts';
import { createKube } from '#shared/kube/adapter.ts';

export interface RealRbac extends Accounts {
  /** Gives both accounts what a namespace gives that opts in to readiness gates. */
  optIn(namespace: string): Promise<void>;
}

/** Applies the manifest as the administrator whose kubeconfig is in `dir`. */
export async function applyRbac(dir: string): Promise<RealRbac> {
  const path = join(dir, 'kubeconfig');
  const asAdmin = async <T>(work: (kube: ReturnType<typeof createKube>) => Promise<T>): Promise<T> => {
    const kube = createKube({ kubeconfig: { path } });
    return work(kube).finally(() => kube.close());
  };
  const accounts = await asAdmin((kube) => createAccounts(kube, path));
  return {
    ...accounts,
    optIn: (namespace) =>
      asAdmin(async (kube) => {
        for (const one of optInBindings(namespace)) await kube.create(one);
      }),
  };
}

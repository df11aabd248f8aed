/** The roles that we ask for, on an API server that enforces them, and a kubeconfig of somebody who has no more than one of them. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { rbacYaml } from '#infra/deploy/rbac.ts';
import { createTransport } from '#shared/kube/transport.ts';
import { ownNamespace } from '#shared/ownership.ts';

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

const binding = (role: string, account: string, namespace: string) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'RoleBinding',
  metadata: { name: role, namespace },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
  subjects: [{ kind: 'ServiceAccount', name: account, namespace: ownNamespace }],
});

function pathOf({ apiVersion, kind, metadata: { namespace } }: Manifest): string {
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${group}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${kind.toLowerCase()}s`;
}

export interface RealRbac {
  /** Writes a kubeconfig with a token of a service account of ours and answers its path. */
  kubeconfigOf(account: string): Promise<string>;
  /** Gives a role to a service account of ours in one namespace. */
  bind(role: string, account: string, namespace: string): Promise<void>;
}

/** Applies the manifest as the administrator whose kubeconfig is in `dir`. */
export async function applyRbac(dir: string): Promise<RealRbac> {
  const admin = join(dir, 'kubeconfig');
  const transport = createTransport({ kubeconfig: { path: admin } });
  const post = async (path: string, body: object): Promise<unknown> => {
    const answer = await transport.send({ method: 'POST', path, body });
    // 409: the namespace is there already.
    if (answer.status >= 300 && answer.status !== 409) throw new Error(`POST ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  for (const document of parseAllDocuments(rbacYaml())) {
    const manifest: Manifest = document.toJS();
    await post(pathOf(manifest), manifest);
  }
  return {
    kubeconfigOf: async (account) => {
      const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } };
      const answer = await post(`/api/v1/namespaces/${ownNamespace}/serviceaccounts/${account}/token`, request);
      // The API server answers with the request and its status.
      const { token } = (answer as { readonly status: { readonly token: string } }).status;
      const config = parse(await readFile(admin, 'utf8'));
      const path = join(dir, `kubeconfig-${account}`);
      await writeFile(path, stringify({ ...config, users: [{ name: 'admin', user: { token } }] }), { mode: 0o600 });
      return path;
    },
    bind: async (role, account, namespace) => {
      const manifest = binding(role, account, namespace);
      await post(pathOf(manifest), manifest);
    },
  };
}

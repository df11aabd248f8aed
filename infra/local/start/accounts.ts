/**
 * Who forwarder and functions are on an API server that asks what they may: the service accounts of the manifest, with exactly its roles. What
 * they lack in a cluster they lack here too.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import * as z from 'zod';
import { createKube } from '#shared/kube/adapter.ts';
import type { KindName, Kube } from '#shared/kube/port.ts';
import { createTransport } from '#shared/kube/transport.ts';
import { ownNamespace } from '#shared/ownership.ts';
import { applyFile } from './apply.ts';

const rolesFile = 'infra/deploy/generated/rbac.generated.yaml';

/** Paths of their kubeconfigs. */
export interface Accounts {
  readonly forwarder: string;
  readonly functions: string;
}

/** Longer than any local cloud lasts, in seconds. */
const tokenSeconds = 365 * 24 * 3600;
/** An API server notices roles within a moment. */
const grantedWithinMs = 15_000;
const pauseMs = 50;

/** Of each, the last permissions of the manifest: one by a role of the cluster, one by a role in our namespace. */
const last: Readonly<Record<keyof Accounts, readonly { readonly kind: KindName; readonly namespace?: string }[]>> = {
  forwarder: [{ kind: 'Namespace' }],
  functions: [{ kind: 'Node' }, { kind: 'Lease', namespace: ownNamespace }],
};

/** Applies the roles as the administrator of a kubeconfig, and writes a kubeconfig for each account beside it. */
export async function createAccounts(kube: Kube, kubeconfig: string): Promise<Accounts> {
  await applyFile(kube, rolesFile);
  const [forwarder, functions] = await Promise.all([writeAccount('forwarder', kubeconfig), writeAccount('functions', kubeconfig)]);
  return { forwarder, functions };
}

const answered = z.object({ status: z.object({ token: z.string() }) });

async function tokenOf(account: string, kubeconfig: string): Promise<string> {
  const transport = createTransport({ kubeconfig: { path: kubeconfig } });
  const path = `/api/v1/namespaces/${ownNamespace}/serviceaccounts/${account}/token`;
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: tokenSeconds } };
  try {
    const { status, body: answer } = await transport.send({ method: 'POST', path, body });
    if (status !== 201) throw new Error(`POST ${path} answered ${status}`);
    return answered.parse(answer).status.token;
  } finally {
    transport.close();
  }
}

async function writeAccount(who: keyof Accounts, kubeconfig: string): Promise<string> {
  const token = await tokenOf(`albeit-${who}`, kubeconfig);
  const config = parse(await readFile(kubeconfig, 'utf8'));
  const [user] = config.users;
  const path = join(dirname(kubeconfig), `kubeconfig-${who}`);
  await writeFile(path, stringify({ ...config, users: [{ name: user.name, user: { token } }] }), { mode: 0o600 });
  await untilGranted(who, path);
  return path;
}

/** Who starts before his roles are noticed would complain of them. */
async function untilGranted(who: keyof Accounts, path: string): Promise<void> {
  const kube = createKube({ kubeconfig: { path } });
  const deadline = performance.now() + grantedWithinMs;
  try {
    for (const { kind, namespace } of last[who]) {
      for (;;) {
        const refused = await kube.list(kind, namespace === undefined ? {} : { namespace }).then(() => undefined, String);
        if (refused === undefined) break;
        if (performance.now() > deadline) throw new Error(`albeit-${who} may not list ${kind} although its roles were applied: ${refused}`);
        await delay(pauseMs);
      }
    }
  } finally {
    kube.close();
  }
}

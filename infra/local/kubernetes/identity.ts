/**
 * Who the local API is and who may call it: an authority of its own, a certificate for loopback, an administrator's token. Kept in the
 * folder of the server, so that clients which have read the kubeconfig still trust it after a restart.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import * as z from 'zod';
import { createAuthority, issueLeaf } from '../authority.ts';

const identitySchema = z.object({ authority: z.string(), certificate: z.string(), key: z.string(), token: z.string() });

/** PEM texts and the administrator's bearer token. */
export type Identity = Readonly<z.infer<typeof identitySchema>>;

async function createIdentity(): Promise<Identity> {
  const authority = await createAuthority('albeit-local-ca');
  const hosts = ['localhost', 'kubernetes.default.svc'];
  const server = await issueLeaf(authority, { commonName: 'kube-apiserver', hosts, addresses: ['127.0.0.1'] });
  const token = randomBytes(24).toString('base64url');
  return { authority: authority.certificate, certificate: server.certificate, key: server.key, token };
}

/** The identity kept in the folder, or a new one. */
export async function loadIdentity(dir: string): Promise<Identity> {
  await mkdir(dir, { recursive: true });
  const path = join(dir, 'identity.json');
  const kept = await readFile(path, 'utf8').catch(() => undefined);
  if (kept !== undefined) return identitySchema.parse(JSON.parse(kept));
  const identity = await createIdentity();
  await writeFile(path, JSON.stringify(identity), { mode: 0o600 });
  return identity;
}

/** Writes the administrator's kubeconfig and returns its path. */
export async function writeKubeconfig(dir: string, url: string, identity: Identity): Promise<string> {
  const path = join(dir, 'kubeconfig');
  const authority = Buffer.from(identity.authority).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'local',
    clusters: [{ name: 'local', cluster: { server: url, 'certificate-authority-data': authority } }],
    users: [{ name: 'admin', user: { token: identity.token } }],
    contexts: [{ name: 'local', context: { cluster: 'local', user: 'admin', namespace: 'default' } }],
  };
  await writeFile(path, stringify(config), { mode: 0o600 });
  return path;
}

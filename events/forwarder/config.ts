/** The forwarder's settings, from the environment. A setting that is misspelt is an error and not a default. */
import * as z from 'zod/mini';
import { type KeyRing, readKeyRing } from '#events/contract/signature.ts';
import type { QueuesOptions } from '#shared/cloud/mns/adapter.ts';
import type { KubeconfigSource } from '#shared/kube/credentials.ts';

export interface ForwarderConfig {
  readonly cluster: string;
  readonly ring: KeyRing;
  readonly queues: QueuesOptions;
  readonly kubeconfig: KubeconfigSource;
  readonly health: { readonly host: string; readonly port: number };
  readonly windowMs: number;
  /** Every Service is reached by pod address; see `Site`. */
  readonly podAddresses: boolean;
  readonly logLevel: string;
}

const text = z.string().check(z.minLength(1), z.trim());
const number = (least: number, most: number) =>
  z.pipe(z.string().check(z.regex(/^\d{1,6}$/)), z.pipe(z.transform(Number), z.int().check(z.minimum(least), z.maximum(most))));

const settings = z.strictObject({
  /** Names this cluster in keys and tags. */
  ALBEIT_CLUSTER: text.check(z.regex(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/)),
  /** The key ring as JSON, see `events/contract/signature.ts`; must have a signing key. Secret. */
  ALBEIT_SIGNING_KEYS: text,
  /** Such as `http://1000000000000001.mns.cn-hangzhou-internal.aliyuncs.com`: no path. */
  ALBEIT_MNS_ENDPOINT: text.check(z.regex(/^https?:\/\/[^/]+$/)),
  ALBEIT_ACCOUNT_ID: text,
  ALBEIT_ACCESS_KEY_ID: text,
  /** Secret. */
  ALBEIT_ACCESS_KEY_SECRET: text,
  /** Secret; with temporary credentials only. */
  ALBEIT_SECURITY_TOKEN: z.optional(text),
  /** Address for probes and metrics; in a pod it has to be 0.0.0.0. */
  ALBEIT_HEALTH_HOST: z._default(text, '127.0.0.1'),
  /** 0: a free one. */
  ALBEIT_HEALTH_PORT: z._default(number(0, 65_535), 8080),
  /** How long changes of one key are collected, in ms. */
  ALBEIT_WINDOW_MS: z._default(number(0, 60_000), 200),
  /** `true`: every Service is reached by pod address, unless it is annotated otherwise. The same as for the functions. */
  ALBEIT_POD_ADDRESSES: z._default(z.enum(['true', 'false']), 'false'),
  ALBEIT_LOG_LEVEL: z._default(z.enum(['debug', 'info', 'warn', 'error']), 'info'),
  /** File; without it, the service account of the pod. */
  KUBECONFIG: z.optional(text),
});

/** Reads the settings. The error names every setting that is wrong and shows no value: some are secrets. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): ForwarderConfig {
  const given = Object.entries(environment).filter(
    ([name, value]) => (name.startsWith('ALBEIT_') || name === 'KUBECONFIG') && value !== '',
  );
  const parsed = settings.safeParse(Object.fromEntries(given));
  if (!parsed.success) throw new Error(`settings that are missing or wrong: ${wrongSettings(parsed.error.issues).join(', ')}`);
  const found = parsed.data;
  const ring = readKeyRing(found.ALBEIT_SIGNING_KEYS);
  if (ring.sign === undefined) throw new Error('settings that are missing or wrong: ALBEIT_SIGNING_KEYS (it names no key to sign with)');
  return {
    cluster: found.ALBEIT_CLUSTER,
    ring,
    queues: {
      accountId: found.ALBEIT_ACCOUNT_ID,
      endpoint: found.ALBEIT_MNS_ENDPOINT,
      accessKeyId: found.ALBEIT_ACCESS_KEY_ID,
      accessKeySecret: found.ALBEIT_ACCESS_KEY_SECRET,
      securityToken: found.ALBEIT_SECURITY_TOKEN,
    },
    kubeconfig: found.KUBECONFIG === undefined ? { inCluster: true } : { path: found.KUBECONFIG },
    health: { host: found.ALBEIT_HEALTH_HOST, port: found.ALBEIT_HEALTH_PORT },
    windowMs: found.ALBEIT_WINDOW_MS,
    podAddresses: found.ALBEIT_POD_ADDRESSES === 'true',
    logLevel: found.ALBEIT_LOG_LEVEL,
  };
}

type Issue = { readonly path: readonly PropertyKey[]; readonly keys?: readonly string[] };

const wrongSettings = (issues: readonly Issue[]): readonly string[] => [
  ...new Set(issues.flatMap((issue) => (issue.keys === undefined ? [String(issue.path[0])] : issue.keys.map((key) => `${key} (unknown)`)))),
];

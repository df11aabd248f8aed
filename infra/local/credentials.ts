/**
 * The fixed key pairs of the local cloud, and how an emulator looks one up: a main pair for programs on the machine, and a role's pair
 * with a token for functions, so that code which forgets the token fails here as it would in the cloud.
 */
import * as z from 'zod';
import type { LocalCredentials } from './service.ts';

export const localCredentials = {
  accountId: '1000000000000042',
  accessKeyId: 'LTAIlocalAlbeit',
  accessKeySecret: 'local-secret-of-the-main-pair',
  region: 'cn-local',
  sts: {
    accessKeyId: 'STS.localFunctions',
    accessKeySecret: 'local-secret-of-the-role',
    securityToken: 'local-token-of-the-role',
  },
} as const satisfies LocalCredentials;

/** Credentials as they arrive in the options of an emulator that runs as a process of its own. */
export const credentialsSchema = z.strictObject({
  accountId: z.string().min(1),
  accessKeyId: z.string().min(1),
  accessKeySecret: z.string().min(1),
  region: z.string().min(1),
  sts: z
    .strictObject({ accessKeyId: z.string().startsWith('STS.'), accessKeySecret: z.string().min(1), securityToken: z.string().min(1) })
    .optional(),
});

/** A pair that signs requests. `securityToken` is empty for the main pair. */
export interface KeyPair {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken: string;
}

/**
 * The pair that a request is signed with, if the local cloud knows it: the id must be one of the two, and the token exactly the one
 * that belongs to it (none with the main pair).
 */
export function findKeyPair(credentials: LocalCredentials, accessKeyId: string, securityToken: string): KeyPair | undefined {
  const known: readonly KeyPair[] = [
    { accessKeyId: credentials.accessKeyId, accessKeySecret: credentials.accessKeySecret, securityToken: '' },
    ...(credentials.sts === undefined ? [] : [credentials.sts]),
  ];
  return known.find((pair) => pair.accessKeyId === accessKeyId && pair.securityToken === securityToken);
}

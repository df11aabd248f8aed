/** The settings of a function, validated; a name that we do not know is refused, because it is most likely a known one misspelt. */
import * as z from 'zod/mini';
import { type KeyRing, readKeyRing } from '#events/contract/signature.ts';
import type { Site } from '#shared/model/wish.ts';

const text = z.string().check(z.minLength(1));

const schema = z.strictObject({
  ALBEIT_CLUSTER: text,
  ALBEIT_REGION: text,
  ALBEIT_VPC_ID: text,
  ALBEIT_ACCOUNT_ID: text,
  /** Hosts or base URLs; absent: the service's own host in the region. */
  ALBEIT_ALB_ENDPOINT: z.optional(text),
  ALBEIT_ECS_ENDPOINT: z.optional(text),
  ALBEIT_VPC_ENDPOINT: z.optional(text),
  ALBEIT_MNS_ENDPOINT: text,
  /** Secret: the key ring, see `events/contract/signature.ts`. */
  ALBEIT_SIGNING_KEYS: text,
  /** Seconds, when the function runs with another timeout than the step table says. */
  ALBEIT_FUNCTION_TIMEOUT: z.optional(text.check(z.regex(/^[1-9]\d{0,4}$/))),
  /** Rules that one ALB holds, where the account's quota is another than the usual. */
  ALBEIT_RULE_QUOTA: z.optional(text.check(z.regex(/^[1-9]\d{0,4}$/))),
  /** `true`: every Service is reached by pod address, see `Site`. The forwarder has the same setting. */
  ALBEIT_POD_ADDRESSES: z.optional(z.enum(['true', 'false'])),
  KUBECONFIG: z.optional(text),
});

export interface Settings {
  readonly site: Site;
  readonly accountId: string;
  readonly endpoints: { readonly alb: string; readonly ecs: string; readonly vpc: string; readonly mns: string };
  readonly ring: KeyRing;
  readonly timeoutSeconds: number | undefined;
  /** Path of a kubeconfig. */
  readonly kubeconfig: string | undefined;
}

/** Reads the settings. Throws an error that names what is missing or wrong, and never shows a value. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const ours = Object.entries(environment).filter(([name, value]) => (name.startsWith('ALBEIT_') || name === 'KUBECONFIG') && value !== '');
  const parsed = schema.safeParse(Object.fromEntries(ours));
  if (!parsed.success) {
    const names = parsed.error.issues.map((issue) =>
      'keys' in issue ? `${String(issue.keys)} (unknown)` : issue.path.map(String).join('.'),
    );
    throw new Error(`settings that are missing or wrong: ${names.join(', ')}; docs/operations.md lists them`);
  }
  const found = parsed.data;
  const region = found.ALBEIT_REGION;
  return {
    site: {
      cluster: found.ALBEIT_CLUSTER,
      region,
      vpcId: found.ALBEIT_VPC_ID,
      ...(found.ALBEIT_RULE_QUOTA === undefined ? {} : { rulesPerLoadBalancer: Number(found.ALBEIT_RULE_QUOTA) }),
      ...(found.ALBEIT_POD_ADDRESSES === 'true' ? { podAddresses: true } : {}),
    },
    accountId: found.ALBEIT_ACCOUNT_ID,
    endpoints: {
      alb: found.ALBEIT_ALB_ENDPOINT ?? `alb.${region}.aliyuncs.com`,
      ecs: found.ALBEIT_ECS_ENDPOINT ?? `ecs.${region}.aliyuncs.com`,
      vpc: found.ALBEIT_VPC_ENDPOINT ?? `vpc.${region}.aliyuncs.com`,
      mns: found.ALBEIT_MNS_ENDPOINT,
    },
    ring: readKeyRing(found.ALBEIT_SIGNING_KEYS),
    timeoutSeconds: found.ALBEIT_FUNCTION_TIMEOUT === undefined ? undefined : Number(found.ALBEIT_FUNCTION_TIMEOUT),
    kubeconfig: found.KUBECONFIG,
  };
}

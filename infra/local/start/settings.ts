/** The settings of the deployed programs in the local cloud: the same variables as in `serverless.yml`. */
import { randomBytes } from 'node:crypto';
import { localCredentials } from '../credentials.ts';

/** Names this cluster in keys and tags. */
export const cluster = 'c-local';
/** The VPC that the VPC emulator knows. */
const vpcId = 'vpc-local';

/** Base URLs of the services that functions and forwarder speak to. */
export interface Endpoints {
  readonly alb: string;
  readonly mns: string;
  /** Path of a kubeconfig. */
  readonly kubeconfig: string;
}

/** A key ring that lives as long as this local cloud. */
export function newSigningKeys(): string {
  const secret = randomBytes(32).toString('base64');
  return JSON.stringify({ sign: 'local', keys: [{ id: 'local', secret }] });
}

export const functionEnvironment = (
  endpoints: Endpoints,
  signingKeys: string,
  timeoutSeconds: number | undefined,
): Readonly<Record<string, string>> => ({
  ALBEIT_CLUSTER: cluster,
  ALBEIT_REGION: localCredentials.region,
  ALBEIT_VPC_ID: vpcId,
  ALBEIT_ACCOUNT_ID: localCredentials.accountId,
  // One emulator answers for the three products: they differ by API version.
  ALBEIT_ALB_ENDPOINT: endpoints.alb,
  ALBEIT_ECS_ENDPOINT: endpoints.alb,
  ALBEIT_VPC_ENDPOINT: endpoints.alb,
  ALBEIT_MNS_ENDPOINT: endpoints.mns,
  ALBEIT_SIGNING_KEYS: signingKeys,
  KUBECONFIG: endpoints.kubeconfig,
  ...(timeoutSeconds === undefined ? {} : { ALBEIT_FUNCTION_TIMEOUT: String(timeoutSeconds) }),
});

export const forwarderEnvironment = (endpoints: Endpoints, signingKeys: string, healthPort: number): Readonly<Record<string, string>> => ({
  ALBEIT_CLUSTER: cluster,
  ALBEIT_ACCOUNT_ID: localCredentials.accountId,
  ALBEIT_ACCESS_KEY_ID: localCredentials.accessKeyId,
  ALBEIT_ACCESS_KEY_SECRET: localCredentials.accessKeySecret,
  ALBEIT_MNS_ENDPOINT: endpoints.mns,
  ALBEIT_SIGNING_KEYS: signingKeys,
  ALBEIT_HEALTH_PORT: String(healthPort),
  KUBECONFIG: endpoints.kubeconfig,
});

/** What every cloud adapter is made from, whatever the product. */
import { callTimeoutSeconds } from '#shared/steps.ts';

/** One finished call, successful or not, for counting and tracing. `code` is the service's own and empty on success. */
export interface CallReport {
  readonly product: 'alb' | 'ecs' | 'vpc';
  readonly action: string;
  readonly write: boolean;
  readonly ms: number;
  readonly code: string;
}

export interface CloudOptions {
  /** Host (`alb.cn-hangzhou.aliyuncs.com`, then https) or base URL (`http://127.0.0.1:9001`). */
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** Present with temporary credentials. */
  readonly securityToken?: string;
  /** Default: `callTimeoutSeconds` of the step table. */
  readonly callTimeoutMs?: number;
  readonly onCall?: (call: CallReport) => void;
}

/** The SDK wants host and port without a scheme, and the scheme beside it: given in one text, it would look up a host named `http`. */
export function hostAndProtocol(endpoint: string): { readonly endpoint: string; readonly protocol: 'http' | 'https' } {
  const match = /^(?:(https?):\/\/)?([^/?#\s]+)\/?$/.exec(endpoint);
  const host = match?.[2];
  if (host === undefined) throw new Error(`not an endpoint: "${endpoint}" (give a host, or http://host:port)`);
  return { endpoint: host, protocol: match?.[1] === 'http' ? 'http' : 'https' };
}

export const callTimeoutMsOf = (options: CloudOptions): number => options.callTimeoutMs ?? callTimeoutSeconds * 1000;

/**
 * The older RPC signature (HMAC-SHA1, version 1.0): everything travels as parameters, in the query or in a form. The Go SDK and
 * Terraform still use it, and users point both at the local cloud.
 */
import { createHmac } from 'node:crypto';
import type { Incoming } from './incoming.ts';
import { canonicalQuery, percentEncode } from './percent.ts';
import { ServiceError } from './service-error.ts';
import type { SignedRequest } from './signed-request.ts';

type Pairs = readonly (readonly [string, string])[];

/** The signature over all parameters but `Signature` itself, in base64. */
export function rpcSignature(method: string, parameters: Pairs, secret: string): string {
  const signed = parameters.filter(([name]) => name !== 'Signature');
  const text = `${method}&${percentEncode('/')}&${percentEncode(canonicalQuery(signed))}`;
  return createHmac('sha1', `${secret}&`).update(text).digest('base64');
}

/** Parameters that belong to the protocol and not to an action. */
const ofTheProtocol: ReadonlySet<string> = new Set([
  'Action',
  'Version',
  'Format',
  'AccessKeyId',
  'SecurityToken',
  'Signature',
  'SignatureMethod',
  'SignatureVersion',
  'SignatureNonce',
  'SignatureType',
  'Timestamp',
]);

const fixed: readonly (readonly [name: string, value: string])[] = [
  ['SignatureMethod', 'HMAC-SHA1'],
  ['SignatureVersion', '1.0'],
];

/** Takes a request of this style apart; the caller verifies it with the secret of its key. */
export function readRpc(incoming: Incoming): SignedRequest {
  const all = [...incoming.query, ...incoming.form];
  const given = new Map(all);
  const take = (name: string): string => {
    const value = given.get(name);
    if (value === undefined || value === '') throw new ServiceError(`Missing${name}`, `${name} is mandatory for this action.`);
    return value;
  };
  for (const [name, value] of fixed) {
    if (take(name).toUpperCase() !== value) throw new ServiceError(`Invalid${name}`, `Only ${value} is served as ${name}.`);
  }
  return {
    action: take('Action'),
    version: take('Version'),
    accessKeyId: take('AccessKeyId'),
    securityToken: given.get('SecurityToken') ?? '',
    date: take('Timestamp'),
    nonce: take('SignatureNonce'),
    parameters: all.filter(([name]) => !ofTheProtocol.has(name)),
    signature: take('Signature'),
    signWith: (secret) => rpcSignature(incoming.method, all, secret),
  };
}

/** Whether a request claims to be signed in this style. */
export const isRpc = (incoming: Incoming): boolean => [...incoming.query, ...incoming.form].some(([name]) => name === 'Signature');

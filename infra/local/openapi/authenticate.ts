/** Who calls, and whether to believe it: key, date, nonce and signature, in the order in which the service complains. */
import { timingSafeEqual } from 'node:crypto';
import { findKeyPair } from '../credentials.ts';
import type { LocalCredentials } from '../service.ts';
import { isAcs3, readAcs3 } from './acs3.ts';
import type { Incoming } from './incoming.ts';
import { isRpc, readRpc } from './rpc-v1.ts';
import { ServiceError } from './service-error.ts';
import type { SignedRequest } from './signed-request.ts';

/** How far a request's date may be from ours (ALB reference, emulator checklist 2). */
const skewMs = 15 * 60_000;

const same = (a: string, b: string): boolean => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

function read(incoming: Incoming): SignedRequest {
  if (isAcs3(incoming)) return readAcs3(incoming);
  if (isRpc(incoming)) return readRpc(incoming);
  throw new ServiceError('IncompleteSignature', 'The request carries no signature of a known style (ACS3-HMAC-SHA256 or RPC 1.0).');
}

/** A verifier that remembers the nonces it has seen for as long as their dates could be accepted. `now` is in Unix milliseconds. */
export function createAuthenticator(credentials: LocalCredentials, now: () => number): (incoming: Incoming) => SignedRequest {
  const nonces = new Map<string, number>();
  const forget = (before: number) => {
    for (const [nonce, at] of nonces) {
      if (at >= before) return; // kept in order of arrival
      nonces.delete(nonce);
    }
  };
  return (incoming) => {
    const request = read(incoming);
    const pair = findKeyPair(credentials, request.accessKeyId, request.securityToken);
    if (pair === undefined) {
      const isKnown = [credentials.accessKeyId, credentials.sts?.accessKeyId].includes(request.accessKeyId);
      if (isKnown) throw new ServiceError('InvalidSecurityToken.Malformed', 'The security token does not belong to this access key.');
      throw new ServiceError('InvalidAccessKeyId.NotFound', 'The specified access key is not found.', { status: 404 });
    }
    const at = Date.parse(request.date);
    if (!(Math.abs(now() - at) <= skewMs))
      throw new ServiceError('InvalidTimeStamp.Expired', 'The date is more than 15 minutes from ours.');
    if (!same(request.signWith(pair.accessKeySecret), request.signature)) {
      throw new ServiceError('SignatureDoesNotMatch', 'The signature is not the one that this key would make for this request.');
    }
    forget(now() - 2 * skewMs);
    if (nonces.has(request.nonce)) throw new ServiceError('SignatureNonceUsed', 'The nonce has been used already.');
    nonces.set(request.nonce, now());
    return request;
  };
}

/** Who calls: one of the two signature schemes, by the path's API version. */
import { timingSafeEqual } from 'node:crypto';
import { findKeyPair } from '../credentials.ts';
import { isAcs3, readAcs3 } from '../openapi/acs3.ts';
import type { Incoming } from '../openapi/incoming.ts';
import { ServiceError } from '../openapi/service-error.ts';
import type { LocalCredentials } from '../service.ts';
import { FcRefusal } from './fc-refusal.ts';
import { digestMatches, fc2Signature, readFc2 } from './fc2-signature.ts';

const windowMs = 15 * 60_000;

const same = (a: string, b: string): boolean => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

function secretOf(credentials: LocalCredentials, accessKeyId: string, securityToken: string): string {
  const pair = findKeyPair(credentials, accessKeyId, securityToken);
  if (pair === undefined) throw new FcRefusal('InvalidAccessKeyID', 'the key id is not known, or its token is missing or wrong');
  return pair.accessKeySecret;
}

function checkDate(text: string, now: number): void {
  if (!(Math.abs(now - Date.parse(text)) <= windowMs))
    throw new FcRefusal('AccessDenied', 'the date is more than 15 minutes away from ours');
}

function verifyFc2(incoming: Incoming, credentials: LocalCredentials, now: number): void {
  const given = readFc2(incoming);
  if (given === undefined) throw new FcRefusal('MissingRequiredHeader', 'authorization is missing or has another form');
  if ((incoming.headers['x-fc-account-id'] ?? '') === '') throw new FcRefusal('MissingRequiredHeader', 'x-fc-account-id is missing');
  const secret = secretOf(credentials, given.accessKeyId, incoming.headers['x-fc-security-token'] ?? '');
  if (!same(fc2Signature(incoming, secret), given.signature))
    throw new FcRefusal('SignatureNotMatch', 'the signature is not that of this request');
  checkDate(incoming.headers['date'] ?? '', now);
  if (!digestMatches(incoming)) throw new FcRefusal('InvalidArgument', 'content-md5 does not belong to the body');
}

function verifyAcs3(incoming: Incoming, credentials: LocalCredentials, now: number): void {
  if (!isAcs3(incoming)) throw new FcRefusal('MissingRequiredHeader', 'the request carries no ACS3-HMAC-SHA256 signature');
  try {
    const request = readAcs3(incoming);
    const secret = secretOf(credentials, request.accessKeyId, request.securityToken);
    if (!same(request.signWith(secret), request.signature))
      throw new FcRefusal('SignatureNotMatch', 'the signature is not that of this request');
    checkDate(request.date, now);
  } catch (error) {
    if (error instanceof ServiceError) throw new FcRefusal('SignatureNotMatch', error.message);
    throw error;
  }
}

/** Refuses a request that is not signed by a known pair in the scheme of its path. `now` is in Unix ms. */
export const authenticate = (incoming: Incoming, credentials: LocalCredentials, now: number): void =>
  incoming.path.startsWith('/2016-08-15/') ? verifyFc2(incoming, credentials, now) : verifyAcs3(incoming, credentials, now);

/** Is the request what its sender signed, and sent just now? (MNS reference, sections 2 and 3.) */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { findKeyPair } from '../credentials.ts';
import type { LocalCredentials } from '../service.ts';
import { Refusal } from './refusal.ts';

export interface SignedRequest {
  readonly method: string;
  /** Path and query exactly as on the request line. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const header = (request: SignedRequest, name: string): string => String(request.headers[name] ?? '');

/** The text that is signed. */
function stringToSign(request: SignedRequest): string {
  const date = header(request, 'x-mns-date') || header(request, 'date');
  const own = Object.keys(request.headers)
    .filter((name) => name.startsWith('x-mns-'))
    .sort()
    .map((name) => `${name}:${header(request, name)}\n`)
    .join('');
  return `${request.method}\n${header(request, 'content-md5')}\n${header(request, 'content-type')}\n${date}\n${own}${request.target}`;
}

export const sign = (request: SignedRequest, secret: string): string =>
  createHmac('sha1', secret).update(stringToSign(request)).digest('base64');

const same = (a: string, b: string): boolean => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

/** RFC 1864 says base64 of the digest; this SDK sends base64 of its hex text. Both occur, so both pass. */
function checkDigest(request: SignedRequest): void {
  const given = header(request, 'content-md5');
  if (given === '') return;
  const digest = createHash('md5').update(request.body).digest();
  const known = [digest.toString('base64'), Buffer.from(digest.toString('hex')).toString('base64')];
  if (!known.includes(given)) throw new Refusal('InvalidDegist', 'content-md5 does not belong to the body');
}

/** A request may be this much older or newer than the service's clock. */
const windowMs = 15 * 60_000;

function checkDate(request: SignedRequest, now: number, skewStatus: number): void {
  const text = header(request, 'x-mns-date') || header(request, 'date');
  if (text === '') throw new Refusal('MissingDateHeader', 'neither date nor x-mns-date is given');
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new Refusal('InvalidDateHeader', 'the date is not one of RFC 1123');
  if (Math.abs(now - at) > windowMs) throw new Refusal('TimeExpired', 'the date is more than 15 minutes away from ours', skewStatus);
}

function checkSignature(request: SignedRequest, credentials: LocalCredentials): void {
  const given = header(request, 'authorization');
  if (given === '') throw new Refusal('MissingAuthorizationHeader', 'the request is not signed');
  const parts = /^MNS ([^:\s]+):(\S+)$/.exec(given);
  const [, id = '', signature = ''] = parts ?? [];
  if (parts === null) throw new Refusal('InvalidAuthorizationHeader', 'expected the scheme MNS, an id and a signature');
  const pair = findKeyPair(credentials, id, header(request, 'security-token'));
  if (pair === undefined) throw new Refusal('InvalidAccessKeyId', 'this key id is not known, or its token is missing or wrong');
  if (!same(sign(request, pair.accessKeySecret), signature)) {
    throw new Refusal('SignatureDoesNotMatch', 'the signature is not the one of this request');
  }
}

/** Refuses a request that is not signed by a known pair. `now` is in Unix ms. */
export function verify(request: SignedRequest, credentials: LocalCredentials, now: number, skewStatus: number): void {
  if (header(request, 'x-mns-version') === '') throw new Refusal('MissingVersionHeader', 'x-mns-version is not given');
  checkSignature(request, credentials);
  checkDate(request, now, skewStatus);
  checkDigest(request);
}

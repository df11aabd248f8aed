/** Signature style ACS3-HMAC-SHA256: action, version, date and nonce travel in headers. This is what the typed SDKs of today send. */
import { createHash, createHmac } from 'node:crypto';
import type { Incoming } from './incoming.ts';
import { canonicalQuery } from './percent.ts';
import { ServiceError } from './service-error.ts';
import type { SignedRequest } from './signed-request.ts';

const algorithm = 'ACS3-HMAC-SHA256';
const sha256 = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** What the signature is computed over; header names are lower-case. */
export interface Acs3Parts {
  readonly method: string;
  readonly path: string;
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly signedHeaders: readonly string[];
  readonly bodyHash: string;
}

/** The signature of a request, in hex. */
export function acs3Signature(parts: Acs3Parts, secret: string): string {
  const headers = parts.signedHeaders.map((name) => `${name}:${(parts.headers[name] ?? '').trim()}\n`).join('');
  const canonical = [parts.method, parts.path, canonicalQuery(parts.query), headers, parts.signedHeaders.join(';'), parts.bodyHash];
  return createHmac('sha256', secret)
    .update(`${algorithm}\n${sha256(canonical.join('\n'))}`)
    .digest('hex');
}

const incomplete = (what: string): ServiceError =>
  new ServiceError('IncompleteSignature', `The request is not signed completely: ${what}.`);

const header = (incoming: Incoming, name: string): string => {
  const value = incoming.headers[name];
  if (value === undefined || value === '') throw incomplete(`header ${name} is missing`);
  return value;
};

/** Headers that say what is asked, when and once: an unsigned one could be exchanged on the way. */
const mustBeSigned = ['host', 'x-acs-action', 'x-acs-version', 'x-acs-date', 'x-acs-signature-nonce', 'x-acs-content-sha256'];

const authorizationForm = /^ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})$/;

/** Takes a request of this style apart; the caller verifies it with the secret of its key. */
export function readAcs3(incoming: Incoming): SignedRequest {
  const matched = authorizationForm.exec(incoming.headers['authorization'] ?? '');
  if (matched === null) throw incomplete('the Authorization header has another form');
  const [, accessKeyId = '', names = '', signature = ''] = matched;
  const signedHeaders = names.split(';');
  const unsigned = mustBeSigned.find((name) => !signedHeaders.includes(name));
  if (unsigned !== undefined) throw incomplete(`header ${unsigned} is not among the signed ones`);
  const bodyHash = header(incoming, 'x-acs-content-sha256');
  const bodyMatches = bodyHash === sha256(incoming.body);
  return {
    action: header(incoming, 'x-acs-action'),
    version: header(incoming, 'x-acs-version'),
    accessKeyId,
    securityToken: incoming.headers['x-acs-security-token'] ?? '',
    date: header(incoming, 'x-acs-date'),
    nonce: header(incoming, 'x-acs-signature-nonce'),
    parameters: [...incoming.query, ...incoming.form],
    signature,
    signWith: (secret) => (bodyMatches ? acs3Signature({ ...incoming, signedHeaders, bodyHash }, secret) : ''),
  };
}

/** Whether a request claims to be signed in this style. */
export const isAcs3 = (incoming: Incoming): boolean => (incoming.headers['authorization'] ?? '').startsWith(algorithm);

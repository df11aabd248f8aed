/** The signature of the older API, 2016-08-15: its own scheme, over the decoded path without the query (reference, 8.1). */
import { createHash, createHmac } from 'node:crypto';
import type { Incoming } from '../openapi/incoming.ts';

const header = (incoming: Incoming, name: string): string => incoming.headers[name] ?? '';

/** The signature that a key's secret makes for a request. */
export function fc2Signature(incoming: Incoming, secret: string): string {
  const own = Object.keys(incoming.headers)
    .filter((name) => name.startsWith('x-fc-'))
    .sort()
    .map((name) => `${name}:${header(incoming, name)}\n`)
    .join('');
  const text = [
    incoming.method,
    header(incoming, 'content-md5'),
    header(incoming, 'content-type'),
    header(incoming, 'date'),
    `${own}${decodeURIComponent(incoming.path)}`,
  ].join('\n');
  return createHmac('sha256', secret).update(text).digest('base64');
}

/** Key id and signature of the header `FC <id>:<signature>`. */
export function readFc2(incoming: Incoming): { readonly accessKeyId: string; readonly signature: string } | undefined {
  const matched = /^FC ([^:\s]+):(\S+)$/.exec(header(incoming, 'authorization'));
  return matched === null ? undefined : { accessKeyId: matched[1] ?? '', signature: matched[2] ?? '' };
}

/** Base64 of the digest or of its hex text; both are sent by clients. */
export function digestMatches(incoming: Incoming): boolean {
  const given = header(incoming, 'content-md5');
  const digest = createHash('md5').update(incoming.body).digest();
  return given === '' || given === digest.toString('base64') || given === Buffer.from(digest.toString('hex')).toString('base64');
}

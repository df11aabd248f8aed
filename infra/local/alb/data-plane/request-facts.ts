/** What routing may know about a request, read once. */
import type { IncomingMessage } from 'node:http';

export interface RequestFacts {
  readonly method: string;
  /** Lower case, without port; empty when an HTTP/1.0 client sent none. */
  readonly host: string;
  /** As sent (escapes are kept), without the query. */
  readonly path: string;
  /** As sent, without the question mark. */
  readonly search: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly cookies: readonly (readonly [name: string, value: string])[];
  readonly sourceIp: string;
  readonly sourcePort: number;
  /** Zone of the load balancer that it came in by; absent when that is not known. */
  readonly zone?: string | undefined;
}

/** `[::1]:80` and `a.example:80` lose their port, brackets stay. */
const withoutPort = (host: string): string => host.replace(/:\d*$/, '').toLowerCase();

/** A proxy-style request line (`GET http://host/path`) names the host itself, and then wins over the header (RFC 9112, 3.2.2). */
function target(url: string, hostHeader: string): { readonly host: string; readonly path: string; readonly search: string } {
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/i.exec(url);
  const host = absolute === null ? hostHeader : (absolute[1] ?? '');
  const rest = absolute === null ? url : absolute[2] || '/';
  const [, path = '', search = ''] = /^([^?]*)\??(.*)$/s.exec(rest) ?? [];
  return { host: withoutPort(host), path: path === '' ? '/' : path, search };
}

const cookiesOf = (header: string): [string, string][] =>
  header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.includes('='))
    .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]);

/** Reads the facts; `sourceIp` is the peer, or the client that trusted proxies report (see client-address.ts). */
export function readFacts(request: IncomingMessage, sourceIp: string): RequestFacts {
  const { host, path, search } = target(request.url ?? '/', request.headers.host ?? '');
  return {
    method: request.method ?? 'GET',
    host,
    path,
    search,
    query: new URLSearchParams(search),
    headers: Object.fromEntries(Object.entries(request.headersDistinct).map(([name, values]) => [name, values ?? []])),
    cookies: cookiesOf(request.headers.cookie ?? ''),
    sourceIp,
    sourcePort: request.socket.remotePort ?? 0,
  };
}

/**
 * Request and answer of HTTP/2 in the terms of HTTP/1.1, in which the rest of the data plane thinks: the host is a header, a body without a
 * length is said to be chunked, and what belongs to one connection is taken out of answers (RFC 9113, 8.2.2 and 8.3).
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';

type Pair = readonly [name: string, value: string];

const pairsOf = (raw: readonly string[]): readonly Pair[] =>
  raw.flatMap((name, at): Pair[] => (at % 2 === 0 ? [[name, raw[at + 1] ?? '']] : []));

/** Values by name; the names in lower case. */
function distinct(pairs: readonly Pair[]): Readonly<Record<string, string[]>> {
  const values: Record<string, string[]> = {};
  for (const [name, value] of pairs) values[name.toLowerCase()] = [...(values[name.toLowerCase()] ?? []), value];
  return values;
}

/** Cookies may come one a line (RFC 9113, 8.2.3); servers of HTTP/1.1 take one line. */
function joinedCookies(pairs: readonly Pair[]): readonly Pair[] {
  const cookies = pairs.filter(([name]) => name === 'cookie').map(([, value]) => value);
  const others = pairs.filter(([name]) => name !== 'cookie');
  return cookies.length === 0 ? others : [...others, ['cookie', cookies.join('; ')]];
}

function plainPairs(request: Http2ServerRequest): readonly Pair[] {
  const pairs = pairsOf(request.rawHeaders);
  const plain = joinedCookies(pairs.filter(([name]) => !name.startsWith(':')));
  const authority = pairs.find(([name]) => name === ':authority')?.[1];
  return authority === undefined ? plain : [['Host', authority], ...plain.filter(([name]) => name !== 'host')];
}

/** The same request, whose headers read as those of HTTP/1.1. */
export function asPlainRequest(request: Http2ServerRequest): IncomingMessage {
  const pairs = plainPairs(request);
  const headersDistinct = distinct(pairs);
  const chunked = !request.stream.endAfterHeaders && headersDistinct['content-length'] === undefined;
  const joined = Object.fromEntries(Object.entries(headersDistinct).map(([name, values]) => [name, values.join(', ')]));
  const headers = { ...joined, ...(chunked ? { 'transfer-encoding': 'chunked' } : {}) };
  const own = { rawHeaders: pairs.flat(), headersDistinct, headers };
  for (const [name, value] of Object.entries(own)) Object.defineProperty(request, name, { value });
  // Node's own request for compatibility, and with these members all that the data plane asks of one.
  return request as unknown as IncomingMessage;
}

const perConnection: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

/** Lists only where HTTP/2 for Node wants them; a header that a server sends twice means the same as one with both values. */
function answerHeaders(raw: readonly string[]): Readonly<Record<string, string | string[]>> {
  const values = Object.entries(distinct(pairsOf(raw))).filter(([name]) => !perConnection.has(name));
  return Object.fromEntries(values.map(([name, list]) => [name, name === 'set-cookie' ? list : list.join(', ')]));
}

/** The same answer, whose head is given as for HTTP/1.1: a reason is left out, for HTTP/2 has none. */
export function asPlainResponse(response: Http2ServerResponse): ServerResponse {
  const writeHead = response.writeHead.bind(response);
  const plain = (status: number, ...rest: readonly (string | readonly string[])[]): Http2ServerResponse => {
    const raw = rest.find((one): one is readonly string[] => typeof one !== 'string') ?? [];
    return writeHead(status, answerHeaders(raw));
  };
  Object.defineProperty(response, 'writeHead', { value: plain });
  // As above: the rest of it is the same for both versions.
  return response as unknown as ServerResponse;
}

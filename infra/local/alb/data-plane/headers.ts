/** Headers on their way through: order, spelling and repetition stay as sent; what belongs to one connection only does not pass. */
import type { IncomingMessage } from 'node:http';
import type { Exchange } from './exchange.ts';
import { forwardedHeaders, type RawHeaders } from './forwarded-headers.ts';
import { edited, type HeaderEdit, type HeaderPair } from './header-edits.ts';
import { plainAddress } from './networks.ts';

/** The head of a request or answer, whatever brought it. */
export type MessageHead = Pick<IncomingMessage, 'statusCode' | 'headers' | 'headersDistinct' | 'rawHeaders'>;

/** RFC 9110, 7.6.1, and what the proxy does itself (`Expect` is answered here, bodies are framed anew). */
const perConnection = ['connection', 'proxy-connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

const pairsOf = (raw: RawHeaders): HeaderPair[] =>
  raw.flatMap((name, at): HeaderPair[] => (at % 2 === 0 ? [[name, raw[at + 1] ?? '']] : []));

/** Names that `Connection` lists concern this connection only, too. */
function endToEnd(message: MessageHead, more: readonly string[] = []): HeaderPair[] {
  const listed = (message.headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase());
  const dropped = new Set([...perConnection, ...listed, ...more]);
  return pairsOf(message.rawHeaders).filter(([name]) => !dropped.has(name.toLowerCase()));
}

/** Methods whose requests say how long their body is even when there is none. */
const usuallyWithBody: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/** How the body is framed towards the server. A request without one says so when its method usually has one, else Node would chunk it. */
function framing(request: IncomingMessage): HeaderPair[] {
  if (request.headers['transfer-encoding'] !== undefined) return [['Transfer-Encoding', 'chunked']];
  const expected = usuallyWithBody.has(request.method ?? '');
  return expected && request.headers['content-length'] === undefined ? [['Content-Length', '0']] : [];
}

/** Whether the client announced a body. */
export const hasBody = (request: IncomingMessage): boolean =>
  request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;

/** What the client sent, with what the listener says about the client and what the rule's actions made of it. */
function carried({ request, listener, facts, outgoing, passage }: Exchange, dropped: readonly string[]): readonly HeaderPair[] {
  const replaced = forwardedHeaders({ listener, facts, peer: plainAddress(request.socket.remoteAddress ?? '') });
  const names = [...replaced.keys()].map((name) => name.toLowerCase());
  const added = [...replaced].filter((pair): pair is [string, string] => pair[1] !== undefined);
  // HTTP/1.0 clients may name no host; towards servers we speak 1.1, where the line must be there (RFC 9112, 3.2).
  const host: HeaderPair[] = request.headers.host === undefined ? [['Host', '']] : [];
  const rewritten: readonly HeaderEdit[] = outgoing.host === undefined ? [] : [{ name: 'Host', value: outgoing.host }];
  const own = endToEnd(request, [...names, 'expect', ...dropped]);
  const all = [...host, ...(passage?.toServer(own) ?? own), ...added];
  return edited(all, [...rewritten, ...outgoing.edits]);
}

/** What the server gets. */
export function requestHeaders(exchange: Exchange, keepAlive: boolean): string[] {
  const connection: HeaderPair[] =
    exchange.upgrade === undefined
      ? [['Connection', keepAlive ? 'keep-alive' : 'close']]
      : [
          ['Connection', 'Upgrade'],
          ['Upgrade', 'websocket'],
        ];
  return [...carried(exchange, []), ...framing(exchange.request), ...connection].flat();
}

/** What a server that requests are mirrored to gets, with a body of so many bytes. */
export function copiedHeaders(exchange: Exchange, bodyBytes: number): string[] {
  const { request } = exchange;
  const told = hasBody(request) || usuallyWithBody.has(request.method ?? '');
  const framed: HeaderPair[] = told ? [['Content-Length', String(bodyBytes)]] : [];
  return [...carried(exchange, ['content-length']), ...framed, ['Connection', 'close']].flat();
}

/** An answer's own headers after the rules had their say. */
function ruled(pairs: readonly HeaderPair[], answer: MessageHead, exchange: Exchange): readonly HeaderPair[] {
  const facts = { status: answer.statusCode ?? 502, headers: answer.headersDistinct };
  return edited(exchange.passage?.toClient(pairs) ?? pairs, [...exchange.answerEdits, ...exchange.responseEdits(exchange, facts)]);
}

/** What the client gets of a server's answer. Node frames the body and says whether the connection stays. */
export const responseHeaders = (answer: MessageHead, exchange: Exchange): string[] => ruled(endToEnd(answer), answer, exchange).flat();

/** The answer to a successful upgrade, complete as on the wire. */
export function switchingProtocols(answer: IncomingMessage, exchange: Exchange): string {
  const lines = ruled(pairsOf(answer.rawHeaders), answer, exchange).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`;
}

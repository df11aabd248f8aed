/** Headers on their way through: order, spelling and repetition stay as sent; what belongs to one connection only does not pass. */
import type { IncomingMessage } from 'node:http';
import type { Exchange } from './exchange.ts';
import { forwardedHeaders, type RawHeaders } from './forwarded-headers.ts';
import { plainAddress } from './networks.ts';

/** RFC 9110, 7.6.1, and what the proxy does itself (`Expect` is answered here, bodies are framed anew). */
const perConnection = ['connection', 'proxy-connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

type Pair = readonly [name: string, value: string];

const pairsOf = (raw: RawHeaders): Pair[] => raw.flatMap((name, at): Pair[] => (at % 2 === 0 ? [[name, raw[at + 1] ?? '']] : []));

/** Names that `Connection` lists concern this connection only, too. */
function endToEnd(message: IncomingMessage, more: readonly string[] = []): Pair[] {
  const listed = (message.headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase());
  const dropped = new Set([...perConnection, ...listed, ...more]);
  return pairsOf(message.rawHeaders).filter(([name]) => !dropped.has(name.toLowerCase()));
}

/** How the body is framed towards the server. A request without one says so when its method usually has one, else Node would chunk it. */
function framing(request: IncomingMessage): Pair[] {
  if (request.headers['transfer-encoding'] !== undefined) return [['Transfer-Encoding', 'chunked']];
  const expected = ['POST', 'PUT', 'PATCH'].includes(request.method ?? '');
  return expected && request.headers['content-length'] === undefined ? [['Content-Length', '0']] : [];
}

/** Whether the client announced a body. */
export const hasBody = (request: IncomingMessage): boolean =>
  request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;

/** What the server gets. */
export function requestHeaders({ request, listener, facts, upgrade }: Exchange, keepAlive: boolean): string[] {
  const replaced = forwardedHeaders({ listener, facts, peer: plainAddress(request.socket.remoteAddress ?? '') });
  const names = [...replaced.keys()].map((name) => name.toLowerCase());
  const added = [...replaced].filter((pair): pair is [string, string] => pair[1] !== undefined);
  const connection: Pair[] =
    upgrade === undefined
      ? [['Connection', keepAlive ? 'keep-alive' : 'close']]
      : [
          ['Connection', 'Upgrade'],
          ['Upgrade', 'websocket'],
        ];
  // HTTP/1.0 clients may name no host; towards servers we speak 1.1, where the line must be there (RFC 9112, 3.2).
  const host: Pair[] = request.headers.host === undefined ? [['Host', '']] : [];
  return [...host, ...endToEnd(request, [...names, 'expect']), ...added, ...framing(request), ...connection].flat();
}

/** What the client gets of a server's answer. Node frames the body and says whether the connection stays. */
export const responseHeaders = (answer: IncomingMessage): string[] => endToEnd(answer).flat();

/** The answer to a successful upgrade, complete as on the wire. */
export function switchingProtocols(answer: IncomingMessage): string {
  const lines = pairsOf(answer.rawHeaders).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`;
}

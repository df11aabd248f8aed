/**
 * TrafficMirror: a copy of a request for another group. Whatever becomes of the copy, the client never notices: nobody waits for it, its
 * answer is dropped, and it is bounded in size, number and time.
 */
import { type ClientRequest, request as httpRequest } from 'node:http';
import type { Exchange } from './exchange.ts';
import type { Chosen } from './groups.ts';
import { copiedHeaders, hasBody } from './headers.ts';

/** Copies of one rule that are on their way. */
export interface Mirrors {
  running: number;
}

/** Hands over the body once all of it has passed by; never when it is too long or was not read to its end. It is not read for this. */
function bodyOf({ request, settings }: Exchange, then: (body: Buffer) => void): void {
  if (!hasBody(request)) {
    then(Buffer.alloc(0));
    return;
  }
  const chunks: Buffer[] = [];
  let length = 0;
  const stop = () => {
    request.off('data', note).off('end', end).off('close', stop);
  };
  const note = (chunk: Buffer) => {
    length += chunk.length;
    chunks.push(chunk);
    if (length > settings.mirrorBodyBytes) stop();
  };
  const end = () => {
    stop();
    then(Buffer.concat(chunks));
  };
  // Listening alone would set the body flowing before there is a server to take it.
  request.pause().on('data', note).on('end', end).on('close', stop);
}

/** `undefined` when no request can be made of it, as with a blank in a path that was rewritten from the host. */
function requestTo(server: Chosen, exchange: Exchange, body: Buffer): ClientRequest | undefined {
  const { facts, outgoing, agents } = exchange;
  try {
    return httpRequest({
      ...server.socket,
      method: facts.method,
      path: outgoing.search === '' ? outgoing.path : `${outgoing.path}?${outgoing.search}`,
      headers: copiedHeaders(exchange, body.length),
      agent: agents.agentFor(server),
      setHost: false,
    });
  } catch {
    return undefined;
  }
}

function sendCopy(exchange: Exchange, groupId: string, body: Buffer, mirrors: Mirrors): void {
  const { facts, groups, timers, listener, settings } = exchange;
  if (mirrors.running >= settings.mirrorsAtOnce) return;
  const server = groups.choose(groupId, facts, new Set());
  if (server === undefined) return;
  const copy = server.socket === undefined ? undefined : requestTo(server, exchange, body);
  if (copy === undefined) {
    server.land();
    return;
  }
  mirrors.running += 1;
  server.cut.addEventListener('abort', () => copy.destroy());
  const stopWaiting = timers.after(listener.RequestTimeout * 1000, () => copy.destroy());
  copy.on('response', (answer) => answer.on('error', () => {}).resume());
  copy.on('error', () => {});
  copy.on('close', () => {
    stopWaiting();
    mirrors.running -= 1;
    server.land();
  });
  copy.end(body);
}

/** Sends a copy of the request, as the actions before have left it. Switched connections (WebSocket) are not copied. */
export function mirrorTo(exchange: Exchange, groupIds: readonly string[], mirrors: Mirrors): void {
  if (exchange.upgrade !== undefined || groupIds.length === 0) return;
  bodyOf(exchange, (body) => {
    for (const groupId of groupIds) sendCopy(exchange, groupId, body, mirrors);
  });
}

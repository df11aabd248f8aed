/** One attempt to have one server answer one request, streaming both bodies. */
import { type ClientRequest, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { pipeline } from 'node:stream';
import { answerError } from './answer.ts';
import type { Exchange } from './exchange.ts';
import type { Chosen } from './groups.ts';
import { hasBody, requestHeaders, responseHeaders, switchingProtocols } from './headers.ts';
import { type IdleWatch, watchIdle } from './timers.ts';
import { joinSockets } from './upgrade.ts';

/**
 * `not-connected`: no byte reached the server, so another one may be asked. `stale`: a kept connection was closed by the server before it
 * saw the request, so the same one may be asked on a fresh connection. Everything else ends the exchange.
 */
export type Sent = 'ended' | 'not-connected' | 'stale';

/** RFC 9110, 9.2.2, without those that carry bodies. */
const repeatable = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE']);

function open(exchange: Exchange, server: Chosen, socket: NonNullable<Chosen['socket']>, connection: 'kept' | 'fresh'): ClientRequest {
  const { facts, outgoing, agents, upgrade } = exchange;
  const keepAlive = server.group.UpstreamKeepaliveEnabled === true;
  const options: RequestOptions = {
    ...socket,
    method: facts.method,
    path: outgoing.search === '' ? outgoing.path : `${outgoing.path}?${outgoing.search}`,
    headers: requestHeaders(exchange, keepAlive),
    // An upgraded connection never comes back to a pool.
    agent: upgrade === undefined && connection === 'kept' ? agents.agentFor(server) : false,
    setHost: false,
  };
  // The load balancer takes any certificate of a server.
  return server.group.Protocol === 'HTTPS' ? httpsRequest({ ...options, rejectUnauthorized: false }) : httpRequest(options);
}

/** Sends the body once connected, so that a refused connection leaves it unread for the next server. */
function sendBody(request: IncomingMessage, upstream: ClientRequest, onConnected: () => void): void {
  const start = () => {
    onConnected();
    if (hasBody(request)) request.pipe(upstream);
  };
  if (!hasBody(request)) upstream.end();
  upstream.once('socket', (socket) => (socket.connecting ? socket.once('connect', start) : start()));
}

/** Passes an answer on; a server that breaks off in the middle breaks the client's connection too. */
function passAnswer(answer: IncomingMessage, exchange: Exchange, watch: IdleWatch, done: () => void): void {
  const { response } = exchange;
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage ?? '', responseHeaders(answer, exchange));
  response.on('drain', watch.touch);
  pipeline(answer, response, done);
  answer.on('data', watch.touch);
}

/** `kept`: over a connection that is open already, where the group keeps them. */
export function send(exchange: Exchange, server: Chosen, connection: 'kept' | 'fresh'): Promise<Sent> {
  const { socket } = server;
  if (socket === undefined) return Promise.resolve('not-connected');
  return new Promise((resolve) => attempt(exchange, { upstream: open(exchange, server, socket, connection), cut: server.cut }, resolve));
}

interface Upstream {
  readonly upstream: ClientRequest;
  /** The server has left, and nobody waits for it any longer. */
  readonly cut: AbortSignal;
}

function attempt(exchange: Exchange, { upstream, cut }: Upstream, resolve: (sent: Sent) => void): void {
  const { request, response, upgrade, listener, timers, facts } = exchange;
  let connected = false;
  let over = false;
  const watch = watchIdle(timers, listener.RequestTimeout * 1000, () => fail(504));
  const detach = () => {
    over = true;
    watch.stop();
    request.off('data', watch.touch).unpipe(upstream);
    response.off('close', abort);
    cut.removeEventListener('abort', leave);
  };
  const end = (sent: Sent) => {
    if (over) return;
    detach();
    // What the client still sends of a body that nobody wants is read and dropped, or its connection would be of no further use.
    if (sent === 'ended') request.resume();
    resolve(sent);
  };
  const abort = () => {
    end('ended');
    upstream.destroy();
  };
  const fail = (status: number) => {
    if (!over) answerError(exchange, status);
    abort();
  };
  const leave = () => {
    if (connected) return fail(502);
    end('not-connected');
    upstream.destroy();
  };
  cut.addEventListener('abort', leave);
  // The client has gone before its answer was complete: nobody waits for the server any more.
  response.once('close', abort);
  request.pause().on('data', watch.touch);
  sendBody(request, upstream, () => {
    connected = true;
  });
  upstream.on('response', (answer) => {
    try {
      passAnswer(answer, exchange, watch, () => end('ended'));
    } catch {
      // A head that the client's connection cannot carry, such as status 600 over HTTP/2.
      fail(502);
    }
  });
  upstream.on('upgrade', (answer, serverSocket, head) => {
    if (upgrade === undefined) return fail(502);
    detach();
    cut.addEventListener('abort', () => serverSocket.destroy());
    const ends = { client: upgrade, server: { socket: serverSocket, head } };
    joinSockets(switchingProtocols(answer, exchange), ends, () => resolve('ended'));
  });
  upstream.on('error', () => {
    const stale = upstream.reusedSocket && repeatable.has(facts.method) && !hasBody(request) && !response.headersSent;
    if (!connected) end('not-connected');
    else if (stale) end('stale');
    else fail(502);
  });
}

/** As `send`, to a server of a gRPC group: HTTP/2 without TLS, known beforehand (RFC 9113, 3.3), with the trailers that end a call. */
import { type ClientHttp2Stream, constants, type IncomingHttpHeaders } from 'node:http2';
import { pipeline } from 'node:stream';
import { answerError } from './answer.ts';
import type { Exchange } from './exchange.ts';
import type { Chosen } from './groups.ts';
import { hasBody, type MessageHead, requestHeaders, responseHeaders } from './headers.ts';
import type { Sent } from './send.ts';
import { watchIdle } from './timers.ts';
import type { CallCarrier } from './upstream-agents.ts';

/** Of the list in the terms of HTTP/1.1, alternating names and values. `TE` is what says that trailers are understood. */
function headOf(exchange: Exchange): Record<string, string | string[]> {
  const { facts, outgoing } = exchange;
  const head: Record<string, string | string[]> = {
    ':method': facts.method,
    ':scheme': 'http',
    ':path': outgoing.search === '' ? outgoing.path : `${outgoing.path}?${outgoing.search}`,
    te: 'trailers',
  };
  const raw = requestHeaders(exchange, true);
  for (let at = 0; at < raw.length; at += 2) {
    const name = (raw[at] ?? '').toLowerCase();
    const value = raw[at + 1] ?? '';
    if (name === 'host') head[':authority'] = value;
    else if (!['connection', 'transfer-encoding'].includes(name)) head[name] = [head[name] ?? [], value].flat();
  }
  return head;
}

type AnswerHeaders = IncomingHttpHeaders & { readonly ':status'?: number };

const plainHead = (headers: AnswerHeaders, raw: readonly string[]): MessageHead => {
  const rawHeaders = raw.flatMap((name, at) => (at % 2 === 0 && !name.startsWith(':') ? [name, raw[at + 1] ?? ''] : []));
  const { ':status': statusCode = 502, ...plain } = headers;
  const distinct = Object.entries(plain).flatMap(([name, value]) => (value === undefined ? [] : [[name, [value].flat()] as const]));
  return { statusCode, headers: plain, headersDistinct: Object.fromEntries(distinct), rawHeaders };
};

/** Everything of one attempt; what happens in it ends it once. */
class Attempt {
  readonly #exchange: Exchange;
  readonly #carrier: CallCarrier;
  readonly #watch: ReturnType<typeof watchIdle>;
  readonly #resolve: (sent: Sent) => void;
  readonly #gone = () => this.#end('ended');
  readonly #broken = () => (this.#connected ? this.#fail(502) : this.#end('not-connected'));
  readonly #begin = () => this.#attempt(() => this.#send());
  #stream: ClientHttp2Stream | undefined;
  #connected = false;
  #over = false;

  constructor(exchange: Exchange, carrier: CallCarrier, resolve: (sent: Sent) => void) {
    this.#exchange = exchange;
    this.#carrier = carrier;
    this.#resolve = resolve;
    this.#watch = watchIdle(exchange.timers, exchange.listener.RequestTimeout * 1000, () => this.#fail(504));
    const { session } = carrier;
    session.once('error', this.#broken);
    if (session.connecting) session.once('connect', this.#begin);
    else this.#begin();
    // The client has gone before its answer was complete: nobody waits for the server any more.
    exchange.response.once('close', this.#gone);
  }

  /** A head that HTTP/2 cannot carry is thrown by Node, here on an event that nobody else would catch it on. */
  #attempt(step: () => void): void {
    try {
      step();
    } catch {
      this.#fail(502);
    }
  }

  #send(): void {
    this.#connected = true;
    const { request, response } = this.#exchange;
    const stream = this.#carrier.session.request(headOf(this.#exchange), { endStream: !hasBody(request) });
    this.#stream = stream;
    stream.once('error', () => this.#fail(502));
    stream.once('response', (headers: AnswerHeaders, _flags: number, raw: readonly string[]) =>
      this.#attempt(() => this.#pass(plainHead(headers, raw), stream)),
    );
    stream.on('trailers', (trailers) => {
      const pairs = Object.entries(trailers).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)] as const]));
      response.addTrailers(Object.fromEntries(pairs));
    });
    if (hasBody(request)) request.on('data', this.#watch.touch).pipe(stream);
  }

  #pass(head: MessageHead, stream: ClientHttp2Stream): void {
    const { response } = this.#exchange;
    response.writeHead(head.statusCode ?? 502, responseHeaders(head, this.#exchange));
    stream.on('data', this.#watch.touch);
    pipeline(stream, response, () => this.#end('ended'));
  }

  /** The server has left, and nobody waits for it any longer. */
  cut(): void {
    this.#fail(502);
  }

  #fail(status: number): void {
    if (this.#over) return;
    answerError(this.#exchange, status);
    this.#end('ended');
  }

  #end(sent: Sent): void {
    if (this.#over) return;
    this.#over = true;
    this.#watch.stop();
    const { request, response } = this.#exchange;
    request.off('data', this.#watch.touch).unpipe();
    response.off('close', this.#gone);
    if (sent === 'ended') request.resume();
    const { session, shared } = this.#carrier;
    session.off('error', this.#broken).off('connect', this.#begin);
    if (shared) this.#stream?.close(constants.NGHTTP2_CANCEL);
    else session.destroy(undefined, constants.NGHTTP2_CANCEL);
    this.#resolve(sent);
  }
}

/** Over a connection of its own, or with others over one that is kept. */
export function sendGrpc(exchange: Exchange, { socket, cut, ...place }: Chosen): Promise<Sent> {
  if (socket === undefined) return Promise.resolve('not-connected');
  exchange.request.pause();
  return new Promise((resolve) => {
    const attempt = new Attempt(exchange, exchange.agents.carrierTo(place, socket), resolve);
    cut.addEventListener('abort', () => attempt.cut(), { once: true });
  });
}

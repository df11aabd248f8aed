/** One listener of the load balancer as a server of HTTP or HTTPS on loopback. Its rules can be swapped at any time; running requests keep theirs. */
import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type Http2Server } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { ViewListener } from '../view.ts';
import { perform } from './actions.ts';
import { answerError } from './answer.ts';
import type { Certificates } from './certificates.ts';
import { clientAddress } from './client-address.ts';
import type { Exchange } from './exchange.ts';
import { asPlainRequest, asPlainResponse } from './http2-messages.ts';
import { listenOn } from './listen.ts';
import { readFacts } from './request-facts.ts';
import type { Routes } from './routes.ts';
import { TlsFront } from './tls.ts';
import type { ZoneTurns } from './zones.ts';

/** What a listener needs besides itself. */
export type Surroundings = Pick<Exchange, 'groups' | 'agents' | 'timers'> & {
  readonly settings: () => Exchange['settings'];
  readonly certificates: Certificates;
  readonly zones: ZoneTurns;
};

/** Longest request head in bytes; the service allows more than Node's 16 KiB. */
const maxHeaderSize = 64 * 1024;

export class ListenerServer {
  readonly #server: Server;
  /** Of HTTPS listeners: it has the port, and the server above gets its connections. */
  readonly #tls: TlsFront | undefined;
  readonly #around: Surroundings;
  #listener: ViewListener;
  #routes: Routes;
  #closing = false;

  constructor(listener: ViewListener, routes: Routes, around: Surroundings) {
    this.#listener = listener;
    this.#routes = routes;
    this.#around = around;
    // No limit on how long a body may take to arrive: the server's silence is what RequestTimeout limits.
    this.#server = createServer({ maxHeaderSize, requestTimeout: 0, noDelay: true }, (request, response) =>
      this.#handle(request, response),
    );
    this.#server.on('upgrade', (request, socket, head) => this.#handleUpgrade(request, socket, head));
    this.#tls =
      listener.ListenerProtocol === 'HTTPS'
        ? new TlsFront(listener, around.certificates, { http1: this.#server, http2: this.#createHttp2() })
        : undefined;
    this.update(listener, routes);
  }

  get listener(): ViewListener {
    return this.#listener;
  }

  get routes(): Routes {
    return this.#routes;
  }

  /** Puts other settings and rules in force for the requests to come. */
  update(listener: ViewListener, routes: Routes): void {
    this.#listener = listener;
    this.#routes = routes;
    this.#server.keepAliveTimeout = listener.IdleTimeout * 1000;
    this.#tls?.update(listener);
  }

  /** Resolves when the settings last given are in force for connections to come. */
  get ready(): Promise<void> {
    return this.#tls?.ready ?? Promise.resolve();
  }

  /** Opens the port (0: any free one) and says which it is. */
  listen(port: number): Promise<number> {
    if (this.#tls !== undefined) return this.#tls.listen(port);
    return listenOn(this.#server, port);
  }

  /** Accepts no more; running requests are finished unless they are to be cut. */
  close(how: 'finish' | 'cut'): Promise<void> {
    this.#closing = true;
    // Connections that become idle from now on are of no further use; Node closes them after this long.
    this.#server.keepAliveTimeout = 1;
    if (this.#tls !== undefined) return this.#tls.close(how);
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      if (how === 'cut') this.#server.closeAllConnections();
      else this.#server.closeIdleConnections();
    });
  }

  #createHttp2(): Http2Server {
    const server = createHttp2Server({ maxHeaderListPairs: 256, settings: { maxHeaderListSize: maxHeaderSize } });
    server.on('request', (request, response) => this.#handle(asPlainRequest(request), asPlainResponse(response)));
    // What a client breaks is its own; nobody else may be hurt by it.
    server.on('sessionError', () => {});
    return server;
  }

  #handle(request: IncomingMessage, response: ServerResponse, upgrade?: Exchange['upgrade']): void {
    if (this.#closing) {
      // A request over a connection of old, for a listener that is no more.
      request.socket.destroy();
      return;
    }
    const listener = this.#listener;
    const { groups, agents, timers, zones } = this.#around;
    const settings = this.#around.settings();
    const zone = zones.of(request, listener, settings.arrivalZone);
    const facts = { ...readFacts(request, clientAddress(request, listener.XForwardedForConfig)), zone };
    const routes = this.#routes;
    const route = routes.find(facts);
    const exchange: Exchange = {
      ...routes.begin(route, facts),
      request,
      response,
      facts,
      listener,
      ...{ groups, agents, timers, settings },
      ...(upgrade === undefined ? {} : { upgrade }),
    };
    // A broken connection is seen by its 'close'; without a handler its 'error' would end the process.
    response.on('error', () => {});
    Promise.resolve(perform(exchange, route.actions, route.turns)).catch(() => answerError(exchange, 502));
  }

  /** Only WebSocket is switched to; a client that offers something else (curl: h2c) is answered as if it had not, once. */
  #handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const response = new ServerResponse(request);
    // Node hands out the raw connection here, and it is a TCP socket: the server speaks plain HTTP.
    response.assignSocket(socket as Parameters<ServerResponse['assignSocket']>[0]);
    response.shouldKeepAlive = false;
    response.once('finish', () => socket.end());
    socket.on('error', () => socket.destroy());
    const wanted = request.headers.upgrade?.toLowerCase() === 'websocket';
    this.#handle(request, response, wanted ? { socket, head } : undefined);
  }
}

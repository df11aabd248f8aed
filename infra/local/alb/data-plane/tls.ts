/**
 * The TLS side of an HTTPS listener: accepts connections and hands each, deciphered, to the server of HTTP that the client and the listener
 * agree on. So requests go the same way whether they came in plain or not.
 */
import type { Server as Http1Server, IncomingMessage, ServerResponse } from 'node:http';
import type { Http2Server, ServerHttp2Session } from 'node:http2';
import type { Duplex } from 'node:stream';
import { createServer, type SecureVersion, type Server, type TLSSocket } from 'node:tls';
import type { ViewListener } from '../view.ts';
import type { Certificates } from './certificates.ts';
import { listenOn } from './listen.ts';

/** What the name of a security policy says of TLS; its list of ciphers is left to the machine. */
const versions: Readonly<Record<string, readonly [least: SecureVersion, most: SecureVersion]>> = {
  tls_cipher_policy_1_0: ['TLSv1', 'TLSv1.2'],
  tls_cipher_policy_1_1: ['TLSv1.1', 'TLSv1.2'],
  tls_cipher_policy_1_2: ['TLSv1.2', 'TLSv1.2'],
  tls_cipher_policy_1_2_strict: ['TLSv1.2', 'TLSv1.2'],
  tls_cipher_policy_1_2_strict_with_1_3: ['TLSv1.2', 'TLSv1.3'],
};

interface Servers {
  readonly http1: Http1Server;
  readonly http2: Http2Server;
}

/** Only HTTP/2 needs to be agreed on; a client that offers nothing we speak is refused by TLS itself (RFC 7301, 3.2). */
const agreeOn = (listener: ViewListener, offered: readonly string[]): string | undefined =>
  (listener.Http2Enabled === false ? ['http/1.1'] : ['h2', 'http/1.1']).find((one) => offered.includes(one));

export class TlsFront {
  readonly #server: Server;
  readonly #certificates: Certificates;
  readonly #connections = new Set<TLSSocket>();
  /** Connections of HTTP/1.1 with a request under way, or switched to WebSocket. */
  readonly #busy = new Set<Duplex>();
  readonly #sessions = new Set<ServerHttp2Session>();
  #listener: ViewListener;
  #ready: Promise<void>;

  constructor(listener: ViewListener, certificates: Certificates, servers: Servers) {
    this.#listener = listener;
    this.#certificates = certificates;
    this.#server = createServer({
      noDelay: true,
      ALPNCallback: ({ protocols }) => agreeOn(this.#listener, protocols),
      SNICallback: (host, done) => {
        certificates.leaf(this.#listener.CertificateId ?? '', host).then(({ context }) => done(null, context), done);
      },
    });
    this.#server.on('secureConnection', (socket) => this.#accept(socket, servers));
    this.#follow(servers);
    this.#ready = this.#secure(listener);
    // `ready` tells; nobody may be waiting yet.
    this.#ready.catch(() => {});
  }

  /** Resolves when the settings last given are in force for connections to come. */
  get ready(): Promise<void> {
    return this.#ready;
  }

  update(listener: ViewListener): void {
    const before = this.#listener;
    this.#listener = listener;
    if (before.CertificateId === listener.CertificateId && before.SecurityPolicyId === listener.SecurityPolicyId) return;
    this.#ready = this.#ready.then(() => this.#secure(listener));
    this.#ready.catch(() => {});
  }

  async listen(port: number): Promise<number> {
    await this.#ready;
    return listenOn(this.#server, port);
  }

  /** Accepts no more; `finish` leaves connections to the requests that run on them. */
  close(how: 'finish' | 'cut'): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      if (how === 'finish') for (const session of this.#sessions) session.close();
      for (const socket of this.#connections) if (how === 'cut' || this.#isIdle(socket)) socket.destroy();
    });
  }

  #isIdle(socket: TLSSocket): boolean {
    return socket.alpnProtocol !== 'h2' && !this.#busy.has(socket);
  }

  async #secure({ CertificateId = '', SecurityPolicyId = '' }: ViewListener): Promise<void> {
    const { certificate, key } = await this.#certificates.leaf(CertificateId, '');
    const [minVersion, maxVersion] = versions[SecurityPolicyId] ?? [undefined, undefined];
    this.#server.setSecureContext({
      cert: certificate,
      key,
      ...(minVersion === undefined ? {} : { minVersion }),
      ...(maxVersion === undefined ? {} : { maxVersion }),
    });
  }

  #accept(socket: TLSSocket, { http1, http2 }: Servers): void {
    this.#connections.add(socket);
    socket.once('close', () => this.#connections.delete(socket));
    (socket.alpnProtocol === 'h2' ? http2 : http1).emit('connection', socket);
  }

  /** The servers have no port of their own, so they do not know which of their connections may be closed. */
  #follow({ http1, http2 }: Servers): void {
    http1.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#busy.add(request.socket);
      response.once('close', () => this.#busy.delete(request.socket));
    });
    http1.on('upgrade', (_request: IncomingMessage, socket: Duplex) => {
      this.#busy.add(socket);
      socket.once('close', () => this.#busy.delete(socket));
    });
    http2.on('session', (session) => {
      this.#sessions.add(session);
      session.setTimeout(this.#listener.IdleTimeout * 1000, () => session.close());
      session.once('close', () => this.#sessions.delete(session));
    });
  }
}

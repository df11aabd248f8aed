/** Requests to an HTTPS listener, by either version of HTTP, with the certificate that was served. */
import { connect } from 'node:http2';
import { request } from 'node:https';
import { connect as connectTls, type PeerCertificate, type TLSSocket } from 'node:tls';
import { type Answer, read } from './plane.ts';

export interface SecureOptions {
  /** PEM text of the authority that is trusted. */
  readonly authority: string;
  /** Server name and `Host`; absent: none is named. */
  readonly host?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string;
}

/** By HTTP/1.1. */
export const callSecurely = (url: string, { authority, host, method = 'GET', headers = {}, body }: SecureOptions): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const named = host === undefined ? {} : { servername: host, headers: { host, ...headers } };
    const outgoing = request(url, { agent: false, ca: authority, method, headers, ...named }, (message) => {
      read(message).then((text) => resolve({ status: message.statusCode ?? 0, headers: message.headers, body: text }), reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });

/** By HTTP/2 on a connection of its own. */
export function callByHttp2(url: string, options: SecureOptions): Promise<Answer> {
  const { authority, host = 'localhost', method = 'GET', headers = {}, body } = options;
  const target = new URL(url);
  return new Promise((resolve, reject) => {
    const session = connect(target.origin, { ca: authority, servername: host });
    session.on('error', reject);
    const head = { ':method': method, ':path': `${target.pathname}${target.search}`, ':authority': host, ...headers };
    const stream = session.request(head, { endStream: body === undefined });
    stream.on('error', reject);
    stream.on('response', ({ ':status': status = 0, ...answered }) => {
      let text = '';
      stream.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      stream.on('end', () => {
        session.close();
        resolve({ status, headers: answered, body: text });
      });
    });
    if (body !== undefined) stream.end(body);
  });
}

export interface Handshake {
  readonly certificate: PeerCertificate;
  readonly protocol: string | null;
  /** What was agreed on by ALPN; false: nothing was offered. */
  readonly application: string | false | null;
}

/** Only shakes hands. */
export const shakeHands = (
  url: string,
  { authority, host, ...more }: { authority: string; host?: string; ALPNProtocols?: string[]; maxVersion?: 'TLSv1.2' | 'TLSv1.3' },
): Promise<Handshake> =>
  new Promise((resolve, reject) => {
    const named = host === undefined ? {} : { servername: host };
    const socket: TLSSocket = connectTls({ host: '127.0.0.1', port: Number(new URL(url).port), ca: authority, ...named, ...more }, () => {
      const certificate = socket.getPeerCertificate();
      resolve({ certificate, protocol: socket.getProtocol(), application: socket.alpnProtocol });
      socket.destroy();
    });
    socket.once('error', reject);
  });

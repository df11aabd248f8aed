/** A call as a gRPC client makes it: by HTTP/2 over TLS, with its status in the trailers. What is in the messages is nobody's business. */
import { connect, type IncomingHttpHeaders } from 'node:http2';

export interface GrpcQuestion {
  readonly host: string;
  /** `/package.Service/Method`. */
  readonly path: string;
  /** The next one is sent when the one before has been answered. */
  readonly messages: readonly [string, ...string[]];
  /** PEM text of the authority that is trusted. Absent: any certificate is taken. */
  readonly authority?: string;
}

export interface GrpcReply {
  readonly status: number;
  readonly messages: readonly string[];
  readonly trailers: IncomingHttpHeaders;
}

export function callGrpc(url: string, { host, path, messages: all, authority }: GrpcQuestion): Promise<GrpcReply> {
  return new Promise((resolve, reject) => {
    const trusted = authority === undefined ? { rejectUnauthorized: false } : { ca: authority };
    const session = connect(url, { ...trusted, servername: host });
    session.once('error', reject);
    const head = { ':method': 'POST', ':path': path, ':authority': host, 'content-type': 'application/grpc', te: 'trailers' };
    const stream = session.request(head);
    const [first, ...left] = all;
    const messages: string[] = [];
    let status = 0;
    let trailers: IncomingHttpHeaders = {};
    stream.once('error', reject);
    stream.once('response', (found) => {
      status = found[':status'] ?? 0;
      // Without a body the trailers are in the head.
      if (found['grpc-status'] !== undefined) trailers = found;
    });
    stream.on('trailers', (found) => {
      trailers = found;
    });
    stream.setEncoding('utf8').on('data', (message: string) => {
      messages.push(message);
      const next = left.shift();
      if (next === undefined) stream.end();
      else stream.write(next);
    });
    stream.once('end', () => {
      session.close();
      resolve({ status, messages, trailers });
    });
    stream.write(first);
  });
}

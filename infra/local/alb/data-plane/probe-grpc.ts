/** Probes by gRPC: a call with an empty message, by HTTP/2 without TLS, judged by its `grpc-status`. */
import { connect, constants, type IncomingHttpHeaders } from 'node:http2';
import type { HealthCheck } from './health-settings.ts';
import type { Probe, Verdict } from './verdict.ts';

/** Not compressed, no bytes. */
const emptyMessage = Buffer.alloc(5);

/** Codes are single ones or ranges, as in `0-20`. */
const isGood = (check: HealthCheck, status: number): boolean =>
  check.codes.some((code) => {
    const [from = '', to = from] = code.split('-');
    return Number(from) <= status && status <= Number(to);
  });

/** The status is in the trailers, or in the head of an answer that is nothing else; without one it was no gRPC that answered. */
function judge(check: HealthCheck, headers: IncomingHttpHeaders): Verdict {
  const written = headers['grpc-status'];
  if (written !== undefined && isGood(check, Number(written))) return undefined;
  const found = written ?? headers[':status'] ?? '';
  return { ReasonCode: 'RESPONSE_MISMATCH', ExpectedResponse: check.codes.join(','), ActualResponse: String(found) };
}

/** Calls once; never rejects. */
export function probeByGrpc({ target, check, timers }: Probe): Promise<Verdict> {
  return new Promise((resolve) => {
    let connected = false;
    let found: IncomingHttpHeaders | undefined;
    const session = connect(`http://${target.host}:${target.port}`);
    const settle = (verdict: Verdict) => {
      cancel();
      session.destroy(undefined, constants.NGHTTP2_CANCEL);
      resolve(verdict);
    };
    const cancel = timers.after(check.timeoutMs, () => settle({ ReasonCode: connected ? 'RECV_RESPONSE_TIMEOUT' : 'CONNECT_TIMEOUT' }));
    const fail = () => settle({ ReasonCode: connected ? 'RECV_RESPONSE_FAILED' : 'CONNECT_FAILED' });
    session.once('connect', () => {
      connected = true;
    });
    session.on('error', fail).once('close', fail);
    const authority = check.host === '$SERVER_IP' ? target.address : check.host;
    const head = {
      ':method': check.method,
      ':path': check.path,
      ':authority': authority,
      'content-type': 'application/grpc',
      te: 'trailers',
    };
    const stream = session.request(head, { endStream: check.method === 'GET' });
    stream.on('response', (headers) => {
      found = headers;
    });
    stream.on('trailers', (trailers) => {
      found = { ...found, ...trailers };
    });
    stream.on('error', fail);
    stream.once('end', () => (found === undefined ? fail() : settle(judge(check, found))));
    stream.resume();
    if (check.method !== 'GET') stream.end(emptyMessage);
  });
}

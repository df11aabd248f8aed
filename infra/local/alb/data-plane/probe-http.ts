/** Probes by HTTP and HTTPS, in either version of HTTP/1. */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { HealthCheck } from './health-settings.ts';
import { statusIn } from './status-line.ts';
import type { Probe, Verdict } from './verdict.ts';

/** `http_2xx` covers 200 to 299. */
function judge(check: HealthCheck, status: number): Verdict {
  if (check.codes.includes(`http_${Math.floor(status / 100)}xx`)) return undefined;
  return { ReasonCode: 'RESPONSE_MISMATCH', ExpectedResponse: check.codes.join(','), ActualResponse: String(status) };
}

/** Written by hand, as Node's client speaks no HTTP/1.0. */
function requestText({ target, check }: Probe): string {
  const host = check.host === '$SERVER_IP' ? target.address : check.host;
  const body = check.method === 'POST' ? ['Content-Length: 0'] : [];
  return [`${check.method} ${check.path} HTTP/${check.httpVersion}`, `Host: ${host}`, 'Connection: close', ...body, '', ''].join('\r\n');
}

const probeHttp =
  (open: (to: { readonly host: string; readonly port: number }) => Socket) =>
  (what: Probe): Promise<Verdict> =>
    new Promise((resolve) => {
      const { target, check, timers } = what;
      let connected = false;
      let received = '';
      const socket = open({ host: target.host, port: target.port });
      const settle = (verdict: Verdict) => {
        cancel();
        socket.destroy();
        resolve(verdict);
      };
      const cancel = timers.after(check.timeoutMs, () => settle({ ReasonCode: connected ? 'RECV_RESPONSE_TIMEOUT' : 'CONNECT_TIMEOUT' }));
      const fail = () => settle({ ReasonCode: connected ? 'RECV_RESPONSE_FAILED' : 'CONNECT_FAILED' });
      socket.once('connect', () => {
        connected = true;
      });
      socket.setEncoding('latin1').on('data', (part: string) => {
        received += part;
        const status = statusIn(received);
        if (status === 'garbled') fail();
        else if (status !== 'unfinished') settle(judge(check, status));
      });
      socket.on('error', fail).once('end', fail);
      socket.write(requestText(what));
    });

/** Asks once; never rejects. */
export const probeByHttp = probeHttp(connect);

/** The service does not verify the certificates of servers. */
export const probeByHttps = probeHttp((to) => connectTls({ ...to, rejectUnauthorized: false }));

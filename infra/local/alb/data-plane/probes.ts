/** One health probe: a row a `HealthCheckProtocol`. It reports why a server failed in the words of GetListenerHealthStatus. */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { HealthCheck } from './health-settings.ts';
import { statusIn } from './status-line.ts';
import type { Timers } from './timers.ts';

type ReasonCode = 'CONNECT_TIMEOUT' | 'CONNECT_FAILED' | 'RECV_RESPONSE_FAILED' | 'RECV_RESPONSE_TIMEOUT' | 'RESPONSE_MISMATCH';

export interface Reason {
  readonly ReasonCode: ReasonCode;
  readonly ExpectedResponse?: string;
  readonly ActualResponse?: string;
}

/** `undefined`: the server passed. */
export type Verdict = Reason | undefined;

interface ProbeTarget {
  readonly host: string;
  readonly port: number;
  /** The server's own address, which `$SERVER_IP` stands for. */
  readonly address: string;
}

interface Probe {
  readonly target: ProbeTarget;
  readonly check: HealthCheck;
  readonly timers: Timers;
}

function probeTcp({ target, check, timers }: Probe): Promise<Verdict> {
  return new Promise((resolve) => {
    const socket = connect({ host: target.host, port: target.port });
    const settle = (verdict: Verdict) => {
      cancel();
      socket.destroy();
      resolve(verdict);
    };
    const cancel = timers.after(check.timeoutMs, () => settle({ ReasonCode: 'CONNECT_TIMEOUT' }));
    socket.once('connect', () => settle(undefined));
    socket.once('error', () => settle({ ReasonCode: 'CONNECT_FAILED' }));
  });
}

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

const rows: Readonly<Record<string, (probe: Probe) => Promise<Verdict>>> = {
  HTTP: probeHttp(connect),
  // The service does not verify the certificates of servers.
  HTTPS: probeHttp((to) => connectTls({ ...to, rejectUnauthorized: false })),
  TCP: probeTcp,
};

/** Whether this data plane can carry out such checks; servers of a group whose checks it cannot do count as unchecked. */
export const canProbe = (protocol: string): boolean => protocol in rows;

/** Probes once; never rejects. */
export const probe = (what: Probe): Promise<Verdict> => rows[what.check.protocol]?.(what) ?? Promise.resolve(undefined);

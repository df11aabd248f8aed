/** One health probe: a row a `HealthCheckProtocol`. It reports why a server failed in the words of GetListenerHealthStatus. */
import { type ClientRequest, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import type { HealthCheck } from './health-settings.ts';
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
function judge(check: HealthCheck, response: IncomingMessage): Verdict {
  const family = `http_${Math.floor((response.statusCode ?? 0) / 100)}xx`;
  if (check.codes.includes(family)) return undefined;
  return { ReasonCode: 'RESPONSE_MISMATCH', ExpectedResponse: check.codes.join(','), ActualResponse: String(response.statusCode) };
}

const probeHttp =
  (open: (options: RequestOptions) => ClientRequest) =>
  ({ target, check, timers }: Probe): Promise<Verdict> =>
    new Promise((resolve) => {
      let connected = false;
      const host = check.host === '$SERVER_IP' ? target.address : check.host;
      const request = open({
        host: target.host,
        port: target.port,
        method: check.method,
        path: check.path,
        headers: { host, connection: 'close' },
        agent: false,
      });
      const settle = (verdict: Verdict) => {
        cancel();
        request.destroy();
        resolve(verdict);
      };
      const cancel = timers.after(check.timeoutMs, () => settle({ ReasonCode: connected ? 'RECV_RESPONSE_TIMEOUT' : 'CONNECT_TIMEOUT' }));
      request.once('socket', (socket) => {
        socket.once('connect', () => {
          connected = true;
        });
      });
      request.once('response', (response) => settle(judge(check, response)));
      request.on('error', () => settle({ ReasonCode: connected ? 'RECV_RESPONSE_FAILED' : 'CONNECT_FAILED' }));
      request.end();
    });

const rows: Readonly<Record<string, (probe: Probe) => Promise<Verdict>>> = {
  HTTP: probeHttp(httpRequest),
  // The service does not verify the certificates of servers.
  HTTPS: probeHttp((options) => httpsRequest({ ...options, rejectUnauthorized: false })),
  TCP: probeTcp,
};

/** Whether this data plane can carry out such checks; servers of a group whose checks it cannot do count as unchecked. */
export const canProbe = (protocol: string): boolean => protocol in rows;

/** Probes once; never rejects. */
export const probe = (what: Probe): Promise<Verdict> => rows[what.check.protocol]?.(what) ?? Promise.resolve(undefined);

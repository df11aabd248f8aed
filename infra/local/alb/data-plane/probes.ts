/** One health probe: a row a `HealthCheckProtocol`. */
import { connect } from 'node:net';
import { probeByGrpc } from './probe-grpc.ts';
import { probeByHttp, probeByHttps } from './probe-http.ts';
import type { Probe, Verdict } from './verdict.ts';

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

/** Every value that a group may have. */
const rows: Readonly<Record<string, (probe: Probe) => Promise<Verdict>>> = {
  HTTP: probeByHttp,
  HTTPS: probeByHttps,
  TCP: probeTcp,
  gRPC: probeByGrpc,
  // The service takes either spelling.
  GRPC: probeByGrpc,
};

/** Probes once; never rejects. */
export const probe = (what: Probe): Promise<Verdict> => rows[what.check.protocol]?.(what) ?? Promise.resolve(undefined);

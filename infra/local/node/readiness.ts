/** Whether a container answers its readiness probe, asked again and again until told to stop. */
import { request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Probe } from './objects.ts';

const splitSocket = (socket: string): { readonly host: string; readonly port: number } => {
  const at = socket.lastIndexOf(':');
  return { host: socket.slice(0, at), port: Number(socket.slice(at + 1)) };
};

function httpAnswers(probe: NonNullable<Probe['httpGet']>, socket: string, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const headers = Object.fromEntries((probe.httpHeaders ?? []).map(({ name, value }) => [name, value]));
    const signal = AbortSignal.timeout(timeoutMs);
    const call = request({ ...splitSocket(socket), path: probe.path ?? '/', headers, agent: false, signal }, (answer) => {
      const status = answer.statusCode ?? 0;
      answer.destroy();
      resolve(status >= 200 && status < 400);
    });
    call.on('error', () => resolve(false)).end();
  });
}

function tcpAnswers(socket: string, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(splitSocket(socket));
    const settle = (answers: boolean) => {
      connection.destroy();
      resolve(answers);
    };
    connection.setTimeout(timeoutMs, () => settle(false));
    connection.once('connect', () => settle(true)).once('error', () => settle(false));
  });
}

/** One probe. Commands and gRPC cannot be asked of a server that is not ours to enter: they pass. */
function ask(probe: Probe, socket: string): Promise<boolean> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  if (probe.httpGet !== undefined) return httpAnswers(probe.httpGet, socket, timeoutMs);
  return probe.tcpSocket === undefined ? Promise.resolve(true) : tcpAnswers(socket, timeoutMs);
}

export interface Readiness {
  readonly probe: Probe;
  /** Where the server is now; the user may move it. */
  readonly socket: () => string;
  /** What is known of it: a container that was ready stays so until it fails. */
  readonly ready: boolean;
  readonly changed: (ready: boolean) => void;
  readonly signal: AbortSignal;
}

/** Probes until the signal, and tells every change. */
export async function watchReadiness({ probe, socket, changed, signal, ready: known }: Readiness): Promise<void> {
  const pause = (seconds: number) => delay(seconds * 1000, undefined, { signal, ref: false }).catch(() => undefined);
  let ready = known;
  let run = 0;
  await pause(probe.initialDelaySeconds ?? 0);
  while (!signal.aborted) {
    const passed = await ask(probe, socket());
    run = passed === ready ? 0 : run + 1;
    const needed = passed ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
    if (run >= needed && !signal.aborted) {
      ready = passed;
      run = 0;
      changed(ready);
    }
    await pause(probe.periodSeconds ?? 10);
  }
}

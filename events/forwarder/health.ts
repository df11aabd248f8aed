/** What a kubelet and a Prometheus ask: `/healthz` (alive), `/readyz` (the cluster is known), `/metrics`. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ForwarderState } from './forwarder.ts';
import type { Telemetry } from './telemetry.ts';

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export interface HealthSources {
  readonly state: () => ForwarderState;
  readonly telemetry: Telemetry;
}

/** Listens; rejects when the port is taken. */
export function serveHealth(at: { readonly host: string; readonly port: number }, sources: HealthSources): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    answers[path]?.(sources).then(
      (answer) => write(response, answer),
      () => write(response, { status: 500, type: 'text/plain', body: 'error\n' }),
    ) ?? write(response, { status: 404, type: 'text/plain', body: `known paths: ${Object.keys(answers).join(' ')}\n` });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(at.port, at.host, () => {
      // A server that listens on a port has an address of this form.
      const { port } = server.address() as AddressInfo;
      resolve({
        port,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      });
    });
  });
}

const json = (status: number, body: object): Answer => ({ status, type: 'application/json', body: `${JSON.stringify(body)}\n` });

const answers: Readonly<Record<string, (sources: HealthSources) => Promise<Answer>>> = {
  // Every wait of the forwarder has a limit of its own, so a process that answers is one that works. A queue or an API server that is
  // away is no reason for a restart, which would only forget the keys that are pending.
  '/healthz': async () => json(200, { ok: true }),
  '/readyz': async ({ state }) => json(state().ready ? 200 : 503, state()),
  '/metrics': async ({ state, telemetry }) => {
    const { kinds, pendingKeys, oldestPendingSeconds } = state();
    for (const { kind, synced, objects } of kinds) {
      telemetry.set('albeit_forwarder_objects', objects, { kind });
      telemetry.set('albeit_forwarder_synced', synced ? 1 : 0, { kind });
    }
    telemetry.set('albeit_forwarder_pending_keys', pendingKeys);
    telemetry.set('albeit_forwarder_oldest_pending_seconds', oldestPendingSeconds);
    return { status: 200, type: telemetry.contentType, body: await telemetry.text() };
  },
};

function write(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body);
}

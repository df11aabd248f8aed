/** The doors of the function host: the common ones, its functions and requests, its switches, and what the functions print. */
import { commonDoors, type Doors } from '../openapi/doors.ts';
import { isEnded } from './async-state.ts';
import type { Host } from './host.ts';

function stateOf(host: Host): unknown {
  const triggers = host.triggers();
  return {
    functions: [...host.pools.values()].map(({ spec, instances }) => ({
      name: spec.name,
      timeoutSeconds: spec.timeoutSeconds,
      memoryMiB: spec.memoryMiB,
      concurrency: spec.concurrency,
      instances: instances().map((one) => ({ instanceId: one.id, pid: one.pid, state: one.state(), requestId: one.requestId() })),
      triggers: triggers.filter((one) => one.function === spec.name).map((one) => one.state),
    })),
    asyncRequests: host.async
      .list()
      .filter((request) => !isEnded(request))
      .map(({ payload, failure: _failure, ...request }) => ({ ...request, payloadBytes: Buffer.byteLength(payload, 'base64') })),
    settings: host.settings(),
  };
}

/** The doors by method and path. */
export const fcDoors = (host: Host): Doors => ({
  ...commonDoors(host.journal, host.faults),
  'GET /_/state': () => stateOf(host),
  'GET /_/logs': (_body, query) => ({ lines: host.logs.linesAfter(Number(query.get('after') ?? 0)) }),
  'GET /_/settings': () => host.settings(),
  'PUT /_/settings': (body) => {
    host.change(body);
    return host.settings();
  },
});

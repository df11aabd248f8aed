/** Which port each program of the local cloud gets: with `--ports N` the fixed ones from N up, in this order, so that they can be learnt. */

import { createServer } from 'node:net';

export const portNames = ['kubernetes', 'mns', 'fc', 'alb', 'forwarder', 'node'] as const;
export type PortName = (typeof portNames)[number];

/** Listeners get theirs from here on. */
const listenerOffset = 10;

export interface Ports {
  /** 0 = any free one. */
  of(name: PortName): number;
  /** First port for listeners of load balancers. */
  readonly listeners: number | 'free';
}

export const choosePorts = (first: number | undefined): Ports => ({
  of: (name) => (first === undefined ? 0 : first + portNames.indexOf(name)),
  listeners: first === undefined ? 'free' : first + listenerOffset,
});

/** Whether a port of this machine can be listened on. */
const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

/** Looks before anything is started, so that one sentence says all. Listeners are not asked about: they pass over ports in use. */
export async function requireFree(ports: Ports): Promise<void> {
  const fixed = portNames.map((name) => ({ name, port: ports.of(name) })).filter((one) => one.port !== 0);
  const free = await Promise.all(fixed.map((one) => isFree(one.port)));
  const taken = fixed.filter((_, index) => !free[index]).map((one) => `${one.port} (${one.name})`);
  if (taken.length > 0) throw new Error(`port ${taken.join(', ')} is in use; choose others with --ports N, or leave --ports out`);
}

/** Which port each program of the local cloud gets: with `--ports N` the fixed ones from N up, in this order, so that they can be learnt. */

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

/** A group takes so many servers and no more: which of the wanted ones they are, chosen so that nobody who is there gives way. */
import type { ObservedServer, Server } from '#shared/cloud/alb/port.ts';
import { serverKey } from '#shared/plan/members.ts';

/** Servers of one group; the service does not raise it. */
export const serversPerGroup = 1000;

export interface Chosen {
  readonly servers: readonly Server[];
  /** Wanted, and beyond what a group takes. */
  readonly beyond: readonly Server[];
}

export function chooseServers(wanted: readonly Server[], observed: readonly ObservedServer[]): Chosen {
  if (wanted.length <= serversPerGroup) return { servers: wanted, beyond: [] };
  const there = new Set(observed.map(serverKey));
  const stable = [...wanted.filter((one) => there.has(serverKey(one))), ...wanted.filter((one) => !there.has(serverKey(one)))];
  return { servers: stable.slice(0, serversPerGroup), beyond: stable.slice(serversPerGroup) };
}

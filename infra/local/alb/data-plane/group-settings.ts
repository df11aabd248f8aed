/** Settings of a group that concern its connections, with the service's defaults filled in (ALB reference 6.6). */
import type { ViewGroup } from '../view.ts';

/** Milliseconds that requests to a server which has left may last; `undefined`: the group does not drain. */
export function drainMsOf({ ConnectionDrainConfig: config = {} }: ViewGroup): number | undefined {
  if (config['ConnectionDrainEnabled'] !== true) return undefined;
  return Number(config['ConnectionDrainTimeout'] ?? 300) * 1000;
}

/** Milliseconds in which a new server comes to its full weight; 0: at once. Only turns by weight know such a thing. */
export function slowStartMsOf({ Scheduler, SlowStartConfig: config = {} }: ViewGroup): number {
  if (config['SlowStartEnabled'] !== true || Scheduler !== 'Wrr') return 0;
  return Number(config['SlowStartDuration'] ?? 30) * 1000;
}

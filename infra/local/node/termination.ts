/** How long a Pod that is being deleted goes on serving. Pure. */
import type { Container, Pod } from './objects.ts';

/** Kubernetes' default grace, in seconds. */
const defaultGrace = 30;

/** Seconds that the hook before the end of a container sleeps; `undefined`: it has none that does. */
function sleepOf({ lifecycle }: Container): number | undefined {
  const { sleep, exec } = lifecycle?.preStop ?? {};
  if (sleep !== undefined) return sleep.seconds;
  // A container that is an echo server runs no command, but nearly all of these hooks are a `sleep 15`.
  const [, seconds] = /(?:^|[\s;&|])sleep\s+(\d+(?:\.\d+)?)s?(?:$|[\s;&|])/.exec((exec?.command ?? []).join(' ')) ?? [];
  return seconds === undefined ? undefined : Number(seconds);
}

/**
 * Milliseconds from the deletion on: as long as the hooks sleep, within the grace period. Without a hook the whole grace period, as servers
 * do that wait for the news to spread, but no longer than `longestSeconds`.
 */
export function servesOnMs(pod: Pod, longestSeconds: number): number {
  const grace = pod.metadata.deletionGracePeriodSeconds ?? defaultGrace;
  const sleeps = pod.spec.containers.map(sleepOf).filter((seconds) => seconds !== undefined);
  return Math.min(grace, sleeps.length === 0 ? longestSeconds : Math.max(...sleeps)) * 1000;
}

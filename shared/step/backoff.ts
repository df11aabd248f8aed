/** Pauses between tries of what time may cure. Pure: the random number is given. */

const firstSeconds = 1;
/** Ten minutes: long enough to leave a broken API alone, short enough that a cured one is noticed without anyone's help. */
const capSeconds = 600;

/** Pause before try `attempt` + 1, in whole seconds: doubling, capped, and spread over its upper half so that keys do not march in step. */
export function backoffSeconds(attempt: number, random: number): number {
  const full = Math.min(capSeconds, firstSeconds * 2 ** Math.min(attempt, 20));
  return Math.max(1, Math.round(full / 2 + (full / 2) * random));
}

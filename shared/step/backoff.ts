/** Pauses between tries of what time may cure. Pure: the random number is given. */

/** Ten minutes: long enough to leave a broken API alone, short enough that a cured one is noticed without anyone's help. */
const capSeconds = 600;

/** Pause after so many tries, in seconds: doubling from the first one, capped. */
export const doublingSeconds = (tries: number, firstSeconds = 1): number => Math.min(capSeconds, firstSeconds * 2 ** Math.min(tries, 20));

/** Pause before try `attempt` + 1, in whole seconds: doubling, capped, and spread over its upper half so that keys do not march in step. */
export function backoffSeconds(attempt: number, random: number): number {
  const full = doublingSeconds(attempt);
  return Math.max(1, Math.round(full / 2 + (full / 2) * random));
}

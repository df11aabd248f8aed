/** How a trigger's poll loop rests between polls, as pure functions of what happened. All in ms. */

/** Waits while the queue service is away: doubled from the first to the last. */
const awayFirstMs = 100;
const awayLastMs = 5000;
const emptyPauseMs = 200;

/** After a poll that failed; `before` is the wait that preceded it. */
export const afterFailure = (before: number): number => Math.min(Math.max(before * 2, awayFirstMs), awayLastMs);

/**
 * After a poll that brought nothing. With too many long polls on a queue the service answers at once as empty, and a loop without this
 * pause would spin.
 */
export const afterEmpty = (tookMs: number, pollMs: number): number => (tookMs < pollMs / 2 ? emptyPauseMs : 0);

/** A wait made uneven, so that many loops do not knock together: between half and all of it. `random` is 0 - 1. */
export const uneven = (waitMs: number, random: number): number => waitMs * (0.5 + random / 2);

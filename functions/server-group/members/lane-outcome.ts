/** What a failure means for a Service: as for a step of the chain, but for the service asking us to write less. */
import { CloudFailure } from '#shared/cloud/failure.ts';
import { outcomeOf } from '#shared/step/failure-outcome.ts';
import { type Outcome, wait } from '#shared/step/outcome.ts';
import type { Workshop } from '#shared/step/workshop.ts';
import { type Lane, refOf } from './lane.ts';

/** Seconds, at least and at most, when the service does not say how long. */
const throttledSeconds = [1, 3] as const;

/**
 * Pods go before rules: steps of the chain stand back for longer and longer when the service throttles, a lane comes back after the same
 * short while, spread so that lanes do not come all at once, until it is let through.
 */
export function outcomeInLane(error: unknown, lane: Pick<Lane, 'message'>, { random }: Pick<Workshop, 'random'>): Outcome {
  if (!(error instanceof CloudFailure) || error.failure !== 'throttled') return outcomeOf(error, refOf(lane));
  const [least, most] = throttledSeconds;
  const seconds = error.retryAfterMs === undefined ? least + (most - least) * random() : error.retryAfterMs / 1000;
  return wait(Math.max(least, Math.ceil(seconds)), error.message);
}

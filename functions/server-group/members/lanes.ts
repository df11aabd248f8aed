/** The lanes of a batch, side by side: what fails for one Service keeps no other from going on. */
import { eachLimited } from '#shared/step/each-limited.ts';
import { combine } from '#shared/step/outcome.ts';
import type { Workshop } from '#shared/step/workshop.ts';
import type { Lane } from './lane.ts';
import { outcomeInLane } from './lane-outcome.ts';

/** Services at once: each waits mostly for the network, and different groups do not disturb each other. */
export const parallel = 8;

/** A failure becomes part of what the run came to for the Service. */
export function fail(lane: Lane, error: unknown, at: Workshop): void {
  lane.outcome = combine(lane.outcome, outcomeInLane(error, lane, at));
}

/** A piece of work for each; one that fails is tried again with the next message. */
export const eachLane = (lanes: readonly Lane[], at: Workshop, work: (lane: Lane) => Promise<void>): Promise<void> =>
  eachLimited(lanes, parallel, (lane) => work(lane).catch((error: unknown) => fail(lane, error, at)));

/** A question for all: when it fails, all of them wait for the next try. */
export async function together<T>(lanes: readonly Lane[], at: Workshop, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    for (const lane of lanes) fail(lane, error, at);
    return undefined;
  }
}

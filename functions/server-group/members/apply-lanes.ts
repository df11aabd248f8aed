/** The second half of a batch: call after call, each group for itself, with pauses that all of them share. */
import { eachLimited } from '#shared/step/each-limited.ts';
import { combine, wait } from '#shared/step/outcome.ts';
import type { Workshop } from '#shared/step/workshop.ts';
import { applyGroup } from './apply-members.ts';
import type { Lane } from './lane.ts';
import { outcomeInLane } from './lane-outcome.ts';
import { parallel, together } from './lanes.ts';
import type { FoundIds } from './look-ups.ts';
import { digestJobs, isPending, pendingOf } from './member-jobs.ts';

/** A job takes about half a second: asked sooner, it would be asked twice. */
const pauseMs = 600;
/** In all not more than two seconds: pods that become ready meanwhile wait for this batch. */
const mostPauses = 3;

/** One call further, wherever a call may be made. A group that fails keeps no other of its Service from going on. */
async function advance(lane: Lane, found: FoundIds, at: Workshop): Promise<void> {
  for (const work of lane.work) {
    if (work.state !== 'ready') continue;
    // Whoever starts no job is through.
    work.state = 'settled';
    const outcome = await applyGroup({ lane, work, found, at }).catch((error: unknown) => outcomeInLane(error, lane, at));
    work.outcome = combine(work.outcome, outcome);
  }
}

const isOpen = ({ released }: Lane): boolean => !released;

/**
 * Calls follow each other while the time for waiting in place lasts; what is under way then is verified by the next message. Services that
 * have nothing to wait for are released at once, the others at the end. What fails in `release` fails here: nobody else knows how the
 * message ended.
 */
export async function applyLanes(
  lanes: readonly Lane[],
  found: FoundIds,
  release: (lane: Lane) => Promise<void>,
  at: Workshop,
): Promise<void> {
  for (let pauses = 0; ; pauses += 1) {
    await eachLimited(lanes.filter(isOpen), parallel, async (lane) => {
      await advance(lane, found, at);
      if (!isPending(lane)) await release(lane);
    });
    const waiting = lanes.filter(isOpen);
    if (waiting.length === 0 || pauses === mostPauses || !at.hasTime(pauseMs + at.callMs)) break;
    await at.pause(pauseMs);
    await together(waiting, at, () => digestJobs(waiting, at));
  }
  for (const { work } of pendingOf(lanes)) work.outcome = wait(1, 'servers are being changed');
  await eachLimited(lanes.filter(isOpen), parallel, release);
}

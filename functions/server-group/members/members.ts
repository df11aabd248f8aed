/**
 * The lane of Services: brings the servers of a Service's groups in line with its endpoints. A batch is one piece of work: nodes, jobs,
 * network interfaces and instances are asked for once for all its Services; claims, writes and outcomes are each Service's own.
 */
import type { MembersRequested, Message } from '#events/contract/messages.ts';
import { byKey } from '#shared/step/by-key.ts';
import { eachLimited } from '#shared/step/each-limited.ts';
import { done } from '#shared/step/outcome.ts';
import type { Settlement, Workshop } from '#shared/step/workshop.ts';
import { ReadinessGates } from '../gates/readiness-gates.ts';
import { applyLanes } from './apply-lanes.ts';
import { readBinding } from './bound-group.ts';
import { claimLane, type LaneRequest, releaseLane } from './claim-lane.ts';
import type { Lane } from './lane.ts';
import { eachLane, parallel } from './lanes.ts';
import { lookAtLanes, lookUpForLanes } from './look-at-lanes.ts';

/** Several requests for one Service as one: what one look at it finds is all that any of them could ask for. */
const mergedRequest = (ofOneService: readonly MembersRequested[]): LaneRequest => ({
  message: ofOneService.find(({ whole }) => whole) ?? (ofOneService[0] as MembersRequested), // groups are never empty
  arrived: new Set(ofOneService.map(({ attempt }) => attempt)),
});

/** How each message of the batch ended. */
export async function keepMembers(messages: readonly MembersRequested[], at: Workshop): Promise<ReadonlyMap<Message, Settlement>> {
  const settled = new Map<Message, Settlement>(messages.map((one) => [one, { outcome: done(false), sends: [], facts: { merged: true } }]));
  const gates = new ReadinessGates(at);
  const lanes: Lane[] = [];
  await eachLimited(byKey(messages).map(mergedRequest), parallel, async (request) => {
    const claimed = await claimLane(request, at);
    if ('claim' in claimed) lanes.push(claimed);
    else settled.set(request.message, await gates.withoutLane(request.message, claimed));
  });
  const release = async (lane: Lane): Promise<void> => {
    await gates.keep(lane);
    settled.set(lane.message, await releaseLane(lane, at));
  };
  const whole = lanes.filter((lane) => lane.whole);
  await eachLane(whole, at, async (lane) => {
    lane.binding = await readBinding(lane, at);
  });
  await lookAtLanes(lanes, gates, at);
  const found = await lookUpForLanes(lanes, at);
  await applyLanes(lanes, found, release, at);
  return settled;
}

/**
 * The lane of Services: brings the servers of a Service's groups in line with its endpoints. A batch is one piece of work: nodes, jobs,
 * network interfaces and instances are asked for once for all its Services; claims, writes and outcomes are each Service's own.
 */
import type { MembersRequested, Message } from '#events/contract/messages.ts';
import { readEndpoints } from '#shared/kube/endpoint-reader.ts';
import { readNodes } from '#shared/kube/node-reader.ts';
import { needsNodes } from '#shared/model/members-source.ts';
import { byKey } from '#shared/step/by-key.ts';
import { eachLimited } from '#shared/step/each-limited.ts';
import { combine, done, wait } from '#shared/step/outcome.ts';
import type { Settlement, Workshop } from '#shared/step/workshop.ts';
import { ReadinessGates } from '../gates/readiness-gates.ts';
import { applyGroup } from './apply-members.ts';
import { readBinding } from './bound-group.ts';
import { claimLane, type LaneRequest, releaseLane } from './claim-lane.ts';
import { lookAtGroup } from './group-work.ts';
import { groupsOfLane, type Lane } from './lane.ts';
import { outcomeInLane } from './lane-outcome.ts';
import { type FoundIds, isUnidentified, lookUp } from './look-ups.ts';
import { digestJobs, pendingOf } from './member-jobs.ts';

/** Services at once: each waits mostly for the network, and different groups do not disturb each other. */
const parallel = 8;

/** A job takes about half a second: asked sooner, it would be asked twice. */
const pauseMs = 600;
/** In all not more than two seconds: pods that become ready meanwhile wait for this batch. */
const mostPauses = 3;

/** How each message of the batch ended. */
export async function keepMembers(messages: readonly MembersRequested[], at: Workshop): Promise<ReadonlyMap<Message, Settlement>> {
  const settled = new Map<Message, Settlement>(messages.map((one) => [one, { outcome: done(false), sends: [], facts: { merged: true } }]));
  // What one look at a Service finds is all that several messages of the batch could ask for.
  const firsts = byKey(messages).map(mergedRequest);
  const gates = new ReadinessGates(at);
  const lanes: Lane[] = [];
  await eachLimited(firsts, parallel, async (request) => {
    const claimed = await claimLane(request, at);
    if ('claim' in claimed) lanes.push(claimed);
    else settled.set(request.message, await gates.withoutLane(request.message, claimed));
  });
  await eachLimited(
    lanes.filter(({ whole }) => whole),
    parallel,
    (lane) =>
      quietly(lane, at, async () => {
        lane.binding = await readBinding(lane, at);
      }),
  );
  await lookAtAll(lanes, gates, at);
  const found = await lookUp(
    lanes.flatMap((lane) => lane.work),
    at,
  );
  for (const lane of found.failure === undefined ? [] : lanes.filter(({ work }) => work.some(isUnidentified))) {
    lane.outcome = combine(lane.outcome, outcomeInLane(found.failure?.error, lane, at));
  }
  const release = async (lane: Lane): Promise<void> => {
    if (lane.released) return;
    await gates.keep(lane);
    settled.set(lane.message, await releaseLane(lane, at));
  };
  await applyAll(lanes, found, release, at);
  await eachLimited(lanes, parallel, release);
  return settled;
}

/** Several requests for one Service as one. */
const mergedRequest = (ofOneService: readonly MembersRequested[]): LaneRequest => ({
  message: ofOneService.find(({ whole }) => whole) ?? (ofOneService[0] as MembersRequested), // groups are never empty
  arrived: new Set(ofOneService.map(({ attempt }) => attempt)),
});

/** A question for all: when it fails, all of them wait for the next try. */
async function together<T>(lanes: readonly Lane[], at: Workshop, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    for (const lane of lanes) lane.outcome = combine(lane.outcome, outcomeInLane(error, lane, at));
    return undefined;
  }
}

/** What fails for one Service keeps no other from being looked at. */
async function quietly(lane: Lane, at: Workshop, work: () => Promise<void>): Promise<void> {
  await work().catch((error: unknown) => {
    lane.outcome = combine(lane.outcome, outcomeInLane(error, lane, at));
  });
}

/** Nodes are listed once for all, and only when a mode depends on them. */
async function lookAtAll(lanes: readonly Lane[], gates: ReadinessGates, at: Workshop): Promise<void> {
  const ofNodes = lanes.filter((lane) => Object.values(groupsOfLane(lane)).some(needsNodes));
  const nodes = ofNodes.length === 0 ? [] : await together(ofNodes, at, () => readNodes(at.kube));
  const open = nodes === undefined ? lanes.filter((lane) => !ofNodes.includes(lane)) : lanes;
  await eachLimited(open, parallel, (lane) =>
    quietly(lane, at, async () => {
      lane.wish = { ...lane.wish, nodes: nodes ?? [] };
      await look(lane, gates, at);
    }),
  );
  await together(lanes.filter(isPending), at, () => digestJobs(lanes, at));
}

const isPending = (lane: Lane): boolean => pendingOf([lane]).length > 0;

async function look(lane: Lane, gates: ReadinessGates, at: Workshop): Promise<void> {
  const { key } = lane.message;
  const groups = Object.entries(groupsOfLane(lane));
  const known = new Set(groups.map(([group]) => group));
  // Groups that the chain has taken back are no longer ours to write.
  lane.ledger = { ...lane.ledger, members: Object.fromEntries(Object.entries(lane.ledger.members).filter(([group]) => known.has(group))) };
  if (groups.length === 0) return;
  const endpoints = await readEndpoints(at.kube, key.namespace, key.name);
  lane.wish = { ...lane.wish, endpoints, due: await gates.due(lane, endpoints) };
  lane.work = await Promise.all(groups.map(([group, facts]) => lookAtGroup({ group, facts, lane, at })));
}

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

/**
 * Calls follow each other while the time for waiting in place lasts; what is under way then is verified by the next message. Services that
 * have nothing to wait for are released at once.
 */
async function applyAll(lanes: readonly Lane[], found: FoundIds, release: (lane: Lane) => Promise<void>, at: Workshop): Promise<void> {
  for (let pauses = 0; ; pauses += 1) {
    await eachLimited(
      lanes.filter((lane) => !lane.released),
      parallel,
      async (lane) => {
        await advance(lane, found, at);
        if (!isPending(lane)) await release(lane);
      },
    );
    const waiting = lanes.filter((lane) => !lane.released);
    if (waiting.length === 0 || pauses === mostPauses || !at.hasTime(pauseMs + at.callMs)) break;
    await at.pause(pauseMs);
    await together(waiting, at, () => digestJobs(waiting, at));
  }
  for (const { work } of pendingOf(lanes)) work.outcome = wait(1, 'servers are being changed');
}

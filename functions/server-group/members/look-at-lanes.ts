/** The first half of a batch: what its Services want, what their groups hold, and how jobs of former runs have ended. */
import { readEndpoints } from '#shared/kube/endpoint-reader.ts';
import { readNodes } from '#shared/kube/node-reader.ts';
import { needsNodes } from '#shared/model/members-source.ts';
import type { Workshop } from '#shared/step/workshop.ts';
import type { ReadinessGates } from '../gates/readiness-gates.ts';
import { lookAtGroup } from './group-work.ts';
import { groupsOfLane, type Lane } from './lane.ts';
import { eachLane, fail, together } from './lanes.ts';
import { type FoundIds, isUnidentified, lookUp } from './look-ups.ts';
import { digestJobs, isPending } from './member-jobs.ts';

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

/** Nodes are listed once for all, and only when a mode depends on them. */
export async function lookAtLanes(lanes: readonly Lane[], gates: ReadinessGates, at: Workshop): Promise<void> {
  const ofNodes = lanes.filter((lane) => Object.values(groupsOfLane(lane)).some(needsNodes));
  const nodes = ofNodes.length === 0 ? [] : await together(ofNodes, at, () => readNodes(at.kube));
  const open = nodes === undefined ? lanes.filter((lane) => !ofNodes.includes(lane)) : lanes;
  await eachLane(open, at, async (lane) => {
    lane.wish = { ...lane.wish, nodes: nodes ?? [] };
    await look(lane, gates, at);
  });
  await together(lanes.filter(isPending), at, () => digestJobs(lanes, at));
}

/** Ids in the cloud, for all lanes at once. Who needs none is not concerned when they cannot be asked for. */
export async function lookUpForLanes(lanes: readonly Lane[], at: Workshop): Promise<FoundIds> {
  const works = lanes.flatMap((lane) => lane.work);
  const found = await lookUp(works, at);
  const concerned = found.failure === undefined ? [] : lanes.filter(({ work }) => work.some(isUnidentified));
  for (const lane of concerned) fail(lane, found.failure?.error, at);
  return found;
}

/**
 * The lane of Services: brings the servers of a Service's groups in line with its endpoints. A batch is one piece of work: jobs and network
 * interfaces are asked for once for all its Services; claims, writes and outcomes are each Service's own.
 */
import type { MembersRequested, Message } from '#events/contract/messages.ts';
import type { Job } from '#shared/cloud/alb/port.ts';
import { readEndpoints } from '#shared/kube/endpoint-reader.ts';
import { byKey } from '#shared/step/by-key.ts';
import { eachLimited } from '#shared/step/each-limited.ts';
import { outcomeOf } from '#shared/step/failure-outcome.ts';
import { combine, done, wait } from '#shared/step/outcome.ts';
import { emptyServiceLedger, type GroupMembers, type ServiceLedger } from '#shared/step/record.ts';
import { isTaken, outcomeOfTaken } from '#shared/step/records.ts';
import type { Send, Settlement, Workshop } from '#shared/step/workshop.ts';
import { applyGroup } from './apply-members.ts';
import { lookAtGroup, missingAddresses } from './group-work.ts';
import { type Lane, refOf } from './lane.ts';

/** Services at once: each waits mostly for the network, and different groups do not disturb each other. */
const parallel = 8;

/** How each message of the batch ended. */
export async function keepMembers(messages: readonly MembersRequested[], at: Workshop): Promise<ReadonlyMap<Message, Settlement>> {
  const settled = new Map<Message, Settlement>(messages.map((one) => [one, { outcome: done(false), sends: [], facts: { merged: true } }]));
  // What one look at a Service finds is all that several messages of the batch could ask for.
  const firsts = byKey(messages).flatMap((ofOneService) => ofOneService.slice(0, 1));
  const lanes = await claimAll(firsts, at, settled);
  const quietly = (lane: Lane, work: () => Promise<void>): Promise<void> =>
    work().catch((error: unknown) => {
      lane.outcome = combine(lane.outcome, outcomeOf(error, refOf(lane)));
    });
  await together(lanes, () => digestJobs(lanes, at));
  const open = lanes.filter((lane) => lane.outcome.kind === 'done');
  await eachLimited(open, parallel, (lane) => quietly(lane, () => look(lane, at)));
  const interfaces = await together(open, () => findInterfaces(open, at));
  await eachLimited(open, parallel, (lane) => quietly(lane, () => applyAll(lane, interfaces ?? new Map(), at)));
  await eachLimited(lanes, parallel, async (lane) => {
    settled.set(lane.message, await conclude(lane));
  });
  return settled;
}

/** A look-up for all: when it fails, all of them wait for the next try. */
async function together<T>(lanes: readonly Lane[], work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    for (const lane of lanes) lane.outcome = combine(lane.outcome, outcomeOf(error, refOf(lane)));
    return undefined;
  }
}

async function claimAll(messages: readonly MembersRequested[], at: Workshop, settled: Map<Message, Settlement>): Promise<readonly Lane[]> {
  const lanes: Lane[] = [];
  await eachLimited(messages, parallel, async (message) => {
    try {
      const claim = await at.records.claimExisting(message.key, at, emptyServiceLedger);
      // No record: no chain has made a group for this Service.
      if (claim === 'absent') settled.set(message, { outcome: done(false), sends: [], facts: { claim } });
      else if (isTaken(claim)) settled.set(message, { outcome: outcomeOfTaken(claim), sends: [], facts: { claim: 'taken' } });
      else lanes.push({ message, claim, ledger: claim.record.ledger, endpoints: [], work: [], outcome: done(false), sends: [] });
    } catch (error) {
      settled.set(message, {
        outcome: outcomeOf(error, { kind: 'Service', namespace: message.key.namespace, name: message.key.name }),
        sends: [],
      });
    }
  });
  return lanes;
}

const withJob = (members: GroupMembers, job: Job | undefined): GroupMembers => {
  const { jobId, next, servers: _before, ...rest } = members;
  if (job?.status === 'Processing') return members;
  // Failed, or unknown to the service: what is there now must be listed.
  return job?.status === 'Succeeded' && next !== undefined ? { ...rest, servers: next, registered: next.length } : rest;
};

const jobsOf = ({ members }: ServiceLedger): readonly string[] =>
  Object.values(members).flatMap(({ jobId }) => (jobId === undefined ? [] : [jobId]));

/** Asks about the jobs of the whole batch at once. */
async function digestJobs(lanes: readonly Lane[], at: Workshop): Promise<void> {
  const ids = lanes.flatMap((lane) => jobsOf(lane.ledger));
  if (ids.length === 0) return;
  const jobs = new Map((await at.cloud.alb.getJobs(ids)).map((job) => [job.jobId, job]));
  for (const lane of lanes) {
    const before = lane.ledger;
    const members = Object.entries(before.members).map(([group, one]): [string, GroupMembers] => [
      group,
      one.jobId === undefined ? one : withJob(one, jobs.get(one.jobId)),
    ]);
    lane.ledger = { ...lane.ledger, members: Object.fromEntries(members) };
    const failed = jobsOf(before).filter((id) => jobs.get(id)?.status === 'Failed');
    if (members.some(([, one]) => one.jobId !== undefined)) lane.outcome = wait(1, 'servers are being changed');
    // Begun again, but with growing pauses: what fails every time would otherwise be written every second.
    else if (failed.length > 0) lane.outcome = { kind: 'park', because: `${failed.length} job(s) of the service failed`, problems: [] };
  }
}

async function look(lane: Lane, at: Workshop): Promise<void> {
  const { key } = lane.message;
  const groups = Object.entries(lane.claim.record.groups);
  const known = new Set(groups.map(([group]) => group));
  // Groups that the chain has taken back are no longer ours to write.
  lane.ledger = { ...lane.ledger, members: Object.fromEntries(Object.entries(lane.ledger.members).filter(([group]) => known.has(group))) };
  if (groups.length === 0) return;
  lane.endpoints = await readEndpoints(at.kube, key.namespace, key.name);
  lane.work = await Promise.all(groups.map(([group, facts]) => lookAtGroup({ group, facts, lane, at })));
}

/** One question for all addresses of the batch that we have no interface for: the existing controllers ask once a group and pass. */
async function findInterfaces(lanes: readonly Lane[], at: Workshop): Promise<ReadonlyMap<string, string>> {
  const addresses = [...new Set(lanes.flatMap((lane) => lane.work.flatMap(missingAddresses)))];
  if (addresses.length === 0) return new Map();
  const found = await at.cloud.ecs.findNetworkInterfaces(at.site.vpcId, addresses);
  return new Map(found.flatMap((one) => one.privateIps.map((ip) => [ip, one.networkInterfaceId] as const)));
}

async function applyAll(lane: Lane, interfaces: ReadonlyMap<string, string>, at: Workshop): Promise<void> {
  if (lane.outcome.kind !== 'done') return;
  for (const work of lane.work) {
    const outcome = await applyGroup({ lane, work, interfaces, at });
    lane.outcome = combine(lane.outcome, outcome);
  }
}

async function conclude(lane: Lane): Promise<Settlement> {
  const { message } = lane;
  const empty = Object.keys(lane.claim.record.groups).length === 0 && lane.outcome.kind === 'done';
  try {
    const { again } = await lane.claim.release(empty ? undefined : lane.ledger);
    const repeat: Send = { message: { ...message, attempt: 0 }, delaySeconds: 0 };
    return { outcome: lane.outcome, sends: [...lane.sends, ...(again && lane.outcome.kind === 'done' ? [repeat] : [])] };
  } catch (error) {
    return { outcome: outcomeOf(error, refOf(lane)), sends: lane.sends };
  }
}

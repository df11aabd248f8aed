/** What is wanted and what is known of one group of a Service, and how far this run has come with it. */
import type { ObservedServer, Server } from '#shared/cloud/alb/port.ts';
import { digestOf, type MembersWish, type WantedServer, wantedServers } from '#shared/model/wanted-servers.ts';
import type { Problem } from '#shared/problem.ts';
import { done, type Outcome } from '#shared/step/outcome.ts';
import type { GroupMembers, RememberedServer, ServiceGroup } from '#shared/step/record.ts';
import type { Workshop } from '#shared/step/workshop.ts';
import { Refusals } from './refused-servers.ts';

export interface GroupWork {
  readonly group: string;
  readonly facts: ServiceGroup;
  readonly wanted: readonly WantedServer[];
  /** Of what is wanted without pods that wait for a gate: what dispatch compares. */
  readonly digest: string;
  /** Servers as listed now, or as verified last; while a job is under way, as they will be. */
  observed: readonly ObservedServer[];
  /** They were listed in this run, so what we remember is not to blame. */
  readonly listed: boolean;
  readonly refusals: Refusals;
  /** Wanted, but without an id in the cloud, without room, or refused: told, and tried again. */
  problems: readonly Problem[];
  /** `ready`: a call may be made. `pending`: a job of the service is under way. `settled`: nothing more is done in this run. */
  state: 'ready' | 'pending' | 'settled';
  outcome: Outcome;
}

export const asRemembered = ({ serverType, serverId, serverIp, port, weight }: Server): RememberedServer => ({
  type: serverType,
  id: serverId,
  ip: serverIp,
  port,
  weight,
});

export const asObserved = ({ type, id, ip, port, weight }: RememberedServer): ObservedServer => ({
  serverType: type,
  serverId: id,
  serverIp: ip,
  port,
  weight,
  status: 'Available',
});

/** What of a lane is needed here. */
interface LaneView {
  readonly ledger: { readonly members: Readonly<Record<string, GroupMembers>> };
  readonly wish: MembersWish;
}

interface Question {
  readonly group: string;
  readonly facts: ServiceGroup;
  readonly lane: LaneView;
  readonly at: Workshop;
}

interface Observed {
  readonly observed: readonly ObservedServer[];
  readonly listed: boolean;
}

/**
 * Lists the servers only when we do not know them, or the service counts others: a new group is empty, the last verified state is
 * remembered.
 */
async function observe({ group, facts, lane, at }: Question): Promise<Observed> {
  const remembered = lane.ledger.members[group];
  const doubted = facts.doubtedAt !== undefined && facts.doubtedAt !== remembered?.doubtedAt;
  if (remembered?.servers !== undefined && !doubted) return { observed: remembered.servers.map(asObserved), listed: false };
  if (remembered === undefined && facts.made === true) return { observed: [], listed: false };
  return { observed: await at.cloud.alb.listServers(group), listed: true };
}

/** Looks at a group, unless a job of it is still under way. */
export async function lookAtGroup(question: Question): Promise<GroupWork> {
  const { group, facts, lane, at } = question;
  const { jobId, next = [], refused } = lane.ledger.members[group] ?? {};
  const seen = jobId === undefined ? await observe(question) : { observed: next.map(asObserved), listed: false };
  return {
    group,
    facts,
    wanted: wantedServers(facts, lane.wish),
    digest: digestOf(facts, lane.wish),
    ...seen,
    refusals: new Refusals(refused, () => at.kube.now()),
    problems: [],
    state: jobId !== undefined ? 'pending' : 'ready',
    outcome: done(false),
  };
}

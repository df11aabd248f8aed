/** What is wanted and what is known of one group of a Service, and how far this run has come with it. */
import type { ObservedServer, Server } from '#shared/cloud/alb/port.ts';
import { digestOf, type MembersWish, type WantedServer, wantedServers } from '#shared/model/wanted-servers.ts';
import { done, type Outcome } from '#shared/step/outcome.ts';
import type { GroupMembers, RememberedServer, ServiceGroup } from '#shared/step/record.ts';
import type { Workshop } from '#shared/step/workshop.ts';

export interface GroupWork {
  readonly group: string;
  readonly facts: ServiceGroup;
  readonly wanted: readonly WantedServer[];
  /** Of what is wanted without pods that wait for a gate: what dispatch compares. */
  readonly digest: string;
  /** Servers as listed now, or as verified last; while a job is under way, as they will be. */
  observed: readonly ObservedServer[];
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

/**
 * Lists the servers only when we do not know them, or the service counts others: a new group is empty, the last verified state is
 * remembered.
 */
async function observe({ group, facts, lane, at }: Question): Promise<readonly ObservedServer[]> {
  const remembered = lane.ledger.members[group];
  const doubted = facts.doubtedAt !== undefined && facts.doubtedAt !== remembered?.doubtedAt;
  if (remembered?.servers !== undefined && !doubted) return remembered.servers.map(asObserved);
  if (remembered === undefined && facts.made === true) return [];
  return at.cloud.alb.listServers(group);
}

/** Looks at a group, unless a job of it is still under way. */
export async function lookAtGroup(question: Question): Promise<GroupWork> {
  const { group, facts, lane } = question;
  const { jobId, next = [] } = lane.ledger.members[group] ?? {};
  return {
    group,
    facts,
    wanted: wantedServers(facts, lane.wish),
    digest: digestOf(facts, lane.wish),
    observed: jobId === undefined ? await observe(question) : next.map(asObserved),
    state: jobId !== undefined ? 'pending' : 'ready',
    outcome: done(false),
  };
}

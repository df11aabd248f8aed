/** What is wanted and what is known of one group of a Service, and how far this run has come with it. */
import type { ServiceKey } from '#events/contract/messages.ts';
import type { ObservedServer, Server } from '#shared/cloud/alb/port.ts';
import { CloudFailure } from '#shared/cloud/failure.ts';
import { digestOf, type MembersWish, type WantedServer, wantedServers } from '#shared/model/wanted-servers.ts';
import { shortHash } from '#shared/ownership.ts';
import { isRemoving } from '#shared/plan/members.ts';
import type { Problem } from '#shared/problem.ts';
import { done, type Outcome } from '#shared/step/outcome.ts';
import type { RememberedServer, ServiceGroup, ServiceLedger } from '#shared/step/record.ts';
import type { Workshop } from '#shared/step/workshop.ts';
import { Refusals } from './refused-servers.ts';

export interface GroupWork {
  readonly group: string;
  readonly facts: ServiceGroup;
  /** Of a group made elsewhere: description of the servers that are ours. Others in it are left alone. */
  readonly mark?: string;
  /** Of a group made elsewhere that is bound no more. */
  readonly leaving: boolean;
  readonly wanted: readonly WantedServer[];
  /** Of what is wanted without pods that wait for a gate: what dispatch compares. */
  readonly digest: string;
  /** Servers as listed now, or as verified last; while a job is under way, as they will be. */
  observed: readonly ObservedServer[];
  /** Keys of servers in a group made elsewhere that are somebody else's, as far as this run has seen. */
  foreign: ReadonlySet<string>;
  /** They were listed in this run, so what we remember is not to blame. */
  listed: boolean;
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
  readonly message: { readonly key: ServiceKey };
  readonly ledger: Pick<ServiceLedger, 'members' | 'bound'>;
  readonly wish: MembersWish;
}

interface Question {
  readonly group: string;
  readonly facts: ServiceGroup;
  readonly lane: LaneView;
  readonly at: Workshop;
}

/** Limit of a server's description. */
const descriptionLimit = 256;

/** `albeit/c-1/shop/coffee` */
function markOf({ cluster, namespace, name }: ServiceKey): string {
  const text = `albeit/${cluster}/${namespace}/${name}`;
  return text.length <= descriptionLimit ? text : `albeit/${shortHash(text)}`;
}

/** Whether the service says that the whole group is not there. */
export const isGone = (error: unknown): boolean => error instanceof CloudFailure && error.facts['code'] === 'ResourceNotFound.ServerGroup';

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
  try {
    return { observed: await at.cloud.alb.listServers(group), listed: true };
  } catch (error) {
    // Whoever made it has taken it away; whether that matters is seen when something is to be written.
    if (lane.ledger.bound?.[group] !== undefined && isGone(error)) return { observed: [], listed: true };
    throw error;
  }
}

/**
 * Pods that end while nobody is ready are kept as servers, but one that has left is not taken back for the moments that it has left: half of a
 * large Deployment would be added once more while it is scaled to nothing. Only where no wanted server is there is anybody better than nobody.
 */
function withoutLate(wanted: readonly WantedServer[], observed: readonly ObservedServer[]): readonly WantedServer[] {
  const there = new Set(observed.filter((one) => !isRemoving(one)).map((one) => `${one.serverIp} ${one.port}`));
  const isEnding = (one: WantedServer): boolean => one.kind !== 'instance' && one.ending === true;
  const isThere = (one: WantedServer): boolean => there.has(`${one.ip} ${one.port}`);
  return wanted.some((one) => isEnding(one) && isThere(one)) ? wanted.filter((one) => !isEnding(one) || isThere(one)) : wanted;
}

/** Looks at a group, unless a job of it is still under way. */
export async function lookAtGroup(question: Question): Promise<GroupWork> {
  const { group, facts, lane, at } = question;
  const { jobId, next = [], refused } = lane.ledger.members[group] ?? {};
  const bound = lane.ledger.bound?.[group];
  const leaving = bound?.leaving === true;
  const seen = jobId === undefined ? await observe(question) : { observed: next.map(asObserved), listed: false };
  return {
    group,
    facts,
    ...(bound === undefined ? {} : { mark: markOf(lane.message.key) }),
    leaving,
    wanted: leaving ? [] : withoutLate(wantedServers(facts, lane.wish), seen.observed),
    digest: digestOf(facts, lane.wish),
    ...seen,
    refusals: new Refusals(refused, () => at.kube.now()),
    foreign: new Set(),
    problems: [],
    state: jobId !== undefined ? 'pending' : 'ready',
    outcome: done(false),
  };
}

/** One Service of a batch, claimed. */
import type { MembersRequested } from '#events/contract/messages.ts';
import type { Alb } from '#shared/cloud/alb/port.ts';
import type { MembersWish } from '#shared/model/wanted-servers.ts';
import type { ObjectRef, Problem } from '#shared/problem.ts';
import type { Claim } from '#shared/step/claim.ts';
import { guardWrites } from '#shared/step/guard.ts';
import { combine, type Outcome } from '#shared/step/outcome.ts';
import type { GroupMembers, ServiceGroup, ServiceLedger } from '#shared/step/record.ts';
import type { Send, Workshop } from '#shared/step/workshop.ts';
import { gateUses } from '../gates/health.ts';
import type { GroupWork } from './group-work.ts';

/** What this run found of the group that the Service is bound to. */
export interface BindingReport {
  readonly outcome: Outcome;
  readonly problems: readonly Problem[];
}

export interface Lane {
  readonly message: MembersRequested;
  /** What the messages of the batch for this Service say for their attempts. */
  readonly arrived: ReadonlySet<number>;
  /** The Service itself is read too. */
  readonly whole: boolean;
  readonly claim: Claim<ServiceLedger>;
  ledger: ServiceLedger;
  /** Endpoints and nodes, as read in this run. */
  wish: MembersWish;
  /** Every group of the Service. */
  work: readonly GroupWork[];
  /** Of the Service as a whole; each group has its own beside it. */
  outcome: Outcome;
  /** Of a group that the Service is bound to. */
  binding: BindingReport;
  sends: readonly Send[];
  /** The claim was given back. */
  released: boolean;
}

export const refOf = ({ message }: Pick<Lane, 'message'>): ObjectRef => ({
  kind: 'Service',
  namespace: message.key.namespace,
  name: message.key.name,
});

/** What the run came to for the Service: its groups together. */
export const outcomeOfLane = (lane: Lane): Outcome =>
  [lane.binding, ...lane.work].reduce((sum, { outcome }) => combine(sum, outcome), lane.outcome);

/** What a group's members are made by, for each group that is the lane's to write: the chain's, and those made elsewhere. */
export function groupsOfLane({ claim, ledger }: Pick<Lane, 'claim' | 'ledger'>): Readonly<Record<string, ServiceGroup>> {
  const bound = Object.entries(ledger.bound ?? {}).map(([group, { rule }]) => [group, { ...rule, albConfig: '' }] as const);
  return { ...Object.fromEntries(bound), ...claim.record.groups };
}

/** What is remembered of one group; `undefined`: nothing any more. */
export function remember(lane: Lane, group: string, members: GroupMembers | undefined): void {
  const { [group]: _former, ...others } = lane.ledger.members;
  lane.ledger = { ...lane.ledger, members: members === undefined ? others : { ...others, [group]: members } };
}

/** Its writes are made while the claim stands, and no longer. */
export const guardedAlb = ({ claim }: Lane, { cloud, callMs, hasTime }: Workshop): Alb =>
  guardWrites(cloud.alb, callMs, (ms) => claim.covers(ms) && hasTime(ms));

/** Every cloud action that the lane uses, for the RAM policy of the function. */
export const laneUses: readonly string[] = [
  'ListServerGroupServers',
  'AddServersToServerGroup',
  'RemoveServersFromServerGroup',
  'ReplaceServersInServerGroup',
  'UpdateServerGroupServersAttribute',
  'ListAsynJobs',
  'DescribeNetworkInterfaces',
  'DescribeInstances',
  'ListServerGroups',
  'TagResources',
  'UnTagResources',
  ...gateUses,
];

/** Who refers to which server group: listeners by their default action, rules by forwarding and mirroring. */
import type { Acting, Cloud } from './cloud.ts';
import type { DefaultAction, ListenerRecord, RuleAction, RuleRecord } from './records.ts';
import { refuse } from './refusals.ts';
import { registeredServers } from './servers-now.ts';
import type { State } from './state.ts';

export interface Reference {
  readonly groupId: string;
  readonly loadBalancerId: string;
  /** Listener or rule. */
  readonly holder: string;
}

const ofDefault = (actions: readonly DefaultAction[]): readonly string[] =>
  actions.flatMap((action) => action.ForwardGroupConfig.ServerGroupTuples.map((tuple) => tuple.ServerGroupId));

/** Groups that the actions of a rule name, each once. */
export const groupsOfActions = (actions: readonly RuleAction[]): readonly string[] => [
  ...new Set(
    actions
      .flatMap((action) => [
        ...(action.ForwardGroupConfig?.ServerGroupTuples ?? []),
        ...(action.TrafficMirrorConfig?.MirrorGroupConfig.ServerGroupTuples ?? []),
      ])
      .map((tuple) => tuple.ServerGroupId),
  ),
];

/** Groups a listener holds on to: a group that is being replaced stays in use until the job is done. */
export const groupsOfListener = (listener: ListenerRecord): readonly string[] => [
  ...new Set([...ofDefault(listener.shown.DefaultActions), ...ofDefault(listener.inForce?.DefaultActions ?? [])]),
];

/** Groups a rule holds on to. */
export const groupsOfRule = (rule: RuleRecord): readonly string[] => [
  ...new Set([...groupsOfActions(rule.shown.RuleActions), ...groupsOfActions(rule.inForce?.RuleActions ?? [])]),
];

interface References {
  readonly version: number;
  readonly all: readonly Reference[];
  readonly byGroup: ReadonlyMap<string, readonly Reference[]>;
}

/** Collected once a change: a page of groups, or everything at once, asks for those of each. */
const collected = new WeakMap<State, References>();

function collect(state: State): References {
  const refer = (holder: string, loadBalancerId: string, groups: readonly string[]): readonly Reference[] =>
    groups.map((groupId) => ({ groupId, loadBalancerId, holder }));
  const all = [
    ...state.listeners.all().flatMap((one) => refer(one.id, one.loadBalancerId, groupsOfListener(one))),
    ...state.rules.all().flatMap((one) => refer(one.id, one.loadBalancerId, groupsOfRule(one))),
  ];
  const byGroup = new Map<string, Reference[]>();
  for (const one of all) byGroup.set(one.groupId, [...(byGroup.get(one.groupId) ?? []), one]);
  return { version: state.version(), all, byGroup };
}

function referencesIn(state: State): References {
  const known = collected.get(state);
  if (known?.version === state.version()) return known;
  const found = collect(state);
  collected.set(state, found);
  return found;
}

/** Every reference of the account. */
export const references = ({ state }: Cloud): readonly Reference[] => referencesIn(state).all;

/** Who refers to one group. */
export const referencesTo = ({ state }: Cloud, groupId: string): readonly Reference[] => referencesIn(state).byGroup.get(groupId) ?? [];

/** A holder of references is gone: its groups count as in use a while longer. */
export function linger(cloud: Cloud, groupIds: readonly string[]): void {
  const until = cloud.clock.now() + cloud.settings().referenceLingerMs;
  for (const groupId of groupIds) cloud.state.lingering.set(groupId, until);
}

/** Whether anything refers to the group, or did until a moment ago. */
export const isInUse = (cloud: Cloud, groupId: string): boolean =>
  referencesTo(cloud, groupId).length > 0 || (cloud.state.lingering.get(groupId) ?? 0) > cloud.clock.now();

const countBy = (
  all: readonly Reference[],
  keyOf: (one: Reference) => string,
  weightOf: (one: Reference) => number,
): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const one of all) counts.set(keyOf(one), (counts.get(keyOf(one)) ?? 0) + weightOf(one));
  return counts;
};

const countedServers = (cloud: Cloud, groupId: string): number => {
  const group = cloud.state.serverGroups.get(groupId);
  return group === undefined ? 0 : registeredServers(group).length;
};

/** Servers a load balancer has by the service's way of counting: once for every reference to their group. */
export const serversByLoadBalancer = (cloud: Cloud, all: readonly Reference[]): ReadonlyMap<string, number> =>
  countBy(
    all,
    (one) => one.loadBalancerId,
    (one) => countedServers(cloud, one.groupId),
  );

/** Refuses when references would exceed what a group may have, or what the load balancer may have of servers. `holders` are replaced. */
export function checkReferences(acting: Acting, wanted: readonly Reference[]): void {
  const { cloud } = acting;
  const holders = new Set(wanted.map((one) => one.holder));
  const after = [...references(cloud).filter((one) => !holders.has(one.holder)), ...wanted];
  const attachments = countBy(
    after,
    (one) => one.groupId,
    () => 1,
  );
  const servers = serversByLoadBalancer(cloud, after);
  const { attachmentsPerGroup, serversPerLoadBalancer } = cloud.settings().quotas;
  for (const { groupId, loadBalancerId } of wanted) {
    if ((attachments.get(groupId) ?? 0) > attachmentsPerGroup) {
      throw refuse(
        acting.action,
        'ResourceQuotaExceeded.ServerGroupAttachedNum',
        `Group ${groupId} may be referred to ${attachmentsPerGroup} times`,
      );
    }
    const edition = cloud.state.loadBalancers.get(loadBalancerId)?.shown.LoadBalancerEdition ?? 'Standard';
    if ((servers.get(loadBalancerId) ?? 0) > serversPerLoadBalancer[edition]) {
      throw refuse(
        acting.action,
        'ResourceQuotaExceeded.LoadBalancerServersNum',
        `${loadBalancerId} may have ${serversPerLoadBalancer[edition]} servers`,
      );
    }
  }
}

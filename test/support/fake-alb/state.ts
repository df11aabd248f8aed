/** Everything the fake ALB holds. Members are mutable copies of the port's types: reads give clones. */

import type { Listener, LoadBalancer, ObservedServer, Rule, ServerGroup } from '#shared/cloud/alb/port.ts';
import { serverGroupIdsOf } from '#shared/plan/rule-content.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export type HeldBalancer = Mutable<LoadBalancer>;
export type HeldListener = Mutable<Listener>;
export type HeldRule = Mutable<Rule>;
export type HeldServer = Mutable<ObservedServer>;
export type HeldGroup = Mutable<ServerGroup> & { servers: HeldServer[] };

/** What a test may set; the service's own figures by default. */
export interface FakeAlbSettings {
  readonly vpcId: string;
  /** vSwitch → zone of the VPC. */
  readonly vSwitches: Readonly<Record<string, string>>;
  readonly zones: readonly string[];
  readonly quota: {
    readonly rulesPerLoadBalancer: number;
    readonly serversPerGroup: number;
    readonly attachmentsPerGroup: number;
  };
}

export interface FakeState {
  readonly settings: FakeAlbSettings;
  readonly loadBalancers: Map<string, HeldBalancer>;
  readonly listeners: Map<string, HeldListener>;
  readonly rules: Map<string, HeldRule>;
  readonly groups: Map<string, HeldGroup>;
}

export const groupsOfRule = (rule: Pick<Rule, 'ruleActions'>): readonly string[] => serverGroupIdsOf(rule.ruleActions);

/** Groups that a listener's default action and rules name, each once. */
export const groupsBehind = (state: FakeState, listenerId: string): readonly string[] => [
  ...new Set([
    ...[...state.listeners.values()].filter((one) => one.listenerId === listenerId).map((one) => one.defaultServerGroupId),
    ...[...state.rules.values()].filter((one) => one.listenerId === listenerId).flatMap(groupsOfRule),
  ]),
];

/** How often listeners and rules refer to a group. */
export function references(state: FakeState, serverGroupId: string): number {
  const listeners = [...state.listeners.values()].filter((one) => one.defaultServerGroupId === serverGroupId).length;
  const rules = [...state.rules.values()].filter((one) => groupsOfRule(one).includes(serverGroupId)).length;
  return listeners + rules;
}

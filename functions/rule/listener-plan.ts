/** What is planned on each listener of an ALB, and which of these calls may be made now. */
import type { Rule, RuleSettings } from '#shared/cloud/alb/port.ts';
import { ruleName } from '#shared/model/build-rule.ts';
import { referencesPerGroup } from '#shared/model/shard-groups.ts';
import type { ListenerIdentity, RuleSpec } from '#shared/model/stack.ts';
import { tagKeys } from '#shared/ownership.ts';
import { type HostShare, hostsOf } from '#shared/plan/neighbours.ts';
import { serverGroupIdsOf } from '#shared/plan/rule-content.ts';
import { planRules, type RulePhase, type WantedRule } from '#shared/plan/rules.ts';
import type { Scene } from '#shared/step/scene.ts';
import { actionsOf } from './actions.ts';

/** A rule of the stack and what the service is to hold for it. */
export interface SpecifiedRule extends WantedRule {
  readonly spec: RuleSpec;
}

const identityOf = (rule: Rule): string => rule.tags[tagKeys.identity] ?? '';
const ownerOf = (tagged: { readonly tags: Rule['tags'] }): string => tagged.tags[tagKeys.owner] ?? '';

/** Every rule of the stack with its settings. One whose actions are held keeps those that it has, as far as it exists. */
export function specifyRules(observed: readonly Rule[], scene: Scene): readonly SpecifiedRule[] {
  const standing = new Map([...observed].sort((a, b) => b.priority - a.priority).map((rule) => [identityOf(rule), rule]));
  return scene.stack.rules.map((spec) => {
    const kept = spec.actionsHeld === true ? standing.get(spec.identity)?.ruleActions : undefined;
    const settings = { ruleName: ruleName(spec), ruleConditions: spec.conditions, ruleActions: kept ?? actionsOf(spec, scene) };
    return { spec, identity: spec.identity, direction: spec.direction, tags: spec.tags, settings };
  });
}

/** Which hosts the rules that are wanted and those that are there ask for. */
export function hostShares(observed: readonly Rule[], wanted: readonly SpecifiedRule[], { ledger }: Scene): readonly HostShare[] {
  const listeners = new Map(Object.entries(ledger.listeners).map(([identity, id]) => [id, identity]));
  return [
    ...wanted.map((one) => ({ owner: ownerOf(one), listener: one.spec.listener, hosts: hostsOf(one.spec.conditions) })),
    ...observed.map((rule) => ({
      owner: ownerOf(rule),
      listener: listeners.get(rule.listenerId) ?? '',
      hosts: hostsOf(rule.ruleConditions),
    })),
  ];
}

export interface ListenerPlan {
  readonly listener: ListenerIdentity;
  readonly listenerId: string;
  readonly phases: readonly RulePhase[];
  /** Ids of groups that its rules will point to. */
  readonly groups: readonly string[];
  readonly existing: number;
  readonly created: number;
  readonly removed: number;
  readonly removesFirst: boolean;
}

export interface PlanQuestion {
  readonly observed: readonly Rule[];
  readonly wanted: readonly SpecifiedRule[];
  /** Owner hashes of Ingresses that keep what they have. */
  readonly keepOwners: ReadonlySet<string>;
  /** How many more rules the ALB may hold. */
  readonly room: number;
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function planEach({ observed, wanted, keepOwners }: PlanQuestion, room: number | undefined, scene: Scene): readonly ListenerPlan[] {
  const observedOn = grouped(observed, (rule) => rule.listenerId);
  const free = wanted.filter((one) => !keepOwners.has(ownerOf(one)));
  const wantedOn = grouped(free, ({ spec }) => spec.listener);
  return scene.stack.listeners.flatMap(({ identity: listener }) => {
    const listenerId = scene.ledger.listeners[listener];
    if (listenerId === undefined) return []; // it cannot be made, so nothing can be on it
    const here = observedOn.get(listenerId) ?? [];
    const specified = wantedOn.get(listener) ?? [];
    const plan = planRules({ wanted: specified, observed: here, keepOwners, ...(room === undefined ? {} : { room }) });
    const kept = here.filter((rule) => keepOwners.has(ownerOf(rule)));
    return {
      listener,
      listenerId,
      phases: plan.phases,
      groups: [...kept.map((rule) => rule.ruleActions), ...specified.map((one) => one.settings.ruleActions)].flatMap(serverGroupIdsOf),
      existing: here.length,
      created: plan.create.length,
      removed: plan.remove.length,
      removesFirst: plan.removesFirst,
    };
  });
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/** Less than nothing: a listener removes first even where it creates nothing itself. */
const noRoom = -1;

/** A rule as it is made or changed; a new one has no id. */
type Written = RuleSettings & { readonly ruleId?: string };

/** Whether some group would be named by more rules than may name it, were everything new to come before anything goes. */
function crowdsGroups(plans: readonly ListenerPlan[], observed: readonly Rule[]): boolean {
  const naming = new Map<string, number>();
  const count = (groups: readonly string[]): void => {
    for (const group of new Set(groups)) naming.set(group, (naming.get(group) ?? 0) + 1);
  };
  const before = new Map(observed.map((rule) => [rule.ruleId, serverGroupIdsOf(rule.ruleActions)]));
  for (const groups of before.values()) count(groups);
  const phases = plans.flatMap((plan) => plan.phases);
  const written = phases.flatMap((phase): readonly Written[] => (phase.kind === 'remove' ? [] : phase.rules));
  for (const { ruleId = '', ruleActions } of written) {
    const known = before.get(ruleId) ?? [];
    count(serverGroupIdsOf(ruleActions).filter((one) => !known.includes(one)));
  }
  return [...naming.values()].some((one) => one > referencesPerGroup);
}

/** Where all new rules together have no room before others go, on the ALB or in a group, every listener removes first. */
export function planListeners(question: PlanQuestion, scene: Scene): readonly ListenerPlan[] {
  const plans = planEach(question, undefined, scene);
  if (!plans.some((plan) => plan.removed > 0)) return plans;
  const tight = sum(plans.map((plan) => plan.created)) > question.room || crowdsGroups(plans, question.observed);
  return tight ? planEach(question, noRoom, scene) : plans;
}

/** One call on one listener. */
export interface Call<P extends RulePhase = RulePhase> {
  readonly listener: ListenerIdentity;
  readonly listenerId: string;
  readonly phase: P;
}

const kinds: readonly RulePhase['kind'][] = ['create', 'update', 'remove'];

const redirects = ({ phase }: Call): boolean => phase.rules.some((rule) => rule.ruleActions.some((action) => action.type === 'Redirect'));

/** Where clients are sent has to be there before they are sent, and to stay until they are sent there no more. */
function inTurn(kind: RulePhase['kind'], calls: readonly Call[]): readonly Call[] {
  const [sending, others] = [calls.filter(redirects), calls.filter((call) => !redirects(call))];
  const [first, second] = kind === 'remove' ? [sending, others] : [others, sending];
  return first.length > 0 ? first : second;
}

/**
 * The next call of each listener, as far as it may be made now. What a request is sent on to by one listener (from HTTP to HTTPS) must be in
 * force before it is sent: nothing is changed anywhere while something is still to be created, nor removed while something is to be changed.
 * Where there is no room, the removals must come first, on all listeners.
 */
export function nextCalls(plans: readonly ListenerPlan[]): readonly Call[] {
  const next = plans.flatMap(({ listener, listenerId, phases }) => phases.slice(0, 1).map((phase) => ({ listener, listenerId, phase })));
  const of = (kind: RulePhase['kind']): readonly Call[] =>
    inTurn(
      kind,
      next.filter((call) => call.phase.kind === kind),
    );
  const order = plans.some((plan) => plan.removesFirst) ? (['remove', 'create', 'update'] as const) : kinds;
  return order.map(of).find((calls) => calls.length > 0) ?? [];
}

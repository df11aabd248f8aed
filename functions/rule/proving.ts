/**
 * The load balancer probes the servers of a group only while a rule names it. A rule that turned to a group which nobody has probed would be
 * answered 503 until the first probes have passed. So the rule names the new group beside the old one first, with weight 0, and turns to it
 * when one of its servers is healthy; or after a while all the same, because what is wished must come.
 */
import type { Rule, RuleAction, RuleSettings } from '#shared/cloud/alb/port.ts';
import type { ServerGroupSpec } from '#shared/model/stack.ts';
import { tagKeys } from '#shared/ownership.ts';
import { serverGroupIdsOf } from '#shared/plan/rule-content.ts';
import type { RulePhase } from '#shared/plan/rules.ts';
import type { RefusedRule } from '#shared/step/record.ts';
import type { Scene, ServiceRecords } from '#shared/step/scene.ts';
import type { ListenerPlan } from './listener-plan.ts';
import { keyOfMembers, membersOf } from './readiness.ts';

/** Beyond the time that the probes need; servers that are not healthy by then may never be. */
const patienceMs = 30_000;
const mostPatienceMs = 120_000;

/** Groups of one ForwardGroup action (ALB CreateRules). */
const groupsPerAction = 5;

type Forward = Extract<RuleAction, { readonly type: 'ForwardGroup' }>;
type Update = Extract<RulePhase, { readonly kind: 'update' }>['rules'][number];

const forwardOf = (actions: readonly RuleAction[]): Forward | undefined => actions.find((action) => action.type === 'ForwardGroup');

const tuplesOf = ({ ruleActions }: Pick<RuleSettings, 'ruleActions'>) => forwardOf(ruleActions)?.forwardGroupConfig.serverGroupTuples ?? [];

/** Groups that requests go to. */
const servingIds = (rule: Pick<RuleSettings, 'ruleActions'>): readonly string[] =>
  tuplesOf(rule).flatMap(({ serverGroupId, weight }) => (weight > 0 ? [serverGroupId] : []));

/** The rule as it stands, with groups beside its own that get no request. */
function beside(have: Rule, groups: readonly string[]): readonly RuleAction[] {
  const named = new Set(tuplesOf(have).map((one) => one.serverGroupId));
  const added = groups.filter((id) => !named.has(id)).map((serverGroupId) => ({ serverGroupId, weight: 0 }));
  if (added.length === 0) return have.ruleActions;
  return have.ruleActions.map((action) => {
    if (action.type !== 'ForwardGroup') return action;
    const { serverGroupTuples } = action.forwardGroupConfig;
    return { ...action, forwardGroupConfig: { ...action.forwardGroupConfig, serverGroupTuples: [...serverGroupTuples, ...added] } };
  });
}

export interface ProvingQuestion {
  readonly plans: readonly ListenerPlan[];
  readonly observed: readonly Rule[];
  /** Rules that were refused when they were last sent: these turn at once, as their refusal may be that they named two groups. */
  readonly refused: Readonly<Record<string, RefusedRule>>;
}

export interface Proving {
  readonly plans: readonly ListenerPlan[];
  /** What is waited for; empty: nothing. */
  readonly unproven: readonly string[];
  /** Ids of groups that rules name for as long as something is waited for. */
  readonly standing: readonly string[];
  /** Before the next look at what is waited for, in whole seconds. */
  readonly pauseSeconds: number;
}

/** Probes take seconds, and each look costs two reads. */
const lookSeconds = 2;
const nothingUnproven = { unproven: [], standing: [], pauseSeconds: 1 } as const;

/** What is known of the groups whose servers are probed. */
class ProbedGroups {
  readonly #groups: ReadonlyMap<string, ServerGroupSpec>;
  readonly #scene: Scene;
  readonly #serving: ReadonlySet<string>;
  readonly #healthy = new Map<string, Promise<ReadonlyMap<string, number>>>();

  constructor(observed: readonly Rule[], scene: Scene) {
    const probed = scene.stack.groups.filter((one) => one.members !== undefined && one.settings.healthCheckConfig.healthCheckEnabled);
    this.#groups = new Map(probed.map((one) => [scene.ledger.groups[one.identity] ?? '', one]));
    this.#scene = scene;
    this.#serving = new Set(observed.flatMap(servingIds));
  }

  /** Those that a rule is to send requests to, and that get none from anybody yet. */
  newIn(rule: Pick<RuleSettings, 'ruleActions'>): readonly string[] {
    return servingIds(rule).filter((id) => this.#groups.has(id) && !this.#serving.has(id));
  }

  nameOf(id: string): string {
    return `a healthy server of ${this.#groups.get(id)?.settings.serverGroupName ?? id}`;
  }

  patienceMs(ids: readonly string[]): number {
    const checks = ids.flatMap((id) => this.#groups.get(id)?.settings.healthCheckConfig ?? []);
    const needed = checks.map((one) => (one.healthCheckInterval * one.healthyThreshold + one.healthCheckTimeout) * 1000);
    return Math.min(mostPatienceMs, patienceMs + Math.max(0, ...needed));
  }

  /** A listener that names the group says that one of its servers is healthy; or it wants none. */
  async isProven(id: string, listenerId: string): Promise<boolean> {
    const registered = await this.#registered(id);
    if (registered === 0) return true;
    const ailing = (await this.#ailingOn(listenerId)).get(id);
    return ailing !== undefined && ailing < registered;
  }

  /** Servers that are not in service, by group. Asked once a listener. */
  #ailingOn(listenerId: string): Promise<ReadonlyMap<string, number>> {
    const asked = this.#healthy.get(listenerId) ?? this.#ask(listenerId);
    this.#healthy.set(listenerId, asked);
    return asked;
  }

  async #ask(listenerId: string): Promise<ReadonlyMap<string, number>> {
    const groups = await this.#scene.cloud.alb.listenerHealth(listenerId);
    return new Map(groups.map((one) => [one.serverGroupId, one.ailing.length]));
  }

  async #registered(id: string): Promise<number> {
    const group = this.#groups.get(id);
    if (group?.members === undefined) return 0;
    const services: ServiceRecords = await this.#scene.services([keyOfMembers(group.members, this.#scene)]);
    return membersOf(group, services, this.#scene)?.registered ?? 0;
  }
}

interface Turning {
  readonly rule: Update;
  readonly unproven: readonly string[];
}

/** A rule that changes where it stands, as it may be written now; nothing when all that can be done is to wait. */
async function turn(rule: Update, plan: ListenerPlan, question: ProvingQuestion, groups: ProbedGroups): Promise<Turning | undefined> {
  const have = question.observed.find((one) => one.ruleId === rule.ruleId);
  const fresh = groups.newIn(rule);
  // One that moves meets other requests than before: its old groups are none of the new wish's.
  if (have === undefined || fresh.length === 0 || have.priority !== rule.priority || tuplesOf(have).length === 0) return undefined;
  if (question.refused[have.tags[tagKeys.identity] ?? ''] !== undefined) return undefined;
  const named = new Set(tuplesOf(have).map((one) => one.serverGroupId));
  if (new Set([...named, ...fresh]).size > groupsPerAction) return undefined;
  const proven = await Promise.all(fresh.map(async (id) => named.has(id) && (await groups.isProven(id, plan.listenerId))));
  const unproven = fresh.filter((_, index) => proven[index] !== true);
  if (unproven.length === 0) return undefined;
  const { ruleName, ruleConditions } = have;
  return { rule: { ...rule, ruleName, ruleConditions, ruleActions: beside(have, fresh) }, unproven };
}

interface Turned {
  readonly plan: ListenerPlan;
  readonly unproven: readonly string[];
}

/** Of the plan of one listener, the call that is next. What comes after it waits until it is done. */
async function turnPlan(plan: ListenerPlan, question: ProvingQuestion, groups: ProbedGroups): Promise<Turned> {
  const [first, ...later] = plan.phases;
  if (first?.kind !== 'update') return { plan, unproven: [] };
  const turns = await Promise.all(first.rules.map((rule) => turn(rule, plan, question, groups)));
  const unproven = [...new Set(turns.flatMap((one) => one?.unproven ?? []))];
  if (unproven.length === 0) return { plan, unproven };
  const standing = new Map(question.observed.map((rule) => [rule.ruleId, rule.ruleActions]));
  const rules = first.rules
    .map((rule, index) => turns[index]?.rule ?? rule)
    .filter((rule) => standing.get(rule.ruleId) !== rule.ruleActions);
  return { plan: { ...plan, phases: rules.length === 0 ? [] : [{ kind: 'update', rules }, ...later] }, unproven };
}

/** Nothing goes anywhere while a rule that may take its requests has not turned yet. */
const withoutRemovals = (plan: ListenerPlan): ListenerPlan => (plan.phases[0]?.kind === 'remove' ? { ...plan, phases: [] } : plan);

/** The plans as far as they may be carried out now, and which groups must prove themselves before the rest may. */
export async function proveGroups(question: ProvingQuestion, scene: Scene): Promise<Proving> {
  const groups = new ProbedGroups(question.observed, scene);
  const turned = await Promise.all(question.plans.map((plan) => turnPlan(plan, question, groups)));
  const unproven = [...new Set(turned.flatMap((one) => one.unproven))];
  const since = scene.ledger.proving?.since ?? scene.now();
  scene.remember(({ proving: _former, ...ledger }) => (unproven.length === 0 ? ledger : { ...ledger, proving: { since } }));
  if (unproven.length === 0 || scene.now() - since >= groups.patienceMs(unproven)) return { plans: question.plans, ...nothingUnproven };
  return {
    plans: turned.map((one) => withoutRemovals(one.plan)),
    unproven: unproven.map((id) => groups.nameOf(id)),
    standing: question.observed.flatMap((rule) => serverGroupIdsOf(rule.ruleActions)),
    pauseSeconds: lookSeconds,
  };
}

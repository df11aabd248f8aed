/**
 * Forwarding rules: found by the tags of their content, changed in an order in which every request goes where the old or the new wish sends
 * it. One call a listener at a time; what comes after it is planned anew from what is there then.
 */
import type { NewRule, Rule } from '#shared/cloud/alb/port.ts';
import { CloudFailure } from '#shared/cloud/failure.ts';
import { ruleName } from '#shared/model/build-rule.ts';
import type { ListenerIdentity, RuleSpec } from '#shared/model/stack.ts';
import { ownerHash, tagKeys } from '#shared/ownership.ts';
import { massRemoval } from '#shared/plan/guards.ts';
import { serverGroupIdsOf } from '#shared/plan/rule-content.ts';
import { planRules, type RulePhase, type WantedRule } from '#shared/plan/rules.ts';
import type { ObjectRef } from '#shared/problem.ts';
import { problemOf } from '#shared/step/failure-outcome.ts';
import { defineNoun } from '#shared/step/noun.ts';
import { combine, done, type Outcome, wait } from '#shared/step/outcome.ts';
import type { Scene } from '#shared/step/scene.ts';
import { actionsOf } from './actions.ts';
import { fitIngresses } from './quota.ts';
import { pauseForMembers, waitingOwners } from './readiness.ts';

/** One call on one listener. `last`: nothing is left to call on it afterwards. */
interface Call<P extends RulePhase> {
  readonly listener: ListenerIdentity;
  readonly listenerId: string;
  readonly phase: P;
  readonly last: boolean;
}

type Of<K extends RulePhase['kind']> = Call<Extract<RulePhase, { readonly kind: K }>>;

/** `CreateFailed` is final: such a rule routes nothing and can only be removed. */
const settled: ReadonlySet<string> = new Set(['Available', 'CreateFailed']);

/** A rule that could not be made is nobody's: whatever it was to be is made anew, and it goes. */
const disown = (rule: Rule): Rule => (rule.status === 'CreateFailed' ? { ...rule, tags: {} } : rule);

/** Pause before the second reading that a large removal needs. */
const confirmSeconds = 5;

const wantedOf = (spec: RuleSpec, scene: Scene): WantedRule => ({
  identity: spec.identity,
  direction: spec.direction,
  tags: spec.tags,
  settings: { ruleName: ruleName(spec), ruleConditions: spec.conditions, ruleActions: actionsOf(spec, scene) },
});

const ownersOf = (spec: RuleSpec): readonly string[] => spec.owners.map((ref) => ownerHash(ref.namespace, ref.name));

/** What is planned on one listener, and which groups its rules will point to. */
function planListener(
  listener: ListenerIdentity,
  { observed, keepOwners, room }: { readonly observed: readonly Rule[]; readonly keepOwners: ReadonlySet<string>; readonly room: number },
  scene: Scene,
) {
  const listenerId = scene.ledger.listeners[listener] ?? '';
  const here = observed.filter((rule) => rule.listenerId === listenerId);
  const specs = scene.stack.rules.filter((spec) => spec.listener === listener && !ownersOf(spec).some((owner) => keepOwners.has(owner)));
  const wanted = specs.map((spec) => wantedOf(spec, scene));
  const { phases } = planRules({ wanted, observed: here, keepOwners, room });
  const kept = here.filter((rule) => keepOwners.has(rule.tags[tagKeys.owner] ?? ''));
  const groups = [...kept.map((rule) => rule.ruleActions), ...wanted.map((one) => one.settings.ruleActions)].flatMap(serverGroupIdsOf);
  const removed = phases.flatMap((phase) => (phase.kind === 'remove' ? phase.rules : [])).length;
  return { listener, listenerId, phases, groups, existing: here.length, removed };
}

/** More than half of an ALB's rules are to go: true until a second reading, some seconds later, wants the same. */
function needsConfirmation(plans: readonly { readonly existing: number; readonly removed: number }[], scene: Scene): boolean {
  const sum = (pick: (one: { readonly existing: number; readonly removed: number }) => number): number =>
    plans.reduce((total, one) => total + pick(one), 0);
  const question = { existing: sum((one) => one.existing), removed: sum((one) => one.removed) };
  const target = scene.ledger.steps['rule']?.target ?? '';
  const asked = scene.ledger.removalAsked;
  const confirmed = asked?.target === target && scene.now() - asked.at >= (confirmSeconds - 1) * 1000;
  if (massRemoval({ ...question, confirmed }) === 'go') return false;
  if (asked?.target !== target) scene.remember((ledger) => ({ ...ledger, removalAsked: { target, at: scene.now() } }));
  return true;
}

const refOfRule = (rule: NewRule, scene: Scene): ObjectRef => {
  const spec = scene.stack.rules.find((one) => one.tags[tagKeys.identity] === rule.tags[tagKeys.identity]);
  return spec?.owners[0] ?? { kind: 'AlbConfig', namespace: '', name: scene.stack.key.name };
};

/** Creates a batch; a batch that the service refuses is halved until the guilty rule stands alone, is named, and left out. */
async function createBatch(call: Of<'create'>, rules: readonly NewRule[], scene: Scene): Promise<Outcome> {
  const { listener, listenerId } = call;
  try {
    const request = { listenerId, rules };
    scene.started(
      await scene.cloud.alb.createRules(listenerId, rules, scene.token(`rules ${listener}`, request)),
      `${rules.length} rule(s) of ${listener}`,
    );
    return done(true);
  } catch (error) {
    if (!(error instanceof CloudFailure) || error.failure !== 'invalid') throw error;
    const [first] = rules;
    if (rules.length === 1 && first !== undefined) {
      return { kind: 'park', because: error.message, problems: [problemOf(error, refOfRule(first, scene))] };
    }
    const middle = Math.ceil(rules.length / 2);
    const left = await createBatch(call, rules.slice(0, middle), scene);
    return combine(left, await createBatch(call, rules.slice(middle), scene));
  }
}

const afterCall = (last: boolean): Outcome => (last ? done(true) : wait(1, 'the next change of rules follows this one'));

const byKind = <K extends RulePhase['kind']>(calls: readonly Call<RulePhase>[], kind: K): readonly Of<K>[] =>
  // The filter is what makes the cast true.
  calls.filter((call) => call.phase.kind === kind) as unknown as readonly Of<K>[];

const nothing = { create: [], update: [], remove: [] } as const;

export const rules = defineNoun<Rule, Of<'create'>, Of<'update'>, Of<'remove'>>({
  kind: 'rule',
  uses: ['ListRules', 'CreateRules', 'UpdateRulesAttribute', 'DeleteRules', 'GetLoadBalancerAttribute', 'ListAsynJobs'],
  removesWhileApplying: true,
  async ready(scene) {
    const missing = scene.stack.listeners.find((one) => scene.ledger.listeners[one.identity] === undefined);
    return missing === undefined ? undefined : wait(1, `listener ${missing.identity} is not there yet`);
  },
  async observe(scene) {
    const balancer = scene.ledger.loadBalancer;
    if (balancer === undefined || scene.fresh) return [];
    return (await scene.cloud.alb.listRules(balancer.id, 'Request')).map(disown);
  },
  async compare(scene, observed) {
    const held = scene.stack.held.map(({ ref }) => ownerHash(ref.namespace, ref.name));
    const waiting = await waitingOwners(scene);
    const untouched = new Set([...held, ...waiting.keys()]);
    const { over, problems, room } = fitIngresses(observed, untouched, scene);
    scene.remember(({ leftOut: _former, ...ledger }) => (problems.length === 0 ? ledger : { ...ledger, leftOut: problems }));
    const question = { observed, keepOwners: new Set([...untouched, ...over]), room };
    const plans = scene.stack.listeners.map((one) => planListener(one.identity, question, scene));
    const unsettled = observed.filter((rule) => !settled.has(rule.status)).map((rule) => rule.ruleName);
    if (needsConfirmation(plans, scene))
      return { ...nothing, unsettled: [...unsettled, 'a removal of most rules, to be confirmed,'], pauseSeconds: confirmSeconds };
    scene.remember((ledger) => ({
      ...ledger,
      groupsInRules: [...new Set(plans.flatMap((plan) => plan.groups))].filter((id) => id !== ''),
    }));
    const calls = plans.flatMap(({ listener, listenerId, phases }) =>
      phases.slice(0, 1).map((phase) => ({ listener, listenerId, phase, last: phases.length === 1 && waiting.size === 0 })),
    );
    // Nothing to call now, but somebody waits for members: the noun is not finished.
    const pending = calls.length === 0 ? [...waiting.values()] : [];
    return {
      create: byKind(calls, 'create'),
      update: byKind(calls, 'update'),
      remove: byKind(calls, 'remove'),
      unsettled: [...unsettled, ...pending],
      pauseSeconds: unsettled.length > 0 || pending.length === 0 ? 1 : pauseForMembers(scene),
    };
  },
  async create(calls, scene) {
    let outcome: Outcome = done(false);
    for (const call of calls) outcome = combine(outcome, combine(await createBatch(call, call.phase.rules, scene), afterCall(call.last)));
    return outcome;
  },
  async update(calls, scene) {
    let outcome: Outcome = done(false);
    for (const { listener, phase, last } of calls) {
      scene.started(
        await scene.cloud.alb.updateRules(phase.rules, scene.token(`update ${listener}`, phase.rules)),
        `${phase.rules.length} rule(s) of ${listener}`,
      );
      outcome = combine(outcome, afterCall(last));
    }
    return outcome;
  },
  async remove(calls, scene) {
    let outcome: Outcome = done(false);
    for (const { listener, phase, last } of calls) {
      const ids = phase.rules.map((rule) => rule.ruleId);
      scene.started(await scene.cloud.alb.deleteRules(ids, scene.token(`delete ${listener}`, ids)), `${ids.length} rule(s) of ${listener}`);
      outcome = combine(outcome, afterCall(last));
    }
    return outcome;
  },
});

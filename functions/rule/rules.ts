/**
 * Forwarding rules: found by the tags of their content, changed in an order in which every request goes where the old or the new wish sends
 * it. One call a listener at a time; what comes after it is planned anew from what is there then.
 */
import type { NewRule, Rule, RuleSettings } from '#shared/cloud/alb/port.ts';
import { ownerHash, tagKeys } from '#shared/ownership.ts';
import { massRemoval } from '#shared/plan/guards.ts';
import { serverGroupIdsOf } from '#shared/plan/rule-content.ts';
import { defineNoun } from '#shared/step/noun.ts';
import { combine, done, type Outcome, wait } from '#shared/step/outcome.ts';
import { isWithheld } from '#shared/step/refused-groups.ts';
import type { Scene } from '#shared/step/scene.ts';
import { afterCall, batchesOf, byKind, type Of, sendAll } from './batches.ts';
import { hostShares, type ListenerPlan, planListeners, specifyRules } from './listener-plan.ts';
import { proveGroups } from './proving.ts';
import { fitIngresses } from './quota.ts';
import { pauseForMembers, waitingOwners, waitingTogether, withheldOwners } from './readiness.ts';
import { standingRefusals } from './refused.ts';
import { clearing, deleteRules, disown, nobody } from './unmade.ts';

/** `CreateFailed` is final: such a rule routes nothing and can only be removed. */
const settled: ReadonlySet<string> = new Set(['Available', 'CreateFailed']);

const unsettledOf = (observed: readonly Rule[]): readonly string[] =>
  observed.filter((rule) => !settled.has(rule.status)).map((rule) => rule.ruleName);

/** Pause before the second reading that a large removal needs. */
const confirmSeconds = 5;

const wantsResponses = ({ stack }: Scene): boolean => stack.rules.some((rule) => rule.direction === 'Response');

/** A list shows one direction only. The second one is asked for unless it is known that it would be empty. */
async function listRules(loadBalancerId: string, scene: Scene): Promise<readonly Rule[]> {
  const requests = await scene.cloud.alb.listRules(loadBalancerId, 'Request');
  if (scene.ledger.noResponseRules === true && !wantsResponses(scene)) return requests;
  return [...requests, ...(await scene.cloud.alb.listRules(loadBalancerId, 'Response'))];
}

function rememberResponses(observed: readonly Rule[], scene: Scene): void {
  const none = !wantsResponses(scene) && observed.every((rule) => rule.direction === 'Request');
  scene.remember(({ noResponseRules: _former, ...ledger }) => (none ? { ...ledger, noResponseRules: true } : ledger));
}

/** More than half of an ALB's rules are to go: true until a second reading, some seconds later, wants the same. */
function needsConfirmation(plans: readonly ListenerPlan[], scene: Scene): boolean {
  const sum = (pick: (one: ListenerPlan) => number): number => plans.reduce((total, one) => total + pick(one), 0);
  const question = { existing: sum((one) => one.existing), removed: sum((one) => one.removed) };
  const target = scene.ledger.steps['rule']?.target ?? '';
  const asked = scene.ledger.removalAsked;
  const confirmed = asked?.target === target && scene.now() - asked.at >= (confirmSeconds - 1) * 1000;
  if (massRemoval({ ...question, confirmed }) === 'go') return false;
  if (asked?.target !== target) scene.remember((ledger) => ({ ...ledger, removalAsked: { target, at: scene.now() } }));
  return true;
}

/** A held listener keeps the rules that it has, so their groups are in use. */
function groupsOnHeld(observed: readonly Rule[], { stack, ledger }: Scene): readonly string[] {
  const held = new Set(stack.heldListeners.map((identity) => ledger.listeners[identity]));
  return observed.filter((rule) => held.has(rule.listenerId)).flatMap((rule) => serverGroupIdsOf(rule.ruleActions));
}

const nothing = { create: [], update: [], remove: [] } as const;

export const rules = defineNoun<Rule, Of<'create'>, Of<'update'>, Of<'remove'>>({
  kind: 'rule',
  uses: [
    'ListRules',
    'CreateRules',
    'UpdateRulesAttribute',
    'DeleteRules',
    'GetLoadBalancerAttribute',
    'GetListenerHealthStatus',
    'ListAsynJobs',
  ],
  removesWhileApplying: true,
  async ready(scene) {
    const missing = scene.stack.listeners.find(
      (one) => scene.ledger.listeners[one.identity] === undefined && !isWithheld(scene.ledger, one.defaultGroup),
    );
    return missing === undefined ? undefined : wait(1, `listener ${missing.identity} is not there yet`);
  },
  async observe(scene) {
    const balancer = scene.ledger.loadBalancer;
    if (balancer === undefined || scene.fresh) return [];
    return (await listRules(balancer.id, scene)).map(disown);
  },
  async compare(scene, observed) {
    rememberResponses(observed, scene);
    const cleared = clearing(observed, scene);
    if (cleared.length > 0) return { ...nothing, remove: cleared, unsettled: unsettledOf(observed) };
    const wanted = specifyRules(observed, scene);
    const held = scene.stack.held.map(({ ref }) => ownerHash(ref.namespace, ref.name));
    const standing = new Set(observed.map((rule) => rule.tags[tagKeys.identity] ?? ''));
    const waiting = await waitingOwners(scene, standing);
    const refusedBefore = scene.ledger.refused ?? {};
    const refused = standingRefusals(wanted, scene);
    const together = waiting.size === 0 ? [] : waitingTogether(waiting.keys(), hostShares(observed, wanted, scene), scene);
    const untouched = new Set([nobody, ...held, ...together, ...withheldOwners(scene, standing), ...refused.owners]);
    const { over, problems, room } = fitIngresses(observed, untouched, scene);
    const leftOut = [...problems, ...refused.problems];
    scene.remember(({ leftOut: _former, ...ledger }) => (leftOut.length === 0 ? ledger : { ...ledger, leftOut }));
    const plans = planListeners({ observed, wanted, keepOwners: new Set([...untouched, ...over]), room }, scene);
    const unsettled = unsettledOf(observed);
    if (needsConfirmation(plans, scene))
      return { ...nothing, unsettled: [...unsettled, 'a removal of most rules, to be confirmed,'], pauseSeconds: confirmSeconds };
    const proving = await proveGroups({ plans, observed, refused: refusedBefore }, scene);
    const pointedTo = [...plans.flatMap((plan) => plan.groups), ...groupsOnHeld(observed, scene), ...proving.standing];
    scene.remember((ledger) => ({ ...ledger, groupsInRules: [...new Set(pointedTo)].filter((id) => id !== '') }));
    const awaited = [...waiting.values(), ...proving.unproven];
    const batches = batchesOf(proving.plans, observed, scene).map((batch) => ({ ...batch, last: batch.last && awaited.length === 0 }));
    // Nothing to call now, but somebody waits for members or their health: the noun is not finished.
    const pending = batches.length === 0 ? awaited : [];
    return {
      create: byKind(batches, 'create'),
      update: byKind(batches, 'update'),
      remove: byKind(batches, 'remove'),
      unsettled: [...unsettled, ...pending],
      pauseSeconds: unsettled.length > 0 || pending.length === 0 ? 1 : Math.max(pauseForMembers(scene), proving.pauseSeconds),
    };
  },
  create: (batches, scene) =>
    sendAll<NewRule>(
      batches,
      ({ listener, listenerId }, rules) =>
        scene.cloud.alb.createRules(listenerId, rules, scene.token(`rules ${listener}`, { listenerId, rules })),
      scene,
    ),
  update: (batches, scene) =>
    sendAll<RuleSettings & { readonly ruleId: string }>(
      batches,
      ({ listener }, rules) => scene.cloud.alb.updateRules(rules, scene.token(`update ${listener}`, rules)),
      scene,
    ),
  async remove(batches, scene) {
    let outcome: Outcome = done(false);
    for (const { listener, phase, last } of batches) {
      const ids = phase.rules.map((rule) => rule.ruleId);
      const started = await deleteRules(phase.rules, scene.token(`delete ${listener}`, ids), scene);
      scene.started(started, `${ids.length} rule(s) of ${listener}`);
      outcome = combine(outcome, afterCall(last));
    }
    return outcome;
  },
});

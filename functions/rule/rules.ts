/**
 * Forwarding rules: found by the tags of their content, changed in an order in which every request goes where the old or the new wish sends
 * it. One call a listener at a time; what comes after it is planned anew from what is there then.
 */
import type { NewRule, Rule, RuleSettings, Started } from '#shared/cloud/alb/port.ts';
import { CloudFailure } from '#shared/cloud/failure.ts';
import type { RuleSpec } from '#shared/model/stack.ts';
import { ownerHash, tagKeys } from '#shared/ownership.ts';
import { massRemoval } from '#shared/plan/guards.ts';
import { serverGroupIdsOf } from '#shared/plan/rule-content.ts';
import type { RulePhase } from '#shared/plan/rules.ts';
import { defineNoun } from '#shared/step/noun.ts';
import { combine, done, type Outcome, wait } from '#shared/step/outcome.ts';
import type { Scene } from '#shared/step/scene.ts';
import { type Item, sendIsolating } from './isolate.ts';
import { type Call, hostShares, type ListenerPlan, nextCalls, ownerOf, planListeners, specifyRules } from './listener-plan.ts';
import { fitIngresses } from './quota.ts';
import { pauseForMembers, waitingOwners, waitingTogether } from './readiness.ts';
import { contentOf, problemsOf, rememberRefusal, standingRefusals } from './refused.ts';

/** One call on one listener, and for each of its rules whose it is. */
interface Batch<P extends RulePhase> extends Call<P> {
  readonly specs: readonly (RuleSpec | undefined)[];
  /** Nothing is left to call on any listener afterwards. */
  readonly last: boolean;
}

type Of<K extends RulePhase['kind']> = Batch<Extract<RulePhase, { readonly kind: K }>>;

/** `CreateFailed` is final: such a rule routes nothing and can only be removed. */
const settled: ReadonlySet<string> = new Set(['Available', 'CreateFailed']);

const couldNotBeMade = ({ status }: Rule): boolean => status === 'CreateFailed';

/** Stands for the owner hash of rules that are nobody's. */
const nobody = 'nobody';

/** A rule that could not be made is nobody's: whatever it was to be is made anew, and it goes; where it cannot, it is in nobody's way. */
const disown = (rule: Rule): Rule => (couldNotBeMade(rule) ? { ...rule, tags: { [tagKeys.owner]: nobody } } : rule);

/** Rules per DeleteRules. */
const perCall = 100;

/** More than an ALB holds. */
const mostUncleared = 200;

/** That they cannot go, and not that the moment is wrong. Nothing is published about whether a rule that could not be made can be deleted. */
const isAboutRules = (error: unknown): boolean =>
  error instanceof CloudFailure && (error.facts['code'] === 'IncorrectStatus.Rule' || error.failure === 'invalid');

/** They go before anything is planned: nobody is sent by them, but they take numbers and room from the rules that are made in their place. */
function clearing(observed: readonly Rule[], { stack, ledger }: Scene): readonly Of<'remove'>[] {
  return stack.listeners.flatMap(({ identity: listener }) => {
    const listenerId = ledger.listeners[listener] ?? '';
    const rules = observed
      .filter((rule) => rule.listenerId === listenerId && couldNotBeMade(rule) && ledger.uncleared?.includes(rule.ruleId) !== true)
      .slice(0, perCall);
    return rules.length === 0 ? [] : [{ listener, listenerId, phase: { kind: 'remove' as const, rules }, specs: [], last: false }];
  });
}

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

/** Adds to each call whose rules it holds. */
function batchesOf(plans: readonly ListenerPlan[], observed: readonly Rule[], scene: Scene): readonly Batch<RulePhase>[] {
  const calls = nextCalls(plans);
  const last = calls.length === plans.reduce((count, plan) => count + plan.phases.length, 0);
  const specs = new Map<string | undefined, RuleSpec>(scene.stack.rules.map((spec) => [spec.identity, spec]));
  const identities = new Map(observed.map((rule) => [rule.ruleId, rule.tags[tagKeys.identity]]));
  const specOf = (rule: NewRule | { readonly ruleId: string }): RuleSpec | undefined =>
    specs.get('ruleId' in rule ? identities.get(rule.ruleId) : rule.tags[tagKeys.identity]);
  return calls.map((call) => ({ ...call, specs: call.phase.rules.map(specOf), last }));
}

/** Sends the calls of one kind, each in its own way; what the service refuses is isolated, named, and left out from then on. */
async function sendAll<R extends RuleSettings>(
  batches: readonly (Batch<RulePhase> & { readonly phase: { readonly rules: readonly R[] } })[],
  send: (batch: Call, rules: readonly R[]) => Promise<Started>,
  scene: Scene,
): Promise<Outcome> {
  const guilty = new Set<string>();
  const owner = (item: Item<R>): string => (item.spec === undefined ? '' : ownerOf(item.spec));
  let outcome: Outcome = done(false);
  for (const batch of batches) {
    const items = batch.phase.rules.map((rule, index) => ({ rule, spec: batch.specs[index] })).filter((item) => !guilty.has(owner(item)));
    const whole = await sendIsolating({
      items,
      suspects: scene.ledger.suspects?.[batch.listener],
      async send(rules, failures) {
        const { listener } = batch;
        const written = { listener, count: rules.length, content: contentOf(rules), failures };
        scene.started(await send(batch, rules), `${rules.length} rule(s) of ${listener}`, written);
      },
      convict(item, failure) {
        guilty.add(owner(item));
        const problems = item.spec === undefined ? [] : problemsOf(failure, item.spec);
        const refusal = { content: contentOf([item.rule]), problems, at: scene.now() };
        const remembered = item.spec !== undefined && rememberRefusal(item.spec.identity, refusal, scene);
        if (!remembered) outcome = combine(outcome, { kind: 'park', because: failure.message, problems });
      },
      suspect(suspects) {
        const { [batch.listener]: _former, ...others } = scene.ledger.suspects ?? {};
        const next = suspects === undefined ? others : { ...others, [batch.listener]: suspects };
        scene.remember(({ suspects: _all, ...ledger }) => (Object.keys(next).length === 0 ? ledger : { ...ledger, suspects: next }));
      },
    });
    outcome = combine(
      outcome,
      whole && batch.last && guilty.size === 0 ? done(true) : wait(1, 'the next change of rules follows this one'),
    );
  }
  return outcome;
}

const byKind = <K extends RulePhase['kind']>(batches: readonly Batch<RulePhase>[], kind: K): readonly Of<K>[] =>
  // The filter is what makes the cast true.
  batches.filter((batch) => batch.phase.kind === kind) as unknown as readonly Of<K>[];

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
    return (await listRules(balancer.id, scene)).map(disown);
  },
  async compare(scene, observed) {
    rememberResponses(observed, scene);
    const cleared = clearing(observed, scene);
    if (cleared.length > 0) return { ...nothing, remove: cleared, unsettled: unsettledOf(observed) };
    const wanted = specifyRules(observed, scene);
    const held = scene.stack.held.map(({ ref }) => ownerHash(ref.namespace, ref.name));
    const waiting = await waitingOwners(scene, new Set(observed.map((rule) => rule.tags[tagKeys.identity] ?? '')));
    const refused = standingRefusals(wanted, scene);
    const together = waiting.size === 0 ? [] : waitingTogether(waiting.keys(), hostShares(observed, wanted, scene), scene);
    const untouched = new Set([nobody, ...held, ...together, ...refused.owners]);
    const { over, problems, room } = fitIngresses(observed, untouched, scene);
    const leftOut = [...problems, ...refused.problems];
    scene.remember(({ leftOut: _former, ...ledger }) => (leftOut.length === 0 ? ledger : { ...ledger, leftOut }));
    const plans = planListeners({ observed, wanted, keepOwners: new Set([...untouched, ...over]), room }, scene);
    const unsettled = unsettledOf(observed);
    if (needsConfirmation(plans, scene))
      return { ...nothing, unsettled: [...unsettled, 'a removal of most rules, to be confirmed,'], pauseSeconds: confirmSeconds };
    scene.remember((ledger) => ({
      ...ledger,
      groupsInRules: [...new Set([...plans.flatMap((plan) => plan.groups), ...groupsOnHeld(observed, scene)])].filter((id) => id !== ''),
    }));
    const batches = batchesOf(plans, observed, scene).map((batch) => ({ ...batch, last: batch.last && waiting.size === 0 }));
    // Nothing to call now, but somebody waits for members: the noun is not finished.
    const pending = batches.length === 0 ? [...waiting.values()] : [];
    return {
      create: byKind(batches, 'create'),
      update: byKind(batches, 'update'),
      remove: byKind(batches, 'remove'),
      unsettled: [...unsettled, ...pending],
      pauseSeconds: unsettled.length > 0 || pending.length === 0 ? 1 : pauseForMembers(scene),
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
      const started = await scene.cloud.alb.deleteRules(ids, scene.token(`delete ${listener}`, ids)).catch((error: unknown) => {
        if (!phase.rules.every(couldNotBeMade) || !isAboutRules(error)) throw error;
        scene.remember((ledger) => ({ ...ledger, uncleared: [...(ledger.uncleared ?? []), ...ids].slice(-mostUncleared) }));
        return undefined;
      });
      scene.started(started, `${ids.length} rule(s) of ${listener}`);
      outcome = combine(outcome, last ? done(true) : wait(1, 'the next change of rules follows this one'));
    }
    return outcome;
  },
});

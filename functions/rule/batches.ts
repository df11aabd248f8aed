/** The calls that are made now: whose rules each holds, and how it is sent so that a rule that is refused spoils no other. */
import type { NewRule, Rule, RuleSettings, Started } from '#shared/cloud/alb/port.ts';
import type { RuleSpec } from '#shared/model/stack.ts';
import { tagKeys } from '#shared/ownership.ts';
import type { RulePhase } from '#shared/plan/rules.ts';
import { combine, done, type Outcome, wait } from '#shared/step/outcome.ts';
import type { Scene } from '#shared/step/scene.ts';
import { ownerOfItem, sendIsolating } from './isolate.ts';
import { type Call, type ListenerPlan, nextCalls } from './listener-plan.ts';
import { contentOf, problemsOf, rememberRefusal } from './refused.ts';

/** One call on one listener, and for each of its rules whose it is. */
export interface Batch<P extends RulePhase> extends Call<P> {
  readonly specs: readonly (RuleSpec | undefined)[];
  /** Nothing is left to call on any listener afterwards. */
  readonly last: boolean;
}

/** A batch of one kind of call. */
export type Of<K extends RulePhase['kind']> = Batch<Extract<RulePhase, { readonly kind: K }>>;

/** Adds to each call whose rules it holds. */
export function batchesOf(plans: readonly ListenerPlan[], observed: readonly Rule[], scene: Scene): readonly Batch<RulePhase>[] {
  const calls = nextCalls(plans);
  const last = calls.length === plans.reduce((count, plan) => count + plan.phases.length, 0);
  const specs = new Map<string | undefined, RuleSpec>(scene.stack.rules.map((spec) => [spec.identity, spec]));
  const identities = new Map(observed.map((rule) => [rule.ruleId, rule.tags[tagKeys.identity]]));
  const specOf = (rule: NewRule | { readonly ruleId: string }): RuleSpec | undefined =>
    specs.get('ruleId' in rule ? identities.get(rule.ruleId) : rule.tags[tagKeys.identity]);
  return calls.map((call) => ({ ...call, specs: call.phase.rules.map(specOf), last }));
}

/** One call a listener: what is planned behind it waits for the next message. */
export const afterCall = (last: boolean): Outcome => (last ? done(true) : wait(1, 'the next change of rules follows this one'));

/** Sends the calls of one kind, each in its own way; what the service refuses is isolated, named, and left out from then on. */
export async function sendAll<R extends RuleSettings>(
  batches: readonly (Batch<RulePhase> & { readonly phase: { readonly rules: readonly R[] } })[],
  send: (batch: Call, rules: readonly R[]) => Promise<Started>,
  scene: Scene,
): Promise<Outcome> {
  const guilty = new Set<string>();
  let outcome: Outcome = done(false);
  for (const batch of batches) {
    const items = batch.phase.rules
      .map((rule, index) => ({ rule, spec: batch.specs[index] }))
      .filter((item) => !guilty.has(ownerOfItem(item)));
    const whole = await sendIsolating({
      items,
      suspects: scene.ledger.suspects?.[batch.listener],
      async send(rules, failures) {
        const { listener } = batch;
        const written = { listener, count: rules.length, content: contentOf(rules), failures };
        scene.started(await send(batch, rules), `${rules.length} rule(s) of ${listener}`, written);
      },
      convict(item, failure) {
        guilty.add(ownerOfItem(item));
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
    outcome = combine(outcome, afterCall(whole && batch.last && guilty.size === 0));
  }
  return outcome;
}

/** The batches of one kind of call. */
export const byKind = <K extends RulePhase['kind']>(batches: readonly Batch<RulePhase>[], kind: K): readonly Of<K>[] =>
  // The filter is what makes the cast true.
  batches.filter((batch) => batch.phase.kind === kind) as unknown as readonly Of<K>[];

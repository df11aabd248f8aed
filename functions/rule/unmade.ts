/** Rules that the service accepted and then could not make (`CreateFailed`): they are nobody's, and are cleared away. */
import { albActions } from '#shared/cloud/alb/actions.ts';
import type { Rule, Started } from '#shared/cloud/alb/port.ts';
import { CloudFailure } from '#shared/cloud/failure.ts';
import { tagKeys } from '#shared/ownership.ts';
import type { Scene } from '#shared/step/scene.ts';
import type { Of } from './batches.ts';

/** Final: such a rule routes nothing. */
const couldNotBeMade = ({ status }: Rule): boolean => status === 'CreateFailed';

/** Stands for the owner hash of rules that are nobody's. */
export const nobody = 'nobody';

/** A rule that could not be made is nobody's: whatever it was to be is made anew, and it goes; where it cannot, it is in nobody's way. */
export const disown = (rule: Rule): Rule => (couldNotBeMade(rule) ? { ...rule, tags: { [tagKeys.owner]: nobody } } : rule);

/** More than an ALB holds. */
const mostUncleared = 200;

/** That they cannot go, and not that the moment is wrong. Nothing is published about whether a rule that could not be made can be deleted. */
const isAboutRules = (error: unknown): boolean =>
  error instanceof CloudFailure && (error.facts['code'] === 'IncorrectStatus.Rule' || error.failure === 'invalid');

/**
 * What is to be cleared away before anything is planned: nobody is sent by such rules, but they take numbers and room from those that are made
 * in their place.
 */
export function clearing(observed: readonly Rule[], { stack, ledger }: Scene): readonly Of<'remove'>[] {
  return stack.listeners.flatMap(({ identity: listener }) => {
    const listenerId = ledger.listeners[listener] ?? '';
    const rules = observed
      .filter((rule) => rule.listenerId === listenerId && couldNotBeMade(rule) && ledger.uncleared?.includes(rule.ruleId) !== true)
      .slice(0, albActions.DeleteRules.batch);
    return rules.length === 0 ? [] : [{ listener, listenerId, phase: { kind: 'remove' as const, rules }, specs: [], last: false }];
  });
}

/** Deletes rules, up to 100; of those that could not be made it is remembered when the service will not delete them either. */
export async function deleteRules(rules: readonly Rule[], token: string, scene: Scene): Promise<Started | undefined> {
  const ids = rules.map((rule) => rule.ruleId);
  return scene.cloud.alb.deleteRules(ids, token).catch((error: unknown) => {
    if (!rules.every(couldNotBeMade) || !isAboutRules(error)) throw error;
    scene.remember((ledger) => ({ ...ledger, uncleared: [...(ledger.uncleared ?? []), ...ids].slice(-mostUncleared) }));
    return undefined;
  });
}

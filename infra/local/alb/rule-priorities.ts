/** A priority belongs to one rule of a listener and direction. */
import type { Acting } from './cloud.ts';
import type { RuleAttributes, RuleRecord } from './records.ts';
import { refuse } from './refusals.ts';

/** A rule as it is to be: a new one, or one that exists under the id. */
export interface RuleDraft {
  readonly id: string;
  readonly direction: RuleRecord['direction'];
  readonly attributes: RuleAttributes;
}

const place = (one: { readonly direction: string; readonly priority: number }): string => `${one.direction} ${one.priority}`;

/** How the batch is judged is not published: only where it ends, or after every rule in turn. */
export function checkPriorities(acting: Acting, listenerId: string, drafts: readonly RuleDraft[]): void {
  const { cloud } = acting;
  const inBatch = drafts.map((one) => place({ direction: one.direction, priority: one.attributes.Priority }));
  if (acting.action === 'UpdateRulesAttribute' && new Set(inBatch).size < inBatch.length) {
    throw refuse(acting.action, 'IllegalParam.Priority', 'A priority is given twice');
  }
  const taken = new Map(
    cloud.state.rules
      .all()
      .filter((rule) => rule.listenerId === listenerId)
      .map((rule) => [rule.id, place({ direction: rule.direction, priority: rule.shown.Priority })]),
  );
  if (cloud.settings().updatePriorityCheck === 'end-state') for (const draft of drafts) taken.delete(draft.id);
  drafts.forEach((draft, index) => {
    const wanted = inBatch[index] ?? '';
    const other = [...taken].find(([id, held]) => id !== draft.id && held === wanted);
    if (other !== undefined) {
      throw refuse(acting.action, 'Conflict.Priority', `Priority ${draft.attributes.Priority} is taken by ${other[0]}`);
    }
    taken.set(draft.id, wanted);
  });
}

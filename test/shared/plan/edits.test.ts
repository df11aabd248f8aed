/** Long lives of one listener's rules: what two hundred edits leave behind, whatever their order was. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Rule } from '#shared/cloud/alb/port.ts';
import { tagKeys } from '#shared/ownership.ts';
import { planRules, type RulePlan, type WantedRule } from '#shared/plan/rules.ts';
import { byPriority, statesOf } from '#test/support/listener-simulator.ts';

const aRule = (name: string, group = 'g', path = `/${name}`): WantedRule => ({
  identity: name,
  direction: 'Request',
  tags: { [tagKeys.identity]: name, [tagKeys.owner]: 'o' },
  settings: {
    ruleName: `rule-${name}`,
    ruleConditions: [{ type: 'Path', pathConfig: { values: [path] } }],
    ruleActions: [{ type: 'ForwardGroup', order: 1, forwardGroupConfig: { serverGroupTuples: [{ serverGroupId: group, weight: 100 }] } }],
  },
});

const plan = (wanted: readonly WantedRule[], observed: readonly Rule[]): RulePlan => planRules({ wanted, observed, keepOwners: new Set() });
const carriedOut = (wanted: readonly WantedRule[], observed: readonly Rule[]): readonly Rule[] =>
  plan(wanted, observed).phases.reduce<readonly Rule[]>((now, phase) => statesOf(now, phase).at(-1) ?? now, observed);

type Kind = 'insert' | 'remove' | 'move' | 'actions' | 'conditions';

interface Edit {
  readonly kind: Kind;
  readonly at: number;
  readonly to: number;
}

const anEdit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom<Kind>('insert', 'insert', 'remove', 'move', 'actions', 'conditions'),
  at: fc.nat(),
  to: fc.nat(),
});

function edited(wanted: readonly WantedRule[], { kind, at, to }: Edit, fresh: string): readonly WantedRule[] {
  const from = at % Math.max(1, wanted.length);
  const one = wanted[from];
  if (one === undefined || kind === 'insert') return wanted.toSpliced(from, 0, aRule(fresh));
  if (kind === 'actions')
    return wanted.with(from, { ...one, settings: { ...one.settings, ruleActions: aRule('', fresh).settings.ruleActions } });
  if (kind === 'conditions')
    return wanted.with(from, { ...one, settings: { ...one.settings, ruleConditions: aRule(fresh).settings.ruleConditions } });
  const rest = wanted.toSpliced(from, 1);
  return kind === 'remove' ? rest : rest.toSpliced(to % (rest.length + 1), 0, one);
}

const matchingOrder = (rules: readonly Rule[]): readonly unknown[] =>
  byPriority(rules).map(({ tags, ruleConditions, ruleActions }) => ({ tags, ruleConditions, ruleActions }));

/** Runs of neighbours that got new numbers, the one that was moved left out. */
function windows(before: readonly Rule[], after: readonly Rule[], movedOne: string | undefined): number {
  const numbers = new Map(before.map((rule) => [rule.ruleId, rule.priority]));
  const others = byPriority(after).filter((rule) => rule.tags[tagKeys.identity] !== movedOne && numbers.has(rule.ruleId));
  const changed = others.map((rule) => numbers.get(rule.ruleId) !== rule.priority);
  return changed.filter((one, index) => one && changed[index - 1] !== true).length;
}

describe('two hundred edits', () => {
  it('keep numbers unique and in range, renumber one stretch an edit at most, and leave nothing to do after each', () => {
    fc.assert(
      fc.property(fc.array(anEdit, { minLength: 200, maxLength: 200 }), (edits) => {
        let wanted: readonly WantedRule[] = Array.from({ length: 30 }, (_, index) => aRule(`r${index}`));
        let now = carriedOut(wanted, []);
        edits.forEach((edit, index) => {
          const target = wanted[edit.at % Math.max(1, wanted.length)];
          wanted = edited(wanted, edit, `n${index}`);
          const planned = plan(wanted, now);
          expect(planned.create.length).toBeLessThanOrEqual(1);
          expect(planned.remove.length).toBeLessThanOrEqual(1);
          const after = carriedOut(wanted, now);
          expect(windows(now, after, edit.kind === 'move' ? target?.identity : undefined)).toBeLessThanOrEqual(1);
          expect(plan(wanted, after).phases).toEqual([]);
          now = after;
        });
        // The simulator refuses every state with two equal numbers or one out of range.
        expect(byPriority(now).map((rule) => rule.tags[tagKeys.identity])).toEqual(wanted.map((one) => one.identity));
      }),
      { numRuns: 6, endOnFailure: true },
    );
  });

  it('cost one write of one rule where one rule among a hundred changes', () => {
    const wanted = Array.from({ length: 100 }, (_, index) => aRule(`r${index}`));
    const now = carriedOut(wanted, []);
    const writes = (next: readonly WantedRule[]): readonly string[] =>
      plan(next, now).phases.map((one) => `${one.kind} ${one.rules.length}`);
    const edit = (kind: Kind, to = 0) => writes(edited(wanted, { kind, at: 50, to }, 'new'));
    expect(edit('actions')).toEqual(['update 1']);
    expect(edit('conditions')).toEqual(['update 1']);
    expect(edit('insert')).toEqual(['create 1']);
    expect(edit('remove')).toEqual(['remove 1']);
    for (const to of [0, 20, 49, 51, 98]) expect(edit('move', to)).toEqual(['update 1']);
    const turned = wanted.map((one, index) =>
      index === 50 ? { ...one, identity: 'turned', direction: 'Response' as const, tags: { [tagKeys.identity]: 'turned' } } : one,
    );
    expect(writes(turned)).toEqual(['create 1', 'remove 1']);
  });

  it('end in the same rules in the same order, whatever the order of the edits was', () => {
    const lists = fc.shuffledSubarray(
      Array.from({ length: 12 }, (_, index) => index),
      { minLength: 0 },
    );
    fc.assert(
      fc.property(fc.array(lists, { maxLength: 6 }), fc.array(lists, { maxLength: 6 }), lists, (oneWay, otherWay, last) => {
        const follow = (way: readonly (readonly number[])[]): readonly Rule[] =>
          [...way, last].reduce<readonly Rule[]>(
            (now, list) =>
              carriedOut(
                list.map((index) => aRule(`r${index}`, `g${list.length % 3}`)),
                now,
              ),
            [],
          );
        expect(matchingOrder(follow(oneWay))).toEqual(matchingOrder(follow(otherWay)));
      }),
    );
  });
});

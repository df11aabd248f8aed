/** Defects of other controllers in what they do with rules: each is tried here under its number in the list of known defects. */
import { describe, expect, it } from 'vitest';
import type { NewRule, Rule } from '#shared/cloud/alb/port.ts';
import { actionOf, conditionOf } from '#shared/cloud/alb/rule-contents.ts';
import { tagKeys } from '#shared/ownership.ts';
import { planRules, type WantedRule } from '#shared/plan/rules.ts';
import { sampleRules } from '#test/support/rule-samples.ts';

const wantedRules = (count: number, seed: number): readonly WantedRule[] =>
  sampleRules(count, 'Request', { groups: ['sgp-1', 'sgp-2', 'sgp-3', 'sgp-4'], seed }).map((content, index) => {
    const identity = `${seed} ${index}`;
    const tags = { [tagKeys.identity]: identity, [tagKeys.owner]: 'o' };
    return { identity, direction: 'Request', tags, settings: { ruleName: `rule-${seed}-${index}`, ...content } };
  });

/** As the service answers it: texts for numbers where its documents have texts, members of other types, values turned round. */
const answered = (rule: NewRule, index: number): Rule => ({
  ...rule,
  ruleId: `rule-${index}`,
  listenerId: 'lsn-1',
  status: 'Available',
  ruleConditions: [...rule.ruleConditions].reverse().map((one) => conditionOf({ hostConfig: undefined, ...one })),
  ruleActions: [...rule.ruleActions].reverse().map((one) => actionOf({ rewriteConfig: null, ...one })),
});

const plan = (wanted: readonly WantedRule[], observed: readonly Rule[], room?: number) =>
  planRules({ wanted, observed, keepOwners: new Set(), ...(room === undefined ? {} : { room }) });

describe('known defects of rules', () => {
  it('CPAC 1: rules are not written again and again because of how the service answers them', () => {
    const wanted = wantedRules(100, 1);
    const observed = plan(wanted, []).create.map(answered);
    expect(observed).toHaveLength(100);
    expect(plan(wanted, observed).phases).toEqual([]);
  });

  it('CPAC 10: what is new is there before anything goes', () => {
    const observed = plan(wantedRules(10, 1), []).create.map(answered);
    expect(plan(wantedRules(10, 2), observed).phases.map((phase) => phase.kind)).toEqual(['create', 'remove']);
  });

  it('ACK 5: an ALB that is full is not stuck between adding and deleting: what goes, goes first', () => {
    const observed = plan(wantedRules(10, 1), []).create.map(answered);
    const next = plan(wantedRules(10, 2), observed, 0);
    expect(next.phases.map((phase) => phase.kind)).toEqual(['remove', 'create']);
    expect(next.removesFirst).toBe(true);
  });

  it('CPAC 10: a place in the list is not what makes a rule: one more at the front rewrites none of the others', () => {
    const wanted = wantedRules(100, 1);
    const observed = plan(wanted, []).create.map(answered);
    const more = plan([...wantedRules(1, 3), ...wanted], observed);
    expect(more.phases.map((phase) => `${phase.kind} ${phase.rules.length}`)).toEqual(['create 1']);
  });
});

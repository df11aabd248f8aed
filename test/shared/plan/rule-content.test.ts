import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RuleAction, RuleCondition, RuleDirection } from '#shared/cloud/alb/port.ts';
import { actionDefaults, actionOf, conditionOf, conditionTypes } from '#shared/cloud/alb/rule-contents.ts';
import { sameActions, sameConditions, serverGroupIdsOf } from '#shared/plan/rule-content.ts';
import { aRuleContent, sampleRules, typesIn } from '#test/support/rule-samples.ts';

const groups = ['sgp-1', 'sgp-2', 'sgp-3', 'sgp-mirror'];
const anyRule = fc.constantFrom<RuleDirection>('Request', 'Response').chain((direction) => aRuleContent(direction, groups));

const turned = <T>(items: readonly T[]): readonly T[] => [...items].reverse();

/** The same condition with its values the other way round and its header shouted. */
function reworded(condition: RuleCondition): RuleCondition {
  const { type, ...members } = condition;
  const configs = Object.entries<{ readonly key?: string; readonly values: readonly unknown[] }>(members).map(([member, config]) => [
    member,
    { ...config, ...(config.key === undefined ? {} : { key: config.key.toUpperCase() }), values: turned(config.values) },
  ]);
  return { type, ...Object.fromEntries(configs) } as RuleCondition; // the same members
}

const spread = (actions: readonly RuleAction[]): readonly RuleAction[] => turned(actions.map((one) => ({ ...one, order: one.order * 10 })));

describe('what two rules say', () => {
  it('is the same in another order of conditions, values and action numbers, and in another case of headers', () => {
    fc.assert(
      fc.property(anyRule, ({ ruleConditions, ruleActions }) => {
        expect(sameConditions(ruleConditions, turned(ruleConditions.map(reworded)))).toBe(true);
        expect(sameActions(ruleActions, spread(ruleActions))).toBe(true);
      }),
    );
  });

  it('is the same when it comes back from the service, members of other types beside it', () => {
    fc.assert(
      fc.property(anyRule, ({ ruleConditions, ruleActions }) => {
        const noise = { pathConfig: undefined, fixedResponseConfig: null };
        expect(
          sameConditions(
            ruleConditions,
            ruleConditions.map((one) => conditionOf({ ...noise, ...one })),
          ),
        ).toBe(true);
        expect(
          sameActions(
            ruleActions,
            ruleActions.map((one) => actionOf({ ...noise, ...one })),
          ),
        ).toBe(true);
      }),
    );
  });

  it('is another thing without one of its conditions or actions', () => {
    fc.assert(
      fc.property(anyRule, fc.nat(), ({ ruleConditions, ruleActions }, at) => {
        const without = <T>(items: readonly T[]): readonly T[] => items.filter((_, index) => index !== at % items.length);
        expect(sameConditions(ruleConditions, without(ruleConditions))).toBe(false);
        expect(sameActions(ruleActions, without(ruleActions))).toBe(false);
      }),
    );
  });

  const differing: readonly (readonly [string, RuleAction, RuleAction])[] = [
    [
      'weights',
      { type: 'ForwardGroup', order: 1, forwardGroupConfig: { serverGroupTuples: [{ serverGroupId: 'a', weight: 10 }] } },
      { type: 'ForwardGroup', order: 1, forwardGroupConfig: { serverGroupTuples: [{ serverGroupId: 'a', weight: 11 }] } },
    ],
    [
      'stickiness that is on',
      { type: 'ForwardGroup', order: 1, forwardGroupConfig: { serverGroupTuples: [{ serverGroupId: 'a', weight: 10 }] } },
      {
        type: 'ForwardGroup',
        order: 1,
        forwardGroupConfig: {
          serverGroupTuples: [{ serverGroupId: 'a', weight: 10 }],
          serverGroupStickySession: { enabled: true, timeout: 1000 },
        },
      },
    ],
    [
      'limits of single clients',
      { type: 'TrafficLimit', order: 1, trafficLimitConfig: { QPS: 10 } },
      { type: 'TrafficLimit', order: 1, trafficLimitConfig: { QPS: 10, perIpQps: 5 } },
    ],
    [
      'the case of a value',
      { type: 'InsertHeader', order: 1, insertHeaderConfig: { key: 'a', value: 'b', valueType: 'UserDefined' } },
      { type: 'InsertHeader', order: 1, insertHeaderConfig: { key: 'a', value: 'B', valueType: 'UserDefined' } },
    ],
  ];
  for (const [what, one, other] of differing) it(`differs by ${what}`, () => expect(sameActions([one], [other])).toBe(false));

  it('is the same where the service fills in what was not said', () => {
    const said: readonly (readonly [object, RuleAction])[] = [
      [
        {
          type: 'ForwardGroup',
          order: 1,
          forwardGroupConfig: { serverGroupTuples: [{ serverGroupId: 'a' }], serverGroupStickySession: { enabled: false } },
        },
        { type: 'ForwardGroup', order: 1, forwardGroupConfig: { serverGroupTuples: [{ serverGroupId: 'a', weight: 100 }] } },
      ],
      [
        { type: 'InsertHeader', order: 7, insertHeaderConfig: { key: 'A', value: 'b' } },
        { type: 'InsertHeader', order: 1, insertHeaderConfig: { key: 'a', value: 'b', valueType: 'UserDefined' } },
      ],
      [
        { type: 'TrafficLimit', order: 1, trafficLimitConfig: { QPS: 10, perIpQps: 0 } },
        { type: 'TrafficLimit', order: 1, trafficLimitConfig: { QPS: 10 } },
      ],
    ];
    for (const [answered, wanted] of said) expect(sameActions([actionOf(answered)], [wanted])).toBe(true);
    const blocks = (values: readonly string[]): RuleCondition => ({ type: 'SourceIp', sourceIpConfig: { values } });
    expect(sameConditions([blocks(['10.0.0.1', '2001:DB8::1/128'])], [blocks(['2001:db8::1', '10.0.0.1/32'])])).toBe(true);
    expect(sameConditions([blocks(['10.0.0.1'])], [blocks(['10.0.0.1/24'])])).toBe(false);
  });

  it('is never the same as what we do not make', () => {
    const foreign = actionOf({ type: 'AScript', order: 1, redirectConfig: {} });
    for (const { ruleActions } of sampleRules(20, 'Request', { groups, seed: 1 })) expect(sameActions(ruleActions, [foreign])).toBe(false);
    expect(sameConditions([conditionOf({ type: 'Weather', pathConfig: { values: ['/a'] } })], [])).toBe(false);
  });
});

it('draws every type of condition and action that we make', () => {
  const drawn = typesIn([...sampleRules(40, 'Request', { groups, seed: 20 }), ...sampleRules(40, 'Response', { groups, seed: 20 })]);
  expect([...drawn].sort()).toEqual([...conditionTypes, ...Object.keys(actionDefaults)].sort());
});

it('finds the groups that are forwarded and mirrored to', () => {
  const rules = sampleRules(100, 'Request', { groups, seed: 3 });
  expect([...new Set(rules.flatMap((rule) => serverGroupIdsOf(rule.ruleActions)))].sort()).toEqual(groups);
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RuleCondition } from '#shared/cloud/alb/port.ts';
import { limits, partsOfRule, valueCount, valuesOf } from '#shared/model/rule-limits.ts';
import { splitConditions } from '#shared/model/split-conditions.ts';
import type { RuleActionSpec } from '#shared/model/stack.ts';
import { anIngress, aPath } from '#test/support/objects.ts';
import { stackOf } from '#test/support/stacks.ts';

const host = (values: readonly string[]): RuleCondition => ({ type: 'Host', hostConfig: { values } });
const path = (values: readonly string[]): RuleCondition => ({ type: 'Path', pathConfig: { values } });
const header = (key: string, values: readonly string[]): RuleCondition => ({ type: 'Header', headerConfig: { key, values } });
const from = (values: readonly string[]): RuleCondition => ({ type: 'SourceIp', sourceIpConfig: { values } });
const many = (count: number, name = 'v'): readonly string[] => Array.from({ length: count }, (_, index) => `${name}${index}`);
const forward: readonly RuleActionSpec[] = [{ type: 'ForwardGroup', groups: [{ group: 'g', weight: 100 }] }];
const limit: RuleActionSpec = { type: 'TrafficLimit', trafficLimitConfig: { QPS: 1 } };

const sizesOf = (conditions: readonly RuleCondition[]): readonly number[] | undefined =>
  splitConditions(conditions, forward).parts?.map(valueCount);

describe('conditions of one path', () => {
  it.each([
    ['that fit', [host(many(1)), path(many(9))], [10]],
    ['that are one too many', [host(many(1)), path(many(10))], [10, 2]],
    ['of hosts alone', [host(many(24))], [10, 10, 4]],
    ['of two long lists', [host(many(6)), path(many(6, 'p'))], [9, 9]],
    ['of two lists as long as a rule', [host(many(10)), path(many(10, 'p'))], [10, 10, 10, 10]],
    ['of more addresses than five', [from(many(7)), path(many(2, 'p'))], [7, 4]],
  ])('%s', (_what, conditions, sizes) => {
    expect(sizesOf(conditions)).toEqual(sizes);
  });

  it.each([
    ['a list that would be very many rules', [host(many(9)), header('a', many(9)), path(many(9, 'p'))], '27', limits.values],
    ['single values of eleven blocks', many(11).map((key) => header(key, ['x'])), '11', limits.values],
  ])('are too much for several rules: %s', (_what, conditions, has, { what, most }) => {
    expect(splitConditions(conditions, forward)).toEqual({ excess: { has, what, limit: String(most) } });
  });

  it('ACK 11: are never spread where each rule would have a limit of its own', () => {
    expect(splitConditions([host(many(10))], [limit, ...forward]).parts).toHaveLength(1);
    expect(splitConditions([host(many(11))], [limit, ...forward]).excess).toMatchObject({ has: '11', limit: '10' });
  });
});

/** The values that a condition of each type meets in one request; a condition holds when one of its alternatives is what the request has. */
type Request = readonly string[];
const matches = (conditions: readonly RuleCondition[], request: Request): boolean =>
  conditions.every((condition, index) => valuesOf(condition).some((value) => value === request[index]));

const makers = [host, path, (values: readonly string[]) => header('x-a', values), from] as const;
const someConditions = fc
  .tuple(...makers.map(() => fc.integer({ min: 1, max: 12 })))
  .map((sizes) => sizes.map((size, index) => makers[index]?.(many(size)) ?? host([])));

describe('parts of a rule', () => {
  it('together match exactly what the one rule would, and each fits', () => {
    const requests = fc.array(fc.tuple(...makers.map(() => fc.integer({ min: 0, max: 12 }))), { minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(someConditions, fc.integer({ min: 1, max: 4 }), requests, (all, count, asked) => {
        const conditions = all.slice(0, count);
        const { parts } = splitConditions(conditions, forward);
        if (parts === undefined) return;
        expect(parts.length).toBeLessThanOrEqual(partsOfRule);
        for (const part of parts) {
          expect(valueCount(part)).toBeLessThanOrEqual(limits.values.most);
          expect(part.every((one) => one.type !== 'SourceIp' || valuesOf(one).length <= limits.sourceIps.most)).toBe(true);
        }
        for (const request of asked.map((numbers) => numbers.map((number) => `v${number}`))) {
          expect(parts.some((part) => matches(part, request))).toBe(matches(conditions, request));
          // Each request meets one part only, so it does not matter which of them stands first.
          expect(parts.filter((part) => matches(part, request)).length).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});

describe('a path that becomes several rules', () => {
  const hosts = many(11, 'h').map((name) => `${name}.example.com`);
  const written = (values: readonly string[], more: Readonly<Record<string, string>> = {}) =>
    anIngress({ annotations: { 'conditions.coffee': JSON.stringify([host(values)]), ...more }, paths: [aPath('/a'), aPath('/b', 'tea')] });

  it('keeps its place, with the same actions in each', () => {
    const stack = stackOf([written(hosts)]);
    expect(stack.problems).toEqual([]);
    expect(stack.rules).toHaveLength(3);
    expect(stack.rules[1]?.actions).toEqual(stack.rules[0]?.actions);
    expect(stack.rules[2]?.actions).not.toEqual(stack.rules[0]?.actions);
    expect(new Set(stack.rules.map((rule) => rule.identity)).size).toBe(3);
  });

  it('keeps the identity of its first rule when it grows', () => {
    const [one, several] = [stackOf([written(hosts.slice(0, 3))]), stackOf([written(hosts)])];
    expect(several.rules[0]?.identity).toBe(one.rules[0]?.identity);
  });

  it('with a limit is refused, names path and limit, and holds its Ingress alone', () => {
    const stack = stackOf([written(hosts, { 'traffic-limit-qps': '5' }), anIngress({ name: 'good' })]);
    expect(stack.problems).toMatchObject([
      { code: 'RULE-LIMIT', path: 'spec.rules[0].http.paths[0]', facts: { path: '/a', has: '14', limit: '10' } },
    ]);
    expect(stack.rules.map((rule) => rule.owners[0]?.name)).toEqual(['good']);
  });
});

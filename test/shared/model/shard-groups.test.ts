import { describe, expect, it } from 'vitest';
import { buildStack } from '#shared/model/build-stack.ts';
import { groupRefsOf, type Stack } from '#shared/model/stack.ts';
import { tagKeys } from '#shared/ownership.ts';
import { anIngress, aPath, aSite, aWish } from '#test/support/objects.ts';

/** So many Ingresses with one path each, all to Service coffee. */
const sharing = (count: number): Stack => {
  const ingresses = Array.from({ length: count }, (_, index) => anIngress({ name: `i${index}`, host: `h${index}.x.example` }));
  return buildStack(aWish({ ingresses }), aSite);
};
const groupsOf = (stack: Stack) => stack.groups.filter((one) => one.members !== undefined);
const groupOfRule = (stack: Stack): Map<string, string> =>
  new Map(stack.rules.map((one) => [one.identity, groupRefsOf(one.actions)[0]?.group ?? '']));
const movedBetween = (before: Stack, after: Stack): number => {
  const old = groupOfRule(before);
  return [...groupOfRule(after)].filter(([rule, group]) => old.has(rule) && old.get(rule) !== group).length;
};

describe('a Service that many rules share', () => {
  it('has one group up to fifty rules', () => {
    expect(groupsOf(sharing(50))).toHaveLength(1);
  });

  it.each([51, 100, 200])('has several for %i rules, none with more than fifty', (count) => {
    const stack = sharing(count);
    const sizes = new Map<string, number>();
    for (const group of groupOfRule(stack).values()) sizes.set(group, (sizes.get(group) ?? 0) + 1);
    expect(Math.max(...sizes.values())).toBeLessThanOrEqual(50);
    expect([...sizes.keys()].sort()).toEqual(groupsOf(stack).map((one) => one.identity));
    expect(groupsOf(stack).length).toBeLessThanOrEqual(Math.ceil(count / 50) + 2);
  });

  it('names in each group the Ingresses that use it, and is found by its own tag', () => {
    for (const group of groupsOf(sharing(120))) {
      expect(group.owners.length).toBeLessThanOrEqual(50);
      expect(group.tags[tagKeys.resource]).toBe(group.identity);
      expect(group.members).toMatchObject({ service: 'coffee' });
    }
  });

  it('moves no rule when one more comes and no group is needed for it', () => {
    const counts = Array.from({ length: 6 }, (_, index) => 60 + index).filter(
      (n) => groupsOf(sharing(n)).length === groupsOf(sharing(n + 1)).length,
    );
    expect(counts.length).toBeGreaterThan(3);
    for (const count of counts) expect(movedBetween(sharing(count), sharing(count + 1))).toBe(0);
  });

  it('moves only the share of a new group when one is needed', () => {
    expect(movedBetween(sharing(50), sharing(51))).toBeLessThanOrEqual(35);
  });
});

describe('rules that name several groups', () => {
  const mirror = JSON.stringify([
    { type: 'TrafficMirror', TrafficMirrorConfig: { MirrorGroupConfig: { ServerGroupTuples: [{ ServiceName: 'tea', ServicePort: 80 }] } } },
  ]);
  /** So many Ingresses whose requests go to coffee and whose copies go to tea. */
  const mirroring = (count: number): Stack => {
    const ingresses = Array.from({ length: count }, (_, index) =>
      anIngress({ name: `i${index}`, host: `h${index}.x.example`, annotations: { 'actions.coffee': mirror } }),
    );
    return buildStack(aWish({ ingresses }), aSite);
  };

  it('count for each of them, and find the right shard of each', () => {
    const stack = mirroring(70);
    const serviceOf = new Map<string | undefined, string | undefined>(stack.groups.map((one) => [one.identity, one.members?.service]));
    const sizes = new Map<string, number>();
    for (const rule of stack.rules) {
      const refs = groupRefsOf(rule.actions).map((one) => one.group);
      expect(refs.map((one) => serviceOf.get(one)).sort()).toEqual(['coffee', 'tea']);
      for (const ref of refs) sizes.set(ref ?? '', (sizes.get(ref ?? '') ?? 0) + 1);
    }
    expect(sizes.size).toBeGreaterThanOrEqual(4);
    expect(Math.max(...sizes.values())).toBeLessThanOrEqual(50);
  });
});

describe('a canary of a Service that many rules share', () => {
  it('is named by the shard of its rule', () => {
    const rules = Array.from({ length: 60 }, (_, index) => anIngress({ name: `i${index}`, host: `h${index}.x.example` }));
    const canary = anIngress({
      name: 'canary',
      host: 'h7.x.example',
      paths: [aPath('/', 'tea')],
      annotations: { canary: 'true', 'canary-weight': '20' },
    });
    const stack = buildStack(aWish({ ingresses: [...rules, canary] }), aSite);
    const shared = stack.rules.filter((one) => one.owners.length > 1);
    expect(shared).toHaveLength(1);
    const services = groupRefsOf(shared[0]?.actions ?? []).map(
      (ref) => stack.groups.find((one) => one.identity === ref.group)?.members?.service,
    );
    expect(services).toEqual(['coffee', 'tea']);
  });
});

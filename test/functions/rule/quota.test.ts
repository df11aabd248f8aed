import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fitIngresses } from '#functions/rule/quota.ts';
import type { KubeObject } from '#shared/kube/port.ts';
import type { RuleSpec } from '#shared/model/stack.ts';
import { ownerHash, tagKeys } from '#shared/ownership.ts';
import { rulesPerLoadBalancer } from '#shared/plan/quota.ts';
import { aCafe } from '#test/support/cafe.ts';
import { aScene, aStack } from '#test/support/scenes.ts';
import { createWorkbench, type Workbench } from '#test/support/workbench.ts';

type Told = KubeObject & { readonly reason: string; readonly type: string; readonly involvedObject: { readonly name: string } };

/** Two Ingresses more than an ALB has room for. */
const wanted = rulesPerLoadBalancer + 2;

describe('an ALB that is full', () => {
  let bench: Workbench;
  const rules = async (): Promise<readonly Readonly<Record<string, unknown>>[]> => (await bench.alb.state())['rules'] ?? [];
  const told = (reason: string): readonly string[] =>
    bench.kube
      .held<Told>('Event')
      .filter((one) => one.reason === reason)
      .map((one) => one.involvedObject.name)
      .sort();
  const withHostname = (): number =>
    bench.kube
      .held<KubeObject & { readonly status?: { readonly loadBalancer?: { readonly ingress?: unknown } } }>('Ingress')
      .filter((one) => one.status?.loadBalancer?.ingress !== undefined).length;

  beforeAll(async () => {
    const { objects, pods } = aCafe(wanted, 1);
    bench = await createWorkbench(objects, pods);
    bench.resync();
    await bench.settle();
  });
  afterAll(() => bench.stop());

  it('serves as many Ingresses as fit, in their order, without being refused', async () => {
    expect(await rules()).toHaveLength(rulesPerLoadBalancer);
    const refused = (await bench.calls()).filter((one) => one.code !== '').map((one) => `${one.action} ${one.code}`);
    expect(refused).toEqual([]);
    expect([told('SuccessfullyReconciled').length, withHostname()]).toEqual([rulesPerLoadBalancer, rulesPerLoadBalancer]);
  });

  it('names each of the others, on itself and in the status', () => {
    expect(told('QUOTA-RULES')).toEqual(['ingress-101', 'ingress-102']);
    expect(bench.kube.held('AlbConfig')).toMatchObject([{ status: { ingresses: [{ name: 'ingress-101' }, { name: 'ingress-102' }] } }]);
  });

  it('calls nothing while it stays full', async () => {
    await bench.calls();
    bench.resync();
    await bench.settle();
    expect(await bench.calls()).toEqual([]);
  });

  it('takes the next one in when another goes, and leaves the rest where they are', async () => {
    await bench.kube.remove({ kind: 'Ingress', namespace: 'shop', name: 'ingress-050' });
    bench.changed();
    await bench.settle();
    const calls = await bench.calls();
    expect(calls.filter((one) => one.code !== '')).toEqual([]);
    expect(
      calls
        .map((one) => one.action)
        .filter((one) => /Rules?(Attribute)?$/.test(one) && !one.startsWith('List'))
        .sort(),
    ).toEqual(['CreateRules', 'DeleteRules']);
    expect(await rules()).toHaveLength(rulesPerLoadBalancer);
    expect(told('SuccessfullyReconciled')).toContain('ingress-101');
    expect(bench.kube.held('AlbConfig')).toMatchObject([{ status: { ingresses: [{ name: 'ingress-102' }] } }]);
  });
});

describe('what counts for an Ingress', () => {
  const refOf = (name: string) => ({ kind: 'Ingress', namespace: 'shop', name });
  const aRule = (at: number, owner: string, others: readonly string[] = []): RuleSpec => ({
    identity: `rule-${at}`,
    owners: [...others, owner].map(refOf),
    tags: { [tagKeys.owner]: ownerHash('shop', owner) },
    listener: 'HTTP:80',
    direction: 'Request',
    conditions: [],
    actions: [{ type: 'ForwardGroup', groups: ['a', 'b', 'c'].map((group) => ({ group, weight: 30 })) }],
  });
  const fitting = (rules: readonly RuleSpec[], limit: number) => {
    const scene = aScene({ stack: aStack({ rules }) });
    return fitIngresses([], new Set(), { ...scene, site: { ...scene.site, rulesPerLoadBalancer: limit } });
  };

  it('is a rule once, whoever else has a say in it, and however many groups it forwards to', () => {
    const rules = [aRule(1, 'stable', ['canary']), aRule(2, 'stable', ['canary'])];
    expect(fitting(rules, 2)).toEqual({ over: new Set(), problems: [], room: 2 });
  });

  it('is told to the one whose rule it is', () => {
    const { over, problems } = fitting([aRule(1, 'first'), aRule(2, 'stable', ['canary'])], 1);
    expect(over).toEqual(new Set([ownerHash('shop', 'stable')]));
    expect(problems).toEqual([{ code: 'QUOTA-RULES', object: refOf('stable'), facts: { limit: '1' } }]);
  });
});

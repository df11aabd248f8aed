/** A canary by weight has a share in its stable Ingress's rule. Where its group is refused it is held alone; the stable one goes on. */
import { afterEach, describe, expect, it } from 'vitest';
import type { KubeObject } from '#shared/kube/port.ts';
import { serviceName } from '#test/support/cafe.ts';
import { type GroupBench, settledCafe } from '#test/support/group-bench.ts';
import { anIngress, aPath } from '#test/support/objects.ts';
import { named, nameOf, refOf, served } from '#test/support/refused-rules.ts';

let bench: GroupBench | undefined;
afterEach(() => bench?.stop());

const nowhere = { 'server-group-resource-group-id': 'rg-nowhere' };
const canary = (weight: number, annotations: Readonly<Record<string, string>> = {}): KubeObject =>
  anIngress({
    name: 'canary',
    host: 'host-1.example.com',
    paths: [aPath('/', serviceName(3))],
    annotations: { canary: 'true', 'canary-weight': String(weight), ...annotations },
  });

interface RuleState {
  readonly RuleName: string;
  readonly RuleConditions: readonly unknown[];
  readonly RuleActions: readonly {
    readonly ForwardGroupConfig?: { readonly ServerGroupTuples: readonly { readonly ServerGroupId: string; readonly Weight: number }[] };
  }[];
}

/** What each Service gets of the stable Ingress's first rule. */
async function sharesOf({ chain, groups }: GroupBench): Promise<Readonly<Record<string, number>>> {
  const rules = ((await chain.alb.state())['rules'] ?? []) as unknown as readonly RuleState[]; // the shape of the service's own answers
  const names = new Map((await groups()).map((one) => [one.serverGroupId, one.settings.serverGroupName]));
  const tuples = rules
    .find((one) => one.RuleName.startsWith(`shop-${nameOf(1)}`))
    ?.RuleActions.flatMap((one) => one.ForwardGroupConfig?.ServerGroupTuples ?? []);
  return Object.fromEntries((tuples ?? []).map((one) => [names.get(one.ServerGroupId) ?? '', one.Weight]));
}
const [stable, other] = [1, 3].map((index) => `shop-${serviceName(index)}-80`) as [string, string]; // of two

const open = (canaries: readonly KubeObject[]): Promise<GroupBench> =>
  settledCafe(3, { resourceGroups: ['rg-shop'] }, (objects) => [...objects, ...canaries]);

const paths = (...list: readonly string[]) => ({
  spec: anIngress({ host: 'host-1.example.com', paths: list.map((one) => aPath(one, serviceName(1))) }).spec,
});

describe('a canary whose group is refused', () => {
  it('does not keep a new stable Ingress from being served', async () => {
    bench = await open([canary(20, nowhere)]);
    expect(await served(bench.chain)).toEqual([1, 2, 3].map(nameOf));
    expect(await sharesOf(bench)).toEqual({ [stable]: 100 });
    expect(named(bench.chain)).toEqual(['CLOUD-INVALID canary']);
    expect(bench.condition()).toMatchObject({
      status: 'True',
      reason: 'PartlyApplied',
      message: expect.stringContaining('1 Ingress(es) are held'),
    });
  });

  it('keeps the share that it had, while other rules of the stable Ingress change', async () => {
    bench = await open([canary(20)]);
    const { chain } = bench;
    await chain.kube.mergePatch({ kind: 'Ingress', namespace: 'shop', name: 'canary' }, { metadata: canary(30, nowhere).metadata });
    await bench.changed();
    expect(await sharesOf(bench)).toEqual({ [stable]: 80, [other]: 20 });
    await chain.kube.mergePatch(refOf(1), paths('/', '/menu'));
    await bench.changed();
    expect(JSON.stringify((await chain.alb.state())['rules'])).toContain('/menu');
    expect(named(chain)).toEqual(['CLOUD-INVALID canary']);
    await bench.sweep();
    expect((await chain.calls()).filter((one) => one.write)).toEqual([]);
  });

  it('has its share as soon as it is corrected', async () => {
    bench = await open([canary(20, nowhere)]);
    await bench.chain.kube.mergePatch(
      { kind: 'Ingress', namespace: 'shop', name: 'canary' },
      { metadata: { annotations: { 'alb.ingress.kubernetes.io/server-group-resource-group-id': 'rg-shop' } } },
    );
    await bench.changed();
    expect(await sharesOf(bench)).toEqual({ [stable]: 80, [other]: 20 });
    expect(bench.condition()).toMatchObject({ status: 'True', reason: 'Applied' });
  });

  it('leaves everything where it is if it was to have all, and then both are told', async () => {
    bench = await open([]);
    await bench.chain.kube.create(canary(100, nowhere));
    await bench.changed();
    expect(await sharesOf(bench)).toEqual({ [stable]: 100 });
    expect([...named(bench.chain)].sort()).toEqual(['CLOUD-INVALID canary', `CLOUD-INVALID ${nameOf(1)}`]);
  });
});

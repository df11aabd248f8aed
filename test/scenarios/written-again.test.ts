/** What was removed and is written again under the same name is made anew: no answer of its former life is taken for its own. */
import { afterEach, describe, expect, it } from 'vitest';
import { aCafe } from '#test/support/cafe.ts';
import { cloudShape } from '#test/support/cloud-shape.ts';
import { createWorkbench, type Workbench } from '#test/support/workbench.ts';

let bench: Workbench | undefined;
afterEach(() => bench?.stop());

describe('an AlbConfig and its Ingress, removed and written again', () => {
  it('end as the first time, with as many calls and none refused', async () => {
    const { objects, pods } = aCafe(1);
    bench = await createWorkbench(objects, pods);
    bench.resync();
    await bench.settle();
    const first = await bench.calls();
    const shape = await cloudShape(bench.alb);
    for (let times = 0; times < 2; times++) {
      await bench.kube.remove({ kind: 'Ingress', namespace: 'shop', name: 'ingress-001' });
      await bench.kube.remove({ kind: 'AlbConfig', namespace: '', name: 'cafe' });
      bench.changed();
      await bench.settle();
      expect(bench.kube.held('Lease')).toEqual([]);
      await bench.calls();
      for (const one of objects.filter(({ kind }) => kind === 'AlbConfig' || kind === 'Ingress')) await bench.kube.create(one);
      bench.changed();
      await bench.settle();
      const again = await bench.calls();
      expect(again.filter((call) => call.code !== '').map((call) => `${call.action} ${call.code}`)).toEqual([]);
      expect(again.length).toBe(first.length);
      expect(await cloudShape(bench.alb)).toEqual(shape);
    }
  });

  it('is not made again for an Ingress that still names it, until somebody writes it', async () => {
    const { objects, pods } = aCafe(1);
    bench = await createWorkbench(objects, pods);
    bench.resync();
    await bench.settle();
    await bench.kube.remove({ kind: 'AlbConfig', namespace: '', name: 'cafe' });
    bench.changed();
    await bench.settle();
    bench.resync();
    await bench.settle();
    expect(bench.kube.held('AlbConfig')).toEqual([]);
    expect((await bench.alb.state())['loadBalancers']).toEqual([]);
    for (const one of objects.filter(({ kind }) => kind === 'AlbConfig')) await bench.kube.create(one);
    bench.changed();
    await bench.settle();
    expect((await bench.alb.state())['rules']).toHaveLength(1);
  });
});

describe('an AlbConfig that is being deleted', () => {
  it('goes with all that is in the cloud although every record was lost', async () => {
    const { objects, pods } = aCafe(1);
    bench = await createWorkbench(objects, pods);
    bench.resync();
    await bench.settle();
    for (const { metadata } of bench.kube.held('Lease')) {
      await bench.kube.remove({ kind: 'Lease', namespace: metadata.namespace ?? '', name: metadata.name });
    }
    await bench.kube.remove({ kind: 'AlbConfig', namespace: '', name: 'cafe' });
    bench.changed();
    await bench.settle();
    const { loadBalancers, serverGroups } = await bench.alb.state();
    expect([bench.kube.held('AlbConfig'), loadBalancers, serverGroups]).toEqual([[], [], []]);
  });

  it('is not looked at again by a message that comes when it has gone', async () => {
    const { objects, pods } = aCafe(1);
    bench = await createWorkbench(objects, pods);
    bench.resync();
    await bench.settle();
    for (const name of ['Ingress', 'AlbConfig'] as const) {
      for (const { metadata } of bench.kube.held(name)) {
        await bench.kube.remove({ kind: name, namespace: metadata.namespace ?? '', name: metadata.name });
      }
    }
    bench.changed();
    await bench.settle();
    await bench.calls();
    // As one that met a claim does, and comes back when the claim must have ended.
    const late = { type: 'albeit.step.requested', version: 1, key: bench.key, phase: 'apply', chain: 'late', attempt: 1 } as const;
    for (const step of ['rule', 'instance'] as const) bench.send({ ...late, step });
    bench.send({ ...late, step: 'listener', phase: 'collect' });
    bench.send({ ...late, step: 'server-group', phase: 'delete' });
    expect(await bench.settle()).toBe(4);
    expect([await bench.calls(), bench.kube.held('Lease')]).toEqual([[], []]);
  });
});

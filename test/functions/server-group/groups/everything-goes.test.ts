/** Groups of every kind, held and refused ones beside them: with the AlbConfig everything goes, with a Service what was made for it alone. */
import { afterEach, describe, expect, it } from 'vitest';
import { serviceName } from '#test/support/cafe.ts';
import { type GroupBench, settledCafe, writesOf } from '#test/support/group-bench.ts';
import { named, nameOf, refOf, served } from '#test/support/refused-rules.ts';

let bench: GroupBench | undefined;
afterEach(() => bench?.stop());

const serviceRef = (index: number) => ({ kind: 'Service', namespace: 'shop', name: serviceName(index) }) as const;

const leases = ({ chain }: GroupBench): readonly string[] =>
  chain.kube
    .held('Lease')
    .map((one) => one.metadata.name)
    .filter((name) => name.startsWith('service-'));

/** One of type Ip, one that is refused beside what it had, one that is held, one on nodes, and one that somebody copied. */
async function motley(): Promise<GroupBench> {
  const made = await settledCafe(5, { resourceGroups: ['rg-default'] });
  bench = made;
  await made.annotate(1, { 'server-group-type': 'Ip' });
  await made.annotate(2, { 'server-group-resource-group-id': 'rg-nowhere' });
  await made.annotate(3, { 'backend-scheduler': 'fastest' });
  const ports = [{ name: 'http', port: 80, targetPort: 8080, nodePort: 30_080 }];
  await made.chain.kube.mergePatch(serviceRef(4), { spec: { type: 'NodePort', ports } });
  made.chain.membersChanged('shop', serviceName(4), { whole: true });
  await made.changed();
  const { settings, fixed, tags } = await made.groupOf(5);
  await made.console.createServerGroup({ settings, fixed, tags, clientToken: 'by hand' });
  return made;
}

describe('groups of every kind', () => {
  it('go with the AlbConfig, and so do the records of their Services', async () => {
    const made = await motley();
    expect(await served(made.chain)).toEqual([1, 2, 3, 4, 5].map(nameOf));
    await made.chain.kube.remove({ kind: 'AlbConfig', namespace: '', name: 'cafe' });
    await made.changed();
    const { serverGroups, loadBalancers } = await made.chain.alb.state();
    expect([serverGroups, loadBalancers]).toEqual([[], []]);
    expect(leases(made)).toEqual([]);
    await made.sweep();
    expect(await writesOf(made)).toEqual([]);
  });

  it('stay while their Ingresses are held for a Service that is gone, and go with the Ingresses', async () => {
    const made = await motley();
    for (const index of [1, 2, 5]) {
      await made.chain.kube.remove(serviceRef(index));
      made.chain.membersChanged('shop', serviceName(index), { whole: true });
    }
    await made.changed();
    expect([...new Set(named(made.chain))].filter((one) => one.startsWith('SERVICE-NOT-FOUND')).sort()).toEqual(
      [1, 2, 5].map((index) => `SERVICE-NOT-FOUND ${nameOf(index)}`),
    );
    expect(await served(made.chain)).toEqual([1, 2, 3, 4, 5].map(nameOf));
    await made.sweep();
    expect(await served(made.chain)).toEqual([1, 2, 3, 4, 5].map(nameOf));
    for (const index of [1, 2, 5]) await made.chain.kube.remove(refOf(index));
    await made.changed();
    await made.sweep();
    // A listener, one that is held, one on nodes.
    expect(await made.groups()).toHaveLength(3);
    expect(await served(made.chain)).toEqual([3, 4].map(nameOf));
    expect(leases(made)).toHaveLength(2);
  });
});

/** Pods go before rules when the service takes few writes. */
import { afterEach, describe, expect, it } from 'vitest';
import { aCafe, anEndpointSlice, podIp, serviceName } from '#test/support/cafe.ts';
import { createWorkbench, type Workbench } from '#test/support/workbench.ts';

let bench: Workbench | undefined;
afterEach(() => bench?.stop());

describe('a service that takes one write in two seconds from everybody', () => {
  it('has the members of a Service registered long before a large chain is through', async () => {
    const { objects, pods } = aCafe(31);
    const isOf = (one: (typeof objects)[number]): boolean => /-0(0[2-9]|1\d|2\d|3\d)/.test(one.metadata.name);
    const on = await createWorkbench(
      objects.filter((one) => !isOf(one)),
      pods,
    );
    bench = on;
    on.resync();
    await on.settle();
    await on.alb.put('settings', { writeRate: { calls: 1, perMs: 2000 }, writeRateScope: 'account' });
    for (const one of objects.filter(isOf)) await on.kube.create(one);
    on.changed();
    await on.run(3000);
    await on.calls();
    const slice = anEndpointSlice(
      serviceName(1),
      [0, 1, 2, 3].map((pod) => podIp(1, pod)),
    );
    await on.kube.mergePatch({ kind: 'EndpointSlice', namespace: 'shop', name: slice.metadata.name }, { endpoints: slice.endpoints });
    on.membersChanged('shop', serviceName(1));
    await on.run(600_000);
    const written = (await on.calls()).filter((one) => one.write && one.code === '');
    const group = written.findIndex((one) => JSON.stringify(one.params).includes(podIp(1, 3)));
    expect(group).toBeGreaterThanOrEqual(0);
    // The chain goes on and on behind it: while it comes further it does not wait longer and longer.
    expect(written.length).toBeGreaterThan(group + 50);
    expect(group).toBeLessThan(4);
  });
});

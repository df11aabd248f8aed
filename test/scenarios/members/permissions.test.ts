/** What a cluster need not grant: who lacks it is told once, and everything that does not need it goes on. */
import { afterEach, describe, expect, it } from 'vitest';
import { AlbeitError } from '#shared/errors.ts';
import type { KubeObject } from '#shared/kube/port.ts';
import { aCafe, anEndpointSlice, podIp, serviceName } from '#test/support/cafe.ts';
import { createWorkbench, type Workbench } from '#test/support/workbench.ts';

let bench: Workbench | undefined;
afterEach(() => bench?.stop());

interface EventShown extends KubeObject {
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  readonly involvedObject: { readonly kind: string; readonly name: string };
}

const served = async (chain: Workbench): Promise<readonly string[]> =>
  ((await chain.alb.state())['serverGroups'] ?? [])
    // The emulator's servers are those of the service.
    .flatMap((one) => one['Servers'] as readonly { readonly ServerIp: string }[])
    .map((one) => one.ServerIp)
    .sort();

describe('without the right to list nodes', () => {
  it('Services whose servers are Pods have them, also after a resync, and the owner of one that needs nodes is told', async () => {
    const { objects, pods } = aCafe(2, 1);
    const ofNodes = serviceName(2);
    const ports = [{ name: 'http', port: 80, targetPort: 8080, nodePort: 30_080 }];
    const chain = await createWorkbench(
      objects.map((one) => (one.metadata.name === ofNodes ? ({ ...one, spec: { type: 'NodePort', ports } } as KubeObject) : one)),
      pods,
    );
    bench = chain;
    const refused = new AlbeitError('KUBE-REFUSED', { verb: 'list', object: 'Node', detail: 'HTTP 403 Forbidden' });
    chain.kube.fail(refused, 1_000_000, (call) => call.kind === 'Node');
    chain.resync();
    await chain.run(20_000);
    expect(await served(chain)).toEqual([podIp(1, 0)]);
    // Nobody was told that the endpoints changed: a resync finds it.
    const slice = anEndpointSlice(serviceName(1), [podIp(1, 0), podIp(1, 1)]);
    await chain.kube.mergePatch({ kind: 'EndpointSlice', namespace: 'shop', name: slice.metadata.name }, slice);
    chain.resync();
    await chain.run(20_000);
    expect(await served(chain)).toEqual([podIp(1, 0), podIp(1, 1)]);
    // Told once, however often it is tried.
    chain.resync();
    await chain.run(120_000);
    const told = chain.kube.held<EventShown>('Event').filter((one) => one.reason === 'KUBE-REFUSED');
    expect(told.map(({ involvedObject, count }) => `${involvedObject.kind} ${involvedObject.name} ${count}`)).toEqual([
      `Service ${ofNodes} 1`,
    ]);
    expect(told[0]?.message).toContain('list Node');
  });
});

describe('without the right to look at Pods of a namespace that opted in', () => {
  it('Services have their servers, and whose Pods wait is told what is missing', async () => {
    const { objects, pods } = aCafe(1, 1);
    const [namespace, ...others] = objects;
    const labels = { 'albeit.io/readiness-gates': 'enabled' };
    const chain = await createWorkbench([{ ...namespace, metadata: { name: 'shop', labels } } as KubeObject, ...others], pods);
    bench = chain;
    const refused = new AlbeitError('KUBE-REFUSED', { verb: 'get', object: 'Pod', detail: 'HTTP 403 Forbidden' });
    chain.kube.fail(refused, 1_000_000, (call) => call.kind === 'Pod');
    chain.resync();
    await chain.run(20_000);
    const slice = anEndpointSlice(serviceName(1), [podIp(1, 0), podIp(1, 1), podIp(1, 2)]);
    const waits = slice.endpoints.map((one, index) => (index === 2 ? { ...one, conditions: { ready: false, serving: false } } : one));
    await chain.kube.mergePatch({ kind: 'EndpointSlice', namespace: 'shop', name: slice.metadata.name }, { ...slice, endpoints: waits });
    chain.membersChanged('shop', serviceName(1));
    await chain.run(120_000);
    expect(await served(chain)).toEqual([podIp(1, 0), podIp(1, 1)]);
    const told = chain.kube.held<EventShown>('Event').filter((one) => one.reason === 'KUBE-REFUSED');
    expect(told.map(({ involvedObject, count }) => `${involvedObject.name} ${count}`)).toEqual([`${serviceName(1)} 1`]);
  });
});

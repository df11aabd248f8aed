/**
 * Services on node ports over the processes of `npm start --nodes 3`, under requests that never stop, with the embedded Kubernetes API and,
 * when KUBEBUILDER_ASSETS is set, with the real one: nodes are labelled, cordoned, drained and deleted, and a Service changes what it is.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ObjectName } from '#shared/kube/port.ts';
import { comes, countedCalls, isReady, type LiveShop, openShop, shopMs, shopName, shopWorkload } from '#test/support/live-shop.ts';

const assets = process.env['KUBEBUILDER_ASSETS'] ?? '';
const eachMs = 180_000;
const nodeName = (node: number): string => (node === 1 ? 'local-node' : `local-node-${node}`);
const node = (which: number): ObjectName => ({ kind: 'Node', namespace: '', name: nodeName(which) });
const service: ObjectName = { kind: 'Service', ...shopName };
const unscheduled = 'service.beta.kubernetes.io/alibaba-cloud-loadbalancer-remove-unscheduled-backend';
const backendType = 'service.beta.kubernetes.io/backend-type';
const excluded = 'service.beta.kubernetes.io/exclude-node';

const cluster = { type: 'NodePort', externalTrafficPolicy: 'Cluster' };
const local = { type: 'NodePort', externalTrafficPolicy: 'Local' };
const clusterIp = { type: 'ClusterIP', externalTrafficPolicy: null };

/** `3 Ecs` with weights, or `6 Eni`: what a group holds. */
type Servers = readonly string[];

describe.each(['embedded', 'assets'] as const)('with the Kubernetes API %s', (kube) => {
  describe.skipIf(kube === 'assets' && assets === '')('a Service on node ports', () => {
    let shop: LiveShop;
    beforeAll(async () => {
      const workload = { replicas: 6, preStopSeconds: 8, strategy: { maxSurge: 3, maxUnavailable: 0 } };
      const annotations = { 'connection-drain-enabled': 'true', 'connection-drain-timeout': '30' };
      shop = await openShop({ options: { kube, nodes: 3, virtualNode: true }, workload, service: cluster, annotations });
    }, eachMs);
    afterAll(() => shop.stop());

    const patch = (name: ObjectName, change: object) => shop.cloud.kube.mergePatch(name, change);
    const label = (which: number, value: string | null) => patch(node(which), { metadata: { labels: { [excluded]: value } } });
    const cordon = (which: number, unschedulable: boolean | null) => patch(node(which), { spec: { unschedulable } });
    const annotate = (key: string, value: string | null) => patch(service, { metadata: { annotations: { [key]: value } } });

    /** Cordoned, and its pods told to go; ends when as many are ready elsewhere. */
    async function drain(which: number): Promise<void> {
      await cordon(which, true);
      const own = (await shop.pods()).filter(({ spec }) => spec.nodeName === nodeName(which));
      expect(own.length).toBeGreaterThan(0);
      // One at a time, as a disruption budget would have it.
      for (const { metadata } of own) {
        await shop.cloud.kube.remove({ kind: 'Pod', namespace: 'shop', name: metadata.name });
        await comes(async () => (await shop.pods()).filter(isReady).length === 6, 'six ready pods');
      }
    }

    async function servers(): Promise<Servers> {
      const { serverGroups } = await shop.cloud.held();
      const all = serverGroups.flatMap((one) => one['Servers'] as readonly { readonly ServerType: string; readonly Weight: number }[]);
      return all.map((one) => `${one.ServerType} ${one.Weight}`).sort();
    }

    /** What a change makes of the servers, with what it cost; no request may be lost over it. */
    async function expectAfter(what: string, change: () => Promise<unknown>, wanted: Servers): Promise<void> {
      const [since, before] = [(await shop.cloud.calls('alb')).at(-1)?.seq ?? 0, shop.probes.count()];
      await change();
      const isThere = async (): Promise<boolean> => (await servers()).join() === wanted.join();
      await comes(isThere, `${wanted.join()} after: ${what}`).catch(async (error: unknown) => {
        throw new Error(`${String(error)}; there are ${(await servers()).join()}`);
      });
      await shop.cloud.rest(shopMs);
      const made = countedCalls(await shop.cloud.calls('alb', since));
      console.log(`${kube}: ${what}: ${shop.probes.count() - before} answers; ${JSON.stringify(made)}`);
      expect(await servers()).toEqual(wanted);
      expect(shop.lost()).toEqual({});
      expect(shop.cloud.deaths).toEqual([]);
    }

    const nodes = (count: number): Servers => Array.from({ length: count }, () => 'Ecs 100');
    const pods = (count: number): Servers => Array.from({ length: count }, () => 'Eni 100');
    /** By the nodes where pods stand now. */
    async function weights(): Promise<Servers> {
      const counts = new Map<string, number>();
      for (const { spec } of await shop.pods()) counts.set(spec.nodeName ?? '', (counts.get(spec.nodeName ?? '') ?? 0) + 1);
      return [...counts.values()].map((count) => `Ecs ${count}`).sort();
    }

    it('of policy Cluster has every node for a server, whatever happens to nodes', async () => {
      await expectAfter('nothing', async () => undefined, nodes(3));
      await expectAfter('a node is excluded', () => label(2, 'true'), nodes(2));
      await expectAfter('it comes back', () => label(2, null), nodes(3));
      await expectAfter('a node is cordoned', () => cordon(3, true), nodes(3));
      await expectAfter('cordoned ones are not wanted', () => annotate(unscheduled, 'on'), nodes(2));
      await expectAfter('it is uncordoned', () => cordon(3, null), nodes(3));
      await expectAfter('a node is drained', () => drain(3), nodes(2));
      await expectAfter('the node is deleted', () => shop.cloud.kube.remove(node(3)), nodes(2));
      await expectAfter('it has registered again', async () => undefined, nodes(3));
      await expectAfter('cordoned ones are wanted again', () => annotate(unscheduled, null), nodes(3));
    }, 300_000);

    it('is reached by pod address and on node ports in turn', async () => {
      await expectAfter('by pod address', () => annotate(backendType, 'eni'), pods(6));
      // Its node ports close at once: nobody goes by them any more.
      await expectAfter('ClusterIP', () => patch(service, { spec: clusterIp }), pods(6));
      await expectAfter('NodePort, still by pod address', () => patch(service, { spec: cluster }), pods(6));
      await expectAfter('by node port', () => annotate(backendType, null), nodes(3));
      await expectAfter('policy Local', () => patch(service, { spec: local }), await weights());
      await expectAfter('policy Cluster', () => patch(service, { spec: cluster }), nodes(3));
      await expectAfter('by pod address again', () => annotate(backendType, 'eni'), pods(6));
      await expectAfter('policy Local, still by pod address', () => patch(service, { spec: local }), pods(6));
      await expectAfter('by node port, policy Local', () => annotate(backendType, null), await weights());
    }, 300_000);

    it('of policy Local weighs nodes by their pods', async () => {
      await drain(2);
      await expectAfter('a node is drained', async () => undefined, await weights());
      await cordon(2, null);
      await expectAfter('it takes pods again', async () => undefined, await weights());
      await expectAfter('policy Cluster', () => patch(service, { spec: cluster }), nodes(3));
    }, 300_000);

    it('has pods on virtual nodes for servers of their own, beside nodes and beside other pods', async () => {
      const onVirtualNode = { app: 'web', 'alibabacloud.com/eci': 'true' };
      const burst = (replicas: number) => shop.apply(shopWorkload({ name: 'burst', replicas, labels: onVirtualNode, preStopSeconds: 8 }));
      await expectAfter('two pods on a virtual node', () => burst(2), [...nodes(3), ...pods(2)]);
      await expectAfter('by pod address', () => annotate(backendType, 'eni'), pods(8));
      await expectAfter('three more', () => burst(5), pods(11));
      await expectAfter('by node port', () => annotate(backendType, null), [...nodes(3), ...pods(5)]);
      await expectAfter('none', () => burst(0), nodes(3));
    }, 300_000);
  });
});

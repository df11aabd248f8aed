/** What several local nodes do on any Kubernetes API: run by the tests over the embedded one and the real one. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EndpointSlice } from '#infra/local/node/node-port-plan.ts';
import type { Deployment, Pod } from '#infra/local/node/objects.ts';
import type { KubeObject, ObjectName } from '#shared/kube/port.ts';
import { type Cluster, eventually } from './cluster.ts';

const isReady = (pod: Pod | undefined): boolean =>
  pod?.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true;

const ending = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;

const container = { name: 'echo', image: 'registry.example.com/echo:1', ports: [{ containerPort: 3000 }] };
const on = (node: string) => ({ nodeSelector: { 'kubernetes.io/hostname': node } });

const aPod = (name: string, spec: object = {}, labels: object = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', labels: { app: name, ...labels } },
  spec: { containers: [container], terminationGracePeriodSeconds: 30, ...spec },
});

const aDeployment = (name: string, replicas: number, pod: object = {}, spec: object = {}): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'default' },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [container], ...pod } },
    ...spec,
  },
});

const aNodePort = (name: string, spec: object = {}): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { type: 'NodePort', selector: { app: name }, ports: [{ port: 80, targetPort: 3000 }], ...spec },
  }) as KubeObject;

interface WithPorts extends KubeObject {
  readonly spec: { readonly ports: readonly { readonly nodePort: number }[] };
}

/** `start` brings up two machines and a virtual node. */
export function nodesBehaviour(title: string, start: () => Promise<Cluster>): void {
  describe(title, () => {
    let cluster: Cluster;
    beforeAll(async () => {
      cluster = await start();
    });
    afterAll(() => cluster?.stop());

    const named = (kind: ObjectName['kind'], name: string): ObjectName => ({ kind, namespace: kind === 'Node' ? '' : 'default', name });
    const pod = (name: string) => cluster.kube.get<Pod>(named('Pod', name));
    const pods = async (app: string) => (await cluster.kube.list<Pod>('Pod', { labelSelector: `app=${app}` })).items;
    const readyPods = (app: string, count: number) =>
      eventually(
        async () => (await pods(app)).filter((one) => isReady(one) && !ending(one)),
        (found) => found.length === count,
      );
    const interfaceOf = (address: string | undefined) => cluster.network.list().find((one) => one.privateIp === address);
    const patch = (kind: ObjectName['kind'], name: string, change: object) => cluster.kube.mergePatch(named(kind, name), change);
    const cordon = (node: string, unschedulable: boolean | null) => patch('Node', node, { spec: { unschedulable } });
    const nodePortOf = async (service: string) =>
      (await cluster.kube.get<WithPorts>(named('Service', service)))?.spec.ports[0]?.nodePort ?? 0;
    const doorOf = async (service: string, address: string) => interfaceOf(address)?.sockets?.[await nodePortOf(service)];
    const openDoor = (service: string, address: string) =>
      eventually(
        () => doorOf(service, address),
        (found) => found !== undefined,
      );
    const answerer = async (socket: string | undefined) =>
      ((await (await fetch(`http://${socket}/`, { headers: { connection: 'close' } })).json()) as { readonly pod: string }).pod;

    it('are registered as machines of both zones, and one that is none', async () => {
      const nodes = (await cluster.kube.list<KubeObject & { readonly spec?: { readonly providerID?: string } }>('Node')).items;
      const told = nodes.map(({ metadata: { name, labels = {} }, spec }) =>
        [name, spec?.providerID ?? '', labels['topology.kubernetes.io/zone'], labels['type'] ?? ''].join(' '),
      );
      expect(told.toSorted()).toEqual([
        'local-node cn-local.i-local00000000000001 cn-local-a ',
        'local-node-2 cn-local.i-local00000000000002 cn-local-b ',
        'virtual-node  cn-local-a virtual-kubelet',
      ]);
      const own = cluster.network.list().filter(({ primary }) => primary === true);
      expect(own.map(({ instanceId, privateIp, socket }) => [instanceId, privateIp, socket])).toEqual([
        ['i-local00000000000001', '192.168.64.1', ''],
        ['i-local00000000000002', '192.168.64.2', ''],
      ]);
    });

    it('share the pods of a Deployment, whose interfaces belong to their instances and zones', async () => {
      await cluster.kube.create(aDeployment('tea', 4));
      const found = await readyPods('tea', 4);
      expect(found.map((one) => one.spec.nodeName).toSorted()).toEqual(['local-node', 'local-node', 'local-node-2', 'local-node-2']);
      const placed = found.map(({ spec: { nodeName }, status }) => {
        const { instanceId, zoneId } = interfaceOf(status?.podIP) ?? {};
        return `${nodeName} ${status?.hostIP} ${instanceId} ${zoneId}`;
      });
      expect(new Set(placed)).toEqual(
        new Set(['local-node 192.168.64.1 i-local00000000000001 cn-local-a', 'local-node-2 192.168.64.2 i-local00000000000002 cn-local-b']),
      );
    });

    it('answer at node ports for pods wherever they stand', async () => {
      await cluster.kube.create(aNodePort('tea'));
      const names = (await readyPods('tea', 4)).map(({ metadata }) => metadata.name);
      for (const address of ['192.168.64.1', '192.168.64.2']) {
        const door = await openDoor('tea', address);
        await eventually(
          async () => new Set(await Promise.all(Array.from({ length: 8 }, () => answerer(door)))),
          (found) => names.every((name) => found.has(name)),
        );
      }
    });

    it('answer for their own pods alone where the Service says so, and not at all without any', async () => {
      await cluster.kube.create(aPod('cake', on('local-node-2')));
      await cluster.kube.create(aNodePort('cake', { externalTrafficPolicy: 'Local' }));
      expect(await answerer(await openDoor('cake', '192.168.64.2'))).toBe('cake');
      expect(await doorOf('cake', '192.168.64.1')).toBeUndefined();
      await patch('Service', 'cake', { spec: { externalTrafficPolicy: 'Cluster' } });
      expect(await answerer(await openDoor('cake', '192.168.64.1'))).toBe('cake');
    });

    it('take no pod while they are cordoned; one that nobody takes waits', async () => {
      await cordon('local-node', true);
      await cluster.kube.create(aDeployment('milk', 2));
      expect((await readyPods('milk', 2)).map((one) => one.spec.nodeName)).toEqual(['local-node-2', 'local-node-2']);
      await cluster.kube.create(aPod('waits', on('local-node')));
      await cluster.kube.create(aPod('follows'));
      await eventually(() => pod('follows'), isReady);
      const told = await eventually(
        async () => (await pod('waits'))?.status?.conditions,
        (found) => found !== undefined,
      );
      expect(told).toEqual([expect.objectContaining({ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' })]);
      expect((await pod('waits'))?.spec.nodeName).toBeUndefined();
      await cordon('local-node', null);
      await eventually(() => pod('waits'), isReady);
    });

    it('run on the virtual one what asks for it: an interface that belongs to no machine', async () => {
      await cluster.kube.create(aPod('serverless', {}, { 'alibabacloud.com/eci': 'true' }));
      const found = await eventually(() => pod('serverless'), isReady);
      expect(found?.spec.nodeName).toBe('virtual-node');
      expect(interfaceOf(found?.status?.podIP)).toMatchObject({ instanceId: expect.stringMatching(/^eci-/) });
    });

    it('let a pod that is being deleted serve on while its hook sleeps, and slices say so', async () => {
      const lifecycle = { preStop: { exec: { command: ['sleep', '20'] } } };
      await cluster.kube.create(aPod('late', { containers: [{ ...container, lifecycle }] }));
      await cluster.kube.create(aNodePort('late'));
      const door = await openDoor('late', '192.168.64.1');
      await cluster.kube.remove(named('Pod', 'late'));
      const conditions = async () => {
        const slices = await cluster.kube.list<EndpointSlice>('EndpointSlice', { labelSelector: 'kubernetes.io/service-name=late' });
        return slices.items.flatMap((slice) => slice.endpoints ?? [])[0]?.conditions;
      };
      const seen = await eventually(conditions, (found) => found?.terminating === true);
      expect(seen).toEqual({ ready: false, serving: true, terminating: true });
      expect(await answerer(door)).toBe('late');
    });

    it('keep the old pods of a rollout until the gates of the new ones are open', async () => {
      const type = 'target-health.alb.k8s.alibabacloud';
      const gates = { readinessGates: [{ conditionType: type }] };
      await cluster.kube.create(aDeployment('gated', 2, {}, { strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } }));
      const old = (await readyPods('gated', 2)).map(({ metadata }) => metadata.name);
      await patch('Deployment', 'gated', { spec: { template: { spec: gates } } });
      const opened = (one: Pod) => one.status?.conditions?.some((condition) => condition.type === type) === true;
      const waiting = async () =>
        (await pods('gated')).filter((one) => !old.includes(one.metadata.name) && one.status?.phase === 'Running' && !opened(one));
      for (const left of [2, 1]) {
        const [next] = await eventually(waiting, (found) => found.length === 1);
        const serving = async () => (await pods('gated')).filter((one) => old.includes(one.metadata.name) && !ending(one)).length;
        // The next one may come before the old one that it replaces is told to go; never after fewer are left.
        expect(await eventually(serving, (found) => found <= left)).toBe(left);
        const open = async () => {
          const now = await pod(next?.metadata.name ?? '');
          const conditions = [...(now?.status?.conditions ?? []).filter((one) => one.type !== type), { type, status: 'True' }];
          const metadata = { resourceVersion: now?.metadata.resourceVersion };
          const written = await cluster.kube.mergePatch(
            named('Pod', next?.metadata.name ?? ''),
            { metadata, status: { conditions } },
            'status',
          );
          return written.kind;
        };
        await eventually(open, (kind) => kind === 'written');
      }
      await eventually(
        async () => (await pods('gated')).filter((one) => !ending(one)),
        (found) => found.length === 2 && found.every((one) => isReady(one) && !old.includes(one.metadata.name)),
      );
    });
  });
}

/** What the forwarder tells of nodes, namespaces and Pods as an API server really sends them: the embedded one, and a real one. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareCluster } from '#infra/local/start/cluster.ts';
import { createKube } from '#shared/kube/adapter.ts';
import type { Kube, KubeObject, ObjectName } from '#shared/kube/port.ts';
import { createForwarderScene, type ForwarderScene } from '#test/support/forwarder-scene.ts';
import { aClass, anIngress, aService } from '#test/support/objects.ts';
import { until } from '#test/support/until.ts';

export interface ForwardedApi {
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** Of the forwarder's own, after the cluster was prepared; absent: it may do anything. */
  readonly forwarder?: () => Promise<string>;
  /** Lets the forwarder follow the Pods of a namespace; absent: it may. */
  readonly allowPods?: (namespace: string) => Promise<void>;
  stop(): Promise<void>;
}

const namespace = 'default';
const gate = 'target-health.alb.k8s.alibabacloud';
const nodeName = (name: string): ObjectName => ({ kind: 'Node', namespace: '', name });
const namespaceName = (name: string): ObjectName => ({ kind: 'Namespace', namespace: '', name });
const serviceName = (name: string): ObjectName => ({ kind: 'Service', namespace, name });
const podName = (name: string): ObjectName => ({ kind: 'Pod', namespace, name });

const aNode = (name: string): KubeObject =>
  ({ apiVersion: 'v1', kind: 'Node', metadata: { name }, spec: { providerID: `cn-local.i-${name}` } }) as KubeObject;
const condition = (type: string, status: 'True' | 'False') => ({
  type,
  status,
  reason: 'Test',
  message: '',
  lastTransitionTime: '2026-11-21T12:00:00Z',
});
const readiness = (status: 'True' | 'False') => ({ status: { conditions: [condition('Ready', status)] } });
const aPod = (name: string, labels: Readonly<Record<string, string>>): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels },
    spec: { readinessGates: [{ conditionType: gate }], containers: [{ name: 'web', image: 'web' }], automountServiceAccountToken: false },
  }) as KubeObject;
const optIn = (value: string | null) => ({ metadata: { labels: { 'albeit.io/readiness-gates': value } } });

/** Each object is written by a client of its own; only what the forwarder tells is looked at. */
export function forwarderContract(name: string, make: () => Promise<ForwardedApi>): void {
  describe(`forwarder over ${name}`, () => {
    let api: ForwardedApi;
    let kube: Kube;
    let scene: ForwarderScene;

    beforeEach(async () => {
      api = await make();
      kube = createKube({ kubeconfig: { path: api.kubeconfig } });
      await prepareCluster(kube);
    });
    afterEach(async () => {
      await scene.stop();
      kube.close();
      await api.stop();
    });

    const create = async (...objects: readonly KubeObject[]): Promise<void> => {
      for (const object of objects) expect(await kube.create(object)).toMatchObject({ kind: 'written' });
    };
    const patch = async (of: ObjectName, change: object, subresource?: 'status'): Promise<void> => {
      expect(await kube.mergePatch(of, change, subresource)).toMatchObject({ kind: 'written' });
    };
    const start = async (...objects: readonly KubeObject[]): Promise<void> => {
      await create(aClass(), anIngress({ namespace }), ...objects);
      scene = await createForwarderScene({ path: (await api.forwarder?.()) ?? api.kubeconfig });
      scene.forwarder.start();
      expect(await scene.flush(1)).toEqual(['the whole cluster']);
    };
    const synced = (kind: string) => {
      const found = () => scene.forwarder.state().kinds.find((one) => one.kind === kind);
      return until(() => found()?.synced === true && (found()?.objects ?? 0) > 0, `${kind}s`);
    };
    const service = (type: string): KubeObject => aService('coffee', { namespace, spec: { type, selector: { app: 'coffee' } } as object });

    it('tells of a node what makes a difference to a Service with node ports, and nothing else', async () => {
      await start(service('NodePort'), aNode('one'), aNode('two'));
      await synced('Node');
      // Neither is a server yet: no node is Ready.
      await patch(nodeName('one'), { metadata: { labels: { 'example.com/rack': 'r1' } } });
      await patch(nodeName('one'), readiness('False'), 'status'); // as a kubelet that has just started says it
      await patch(nodeName('one'), readiness('True'), 'status');
      expect(await scene.flush(1)).toEqual(['Service default/coffee']);
      await patch(nodeName('one'), { metadata: { labels: { 'example.com/rack': 'r2' } } });
      await patch(nodeName('one'), { spec: { unschedulable: true } });
      await patch(nodeName('two'), readiness('True'), 'status');
      expect(await scene.flush(1)).toEqual(['Service default/coffee']);
      expect(await scene.metrics()).toContain('albeit_forwarder_changes_total{kind="Node"} 6');
    });

    it('follows nodes no longer than a Service needs them', async () => {
      await start(service('ClusterIP'), aNode('one'));
      const nodes = () => scene.forwarder.state().kinds.find((one) => one.kind === 'Node')?.objects;
      expect(nodes()).toBe(0);
      await patch(serviceName('coffee'), { spec: { type: 'NodePort' } });
      await until(() => nodes() === 1, 'the nodes');
      expect(await scene.flush(2)).toEqual(['Service default/coffee whole', 'AlbConfig cafe']);
      await patch(serviceName('coffee'), { spec: { type: 'ClusterIP' } });
      await until(() => nodes() === 0, 'no nodes');
      expect(await scene.flush(2)).toEqual(['Service default/coffee whole', 'AlbConfig cafe']);
    });

    it('tells of a Pod that waits for its gate, in a namespace that opted in', async () => {
      await start(service('ClusterIP'), aPod('one', { app: 'coffee' }));
      const pod = { namespace, name: 'one', uid: (await kube.get(podName('one')))?.metadata.uid ?? '' };
      const set = async (...conditions: Parameters<Kube['setConditions']>[1]) =>
        expect(await kube.setConditions(pod, conditions)).toMatchObject({ kind: 'written' });
      await set(condition('ContainersReady', 'True'));
      await api.allowPods?.(namespace);
      await patch(namespaceName(namespace), optIn('enabled'));
      expect(await scene.flush(1)).toEqual(['Service default/coffee']);
      await set(condition(gate, 'False'));
      await set(condition(gate, 'True'));
      await patch(podName('one'), { metadata: { annotations: { a: 'b' } } });
      // Somebody takes back what we said.
      await set(condition(gate, 'False'));
      expect(await scene.flush(1)).toEqual(['Service default/coffee']);
      expect(await scene.metrics()).toContain('albeit_forwarder_changes_total{kind="Pod"} 4');
      await patch(namespaceName(namespace), optIn(null));
      const pods = () => scene.forwarder.state().kinds.find((one) => one.kind === 'Pod')?.objects;
      await until(() => pods() === 0, 'that Pods are let go');
    });

    it('follows a namespace that opts in and out again and again, and lets it go when it is deleted', async () => {
      const bar = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'bar' } };
      const there = <T extends KubeObject>(object: T): T => ({ ...object, metadata: { ...object.metadata, namespace: 'bar' } });
      await start(bar, there(service('ClusterIP')), there(aPod('one', { app: 'coffee' })));
      await api.allowPods?.('bar');
      const { uid = '' } = (await kube.get({ ...podName('one'), namespace: 'bar' }))?.metadata ?? {};
      await kube.setConditions({ namespace: 'bar', name: 'one', uid }, [condition('ContainersReady', 'True')]);
      for (let turn = 0; turn < 5; turn += 1) {
        await patch(namespaceName('bar'), optIn('enabled'));
        await patch(namespaceName('bar'), optIn(turn % 2 === 0 ? null : 'disabled'));
      }
      await patch(namespaceName('bar'), optIn('enabled'));
      await synced('Pod');
      expect(await scene.flush(1)).toEqual(['Service bar/coffee']);
      await kube.remove(namespaceName('bar'));
      const kinds = () => scene.forwarder.state().kinds.filter(({ kind }) => kind === 'Namespace' || kind === 'Pod');
      await until(() => kinds().every(({ objects }) => objects === 0), 'that nothing of it is followed', 15_000);
      expect(scene.logs.filter((line) => !line.startsWith('info'))).toEqual([]);
    });
  });
}

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KindName, KubeObject } from '#shared/kube/port.ts';
import { createForwarderScene, type ForwarderScene } from '#test/support/forwarder-scene.ts';
import { aClass, anIngress, aService } from '#test/support/objects.ts';
import {
  page,
  type Reply,
  refusal,
  type ScriptedApi,
  type ScriptedWatch,
  scriptedWatch,
  startScriptedApi,
} from '#test/support/scripted-api.ts';
import { until } from '#test/support/until.ts';

const versioned = <T extends KubeObject>(object: T, resourceVersion: string): T => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion, uid: `uid-${object.metadata.name}` },
});
const nodePort = (name = 'coffee') => aService(name, { spec: { type: 'NodePort' } });
const selecting = (name: string): KubeObject => aService(name, { spec: { selector: { app: name } } } as object);
const aNode = (name: string, ready = true, labels = {}): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels },
    spec: { providerID: `cn-local.i-${name}` },
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  }) as KubeObject;
const aNamespace = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
const aPod = (name: string, conditions: Readonly<Record<string, string>>, app = 'coffee'): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', labels: { app } },
    spec: { readinessGates: [{ conditionType: 'target-health.alb.k8s.alibabacloud' }] },
    status: { conditions: Object.entries(conditions).map(([type, status]) => ({ type, status })) },
  }) as KubeObject;
const due = { ContainersReady: 'True' };

describe('what is followed only where it is needed', () => {
  let api: ScriptedApi;
  let scene: ForwarderScene;
  const watches = new Map<KindName, ScriptedWatch>();
  let version = 100;

  beforeEach(async () => {
    api = await startScriptedApi();
    scene = await createForwarderScene(api.kubeconfig);
    watches.clear();
  });
  afterEach(async () => {
    await scene.stop();
    await api.stop();
  });

  /** A list and the watch that follows it. */
  const listed = (kind: KindName, ...items: readonly KubeObject[]): ScriptedWatch => {
    const watch = scriptedWatch();
    watches.set(kind, watch);
    api.script(
      kind,
      page(
        items.map((one, index) => versioned(one, String(index + 1))),
        '10',
      ),
      watch.reply,
    );
    return watch;
  };
  const send = (type: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubeObject): void => {
    version += 1;
    // Every object that is sent is of a kind that was listed.
    watches.get(object.kind as KindName)?.send(type, versioned(object, String(version)));
  };
  const opened = (kind: KindName) => until(() => watches.get(kind)?.opened === true, `the watch of ${kind}`);
  const startWith = async (...services: readonly KubeObject[]): Promise<void> => {
    listed('IngressClass', aClass());
    listed('Ingress', anIngress());
    listed('AlbConfig');
    listed('Service', ...services);
    listed('EndpointSlice');
    scene.forwarder.start();
    for (const kind of watches.keys()) await opened(kind);
  };
  const start = async (...services: readonly KubeObject[]): Promise<void> => {
    await startWith(...services);
    expect(await scene.flush(1)).toEqual(['the whole cluster']);
  };
  const objects = async (kind: KindName) => Number(scene.forwarder.state().kinds.find((one) => one.kind === kind)?.objects);
  /** Lets the next try come, whatever it waits for; the limits of silence (75 s) stay far away. */
  const retry = async (): Promise<void> => {
    const next = () => scene.timers.waiting.find((ms) => ms > 0 && ms <= 4000);
    await until(() => next() !== undefined, 'a wait for the next try');
    scene.timers.advance(next() ?? 0);
  };
  const warned = (words: string) => scene.logs.filter((line) => line.startsWith('warn') && line.includes(words));

  describe('nodes', () => {
    it('are asked for with the first Service of ours that has node ports, and let go with the last', async () => {
      await start(aService('coffee'), nodePort('water'));
      expect(api.asked('Node')).toEqual([]);
      const nodes = listed('Node', aNode('one'));
      send('MODIFIED', nodePort());
      await opened('Node');
      expect(await scene.flush(2)).toEqual(['Service shop/coffee whole', 'AlbConfig cafe']);
      expect(await objects('Node')).toBe(1);
      expect(api.asked('Node')[0]).toContain('limit=100');
      send('MODIFIED', aService('coffee'));
      await until(() => nodes.closed, 'that nobody watches');
      expect(await objects('Node')).toBe(0);
      expect(await scene.flush(2)).toEqual(['Service shop/coffee whole', 'AlbConfig cafe']);
      listed('Node', aNode('one'), aNode('two'));
      send('MODIFIED', nodePort());
      await opened('Node');
      expect(await objects('Node')).toBe(2);
    });

    it('tell Services only of what makes a difference to them', async () => {
      listed('Node', aNode('one'));
      await start(nodePort());
      await opened('Node');
      send('MODIFIED', aNode('one', true, { a: 'b' }));
      send('MODIFIED', aNode('one', true));
      send('MODIFIED', aNode('one', false));
      expect(await scene.flush(1)).toEqual(['Service shop/coffee']);
      expect(await scene.metrics()).toContain('albeit_forwarder_changes_total{kind="Node"} 3');
    });

    it('do not add to the one message of a start', async () => {
      const nodes = scriptedWatch();
      let answer: (() => void) | undefined;
      const late: Reply = (request, response) => {
        answer = () => page([versioned(aNode('one'), '1')], '10')(request, response);
      };
      api.script('Node', late, nodes.reply);
      await startWith(nodePort());
      await until(() => answer !== undefined, 'the list of nodes');
      expect(scene.forwarder.state()).toMatchObject({ pendingKeys: 0, ready: false });
      answer?.();
      await until(() => nodes.opened, 'the watch of nodes');
      expect(await scene.flush(1)).toEqual(['the whole cluster']);
      expect(scene.forwarder.state()).toMatchObject({ pendingKeys: 0, ready: true });
    });

    it('that may not be listed keep nobody waiting, are complained of once, and are made up for when they may', async () => {
      api.script('Node', refusal(403, 'Forbidden'), refusal(403, 'Forbidden'), refusal(403, 'Forbidden'));
      await start(nodePort());
      listed('Node', aNode('one'));
      for (let refused = 1; refused <= 3; refused += 1) await retry();
      await opened('Node');
      expect(await scene.flush(1)).toEqual(['Service shop/coffee']);
      expect(warned('not allowed')).toEqual([expect.stringContaining('let ClusterRole albeit-forwarder list and watch nodes')]);
      expect(await scene.metrics()).toContain('albeit_forwarder_watch_ends_total{kind="Node",how="failed"} 3');
    });

    it('are not asked for where every Service is reached by pod address', async () => {
      await scene.stop();
      scene = await createForwarderScene(api.kubeconfig, { podAddresses: true });
      await start(nodePort());
      send('MODIFIED', aService('coffee', { spec: { type: 'LoadBalancer' } }));
      expect(await scene.flush(2)).toHaveLength(2);
      expect(api.asked('Node')).toEqual([]);
    });
  });

  describe('Pods', () => {
    it('are followed where a namespace opted in; of a first list those that wait are told', async () => {
      const namespaces = listed('Namespace', aNamespace('shop'));
      const pods = listed('Pod', aPod('waits', due), aPod('starts', {}), aPod('is-taken-by-water', due, 'water'));
      await startWith(selecting('coffee'), selecting('water'), selecting('tea'));
      // Water is not ours: it is told so that its Pod is let go.
      expect(await scene.flush(3)).toEqual(['Service shop/coffee', 'Service shop/water', 'the whole cluster']);
      const [asked = ''] = api.asked('Namespace');
      expect(new URLSearchParams(asked.split('?')[1]).get('labelSelector')).toBe('albeit.io/readiness-gates=enabled');
      expect(api.accepts('Namespace').every((accept) => accept.includes('as=PartialObjectMetadata'))).toBe(true);
      for (const path of api.asked('Pod')) expect(path).toContain('/api/v1/namespaces/shop/pods?');
      expect(namespaces.opened && !pods.closed).toBe(true);
    });

    it('are told when they come to wait, and not of anything else', async () => {
      listed('Namespace', aNamespace('shop'));
      listed('Pod', aPod('one', {}));
      await start(selecting('coffee'));
      send('MODIFIED', aPod('one', { Initialized: 'True' }));
      send('ADDED', aPod('two', {}));
      send('MODIFIED', aPod('one', due));
      expect(await scene.flush(1)).toEqual(['Service shop/coffee']);
      send('MODIFIED', aPod('one', { ...due, 'target-health.alb.k8s.alibabacloud': 'False' }));
      send('MODIFIED', aPod('one', { ...due, 'target-health.alb.k8s.alibabacloud': 'True' }));
      send('DELETED', aPod('one', {}));
      send('MODIFIED', aPod('two', due));
      expect(await scene.flush(1)).toEqual(['Service shop/coffee']);
      expect(await scene.metrics()).toContain('albeit_forwarder_changes_total{kind="Pod"} 7');
    });

    it('are let go when their namespace opts out, and followed again when it comes back', async () => {
      listed('Namespace');
      await start(selecting('coffee'));
      const first = listed('Pod', aPod('one', due));
      send('ADDED', aNamespace('shop'));
      await opened('Pod');
      expect(await scene.flush(1)).toEqual(['Service shop/coffee']);
      expect(await objects('Pod')).toBe(1);
      send('DELETED', aNamespace('shop'));
      await until(() => first.closed, 'that nobody watches');
      expect(await objects('Pod')).toBe(0);
      listed('Pod', aPod('one', due));
      send('ADDED', aNamespace('shop'));
      await opened('Pod');
      expect(await scene.flush(1)).toEqual(['Service shop/coffee']);
    });

    it('are watched on after the end of a watch, and listed again after 410, as other kinds are', async () => {
      listed('Namespace', aNamespace('shop'));
      const first = listed('Pod', aPod('one', {}));
      await start(selecting('coffee'));
      const second = scriptedWatch();
      api.script('Pod', second.reply);
      send('MODIFIED', aPod('one', { Initialized: 'True' }));
      first.end();
      await until(() => second.opened, 'the second watch');
      listed('Pod', aPod('one', due));
      second.send('ERROR', { kind: 'Status', code: 410 });
      await retry();
      await opened('Pod');
      expect(await scene.flush(1)).toEqual(['Service shop/coffee']);
    });

    it('are complained of again when what was granted is taken back', async () => {
      api.script('Namespace', page([versioned(aNamespace('shop'), '1')], '10'));
      api.script('Pod', refusal(403, 'Forbidden'), refusal(403, 'Forbidden'));
      await start(selecting('coffee'));
      await retry();
      await until(() => warned('not allowed').length === 1, 'the complaint');
      const granted = listed('Pod', aPod('one', due));
      await retry();
      await opened('Pod');
      expect(await scene.flush(1)).toEqual(['Service shop/coffee']);
      api.script('Pod', refusal(403, 'Forbidden'), refusal(403, 'Forbidden'), refusal(403, 'Forbidden'));
      send('MODIFIED', aPod('one', due));
      granted.end();
      await retry();
      await until(() => warned('not allowed').length === 2, 'the second complaint');
      const asked = api.asked('Pod').length;
      await retry();
      await until(() => api.asked('Pod').length === asked + 1);
      expect(warned('not allowed')).toHaveLength(2);
    });

    it.each<['Namespace' | 'Pod', string]>([
      ['Namespace', 'let ClusterRole albeit-forwarder list and watch namespaces'],
      ['Pod', 'bind ClusterRole albeit-forwarder-readiness-gates in namespace shop'],
    ])('disturb nobody when %ss may not be listed; it is said once what to do', async (kind, words) => {
      if (kind === 'Pod') api.script('Namespace', page([versioned(aNamespace('shop'), '1')], '10'));
      api.script(kind, refusal(403, 'Forbidden'), refusal(403, 'Forbidden'), refusal(403, 'Forbidden'));
      await start(selecting('coffee'));
      // The right may be on its way.
      await until(() => api.asked(kind).length === 1);
      expect(warned('not allowed')).toEqual([]);
      await retry();
      await until(() => warned('not allowed').length > 0, 'the complaint');
      await retry();
      await until(() => api.asked(kind).length === 3);
      send('MODIFIED', aService('coffee', { annotations: { a: 'b' } }));
      expect(await scene.flush(2)).toEqual(['Service shop/coffee whole', 'AlbConfig cafe']);
      expect(warned('not allowed')).toEqual([expect.stringContaining(words)]);
      expect(scene.forwarder.state().ready).toBe(true);
    });
  });
});

import { describe, expect, it } from 'vitest';
import { projectPod } from '#events/forwarder/due-pods.ts';
import { projectClass, projectIngress } from '#events/forwarder/projections.ts';
import type { Change } from '#events/forwarder/reflector.ts';
import { Routing, type Target } from '#events/forwarder/routing.ts';
import { projectService } from '#events/forwarder/service-facts.ts';
import { projectSlice } from '#events/forwarder/slice-facts.ts';
import type { KubeObject } from '#shared/kube/port.ts';
import { type Node, nodeFactsOf } from '#shared/model/nodes.ts';
import type { Pod } from '#shared/model/readiness-gates.ts';
import type { EndpointSlice, Service } from '#shared/model/wish.ts';
import { aClass, anIngress, aPath, aService } from '#test/support/objects.ts';

/** A routing that is told of objects as reflectors would: `found` by a first list, `put` and `remove` by a watch. */
class Cluster {
  readonly routing = new Routing();
  readonly #held = new Map<string, KubeObject>();
  readonly #podAddresses: boolean;

  constructor(podAddresses = false) {
    this.#podAddresses = podAddresses;
  }

  found(...objects: readonly KubeObject[]): readonly string[] {
    return objects.flatMap((object) => this.#swap(object, object, true));
  }

  put(object: KubeObject): readonly string[] {
    return this.#swap(object, object, false);
  }

  remove(object: KubeObject): readonly string[] {
    return this.#swap(object, undefined, false);
  }

  #swap(named: KubeObject, after: KubeObject | undefined, initial: boolean): readonly string[] {
    const key = `${named.kind}/${named.metadata.namespace ?? ''}/${named.metadata.name}`;
    const before = this.#held.get(key);
    if (after === undefined) this.#held.delete(key);
    else this.#held.set(key, after);
    const change = <T>(project: (object: KubeObject) => T): Change<T> => ({
      before: before === undefined ? undefined : project(before),
      after: after === undefined ? undefined : project(after),
      version: '1',
      initial,
    });
    const { routing } = this;
    const ways: Readonly<Record<string, () => readonly Target[]>> = {
      Ingress: () => routing.ingress(change(projectIngress)),
      IngressClass: () => routing.ingressClass(change(projectClass)),
      Service: () => routing.service(change(projectService({ podAddresses: this.#podAddresses }))),
      EndpointSlice: () => routing.slice(change(projectSlice)),
      Node: () => routing.node(change((object) => nodeFactsOf(object as Node))),
      Pod: () => routing.pod(change(projectPod)),
    };
    return (ways[named.kind]?.() ?? []).map(wordsOf);
  }
}

const wordsOf = (target: Target): string => {
  if (target.kind !== 'Service') return target.kind === 'AlbConfig' ? `AlbConfig ${target.name}` : target.kind;
  return `${target.namespace}/${target.name}${target.whole ? ' whole' : ''}`;
};

const nodePort = (name: string, annotations: Readonly<Record<string, string>> = {}, spec: object = {}): Service =>
  aService(name, { annotations, spec: { type: 'NodePort', ...spec } });
const labelKey = 'service.beta.kubernetes.io/alibaba-cloud-loadbalancer-backend-label';
const cordonKey = 'service.beta.kubernetes.io/alibaba-cloud-loadbalancer-remove-unscheduled-backend';
const boundKey = 'alb.ingress.kubernetes.io/server-group-id';
const sliceOf = (service: string, endpoints: EndpointSlice['endpoints']): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: `${service}-x`, namespace: 'shop', labels: { 'kubernetes.io/service-name': service } },
  addressType: 'IPv4',
  endpoints,
  ports: [{ name: 'http', port: 8080 }],
});
const aSlice = (service: string, addresses: readonly string[], ready = true): EndpointSlice =>
  sliceOf(
    service,
    addresses.map((address) => ({ addresses: [address], conditions: { ready, serving: ready, terminating: false } })),
  );
interface NodeDraft {
  readonly labels?: Readonly<Record<string, string>>;
  readonly ready?: boolean;
  readonly cordoned?: boolean;
  readonly taint?: string;
  readonly instance?: string;
}
const aNode = (name: string, { labels = {}, ready = true, cordoned = false, taint, instance = `i-${name}` }: NodeDraft = {}): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels },
  spec: {
    providerID: `cn-local.${instance}`,
    unschedulable: cordoned,
    ...(taint === undefined ? {} : { taints: [{ key: taint }] }),
  },
  status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
});
/** A cluster whose Ingress names coffee, tea and milk. */
const aCluster = (...services: readonly Service[]): Cluster => {
  const cluster = new Cluster();
  const paths = ['coffee', 'tea', 'milk'].map((name) => aPath(`/${name}`, name));
  expect(cluster.found(aClass(), anIngress({ paths }), ...services)).toEqual([]);
  return cluster;
};

describe('nodes', () => {
  it.each<[string, boolean, () => Cluster]>([
    ['no Service has node ports', false, () => aCluster(aService('coffee'))],
    ['one that nobody names has', false, () => aCluster(nodePort('water'))],
    ['one of ours has', true, () => aCluster(nodePort('coffee'))],
    ['one of type LoadBalancer', true, () => aCluster(aService('coffee', { spec: { type: 'LoadBalancer' } }))],
    [
      'one that is annotated for pod addresses',
      false,
      () => aCluster(nodePort('coffee', { 'service.beta.kubernetes.io/backend-type': 'eni' })),
    ],
    ['one that is bound to a group, without an Ingress', true, () => aCluster(nodePort('water', { [boundKey]: 'sgp-1' }))],
  ])('%s: needed %s', (_, needed, make) => {
    expect(make().routing.needsNodes).toBe(needed);
  });

  it('are not needed where every Service is reached by pod address', () => {
    const cluster = new Cluster(true);
    cluster.found(aClass(), anIngress(), nodePort('coffee'));
    expect(cluster.routing.needsNodes).toBe(false);
  });

  it('are not needed for groups of bare addresses', () => {
    const cluster = new Cluster();
    cluster.found(aClass(), anIngress({ annotations: { 'server-group-type': 'Ip' } }), nodePort('coffee'));
    expect(cluster.routing.needsNodes).toBe(false);
  });

  it('are needed as soon, and as long, as Ingress, class and Service say so', () => {
    const cluster = new Cluster();
    const needed = () => cluster.routing.needsNodes;
    const steps = [
      () => cluster.put(anIngress()),
      () => cluster.put(nodePort('coffee')),
      () => cluster.put(aClass()),
      () => cluster.put(aService('coffee')),
      () => cluster.put(nodePort('coffee')),
      () => cluster.remove(aClass()),
      () => cluster.put(aClass()),
      () => cluster.remove(anIngress()),
      () => cluster.put(anIngress()),
      () => cluster.remove(nodePort('coffee')),
    ];
    const found = steps.map((step) => {
      step();
      return needed();
    });
    expect(found).toEqual([false, false, true, false, true, false, true, false, true, false]);
  });

  const withNodes = (...services: readonly Service[]): Cluster => {
    const cluster = aCluster(...services);
    expect(cluster.found(aNode('one'), aNode('two'))).toEqual([]);
    cluster.routing.nodesListed();
    return cluster;
  };
  const mixed = () =>
    withNodes(nodePort('coffee'), nodePort('tea', { [labelKey]: 'pool=a' }), nodePort('milk', { [cordonKey]: 'on' }), nodePort('water'));

  it.each<[string, Node | undefined, readonly string[]]>([
    ['a heartbeat, an image', { ...aNode('one'), status: { ...aNode('one').status, images: [] } } as Node, []],
    ['a label that nobody asks for', aNode('one', { labels: { zone: 'b' } }), []],
    ['a label that one Service asks for', aNode('one', { labels: { pool: 'a' } }), ['shop/tea']],
    ['a taint of no meaning', aNode('one', { taint: 'dedicated' }), []],
    ['cordoning, where one Service asks', aNode('one', { cordoned: true }), ['shop/milk']],
    ['not ready', aNode('one', { ready: false }), ['shop/coffee', 'shop/milk']],
    ['to be removed by the autoscaler', aNode('one', { taint: 'ToBeDeletedByClusterAutoscaler' }), ['shop/coffee', 'shop/milk']],
    ['excluded by a label', aNode('one', { labels: { 'service.alibabacloud.com/exclude-node': '' } }), ['shop/coffee', 'shop/milk']],
    ['another instance under the same name', aNode('one', { instance: 'i-new' }), ['shop/coffee', 'shop/milk']],
    ['a node more, with the label', aNode('three', { labels: { pool: 'a' } }), ['shop/coffee', 'shop/tea', 'shop/milk']],
    ['a node more that is not ready yet', aNode('three', { ready: false }), []],
  ])('%s', (_, node, services) => {
    expect(mixed().put(node as Node)).toEqual(services);
  });

  it('a node that goes concerns those to whom it was a server', () => {
    expect(mixed().remove(aNode('one'))).toEqual(['shop/coffee', 'shop/milk']);
  });

  it('endpoints do not concern a Service of policy Cluster, as long as no node is virtual', () => {
    const cluster = withNodes(nodePort('coffee'), nodePort('tea', {}, { externalTrafficPolicy: 'Local' }));
    expect(cluster.put(aSlice('coffee', ['10.64.0.1']))).toEqual([]);
    expect(cluster.put(aSlice('tea', ['10.64.0.2']))).toEqual(['shop/tea']);
    expect(cluster.put(aNode('eci', { labels: { type: 'virtual-kubelet' }, ready: false }))).toEqual(['shop/coffee', 'shop/tea']);
    expect(cluster.put(aSlice('coffee', ['10.64.0.3']))).toEqual(['shop/coffee']);
  });

  it('with policy Local, so does the end of a Pod beside a ready one, whose node may be no server', () => {
    const local = { externalTrafficPolicy: 'Local' };
    const cluster = withNodes(aService('coffee'), nodePort('tea', {}, local));
    const ready = { addresses: ['10.64.0.1'], conditions: { ready: true }, nodeName: 'three' };
    const ending = { addresses: ['10.64.0.2'], conditions: { ready: false, serving: true, terminating: true }, nodeName: 'one' };
    for (const service of ['coffee', 'tea']) cluster.put(sliceOf(service, [ready, ending]));
    expect(cluster.put(sliceOf('tea', [ready]))).toEqual(['shop/tea']);
    expect(cluster.put(sliceOf('coffee', [ready]))).toEqual([]);
    expect(cluster.put(sliceOf('tea', [{ ...ready, nodeName: 'one' }]))).toEqual(['shop/tea']);
    expect(cluster.put(sliceOf('coffee', [{ ...ready, nodeName: 'one' }]))).toEqual([]);
  });

  it('they do while nodes are not known', () => {
    const cluster = withNodes(nodePort('coffee'));
    cluster.routing.nodesForgotten();
    expect(cluster.put(aSlice('coffee', ['10.64.0.1']))).toEqual(['shop/coffee']);
  });

  it('they do where another Ingress has a group of bare addresses for it', () => {
    const cluster = withNodes(nodePort('coffee'));
    cluster.put(anIngress({ name: 'bare', annotations: { 'server-group-type': 'Ip' } }));
    expect(cluster.put(aSlice('coffee', ['10.64.0.1']))).toEqual(['shop/coffee']);
  });

  it('once listed, those who may have been told something else are told again', () => {
    const cluster = aCluster(nodePort('coffee'), aService('tea'));
    expect(cluster.routing.nodesListed().map(wordsOf)).toEqual(['shop/coffee']);
  });
});

describe('a Service that is bound to a server group', () => {
  const bound = (group: string) => aService('water', { annotations: { [boundKey]: group } });

  it('is told whole with every change of its own, and once more when it is bound no longer', () => {
    const cluster = aCluster();
    expect(cluster.put(bound('sgp-1'))).toEqual(['shop/water whole']);
    expect(cluster.put(bound('sgp-2'))).toEqual(['shop/water whole']);
    expect(cluster.put(aService('water'))).toEqual(['shop/water whole']);
    expect(cluster.put(aService('water', { spec: { clusterIP: '10.0.0.1' } }))).toEqual([]);
    cluster.put(bound('sgp-1'));
    expect(cluster.remove(bound('sgp-1'))).toEqual(['shop/water whole']);
  });

  it('is told of its endpoints, without any Ingress', () => {
    const cluster = aCluster(bound('sgp-1'));
    expect(cluster.put(aSlice('water', ['10.64.0.1']))).toEqual(['shop/water']);
    cluster.put(aService('water'));
    expect(cluster.put(aSlice('water', ['10.64.0.2']))).toEqual([]);
  });
});

describe('Pods with readiness gates', () => {
  const gate = 'target-health.alb.k8s.alibabacloud';
  interface PodDraft {
    readonly conditions?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
    readonly gates?: readonly string[];
    readonly deleted?: boolean;
    readonly uid?: string;
    readonly message?: string;
  }
  const aPod = ({ conditions = {}, labels = { app: 'coffee' }, gates = [gate], deleted, uid = 'u', message = '' }: PodDraft = {}): Pod => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'one', namespace: 'shop', uid, labels, ...(deleted === true ? { deletionTimestamp: 'now' } : {}) },
    spec: { readinessGates: gates.map((conditionType) => ({ conditionType })) },
    status: { conditions: Object.entries(conditions).map(([type, status]) => ({ type, status, message })) },
  });
  const due = { ContainersReady: 'True' };
  const selecting = (name: string, app = name): Service => aService(name, { spec: { selector: { app } } } as object);
  const gated = () => aCluster(selecting('coffee'), selecting('tea'), selecting('water', 'coffee'), aService('milk'));
  const both = ['shop/coffee', 'shop/water'];

  it.each<[string, Pod, readonly string[]]>([
    ['its containers start', aPod({ conditions: { ContainersReady: 'False' } }), []],
    ['its containers are ready', aPod({ conditions: due }), both],
    ['we said that it is awaited', aPod({ conditions: { ...due, [gate]: 'False' } }), both],
    ['we let it go', aPod({ conditions: { ...due, [gate]: 'True' } }), []],
    ['of two gates one is open', aPod({ conditions: { ...due, [gate]: 'True' }, gates: [gate, 'target-health.alb.k8s.alicloud'] }), both],
    ['it has a gate of others', aPod({ conditions: due, gates: ['example.com/other'] }), []],
    ['it has none', aPod({ conditions: due, gates: [] }), []],
    ['it is on its way out', aPod({ conditions: due, deleted: true }), []],
    ['no Service takes it', aPod({ conditions: due, labels: { app: 'sugar' } }), []],
  ])('when %s, by watch and by first list alike', (_, pod, services) => {
    expect(gated().put(pod)).toEqual(services);
    expect(gated().found(pod)).toEqual(services);
  });

  it('one that waits is told once, whatever we report about it', () => {
    const cluster = gated();
    expect(cluster.put(aPod({ conditions: due }))).toEqual(both);
    expect(cluster.put(aPod({ conditions: { ...due, [gate]: 'False' }, message: 'registered, not healthy yet' }))).toEqual([]);
    expect(cluster.put(aPod({ conditions: { ...due, [gate]: 'True' } }))).toEqual([]);
  });

  it('one whose condition somebody removed is told again', () => {
    const cluster = gated();
    expect(cluster.found(aPod({ conditions: { ...due, [gate]: 'True' } }))).toEqual([]);
    expect(cluster.put(aPod({ conditions: due }))).toEqual(both);
  });

  it('one that takes the name of another, or other labels, is told again', () => {
    const cluster = gated();
    cluster.put(aPod({ conditions: due }));
    expect(cluster.put(aPod({ conditions: due, uid: 'v' }))).toEqual(both);
    expect(cluster.put(aPod({ conditions: due, uid: 'v', labels: { app: 'tea' } }))).toEqual(['shop/tea']);
  });

  it('one that was told before its slice had it is told with its slice', () => {
    const cluster = gated();
    expect(cluster.put(aSlice('coffee', ['10.64.0.1'], false))).toEqual([]);
    cluster.put(aPod({ conditions: due }));
    expect(cluster.put(aSlice('coffee', ['10.64.0.1', '10.64.0.2'], false))).toEqual(['shop/coffee']);
    expect(cluster.put(aSlice('tea', ['10.64.0.3'], false))).toEqual([]);
    cluster.remove(aPod({ conditions: due }));
    expect(cluster.put(aSlice('coffee', ['10.64.0.1'], false))).toEqual([]);
  });

  it('one that waits before there is a Service is told when one comes that takes it', () => {
    const cluster = gated();
    expect(cluster.put(aPod({ conditions: due, labels: { app: 'sugar' } }))).toEqual([]);
    expect(cluster.put(selecting('sugar'))).toEqual(['shop/sugar whole']);
  });

  it('of a namespace that opted out nothing is remembered', () => {
    const cluster = gated();
    cluster.put(aPod({ conditions: due }));
    cluster.routing.podsForgotten('shop');
    expect(cluster.put(aSlice('coffee', ['10.64.0.1'], false))).toEqual([]);
  });
});

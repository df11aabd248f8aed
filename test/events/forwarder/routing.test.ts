import { describe, expect, it } from 'vitest';
import { projectAlbConfig, projectClass, projectIngress } from '#events/forwarder/projections.ts';
import type { Change } from '#events/forwarder/reflector.ts';
import { Routing, type Target } from '#events/forwarder/routing.ts';
import { projectService } from '#events/forwarder/service-facts.ts';
import { projectSlice } from '#events/forwarder/slice-facts.ts';
import type { KubeObject, ObjectMeta } from '#shared/kube/port.ts';
import type { EndpointSlice, Ingress, IngressClass } from '#shared/model/wish.ts';
import { anIngress, aPath, aService } from '#test/support/objects.ts';

/** Objects of a cluster, told to a routing as a reflector would. */
class Cluster {
  readonly routing = new Routing();
  readonly #held = new Map<string, KubeObject>();

  /** What a first list brings. */
  found(...objects: readonly KubeObject[]): this {
    for (const object of objects) expect(this.#tell(object.kind, undefined, object, true)).toEqual([]);
    for (const object of objects) this.#held.set(keyOf(object), object);
    return this;
  }

  put(object: KubeObject): readonly string[] {
    const before = this.#held.get(keyOf(object));
    this.#held.set(keyOf(object), object);
    return this.#tell(object.kind, before, object, false);
  }

  remove(object: KubeObject): readonly string[] {
    this.#held.delete(keyOf(object));
    return this.#tell(object.kind, object, undefined, false);
  }

  #tell(kind: string, before: KubeObject | undefined, after: KubeObject | undefined, initial: boolean): readonly string[] {
    const change = <T>(project: (object: KubeObject) => T): Change<T> => ({
      before: before === undefined ? undefined : project(before),
      after: after === undefined ? undefined : project(after),
      version: '1',
      initial,
    });
    const ways: Readonly<Record<string, () => readonly Target[]>> = {
      Ingress: () => this.routing.ingress(change(projectIngress)),
      IngressClass: () => this.routing.ingressClass(change(projectClass)),
      AlbConfig: () => this.routing.albConfig(change(projectAlbConfig)),
      Service: () => this.routing.service(change(projectService({}))),
      EndpointSlice: () => this.routing.slice(change(projectSlice)),
    };
    return (ways[kind]?.() ?? []).map(textOf);
  }
}

const keyOf = (object: KubeObject): string => `${object.kind}/${object.metadata.namespace ?? ''}/${object.metadata.name}`;
function textOf(target: Target): string {
  if (target.kind === 'Cluster') return 'the whole cluster';
  return target.kind === 'Service'
    ? `Service ${target.namespace}/${target.name}${target.whole ? ' whole' : ''}`
    : `AlbConfig ${target.name} ${target.reason}`;
}

const aClass = (name: string, albConfig: string, controller = 'ingress.k8s.alibabacloud/alb'): IngressClass => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IngressClass',
  metadata: { name },
  spec: { controller, parameters: { apiGroup: 'alibabacloud.com', kind: 'AlbConfig', name: albConfig } },
});
const anAlbConfig = (meta: Partial<ObjectMeta> = {}): KubeObject => ({
  apiVersion: 'alibabacloud.com/v1',
  kind: 'AlbConfig',
  metadata: { name: 'cafe', generation: 1, uid: 'u', ...meta },
});
const aSlice = (service: string, endpoints: EndpointSlice['endpoints'], name = `${service}-x`): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name, namespace: 'shop', labels: { 'kubernetes.io/service-name': service } },
  addressType: 'IPv4',
  endpoints,
  ports: [{ name: 'http', port: 8080 }],
});
const endpoint = (address: string, ready = true) => ({ addresses: [address], conditions: { ready } });
/** With the generation that the API server would give. */
const cafe = (generation: number, draft: Parameters<typeof anIngress>[0] = {}): Ingress =>
  anIngress({ ...draft, metadata: { uid: 'i', generation, ...draft.metadata } });
const other = (generation: number): Ingress =>
  anIngress({ name: 'other', spec: { ingressClassName: 'nginx' }, metadata: { uid: 'o', generation } });

const aCluster = () =>
  new Cluster().found(
    aClass('alb', 'cafe'),
    aClass('nginx', 'cafe', 'k8s.io/ingress-nginx'),
    anAlbConfig(),
    aService('coffee'),
    aService('tea'),
    aSlice('coffee', [endpoint('10.64.0.1')]),
    aSlice('tea', [endpoint('10.64.0.2')]),
    cafe(1),
    other(1),
  );

describe('an Ingress of ours that belongs to no AlbConfig', () => {
  it('has the whole cluster looked at, which finds it and tells its owner', () => {
    const { spec: _parameters, ...bare } = aClass('alb-bare', 'cafe');
    const cluster = aCluster().found({ ...bare, spec: { controller: 'ingress.k8s.alibabacloud/alb' } } as KubeObject);
    expect(cluster.put(anIngress({ name: 'astray', spec: { ingressClassName: 'alb-bare' } }))).toEqual(['the whole cluster']);
    expect(cluster.put(cafe(2, { spec: { ingressClassName: 'alb-bare' } }))).toEqual(['AlbConfig cafe modified', 'the whole cluster']);
    expect(cluster.remove(anIngress({ name: 'astray', spec: { ingressClassName: 'alb-bare' } }))).toEqual([]);
  });
});

describe('what concerns no ALB class', () => {
  it.each([
    ['an Ingress of another class that is edited', (cluster: Cluster) => cluster.put(other(2))],
    ['an Ingress of another class that goes', (cluster: Cluster) => cluster.remove(other(1))],
    ['an Ingress without a class', (cluster: Cluster) => cluster.put(anIngress({ name: 'none', spec: {} }))],
    ['a Service that no Ingress of ours names', (cluster: Cluster) => cluster.put(aService('tea', { spec: { type: 'NodePort' } }))],
    ['endpoints of a Service that no Ingress of ours names', (cluster: Cluster) => cluster.put(aSlice('tea', []))],
    [
      'a slice that belongs to no Service',
      (cluster: Cluster) => cluster.put({ ...aSlice('tea', []), metadata: { name: 'by-hand' } } as KubeObject),
    ],
    ['a class of another controller', (cluster: Cluster) => cluster.put(aClass('nginx', 'more', 'k8s.io/ingress-nginx'))],
    [
      'an Ingress whose class has no object',
      (cluster: Cluster) => cluster.put(anIngress({ name: 'x', spec: { ingressClassName: 'nowhere' } })),
    ],
  ])('%s gives no message', (_, happen) => {
    expect(happen(aCluster())).toEqual([]);
  });
});

describe('what makes no difference', () => {
  it('the status of an Ingress', () => {
    const status = { loadBalancer: { ingress: [{ hostname: 'x.example.com' }] } };
    expect(aCluster().put({ ...cafe(1), status } as KubeObject)).toEqual([]);
  });

  it('status, labels, finalizers and managed fields of an AlbConfig', () => {
    const echo = { resourceVersion: '77', finalizers: ['ingress.k8s.alibaba/resources'], labels: { a: 'b' } };
    expect(aCluster().put(anAlbConfig(echo))).toEqual([]);
  });

  it('the copy that kubectl keeps of an object', () => {
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}' };
    expect(aCluster().put(anAlbConfig({ annotations }))).toEqual([]);
  });

  it('labels and status of a Service of ours', () => {
    const service = aService('coffee');
    expect(aCluster().put({ ...service, metadata: { ...service.metadata, labels: { a: 'b' } } })).toEqual([]);
  });

  it('the order of endpoints in a slice', () => {
    const cluster = aCluster();
    cluster.put(aSlice('coffee', [endpoint('10.64.0.1'), endpoint('10.64.0.3')]));
    expect(cluster.put(aSlice('coffee', [endpoint('10.64.0.3'), endpoint('10.64.0.1')]))).toEqual([]);
  });
});

describe('what an AlbConfig is asked for', () => {
  it.each<[string, (cluster: Cluster) => readonly string[], readonly string[]]>([
    ['an Ingress of ours is edited', (cluster) => cluster.put(cafe(2)), ['AlbConfig cafe modified']],
    ['an annotation of it is edited', (cluster) => cluster.put(cafe(1, { annotations: { order: '3' } })), ['AlbConfig cafe modified']],
    ['it is being deleted', (cluster) => cluster.put(cafe(1, { metadata: { deletionTimestamp: 'now' } })), ['AlbConfig cafe modified']],
    ['it goes', (cluster) => cluster.remove(cafe(1)), ['AlbConfig cafe modified']],
    ['it moves to another class', (cluster) => cluster.put(cafe(2, { spec: { ingressClassName: 'nginx' } })), ['AlbConfig cafe modified']],
    [
      'one of another class becomes ours',
      (cluster) => cluster.put({ ...other(2), spec: { ingressClassName: 'alb' } } as KubeObject),
      ['AlbConfig cafe modified'],
    ],
    [
      'it names another AlbConfig: the old and the new, there or not',
      (cluster) => cluster.put(cafe(1, { annotations: { 'albconfig.name': 'bar' } })),
      ['AlbConfig cafe modified', 'AlbConfig bar modified'],
    ],
    ['the AlbConfig is edited', (cluster) => cluster.put(anAlbConfig({ generation: 2 })), ['AlbConfig cafe modified']],
    [
      'an annotation of it is edited',
      (cluster) => cluster.put(anAlbConfig({ annotations: { 'albeit.io/mode': 'observe' } })),
      ['AlbConfig cafe modified'],
    ],
    ['the AlbConfig is being deleted', (cluster) => cluster.put(anAlbConfig({ deletionTimestamp: 'now' })), ['AlbConfig cafe modified']],
    ['it is gone', (cluster) => cluster.remove(anAlbConfig()), ['AlbConfig cafe deleted']],
    ['it was made anew', (cluster) => cluster.put(anAlbConfig({ uid: 'v' })), ['AlbConfig cafe modified']],
    ['another appears', (cluster) => cluster.put(anAlbConfig({ name: 'bar' })), ['AlbConfig bar added']],
  ])('%s', (_, happen, targets) => {
    expect(happen(aCluster())).toEqual(targets);
  });

  it('a class of ours comes after its Ingress', () => {
    const cluster = new Cluster().found(cafe(1));
    expect(cluster.put(aClass('alb', 'cafe'))).toEqual(['AlbConfig cafe modified']);
  });

  it('a class that changes moves its Ingresses from the old AlbConfig to the new one', () => {
    expect(aCluster().put(aClass('alb', 'bar'))).toEqual(['AlbConfig cafe modified', 'AlbConfig bar modified']);
  });

  it('a class of ours goes', () => {
    expect(aCluster().remove(aClass('alb', 'cafe'))).toEqual(['AlbConfig cafe modified']);
  });

  it('the legacy class needs no object', () => {
    const legacy = anIngress({ spec: {}, metadata: { annotations: { 'kubernetes.io/ingress.class': 'alb' } } });
    expect(new Cluster().put(legacy)).toEqual(['AlbConfig default modified']);
  });
});

describe('Services and endpoints', () => {
  it('a Service of ours concerns its AlbConfigs and its members, and goes and comes likewise', () => {
    const both = ['AlbConfig cafe modified', 'Service shop/coffee whole'];
    const cluster = aCluster();
    expect(cluster.put(aService('coffee', { annotations: { 'healthcheck-enabled': 'true' } }))).toEqual(both);
    expect(cluster.remove(aService('coffee'))).toEqual(both);
    expect(cluster.put(aService('coffee'))).toEqual(both);
  });

  it.each<[string, EndpointSlice['endpoints']]>([
    ['an endpoint more', [endpoint('10.64.0.1'), endpoint('10.64.0.9')]],
    ['an endpoint less', []],
    ['an endpoint that is not ready', [endpoint('10.64.0.1', false)]],
  ])('%s concerns the members alone', (_, endpoints) => {
    expect(aCluster().put(aSlice('coffee', endpoints))).toEqual(['Service shop/coffee']);
  });

  it('another port concerns the members', () => {
    const slice = { ...aSlice('coffee', [endpoint('10.64.0.1')]), ports: [{ name: 'http', port: 9090 }] };
    expect(aCluster().put(slice)).toEqual(['Service shop/coffee']);
  });

  it('a slice that goes concerns the members', () => {
    expect(aCluster().remove(aSlice('coffee', [endpoint('10.64.0.1')]))).toEqual(['Service shop/coffee']);
  });

  it('a Service of two AlbConfigs concerns both', () => {
    const cluster = aCluster();
    cluster.put(anIngress({ name: 'second', annotations: { 'albconfig.name': 'bar' } }));
    expect(cluster.put(aService('coffee', { spec: { type: 'NodePort' } }))).toEqual([
      'AlbConfig cafe modified',
      'AlbConfig bar modified',
      'Service shop/coffee whole',
    ]);
  });

  it('a Service that is no longer named concerns nobody', () => {
    const cluster = aCluster();
    cluster.put(cafe(2, { paths: [aPath('/', 'tea')] }));
    expect(cluster.put(aSlice('coffee', []))).toEqual([]);
    expect(cluster.put(aSlice('tea', []))).toEqual(['Service shop/tea']);
  });
});

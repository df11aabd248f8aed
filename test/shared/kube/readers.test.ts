import { describe, expect, it } from 'vitest';
import { mergeSlices, readEndpoints } from '#shared/kube/endpoint-reader.ts';
import { recordEvent } from '#shared/kube/events.ts';
import type { KubeObject } from '#shared/kube/port.ts';
import { readCluster, readWish } from '#shared/kube/wish-reader.ts';
import type { EndpointSlice, IngressClass } from '#shared/model/wish.ts';
import { createFakeKube } from '#test/support/fake-kube.ts';
import { anIngress, aPath, aService } from '#test/support/objects.ts';

const namespaces = ['shop', 'bar'].map((name): KubeObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
const aClass = (name: string, albConfig: string): IngressClass => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IngressClass',
  metadata: { name },
  spec: {
    controller: 'ingress.k8s.alibabacloud/alb',
    parameters: { apiGroup: 'alibabacloud.com', kind: 'AlbConfig', name: albConfig },
  },
});
const anAlbConfig = (name: string): KubeObject => ({ apiVersion: 'alibabacloud.com/v1', kind: 'AlbConfig', metadata: { name } });
const aCluster = () =>
  createFakeKube([
    ...namespaces,
    aClass('alb', 'cafe'),
    aClass('alb-bar', 'bar'),
    anAlbConfig('cafe'),
    anAlbConfig('idle'),
    aService('coffee'),
    aService('tea'),
    aService('milk', { namespace: 'bar' }),
    anIngress({ name: 'a', paths: [aPath('/', 'coffee')] }),
    anIngress({ name: 'b', namespace: 'bar', paths: [aPath('/', 'milk'), aPath('/x', 'missing')] }),
    anIngress({ name: 'c', spec: { ingressClassName: 'alb-bar', defaultBackend: { service: { name: 'tea' } } } }),
    anIngress({ name: 'd', spec: { ingressClassName: 'nginx' } }),
  ]);
const key = (name: string) => ({ kind: 'AlbConfig', cluster: 'c-1', name }) as const;

describe('reading wishes', () => {
  it('reads one AlbConfig with its Ingresses and the Services they name, and nothing of others', async () => {
    const kube = aCluster();
    const wish = await readWish(kube, key('cafe'));
    expect(wish.albConfig?.metadata.name).toBe('cafe');
    expect(wish.ingresses.map((one) => one.metadata.name)).toEqual(['a', 'b']);
    expect([...wish.services.keys()].sort()).toEqual(['bar/milk', 'shop/coffee']);
    expect(wish.ingressClasses).toHaveLength(2);
  });

  it('reads the wish of an AlbConfig that is not there yet', async () => {
    const wish = await readWish(aCluster(), key('bar'));
    expect(wish.albConfig).toBeUndefined();
    expect(wish.ingresses.map((one) => one.metadata.name)).toEqual(['c']);
  });

  it('costs three calls and one a namespace with many Services, or one a Service where those are few', async () => {
    const few = aCluster();
    await readWish(few, key('cafe'));
    expect(few.calls.map((call) => `${call.verb} ${call.kind}`).sort()).toEqual([
      'get AlbConfig',
      'get Service',
      'get Service',
      'get Service',
      'list Ingress',
      'list IngressClass',
    ]);
    const names = Array.from({ length: 50 }, (_, i) => `s${i}`);
    const many = createFakeKube([
      ...namespaces,
      aClass('alb', 'cafe'),
      ...names.map((name) => aService(name)),
      ...names.map((name) => anIngress({ name, paths: [aPath('/', name)] })),
    ]);
    const wish = await readWish(many, key('cafe'));
    expect(wish.services.size).toBe(50);
    expect(many.calls).toHaveLength(4);
  });

  it('reads the whole cluster with four lists, and finds the same', async () => {
    const kube = aCluster();
    const { wishes: all } = await readCluster(kube, 'c-1');
    expect(kube.calls.map((call) => call.verb)).toEqual(['list', 'list', 'list', 'list']);
    expect(all.map((wish) => wish.key.name).sort()).toEqual(['bar', 'cafe', 'idle']);
    for (const wish of all) {
      const alone = await readWish(kube, wish.key);
      expect({ ...wish, services: new Map([...wish.services].sort()) }).toEqual({
        ...alone,
        services: new Map([...alone.services].sort()),
      });
    }
  });
});

const aSlice = (name: string, endpoints: EndpointSlice['endpoints'], more: Partial<EndpointSlice> = {}): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name, namespace: 'shop', labels: { 'kubernetes.io/service-name': 'tea' } },
  addressType: 'IPv4',
  endpoints,
  ports: [{ name: 'http', port: 8080 }],
  ...more,
});
const pod = (address: string, conditions: EndpointSlice['endpoints'][number]['conditions'] = { ready: true }) => ({
  addresses: [address],
  conditions,
  targetRef: { kind: 'Pod', name: `pod-${address}`, namespace: 'shop' },
});

describe('reading endpoints', () => {
  it('merges the slices of a Service, in one call', async () => {
    const other = aSlice('other', [pod('10.64.0.9')], { metadata: { name: 'other', namespace: 'shop', labels: {} } });
    const kube = createFakeKube([...namespaces, aSlice('tea-1', [pod('10.64.0.1')]), aSlice('tea-2', [pod('10.64.0.2')]), other]);
    const endpoints = await readEndpoints(kube, 'shop', 'tea');
    expect(endpoints.map((one) => `${one.address}:${one.port} ${one.portName} ${one.podName}`)).toEqual([
      '10.64.0.1:8080 http pod-10.64.0.1',
      '10.64.0.2:8080 http pod-10.64.0.2',
    ]);
    expect(kube.calls).toHaveLength(1);
  });

  it('counts an endpoint that moves between slices once, as what it is where it is better', () => {
    const moving = mergeSlices([aSlice('a', [pod('10.64.0.1', { ready: false })]), aSlice('b', [pod('10.64.0.1')])]);
    expect(moving).toMatchObject([{ address: '10.64.0.1', ready: true }]);
  });

  it.each([
    ['absent conditions are ready', undefined, { ready: true, serving: true, terminating: false }],
    ['serving follows ready', { ready: false }, { ready: false, serving: false, terminating: false }],
    [
      'a pod on its way out serves on',
      { ready: false, serving: true, terminating: true },
      { ready: false, serving: true, terminating: true },
    ],
  ])('%s', (_, conditions, wanted) => {
    const slice = aSlice('a', [{ addresses: ['10.64.0.1'], ...(conditions === undefined ? {} : { conditions }) }]);
    expect(mergeSlices([slice])).toMatchObject([wanted]);
  });

  it('gives each port of a pod in both address families, and leaves out ports without a number', () => {
    const ports = [{ name: 'http', port: 80 }, { name: 'admin', port: 81 }, { name: 'any' }];
    const six = aSlice('six', [pod('fd00::1')], { addressType: 'IPv6' });
    const names = aSlice('names', [pod('cafe.example.com')], { addressType: 'FQDN' });
    const found = mergeSlices([aSlice('a', [pod('10.64.0.1')], { ports }), six, names]);
    expect(found.map((one) => `${one.family} ${one.portName}`)).toEqual(['IPv4 http', 'IPv4 admin', 'IPv6 http']);
  });

  it('reads lists that Go wrote as null', () => {
    // The type does not have it, the wire does.
    const empty = { ...aSlice('a', []), endpoints: null, ports: null } as unknown as EndpointSlice;
    expect(mergeSlices([empty])).toEqual([]);
  });

  it('has an IPv6 address once, however each slice writes it', () => {
    const six = (name: string, address: string): EndpointSlice => ({ ...aSlice(name, [pod(address)]), addressType: 'IPv6' });
    const found = mergeSlices([six('a', '2001:DB8::1'), six('b', '2001:db8:0:0:0:0:0:1')]);
    expect(found.map((one) => one.address)).toEqual(['2001:db8::1']);
  });
});

describe('recording Events', () => {
  const object = { kind: 'Ingress', namespace: 'shop', name: 'cafe', uid: 'u-1' };
  const warning = { object, type: 'Warning', reason: 'ServiceNotFound', message: 'Service tea does not exist' } as const;

  it('says the same thing once and counts it', async () => {
    const kube = createFakeKube(namespaces);
    for (let i = 0; i < 3; i += 1) {
      await recordEvent(kube, warning);
      kube.advance(60_000);
    }
    await recordEvent(kube, { ...warning, message: 'Service milk does not exist' });
    const events = kube.held<KubeObject & { readonly count: number; readonly firstTimestamp: string; readonly lastTimestamp: string }>(
      'Event',
    );
    expect(events.map((one) => one.count).sort()).toEqual([1, 3]);
    const counted = events.find((one) => one.count === 3);
    expect(counted).toMatchObject({
      involvedObject: { kind: 'Ingress', namespace: 'shop', name: 'cafe', uid: 'u-1', apiVersion: 'networking.k8s.io/v1' },
      firstTimestamp: '2026-11-21T12:00:00Z',
      lastTimestamp: '2026-11-21T12:02:00Z',
      source: { component: 'albeit' },
    });
  });

  it('puts Events of cluster-scoped objects into namespace default', async () => {
    const kube = createFakeKube();
    await recordEvent(kube, { ...warning, object: { kind: 'AlbConfig', namespace: '', name: 'cafe' } });
    expect(kube.held('Event')[0]?.metadata.namespace).toBe('default');
  });

  it('keeps a long message within what the API server takes, and names within 253 characters', async () => {
    const kube = createFakeKube(namespaces);
    await recordEvent(kube, { ...warning, object: { ...object, name: 'x'.repeat(253) }, message: '茶'.repeat(1000) });
    const [event] = kube.held<KubeObject & { readonly message: string }>('Event');
    expect(Buffer.byteLength(event?.message ?? '')).toBeLessThanOrEqual(1024);
    expect(event?.message).toMatch(/^茶+…$/);
    expect(event?.metadata.name.length).toBeLessThanOrEqual(253);
  });
});

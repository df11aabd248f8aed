import { describe, expect, it } from 'vitest';
import { projectSlice, type SliceFacts } from '#events/forwarder/slice-facts.ts';
import type { EndpointSlice } from '#shared/model/wish.ts';

type Endpoint = EndpointSlice['endpoints'][number];

const slice = (endpoints: readonly Endpoint[] | null, more: Partial<EndpointSlice> = {}): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'coffee-x', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'coffee' } },
  addressType: 'IPv4',
  // Go writes an empty list as null.
  endpoints: endpoints as readonly Endpoint[],
  ports: [{ name: 'http', port: 8080 }],
  ...more,
});
const pod = (address: string, conditions: Endpoint['conditions'] = { ready: true, serving: true, terminating: false }): Endpoint => ({
  addresses: [address],
  conditions,
  nodeName: 'node-1',
  targetRef: { kind: 'Pod', name: `pod-${address}`, uid: `uid-${address}` },
});
const starting = { ready: false, serving: false, terminating: false };
const ending = { ready: false, serving: true, terminating: true };
const gone = { ready: false, serving: false, terminating: true };
const [a, b] = ['10.64.0.1', '10.64.0.2'];

const differ = (before: EndpointSlice, after: EndpointSlice): readonly string[] => {
  const [one, other] = [projectSlice(before), projectSlice(after)];
  return (Object.keys(one) as (keyof SliceFacts)[]).filter((field) => one[field] !== other[field]);
};

describe('what is kept of an EndpointSlice', () => {
  it.each<[string, EndpointSlice, EndpointSlice]>([
    ['a pod more', slice([pod(a)]), slice([pod(a), pod(b)])],
    ['a pod less', slice([pod(a), pod(b)]), slice([pod(a)])],
    ['a pod that is no longer ready, beside another', slice([pod(a), pod(b)]), slice([pod(a), pod(b, ending)])],
    ['the last ready pod that ends', slice([pod(a)]), slice([pod(a, ending)])],
    ['the last pod that answers and goes', slice([pod(a, ending)]), slice([pod(a, gone)])],
    ['another port', slice([pod(a)]), slice([pod(a)], { ports: [{ name: 'http', port: 9090 }] })],
    ['another name of a port', slice([pod(a)]), slice([pod(a)], { ports: [{ name: 'web', port: 8080 }] })],
    ['another pod under the same address', slice([pod(a)]), slice([{ ...pod(a), targetRef: { kind: 'Pod', uid: 'other' } }])],
    ['a condition that is not said, which is ready', slice([pod(a, starting)]), slice([pod(a, {})])],
    ['the first pod of IPv6', slice([], { addressType: 'IPv6' }), slice([pod('fd00::1')], { addressType: 'IPv6' })],
  ])('%s is news', (_, before, after) => {
    expect(differ(before, after)).toContain('serving');
  });

  it.each<[string, EndpointSlice, EndpointSlice]>([
    ['the order of endpoints', slice([pod(a), pod(b)]), slice([pod(b), pod(a)])],
    ['no endpoints, written either way', slice(null), slice([])],
    ['the ports of a slice without endpoints', slice([]), slice([], { ports: [{ name: 'web', port: 1 }] })],
    ['the same, and is gone', slice([pod(a), pod(b, gone)]), slice([pod(a)])],
    ['host names', slice([], { addressType: 'FQDN' }), slice([pod('x.example.com')], { addressType: 'FQDN' })],
    ['another node of a pod, which never moves', slice([pod(a)]), slice([{ ...pod(a), nodeName: 'node-2' }])],
    ['a zone or a hint', slice([pod(a)]), slice([{ ...pod(a), zone: 'z' } as Endpoint])],
  ])('%s is no news', (_, before, after) => {
    expect(differ(before, after)).toEqual([]);
  });

  it('a pod that starts is news only to those who wait for it', () => {
    expect(differ(slice([pod(a)]), slice([pod(a), pod(b, starting)]))).toEqual(['waiting']);
    expect(differ(slice([pod(a), pod(b, starting)]), slice([pod(a), pod(b)]))).toEqual(['serving', 'waiting']);
  });

  it('a pod that ends beside a ready one, and goes, is news only to those who look at nodes', () => {
    expect(differ(slice([pod(a), pod(b, ending)]), slice([pod(a), pod(b, gone)]))).toEqual(['onNodes']);
  });

  it('the node of an address that is no pod is news only to those who look at nodes', () => {
    const byHand = { addresses: [a], nodeName: 'node-1' };
    expect(differ(slice([byHand]), slice([{ ...byHand, nodeName: 'node-2' }]))).toEqual(['onNodes']);
  });

  it('says nothing at all of a slice in which no endpoint gets requests', () => {
    expect(projectSlice(slice([pod(a, gone)]))).toEqual({ service: 'shop/coffee', serving: '', onNodes: '', waiting: '' });
  });
});

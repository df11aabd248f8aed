/** A cluster with an AlbConfig, a class, and as many Ingresses as wanted, each with a Service of its own and its pods. */
import type { KubeObject } from '#shared/kube/port.ts';
import type { EndpointSlice } from '#shared/model/wish.ts';
import { aClass, anAlbConfig, anIngress, aPath, aService } from './objects.ts';

/** `10.64.<service>.<pod>`. */
export const podIp = (service: number, pod: number): string => `10.64.${service}.${pod + 1}`;

export const serviceName = (index: number): string => `service-${String(index).padStart(3, '0')}`;

export const anEndpointSlice = (service: string, ips: readonly string[], namespace = 'shop'): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: `${service}-slice`, namespace, labels: { 'kubernetes.io/service-name': service } },
  addressType: 'IPv4',
  endpoints: ips.map((ip, index) => ({
    addresses: [ip],
    conditions: { ready: true, serving: true, terminating: false },
    targetRef: { kind: 'Pod', name: `${service}-${index}`, namespace },
  })),
  ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
});

export const anIngressOf = (index: number): KubeObject =>
  anIngress({
    name: `ingress-${String(index).padStart(3, '0')}`,
    host: `host-${index}.example.com`,
    paths: [aPath('/', serviceName(index))],
  });

export const zones = { zoneMappings: [{ vSwitchId: 'vsw-local-a' }, { vSwitchId: 'vsw-local-b' }] };

/** What every scenario of namespace `shop` stands on: an AlbConfig that listens on port 80, and its class. */
export const aStage = (): readonly KubeObject[] => [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
  anAlbConfig({ spec: { config: zones, listeners: [{ port: 80, protocol: 'HTTP' }] } }),
  aClass(),
];

/** Of a pod of a Service that has more of them than `podIp` can tell. */
export const ipOfMany = (pod: number): string => `10.64.${Math.floor(pod / 250)}.${(pod % 250) + 1}`;

/** Of so many pods, beginning with that number. */
export const manyIps = (from: number, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => ipOfMany(from + index));

export interface Cafe {
  readonly objects: readonly KubeObject[];
  readonly pods: readonly string[];
}

/** `count` Ingresses, Services and EndpointSlices of `podsEach` pods; addresses for ten more pods a Service exist. */
export function aCafe(count: number, podsEach = 3): Cafe {
  const indexes = Array.from({ length: count }, (_, index) => index + 1);
  const ips = (index: number): readonly string[] => Array.from({ length: podsEach }, (_, pod) => podIp(index, pod));
  return {
    objects: [
      ...aStage(),
      ...indexes.flatMap((index) => [anIngressOf(index), aService(serviceName(index)), anEndpointSlice(serviceName(index), ips(index))]),
    ],
    pods: indexes.flatMap((index) => Array.from({ length: podsEach + 10 }, (_, pod) => podIp(index, pod))),
  };
}

/** The endpoints of a Service, out of its EndpointSlices. */
import { canonicalAddress } from '#shared/address.ts';
import type { Endpoint } from '#shared/model/endpoint.ts';
import type { EndpointSlice } from '#shared/model/wish.ts';
import type { Kube } from './port.ts';

/** The label that says whose endpoints a slice holds; the slices of a Service have names of their own. */
export const serviceNameLabel = 'kubernetes.io/service-name';

/** Every endpoint of a Service, each address and port once; none when the Service has no slices. One call. */
export async function readEndpoints(kube: Kube, namespace: string, service: string): Promise<readonly Endpoint[]> {
  const slices = await kube.list<EndpointSlice>('EndpointSlice', { namespace, labelSelector: `${serviceNameLabel}=${service}` });
  return mergeSlices(slices.items);
}

/**
 * Slices of one Service as one list, in a fixed order. While an endpoint moves from one slice to another it may stand in both for a moment,
 * with different conditions; the better one counts, so that the move is never seen as an outage.
 */
export function mergeSlices(slices: readonly EndpointSlice[]): readonly Endpoint[] {
  const found = new Map<string, Endpoint>();
  for (const slice of slices) {
    for (const endpoint of endpointsOf(slice)) {
      const key = `${endpoint.address}:${endpoint.port}:${endpoint.portName}`;
      const known = found.get(key);
      if (known === undefined || rank(endpoint) > rank(known)) found.set(key, endpoint);
    }
  }
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, endpoint]) => endpoint);
}

const rank = (endpoint: Endpoint): number => (endpoint.ready ? 2 : 0) + (endpoint.serving ? 1 : 0);

function endpointsOf(slice: EndpointSlice): readonly Endpoint[] {
  const family = slice.addressType;
  if (family === 'FQDN') return []; // a load balancer registers addresses only
  // Go writes empty lists as null, and a port of null means every port, which no load balancer can forward to.
  const ports = (slice.ports ?? []).flatMap((port) => (port.port === undefined || port.port === null ? [] : [port as PortWithNumber]));
  return (slice.endpoints ?? []).flatMap((endpoint) => {
    const { ready, serving, terminating } = endpoint.conditions ?? {};
    const pod = endpoint.targetRef?.kind === 'Pod' ? endpoint.targetRef.name : undefined;
    // An absent condition is unknown, which the API asks to be taken as ready; `serving` follows `ready` where it is absent.
    const state = {
      family,
      ready: ready ?? true,
      serving: serving ?? ready ?? true,
      terminating: terminating ?? false,
      podName: pod ?? '',
      nodeName: endpoint.nodeName ?? '',
    };
    // All addresses of one endpoint are the same pod; consumers use the first.
    const address = endpoint.addresses[0];
    if (address === undefined) return [];
    return ports.map((port) => ({ address: canonicalAddress(address), port: port.port, portName: port.name ?? '', ...state }));
  });
}

interface PortWithNumber {
  readonly name?: string;
  readonly port: number;
}

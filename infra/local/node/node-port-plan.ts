/** What kube-proxy must do: for each node port of each node the servers behind it. Pure. */
import type { KubeObject } from '#shared/kube/port.ts';

export interface Service extends KubeObject {
  readonly spec?: {
    readonly type?: string;
    readonly externalTrafficPolicy?: string;
    readonly ports?: readonly { readonly name?: string; readonly nodePort?: number; readonly protocol?: string }[];
  };
}

interface Endpoint {
  readonly addresses: readonly string[];
  readonly conditions?: { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean };
  readonly nodeName?: string;
}

export interface EndpointSlice extends KubeObject {
  readonly endpoints?: readonly Endpoint[] | null;
  readonly ports?: readonly { readonly name?: string; readonly port?: number }[] | null;
}

export interface Backend {
  readonly address: string;
  readonly port: number;
}

const serviceLabel = 'kubernetes.io/service-name';

/** Node ports answer for these types. */
const types: ReadonlySet<string> = new Set(['NodePort', 'LoadBalancer']);

/** Ready ones; where there are none, those that still serve while they end. */
function usable(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const ready = endpoints.filter(({ conditions }) => conditions?.ready !== false);
  return ready.length > 0 ? ready : endpoints.filter(({ conditions }) => conditions?.serving === true && conditions.terminating === true);
}

/** Servers of one named port; `node`: only those that stand there. */
function backendsOf(slices: readonly EndpointSlice[], portName: string, node: string | undefined): readonly Backend[] {
  const found = slices.flatMap((slice) => {
    const port = slice.ports?.find(({ name = '' }) => name === portName)?.port;
    return port === undefined ? [] : (slice.endpoints ?? []).map((endpoint) => ({ ...endpoint, port }));
  });
  const near = found.filter(({ nodeName }) => node === undefined || nodeName === node);
  // What `usable` leaves is of the same list, so that each still has its port.
  const kept = new Set<Endpoint>(usable(near));
  return near.filter((endpoint) => kept.has(endpoint)).flatMap(({ addresses, port }) => addresses.map((address) => ({ address, port })));
}

/** Servers by node port, as one node knows them. A node port without any is not open there. */
export function nodePortsOf(
  node: string,
  services: readonly Service[],
  slices: readonly EndpointSlice[],
): ReadonlyMap<number, readonly Backend[]> {
  const open = services
    .filter(({ spec }) => types.has(spec?.type ?? ''))
    .flatMap(({ metadata, spec }) => {
      const own = slices.filter(
        (slice) => slice.metadata.namespace === metadata.namespace && slice.metadata.labels?.[serviceLabel] === metadata.name,
      );
      const near = spec?.externalTrafficPolicy === 'Local' ? node : undefined;
      return (spec?.ports ?? []).flatMap(({ name = '', nodePort, protocol = 'TCP' }) =>
        nodePort === undefined || protocol !== 'TCP' ? [] : [[nodePort, backendsOf(own, name, near)] as const],
      );
    });
  return new Map(open.filter(([, backends]) => backends.length > 0));
}

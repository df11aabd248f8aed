/**
 * What the forwarder keeps of an EndpointSlice: fingerprints of what can make a difference to servers. A pod that starts or ends goes through
 * several states, of which one or two matter.
 */
import { serviceNameLabel } from '#shared/kube/endpoint-reader.ts';
import type { KubeObject } from '#shared/kube/port.ts';
import type { EndpointSlice } from '#shared/model/wish.ts';
import { digest } from './digest.ts';

export interface SliceFacts {
  /** `namespace/name`. */
  readonly service: string;
  /** Of the endpoints that get requests; empty: none does. */
  readonly serving: string;
  /**
   * Of what matters besides to Services whose servers are nodes. Endpoints that end and still answer: with policy Local, a ready one beside them
   * counts for nothing where its node is no server. And nodes of endpoints that are no Pods: a Pod never moves, so its uid says as much. Empty: nothing.
   */
  readonly onNodes: string;
  /** Of the endpoints that may come to get requests: they count where a readiness gate keeps them waiting for us. Empty: none. */
  readonly waiting: string;
}

type Endpoint = EndpointSlice['endpoints'][number];

/** An absent condition is unknown, which the API asks to be taken as ready; `serving` follows `ready` where it is absent. */
const isReady = ({ conditions }: Endpoint): boolean => conditions?.ready ?? true;
const isEnding = ({ conditions }: Endpoint): boolean => conditions?.terminating === true;
const isLastResort = (one: Endpoint): boolean => !isReady(one) && isEnding(one) && one.conditions?.serving === true;

/** One endpoint as text. A Pod that takes the address of another has another network interface, so it counts which one it is. */
const textOf = ({ addresses, targetRef }: Endpoint): string => `${addresses[0] ?? ''} ${targetRef?.uid ?? ''}`;
const placeOf = ({ addresses, targetRef, nodeName }: Endpoint): readonly string[] =>
  targetRef?.uid !== undefined || nodeName === undefined ? [] : [`${addresses[0] ?? ''} ${nodeName}`];

/** Order in a slice says nothing. */
const fingerprint = (slice: EndpointSlice, what: string, texts: readonly string[]): string =>
  texts.length === 0 ? '' : digest(what, slice.addressType, slice.ports, [...texts].sort());

/** A load balancer registers addresses, no host names. */
const isUsable = ({ addressType }: EndpointSlice): boolean => addressType !== 'FQDN';

export function projectSlice(object: KubeObject): SliceFacts {
  // The API server has checked it against the schema of slices.
  const slice = object as EndpointSlice;
  const { metadata } = slice;
  const endpoints = isUsable(slice) ? (slice.endpoints ?? []) : [];
  const ready = endpoints.filter(isReady);
  const ending = endpoints.filter(isLastResort);
  // Those that end get requests only where no other endpoint of their ports and family does: with a ready one beside them, their end is no news.
  const [counting, beside] = ready.length > 0 ? [ready, ending] : [ending, []];
  return {
    service: `${metadata.namespace ?? ''}/${metadata.labels?.[serviceNameLabel] ?? ''}`,
    serving: fingerprint(slice, ready.length > 0 ? 'ready' : 'ending', counting.map(textOf)),
    onNodes: fingerprint(slice, 'nodes', [...beside.map(textOf), ...[...counting, ...beside].flatMap(placeOf)]),
    waiting: fingerprint(slice, 'waiting', endpoints.filter((one) => !isReady(one) && !isEnding(one)).map(textOf)),
  };
}

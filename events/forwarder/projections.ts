/**
 * What the forwarder keeps of each kind: names that route, and a digest of what would make a difference to anybody. Everything else is
 * dropped as soon as it is read: ten thousand EndpointSlices must fit into a few megabytes.
 */
import { createHash } from 'node:crypto';
import { serviceNameLabel } from '#shared/kube/endpoint-reader.ts';
import type { KubeObject, ObjectMeta } from '#shared/kube/port.ts';
import { albConfigName, legacyClass } from '#shared/model/annotations/binding.ts';
import { referencedServices } from '#shared/model/membership.ts';
import type { EndpointSlice, Ingress, IngressClass, Service } from '#shared/model/wish.ts';

export interface IngressFacts {
  /** As much of the Ingress as says which AlbConfig it belongs to. */
  readonly membership: Ingress;
  /** `namespace/name`. */
  readonly services: readonly string[];
  readonly digest: string;
}

export interface ClassFacts {
  /** As much of the class as says which AlbConfig it stands for. */
  readonly membership: IngressClass;
  readonly digest: string;
}

export interface AlbConfigFacts {
  readonly name: string;
  readonly digest: string;
}

export interface ServiceFacts {
  /** `namespace/name`. */
  readonly service: string;
  readonly digest: string;
}

/** Written by kubectl at each apply: a copy of the object, so it never differs alone. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
/** The annotations that decide about membership. */
const membershipKeys: readonly string[] = [...albConfigName.keys, ...legacyClass.keys];

/** 16 characters tell ten thousand objects apart with room to spare. */
const digest = (...content: readonly unknown[]): string => createHash('sha1').update(JSON.stringify(content)).digest('base64').slice(0, 16);

const annotationsOf = (meta: ObjectMeta): readonly (readonly [string, string])[] =>
  Object.entries(meta.annotations ?? {})
    .filter(([key]) => key !== lastApplied)
    .sort(([a], [b]) => (a < b ? -1 : 1));

/** What stays the same when only a status is written: so that our own reports are no news. An object made anew is news (uid). */
const intentOf = (meta: ObjectMeta): readonly unknown[] => [
  meta.uid,
  meta.generation,
  meta.deletionTimestamp !== undefined,
  annotationsOf(meta),
];

const textOf = (object: KubeObject): string => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;

export function projectIngress(object: KubeObject): IngressFacts {
  // The API server has checked it against the schema of Ingresses.
  const ingress = object as Ingress;
  const { name, namespace } = ingress.metadata;
  const annotations = Object.fromEntries(annotationsOf(ingress.metadata).filter(([key]) => membershipKeys.includes(key)));
  const className = ingress.spec?.ingressClassName;
  return {
    membership: {
      apiVersion: ingress.apiVersion,
      kind: ingress.kind,
      metadata: { name, ...(namespace === undefined ? {} : { namespace }), annotations },
      ...(className === undefined ? {} : { spec: { ingressClassName: className } }),
    },
    services: referencedServices(ingress),
    digest: digest(intentOf(ingress.metadata)),
  };
}

export function projectClass(object: KubeObject): ClassFacts {
  // As above.
  const { apiVersion, kind, metadata, spec } = object as IngressClass;
  const { controller, parameters } = spec ?? {};
  return {
    membership: {
      apiVersion,
      kind,
      metadata: { name: metadata.name },
      spec: { ...(controller === undefined ? {} : { controller }), ...(parameters === undefined ? {} : { parameters }) },
    },
    digest: digest(controller, parameters),
  };
}

/** From metadata alone. */
export const projectAlbConfig = (object: KubeObject): AlbConfigFacts => ({
  name: object.metadata.name,
  digest: digest(intentOf(object.metadata)),
});

/** A Service has no generation, so its spec is compared. */
export const projectService = (object: KubeObject): ServiceFacts => {
  const { metadata, spec } = object as Service;
  return { service: textOf(object), digest: digest(metadata.uid, annotationsOf(metadata), spec) };
};

/** Addresses, conditions and ports decide about servers; names of slices and order in them do not. */
export function projectSlice(object: KubeObject): ServiceFacts {
  const slice = object as EndpointSlice;
  const endpoints = (slice.endpoints ?? []).map(({ addresses, conditions }) => JSON.stringify([addresses, conditions])).sort();
  return {
    service: `${slice.metadata.namespace ?? ''}/${slice.metadata.labels?.[serviceNameLabel] ?? ''}`,
    digest: digest(slice.addressType, slice.ports, endpoints),
  };
}

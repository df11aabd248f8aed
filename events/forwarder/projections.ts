/**
 * What the forwarder keeps of the kinds that shape an AlbConfig's resources: names that route, and a digest of what would make a difference to
 * anybody. Everything else is dropped as soon as it is read.
 */
import type { KubeObject } from '#shared/kube/port.ts';
import { readAnnotation } from '#shared/model/annotations/annotation.ts';
import { albConfigName, legacyClass } from '#shared/model/annotations/binding.ts';
import { serverGroup } from '#shared/model/annotations/server-group.ts';
import { referencedServices } from '#shared/model/membership.ts';
import type { Ingress, IngressClass } from '#shared/model/wish.ts';
import { digest } from './digest.ts';
import { annotationsOf, intentOf } from './intent.ts';

export interface IngressFacts {
  /** As much of the Ingress as says which AlbConfig it belongs to. */
  readonly membership: Ingress;
  /** `namespace/name`. */
  readonly services: readonly string[];
  /** Its groups hold bare addresses: it never needs nodes. */
  readonly bareAddresses?: true;
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

/** The annotations that decide about membership. */
const membershipKeys: readonly string[] = [...albConfigName.keys, ...legacyClass.keys];

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
    ...(readAnnotation(serverGroup.type, ingress).value === 'Ip' ? { bareAddresses: true } : {}),
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

/** Kubernetes objects with good defaults, so that a test shows only what matters to it. */
import type { ObjectMeta } from '#shared/kube/port.ts';
import type { Ingress, IngressBackend, IngressClass, IngressPath, RawAlbConfig, Service, Site, Wish } from '#shared/model/wish.ts';

export const aSite: Site = { cluster: 'c-test', region: 'cn-local', vpcId: 'vpc-test' };

/** A backend by port number or name. */
export const toService = (name: string, port: number | string = 80): IngressBackend => ({
  service: { name, port: typeof port === 'number' ? { number: port } : { name: port } },
});

export const aPath = (path: string, service = 'coffee', pathType: IngressPath['pathType'] = 'Prefix'): IngressPath => ({
  path,
  pathType,
  backend: toService(service),
});

export interface IngressDraft {
  readonly name?: string;
  readonly namespace?: string;
  readonly host?: string;
  readonly paths?: readonly IngressPath[];
  readonly annotations?: Readonly<Record<string, string>>;
  /** Replaces what the other members make. */
  readonly spec?: Ingress['spec'];
  readonly metadata?: Partial<ObjectMeta>;
}

/** `cafe.example.com/` to Service coffee, class alb, namespace shop. Annotation keys without a dot get the ALB prefix. */
export const anIngress = (draft: IngressDraft = {}): Ingress => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: {
    name: draft.name ?? 'cafe',
    namespace: draft.namespace ?? 'shop',
    ...(draft.annotations === undefined ? {} : { annotations: prefixed(draft.annotations) }),
    ...draft.metadata,
  },
  spec: draft.spec ?? {
    ingressClassName: 'alb',
    rules: [{ host: draft.host ?? 'cafe.example.com', http: { paths: draft.paths ?? [aPath('/')] } }],
  },
});

const prefixed = (annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(annotations).map(([key, value]) => [key.includes('/') ? key : `alb.ingress.kubernetes.io/${key}`, value]),
  );

/** A ClusterIP Service with one port 80 named http. */
export const aService = (
  name: string,
  draft: { readonly namespace?: string; readonly annotations?: Readonly<Record<string, string>>; readonly spec?: Service['spec'] } = {},
): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: {
    name,
    namespace: draft.namespace ?? 'shop',
    ...(draft.annotations === undefined ? {} : { annotations: draft.annotations }),
  },
  spec: { type: 'ClusterIP', ports: [{ name: 'http', port: 80, targetPort: 8080 }], ...draft.spec },
});

/** Class `alb` of ours for AlbConfig `cafe`. */
export const aClass = (
  draft: { readonly name?: string; readonly controller?: string; readonly albConfig?: string } = {},
): IngressClass => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IngressClass',
  metadata: { name: draft.name ?? 'alb' },
  spec: {
    controller: draft.controller ?? 'ingress.k8s.alibabacloud/alb',
    parameters: { apiGroup: 'alibabacloud.com', kind: 'AlbConfig', name: draft.albConfig ?? 'cafe' },
  },
});

/** AlbConfig `cafe` with one listener, HTTP 80. */
export const anAlbConfig = (
  draft: { readonly name?: string; readonly spec?: RawAlbConfig['spec']; readonly metadata?: Partial<ObjectMeta> } = {},
): RawAlbConfig => ({
  apiVersion: 'alibabacloud.com/v1',
  kind: 'AlbConfig',
  metadata: { name: draft.name ?? 'cafe', ...draft.metadata },
  spec: { config: {}, listeners: [{ port: 80, protocol: 'HTTP' }], ...draft.spec },
});

export interface WishDraft {
  readonly albConfig?: RawAlbConfig | undefined;
  readonly ingresses?: readonly Ingress[];
  readonly services?: readonly Service[];
  readonly classes?: readonly IngressClass[];
}

/** AlbConfig, class, one Ingress and the Services coffee and tea; `albConfig: undefined` leaves the AlbConfig out. */
export const aWish = (draft: WishDraft = {}): Wish => {
  const services = draft.services ?? [aService('coffee'), aService('tea')];
  return {
    key: { kind: 'AlbConfig', cluster: aSite.cluster, name: draft.albConfig?.metadata.name ?? 'cafe' },
    albConfig: 'albConfig' in draft ? draft.albConfig : anAlbConfig(),
    ingressClasses: draft.classes ?? [aClass()],
    ingresses: draft.ingresses ?? [anIngress()],
    services: new Map(services.map((one) => [`${one.metadata.namespace ?? ''}/${one.metadata.name}`, one])),
  };
};

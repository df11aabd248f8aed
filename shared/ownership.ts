/**
 * How we know what is ours: the tag vocabulary (compatible with the existing ALB Ingress controllers), names and identities, each with an example.
 */
import { createHash } from 'node:crypto';
import type { Tags } from '#shared/cloud/alb/port.ts';

/** Tags that ACK's controller writes too, so that either can take over from the other. */
export const tagKeys = {
  /** `ack.aliyun.com` = `c-local`: the cluster. On everything. */
  cluster: 'ack.aliyun.com',
  /** `ingress.k8s.alibaba/albconfig` = `kube-system/cafe`: the AlbConfig, with the pseudo-namespace of cluster-scoped objects. */
  albConfig: 'ingress.k8s.alibaba/albconfig',
  /** `ingress.k8s.alibaba/resource` = `ApplicationLoadBalancer` on the instance, sha256 of the group's identity on a group. */
  resource: 'ingress.k8s.alibaba/resource',
  serviceNamespace: 'ingress.k8s.alibaba/service_ns',
  ingressName: 'ingress.k8s.alibaba/ingress_name',
  serviceName: 'ingress.k8s.alibaba/service_name',
  servicePort: 'ingress.k8s.alibaba/service_port',
  /** On a listener and its rules: `HTTP:80`; on a rule: hash of its identity. Ours alone. */
  identity: 'albeit.io/identity',
  /** On a rule: hash of the Ingress `namespace/name`. Ours alone. */
  owner: 'albeit.io/owner',
} as const;

/** Namespace that stands for "no namespace" in names and tags, as in the existing controllers. */
export const pseudoNamespace = 'kube-system';

/** ALB tag values have at most 128 characters and must not begin with `aliyun` or `acs:`. */
const tagValueLimit = 128;

/** A name as tag value: `aliyun-shop` -> `k8s-aliyun-shop`; a name that is too long is cut and ends with its hash. Others stay as they are. */
export function tagValue(name: string): string {
  const safe = /^(aliyun|acs:)/i.test(name) ? `k8s-${name}` : name;
  return safe.length <= tagValueLimit ? safe : `${safe.slice(0, tagValueLimit - 17)}-${shortHash(name)}`;
}

/** Identity of the AlbConfig within the cloud account: the two tags that find everything of it. */
export const albConfigTags = (cluster: string, albConfig: string): Tags => ({
  [tagKeys.cluster]: cluster,
  [tagKeys.albConfig]: tagValue(`${pseudoNamespace}/${albConfig}`),
});

/** Value of the resource tag on the instance. */
export const loadBalancerResource = 'ApplicationLoadBalancer';

/** A short stable hash for identities: 16 hex characters of sha256. */
export const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** Owner tag of a rule, `Ingress` given as `shop/cafe` -> `5c1f…` (16 hex). */
export const ownerHash = (namespace: string, name: string): string => shortHash(`${namespace}/${name}`);

/** On an AlbConfig while anything of it exists in the cloud (the same finalizer as ACK's controller). */
export const finalizer = 'ingress.k8s.alibaba/resources';

/** Namespace of our own objects: records (Leases) and the forwarder. */
export const ownNamespace = 'albeit-system';

/** `spec.controller` of an IngressClass of ours; a published guide writes the second form. */
export const ingressControllers: readonly string[] = ['ingress.k8s.alibabacloud/alb', 'ingress.k8s.alibabacloud.com/alb'];

/** Who writes: `fieldManager` and the reporting component of Events. */
export const component = 'albeit';

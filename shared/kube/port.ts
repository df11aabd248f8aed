/**
 * The few things this program does with a Kubernetes API server, in its own words. Adapter: `adapter.ts` (over the transport of
 * `@kubernetes/client-node`); fake: `test/support/fake-kube.ts`; both, the embedded API and a real one pass `test/contract/kube.ts`.
 */

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  /** Opaque. Compared for equality, and by number only to notice a read older than one we had. */
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly OwnerReference[];
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

/** The kinds we touch, with where they live. A new kind is a new row. */
export const kinds = {
  Namespace: { apiVersion: 'v1', plural: 'namespaces', namespaced: false },
  Service: { apiVersion: 'v1', plural: 'services', namespaced: true },
  ServiceAccount: { apiVersion: 'v1', plural: 'serviceaccounts', namespaced: true },
  Secret: { apiVersion: 'v1', plural: 'secrets', namespaced: true },
  Pod: { apiVersion: 'v1', plural: 'pods', namespaced: true },
  Node: { apiVersion: 'v1', plural: 'nodes', namespaced: false },
  Event: { apiVersion: 'v1', plural: 'events', namespaced: true },
  Deployment: { apiVersion: 'apps/v1', plural: 'deployments', namespaced: true },
  ReplicaSet: { apiVersion: 'apps/v1', plural: 'replicasets', namespaced: true },
  Ingress: { apiVersion: 'networking.k8s.io/v1', plural: 'ingresses', namespaced: true },
  IngressClass: { apiVersion: 'networking.k8s.io/v1', plural: 'ingressclasses', namespaced: false },
  EndpointSlice: { apiVersion: 'discovery.k8s.io/v1', plural: 'endpointslices', namespaced: true },
  Lease: { apiVersion: 'coordination.k8s.io/v1', plural: 'leases', namespaced: true },
  ClusterRole: { apiVersion: 'rbac.authorization.k8s.io/v1', plural: 'clusterroles', namespaced: false },
  ClusterRoleBinding: { apiVersion: 'rbac.authorization.k8s.io/v1', plural: 'clusterrolebindings', namespaced: false },
  Role: { apiVersion: 'rbac.authorization.k8s.io/v1', plural: 'roles', namespaced: true },
  RoleBinding: { apiVersion: 'rbac.authorization.k8s.io/v1', plural: 'rolebindings', namespaced: true },
  MutatingAdmissionPolicy: {
    apiVersion: 'admissionregistration.k8s.io/v1beta1',
    plural: 'mutatingadmissionpolicies',
    namespaced: false,
  },
  MutatingAdmissionPolicyBinding: {
    apiVersion: 'admissionregistration.k8s.io/v1beta1',
    plural: 'mutatingadmissionpolicybindings',
    namespaced: false,
  },
  AlbConfig: { apiVersion: 'alibabacloud.com/v1', plural: 'albconfigs', namespaced: false },
  CustomResourceDefinition: { apiVersion: 'apiextensions.k8s.io/v1', plural: 'customresourcedefinitions', namespaced: false },
} as const;

export type KindName = keyof typeof kinds;

export interface ObjectName {
  readonly kind: KindName;
  /** Empty for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
}

export interface ListOptions {
  /** Empty or absent: all namespaces. */
  readonly namespace?: string;
  /** As `a=b,c=d`. */
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface PodIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface KubeList<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

/**
 * What an optimistic write met: `conflict` = somebody changed it first, `gone` = not there (any more), `exists` = already there.
 * Replacing a Lease or Service that is gone is a `conflict`: an update may create those kinds, so the API server does not say 404.
 */
export type WriteResult<T> = { readonly kind: 'written'; readonly object: T } | { readonly kind: 'conflict' | 'gone' | 'exists' };

/** One entry of `status.conditions`. */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  /** One word in Pascal case. */
  readonly reason: string;
  readonly message: string;
  /** When `status` last became another, in whole seconds: `2026-11-21T12:00:00Z`. */
  readonly lastTransitionTime: string;
}

/**
 * Reads are quorum reads (no `resourceVersion` given). Failures throw `AlbeitError` KUBE-AWAY (transport, 429, 5xx, timeout) or
 * KUBE-REFUSED (any other refusal); neither retries nor sleeps.
 */
export interface Kube {
  get<T extends KubeObject>(name: ObjectName): Promise<T | undefined>;
  /** Every page or an error: a list that is cut short is never returned. */
  list<T extends KubeObject>(kind: KindName, options?: ListOptions): Promise<KubeList<T>>;
  create<T extends KubeObject>(object: T): Promise<WriteResult<T>>;
  /**
   * Compare-and-swap on `metadata.resourceVersion`; it and `metadata.uid` must be set. Without the uid a real API server creates a Lease
   * that was removed meanwhile, whatever the version says (measured on 1.34), and a claim would come back from the dead.
   */
  replace<T extends KubeObject>(object: T): Promise<WriteResult<T>>;
  /** JSON merge patch. With `resourceVersion` inside `metadata` it is a compare-and-swap too. */
  mergePatch<T extends KubeObject>(name: ObjectName, patch: object, subresource?: 'status'): Promise<WriteResult<T>>;
  /**
   * Sets conditions in the status of a Pod, each by its type: those of others stay, and writers of different types never conflict. `uid`: only
   * in this Pod, and not in a later one of its name (`conflict`), as a StatefulSet makes them.
   */
  setConditions<T extends KubeObject>(pod: PodIdentity, conditions: readonly Condition[]): Promise<WriteResult<T>>;
  /** Background deletion. With a resourceVersion, only that version. */
  remove(name: ObjectName, resourceVersion?: string): Promise<'removed' | 'gone' | 'conflict'>;
  /** The API server's clock in ms since 1970, from the `Date` header of the last answer, advanced by our monotonic clock. Before any answer: our own. */
  now(): number;
  /** Ends all connections, so that nothing of a finished invocation can wake later. */
  close(): void;
}

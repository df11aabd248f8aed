/** The built-in resources: one row each. What is not here is not served and not advertised. */

/** How one resource is served. Custom resources get such a row from their definition. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** `status` and, where it is served, `scale`. */
  readonly subresources: readonly Subresource[];
  /** Name of the schema of the kind in the OpenAPI documents. */
  readonly schema: string;
  /** Whether `metadata.generation` counts changes of what is wished. */
  readonly generation: boolean;
  /** Storage key, the same for all versions of a custom resource. */
  readonly key: string;
  /** Field selectors besides `metadata.name` and `metadata.namespace`. */
  readonly selectable: readonly string[];
}

export type Subresource = 'status' | 'scale' | 'finalize';

interface Row {
  readonly schema: string;
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly cluster?: true;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly subresources?: readonly Subresource[];
  readonly generation?: true;
  readonly selectable?: readonly string[];
}

const status: readonly Subresource[] = ['status'];
const EVENT_FIELDS = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map(
  (field) => `involvedObject.${field}`,
);
const POD_FIELDS = ['spec.nodeName', 'spec.restartPolicy', 'spec.schedulerName', 'spec.serviceAccountName', 'status.phase', 'status.podIP'];
const core = 'io.k8s.api.core.v1';

const rows: readonly Row[] = [
  { schema: core, group: '', kind: 'ConfigMap', plural: 'configmaps', shortNames: ['cm'] },
  {
    schema: core,
    group: '',
    kind: 'Event',
    plural: 'events',
    shortNames: ['ev'],
    selectable: [...EVENT_FIELDS, 'reason', 'source', 'type', 'reportingComponent'],
  },
  {
    schema: core,
    group: '',
    kind: 'Namespace',
    plural: 'namespaces',
    cluster: true,
    shortNames: ['ns'],
    subresources: ['status', 'finalize'],
    selectable: ['status.phase'],
  },
  {
    schema: core,
    group: '',
    kind: 'Node',
    plural: 'nodes',
    cluster: true,
    shortNames: ['no'],
    subresources: status,
    selectable: ['spec.unschedulable'],
  },
  {
    schema: core,
    group: '',
    kind: 'Pod',
    plural: 'pods',
    shortNames: ['po'],
    categories: ['all'],
    subresources: status,
    generation: true,
    selectable: POD_FIELDS,
  },
  { schema: core, group: '', kind: 'Secret', plural: 'secrets', selectable: ['type'] },
  { schema: core, group: '', kind: 'ServiceAccount', plural: 'serviceaccounts', shortNames: ['sa'] },
  {
    schema: core,
    group: '',
    kind: 'Service',
    plural: 'services',
    shortNames: ['svc'],
    categories: ['all'],
    subresources: status,
    selectable: ['spec.clusterIP', 'spec.type'],
  },
  {
    schema: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1',
    group: 'apiextensions.k8s.io',
    kind: 'CustomResourceDefinition',
    plural: 'customresourcedefinitions',
    cluster: true,
    shortNames: ['crd', 'crds'],
    categories: ['api-extensions'],
    subresources: status,
    generation: true,
  },
  {
    schema: 'io.k8s.api.apps.v1',
    group: 'apps',
    kind: 'Deployment',
    plural: 'deployments',
    shortNames: ['deploy'],
    categories: ['all'],
    subresources: ['scale', 'status'],
    generation: true,
  },
  {
    schema: 'io.k8s.api.apps.v1',
    group: 'apps',
    kind: 'ReplicaSet',
    plural: 'replicasets',
    shortNames: ['rs'],
    categories: ['all'],
    subresources: ['scale', 'status'],
    generation: true,
    selectable: ['status.replicas'],
  },
  { schema: 'io.k8s.api.coordination.v1', group: 'coordination.k8s.io', kind: 'Lease', plural: 'leases' },
  { schema: 'io.k8s.api.discovery.v1', group: 'discovery.k8s.io', kind: 'EndpointSlice', plural: 'endpointslices', generation: true },
  {
    schema: 'io.k8s.api.networking.v1',
    group: 'networking.k8s.io',
    kind: 'IngressClass',
    plural: 'ingressclasses',
    cluster: true,
    generation: true,
  },
  {
    schema: 'io.k8s.api.networking.v1',
    group: 'networking.k8s.io',
    kind: 'Ingress',
    plural: 'ingresses',
    shortNames: ['ing'],
    subresources: status,
    generation: true,
  },
  { schema: 'io.k8s.api.rbac.v1', group: 'rbac.authorization.k8s.io', kind: 'RoleBinding', plural: 'rolebindings' },
];

const toResource = (row: Row): Resource => ({
  group: row.group,
  version: 'v1',
  plural: row.plural,
  singular: row.kind.toLowerCase(),
  kind: row.kind,
  namespaced: row.cluster !== true,
  shortNames: row.shortNames ?? [],
  categories: row.categories ?? [],
  subresources: row.subresources ?? [],
  schema: `${row.schema}.${row.kind}`,
  generation: row.generation === true,
  key: `${row.group}/${row.plural}`,
  selectable: row.selectable ?? [],
});

/** Every built-in resource. */
export const builtIn: readonly Resource[] = rows.map(toResource);

/** The built-in resource of a kind; a kind that is not in the table is a mistake of the caller. */
export function builtInKind(kind: string): Resource {
  const found = builtIn.find((resource) => resource.kind === kind);
  if (found === undefined) throw new Error(`no built-in resource of kind ${kind}`);
  return found;
}

/** `v1` or `group/version`. */
export const apiVersionOf = (resource: { readonly group: string; readonly version: string }): string =>
  resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;

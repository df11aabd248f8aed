/**
 * What the forwarder and the functions may do in a cluster: a row each kind, with nothing in it that the code does not use (a test compares
 * the rows with the calls of a whole life of an AlbConfig). Nobody may read Secrets.
 */
import { stringify } from 'yaml';
import { type KindName, type KubeObject, kinds } from '#shared/kube/port.ts';
import { ownNamespace } from '#shared/ownership.ts';

/** One permission: verbs of the Kubernetes API on one kind, or on its status. */
export interface RbacRow {
  readonly who: 'forwarder' | 'functions';
  readonly kind: KindName;
  readonly subresource?: 'status';
  readonly verbs: readonly string[];
  /** Only in namespaces that opted in to readiness gates: the role is written, and bound there by whoever opts in. */
  readonly optIn?: true;
}

/** Nodes for Services with node ports; namespaces, by label, for readiness gates. */
const watched = ['AlbConfig', 'IngressClass', 'Ingress', 'Service', 'EndpointSlice', 'Node', 'Namespace'] as const;

/** All of them. Leases are granted in our own namespace only, the others in the whole cluster: Ingresses live anywhere. */
export const rbacRows: readonly RbacRow[] = [
  ...watched.map((kind): RbacRow => ({ who: 'forwarder', kind, verbs: ['list', 'watch'] })),
  { who: 'forwarder', kind: 'Pod', verbs: ['list', 'watch'], optIn: true },
  // `create`: an Ingress whose class names no AlbConfig gets one. `patch`: the finalizer.
  { who: 'functions', kind: 'AlbConfig', verbs: ['get', 'list', 'create', 'patch'] },
  { who: 'functions', kind: 'AlbConfig', subresource: 'status', verbs: ['patch'] },
  { who: 'functions', kind: 'IngressClass', verbs: ['list'] },
  { who: 'functions', kind: 'Ingress', verbs: ['list'] },
  { who: 'functions', kind: 'Ingress', subresource: 'status', verbs: ['patch'] },
  { who: 'functions', kind: 'Service', verbs: ['get', 'list'] },
  { who: 'functions', kind: 'EndpointSlice', verbs: ['list'] },
  // Services with node ports.
  { who: 'functions', kind: 'Node', verbs: ['list'] },
  // Whether it opted in to readiness gates.
  { who: 'functions', kind: 'Namespace', verbs: ['get'] },
  { who: 'functions', kind: 'Pod', verbs: ['get'], optIn: true },
  { who: 'functions', kind: 'Pod', subresource: 'status', verbs: ['patch'], optIn: true },
  // `patch`: what is said again raises the count of the Event that says it.
  { who: 'functions', kind: 'Event', verbs: ['get', 'create', 'patch'] },
  // The records. `delete`: with the last thing it records.
  { who: 'functions', kind: 'Lease', verbs: ['get', 'list', 'create', 'update', 'patch', 'delete'] },
];

const groupOf = (kind: KindName): string => {
  const { apiVersion } = kinds[kind];
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
};

const ruleOf = ({ kind, subresource, verbs }: RbacRow): object => ({
  apiGroups: [groupOf(kind)],
  resources: [subresource === undefined ? kinds[kind].plural : `${kinds[kind].plural}/${subresource}`],
  verbs,
});

const isOwn = ({ kind }: RbacRow): boolean => kind === 'Lease';

const ruleRows = (who: RbacRow['who'], belongs: (row: RbacRow) => boolean): readonly object[] =>
  rbacRows.filter((row) => row.who === who && belongs(row)).map(ruleOf);

const api = 'rbac.authorization.k8s.io';

/** A role and who has it: in our namespace, or in the whole cluster. */
function grant(who: RbacRow['who'], namespaced: boolean): readonly object[] {
  const rules = ruleRows(who, (row) => row.optIn !== true && isOwn(row) === namespaced);
  if (rules.length === 0) return [];
  const prefix = namespaced ? '' : 'Cluster';
  const metadata = { name: `albeit-${who}`, ...(namespaced ? { namespace: ownNamespace } : {}) };
  return [
    { apiVersion: `${api}/v1`, kind: `${prefix}Role`, metadata, rules },
    {
      apiVersion: `${api}/v1`,
      kind: `${prefix}RoleBinding`,
      metadata,
      roleRef: { apiGroup: api, kind: `${prefix}Role`, name: metadata.name },
      subjects: [{ kind: 'ServiceAccount', name: metadata.name, namespace: ownNamespace }],
    },
  ];
}

/** A role without a binding: one RoleBinding in each namespace that opts in gives it to our service account there, and nowhere else. */
function grantable(who: RbacRow['who']): readonly object[] {
  const rules = ruleRows(who, (row) => row.optIn === true);
  return rules.length === 0
    ? []
    : [{ apiVersion: `${api}/v1`, kind: 'ClusterRole', metadata: { name: `albeit-${who}-readiness-gates` }, rules }];
}

/** What a namespace needs besides its label to opt in to readiness gates: the two roles that the manifest binds nowhere. */
export const optInBindings = (
  namespace: string,
): readonly (KubeObject & { readonly roleRef: object; readonly subjects: readonly object[] })[] =>
  (['forwarder', 'functions'] as const).map((who) => {
    const name = `albeit-${who}-readiness-gates`;
    return {
      apiVersion: `${api}/v1`,
      kind: 'RoleBinding',
      metadata: { name, namespace },
      roleRef: { apiGroup: api, kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', name: `albeit-${who}`, namespace: ownNamespace }],
    };
  });

/** The manifest: namespace, service accounts, roles and bindings. */
export function rbacYaml(): string {
  const accounts = (['forwarder', 'functions'] as const).flatMap((who) => [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: `albeit-${who}`, namespace: ownNamespace } },
    ...grant(who, false),
    ...grant(who, true),
    ...grantable(who),
  ]);
  const objects = [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: ownNamespace } }, ...accounts];
  const documents = objects.map((object) => stringify(object, { lineWidth: 0 }));
  return `# Written by \`npm run generate\` from infra/deploy/rbac.ts; change it there.\n${documents.join('---\n')}`;
}

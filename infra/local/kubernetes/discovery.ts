/** Discovery, aggregated (what kubectl asks) and by group (what older clients ask). Only what is served is named. */
import type { Catalog, Served } from './catalog.ts';
import type { Json, JsonMap } from './json.ts';
import { apiVersionOf } from './resources.ts';
import { servedVersion } from './schema.ts';

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const SUBRESOURCE_VERBS = ['get', 'patch', 'update'];
const SCALE = { group: 'autoscaling', version: 'v1', kind: 'Scale' };

const verbsOf = (subresource: string): string[] => (subresource === 'finalize' ? ['update'] : SUBRESOURCE_VERBS);

interface Group {
  readonly name: string;
  readonly versions: ReadonlyMap<string, readonly Served[]>;
}

function groupsOf(catalog: Catalog): readonly Group[] {
  const groups = new Map<string, Map<string, Served[]>>();
  for (const resource of catalog.all) {
    const versions = groups.get(resource.group) ?? new Map<string, Served[]>();
    groups.set(resource.group, versions);
    versions.set(resource.version, [...(versions.get(resource.version) ?? []), resource]);
  }
  return [...groups].map(([name, versions]) => ({ name, versions }));
}

function aggregatedResource(resource: Served): Json {
  const responseKind = { group: resource.group, version: resource.version, kind: resource.kind };
  const subresources: Json[] = resource.subresources.map((subresource) => ({
    subresource,
    responseKind: subresource === 'scale' ? SCALE : responseKind,
    verbs: verbsOf(subresource),
  }));
  return {
    resource: resource.plural,
    responseKind,
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: resource.singular,
    verbs: VERBS,
    ...(resource.shortNames.length === 0 ? {} : { shortNames: [...resource.shortNames] }),
    ...(resource.categories.length === 0 ? {} : { categories: [...resource.categories] }),
    ...(subresources.length === 0 ? {} : { subresources }),
  };
}

/** Media type of the aggregated documents. */
export const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** Whether the client can read aggregated discovery in the version served. */
export const wantsAggregated = (accept: string | undefined): boolean =>
  /g=apidiscovery\.k8s\.io;v=v2;as=APIGroupDiscoveryList/.test(accept ?? '');

/** `/api` (the core group alone) or `/apis` (all others). */
export function aggregated(catalog: Catalog, path: '/api' | '/apis'): JsonMap {
  const items: Json[] = groupsOf(catalog)
    .filter((group) => (group.name === '') === (path === '/api'))
    .map((group) => ({
      metadata: group.name === '' ? {} : { name: group.name },
      versions: [...group.versions].map(([version, resources]) => ({
        version,
        resources: resources.map(aggregatedResource),
        freshness: 'Current',
      })),
    }));
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
}

function groupDocument(group: Group): JsonMap {
  const versions = [...group.versions.keys()].map((version) => ({ groupVersion: `${group.name}/${version}`, version }));
  return { name: group.name, versions, preferredVersion: versions[0] ?? {} };
}

/** `/apis` for clients without aggregated discovery. */
export function groupList(catalog: Catalog): JsonMap {
  const groups = groupsOf(catalog).filter((group) => group.name !== '');
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(groupDocument) };
}

/** `/apis/GROUP`. */
export function groupNamed(catalog: Catalog, name: string): JsonMap | undefined {
  const group = groupsOf(catalog).find((one) => one.name === name && name !== '');
  return group === undefined ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...groupDocument(group) };
}

/** `/api/v1` or `/apis/GROUP/VERSION`. */
export function resourceList(catalog: Catalog, group: string, version: string): JsonMap | undefined {
  const resources = catalog.all.filter((one) => one.group === group && one.version === version);
  if (resources.length === 0) return undefined;
  const named = resources.flatMap((one): Json[] => {
    const common = { singularName: one.singular, namespaced: one.namespaced, kind: one.kind };
    const main = { name: one.plural, ...common, verbs: VERBS, shortNames: [...one.shortNames], categories: [...one.categories] };
    const subresources = one.subresources.map((subresource) => ({
      ...common,
      ...(subresource === 'scale' ? SCALE : {}),
      name: `${one.plural}/${subresource}`,
      singularName: '',
      verbs: verbsOf(subresource),
    }));
    return [main, ...subresources];
  });
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersionOf({ group, version }), resources: named };
}

/** `/version`: that of the API server whose behaviour and schemas these are. */
export const versionDocument = (): JsonMap => {
  const [major = '1', minor = '0'] = servedVersion.slice(1).split('.');
  return {
    major,
    minor,
    gitVersion: `${servedVersion}+albeit-embedded`,
    gitCommit: '',
    gitTreeState: '',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: '',
    compiler: '',
    platform: 'local/embedded',
  };
};

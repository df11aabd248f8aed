/** The OpenAPI v3 documents: schemas as generated or as defined, paths made from the catalog. */
import { createHash } from 'node:crypto';
import { type Catalog, isCustom, type Served } from './catalog.ts';
import type { Json, JsonMap } from './json.ts';
import { apiVersionOf } from './resources.ts';
import { schemasFor, servedVersion } from './schema.ts';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const reference = (name: string): JsonMap => ({ $ref: `#/components/schemas/${name}` });
const content = (schema: string, types: readonly string[] = ['application/json']): JsonMap => ({
  content: Object.fromEntries(types.map((type) => [type, { schema: reference(schema) }])),
});
const query = (...names: readonly string[]): Json[] =>
  names.map((name) => ({ name, in: 'query', schema: { type: 'string', uniqueItems: true } }));

const PATCHES = ['application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json'];
const WRITE = ['dryRun', 'fieldManager', 'fieldValidation'];
const LIST = [
  'allowWatchBookmarks',
  'continue',
  'fieldSelector',
  'labelSelector',
  'limit',
  'resourceVersion',
  'resourceVersionMatch',
  'sendInitialEvents',
  'timeoutSeconds',
  'watch',
];

/** Where the resources of a group and version are: `api/v1` or `apis/GROUP/VERSION`. */
const documentPath = (resource: Served): string => (resource.group === '' ? `api/${resource.version}` : `apis/${apiVersionOf(resource)}`);

function operation(resource: Served, action: string, more: JsonMap): JsonMap {
  return {
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group: resource.group, version: resource.version, kind: resource.kind },
    responses: { '200': { description: 'OK', ...content(action === 'list' ? `${resource.schema}List` : resource.schema) } },
    ...more,
  };
}

function pathsOf(resource: Served): JsonMap {
  const base = `/${documentPath(resource)}${resource.namespaced ? '/namespaces/{namespace}' : ''}/${resource.plural}`;
  const patches = isCustom(resource) ? PATCHES.slice(0, 2) : PATCHES;
  const body = { requestBody: { required: true, ...content(resource.schema) } };
  const change = {
    get: operation(resource, 'get', {}),
    put: operation(resource, 'put', { parameters: query(...WRITE), ...body }),
    patch: operation(resource, 'patch', {
      parameters: query(...WRITE, 'force'),
      requestBody: { required: true, ...content(`${META}.Patch`, patches) },
    }),
  };
  const listing = operation(resource, 'list', { parameters: query(...LIST) });
  const collection = {
    get: listing,
    post: operation(resource, 'post', { parameters: query(...WRITE), ...body }),
    delete: operation(resource, 'deletecollection', { parameters: query('dryRun', ...LIST) }),
  };
  const removal = operation(resource, 'delete', {
    parameters: query('dryRun', 'gracePeriodSeconds', 'propagationPolicy'),
    requestBody: content(`${META}.DeleteOptions`),
  });
  return {
    [base]: collection,
    [`${base}/{name}`]: { ...change, delete: removal },
    ...(resource.namespaced ? { [`/${documentPath(resource)}/${resource.plural}`]: { get: listing } } : {}),
    ...(resource.subresources.includes('status') ? { [`${base}/{name}/status`]: change } : {}),
  };
}

function customSchemas(resource: Served): JsonMap {
  if (!isCustom(resource)) return {};
  const { group, version, kind } = resource;
  const identity = { 'x-kubernetes-group-version-kind': [{ group, version, kind }] };
  const own: JsonMap = JSON.parse(JSON.stringify(resource.custom.schema)); // a plain copy
  const properties = { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { allOf: [reference(`${META}.ObjectMeta`)] } };
  const given = own['properties'];
  const items = { type: 'array', items: reference(resource.schema) };
  return {
    [resource.schema]: {
      ...own,
      type: 'object',
      properties: { ...(typeof given === 'object' ? (given as JsonMap) : {}), ...properties },
      ...identity,
    }, // a map by the schema's own rules
    [`${resource.schema}List`]: {
      type: 'object',
      required: ['items'],
      properties: { ...properties, metadata: { allOf: [reference(`${META}.ListMeta`)] }, items },
      'x-kubernetes-group-version-kind': [{ group, version, kind: `${kind}List` }],
    },
  };
}

function documentFor(resources: readonly Served[]): string {
  const names = resources.filter((one) => !isCustom(one)).flatMap((one) => [one.schema, `${one.schema}List`]);
  const schemas = schemasFor([...names, `${META}.DeleteOptions`, `${META}.Patch`, `${META}.ObjectMeta`, `${META}.ListMeta`]);
  for (const resource of resources) Object.assign(schemas, customSchemas(resource));
  const paths = Object.assign({}, ...resources.map(pathsOf));
  return JSON.stringify({ openapi: '3.0.0', info: { title: 'Kubernetes', version: servedVersion }, paths, components: { schemas } });
}

/** Makes the documents once for each state of the catalog. */
export class OpenApi {
  readonly #catalog: Catalog;
  readonly #documents = new Map<string, { readonly made: string; readonly text: string; readonly hash: string }>();

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  /** `/openapi/v3`. */
  index(): JsonMap {
    const paths = [...new Set(this.#catalog.all.map(documentPath))].sort();
    return {
      paths: Object.fromEntries(
        paths.map((path) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${this.document(path)?.hash ?? ''}` }]),
      ),
    };
  }

  /** `/openapi/v3/PATH`. */
  document(path: string): { readonly text: string; readonly hash: string } | undefined {
    const resources = this.#catalog.all.filter((one) => documentPath(one) === path);
    if (resources.length === 0) return undefined;
    const made = JSON.stringify(resources.filter(isCustom));
    const kept = this.#documents.get(path);
    if (kept?.made === made) return kept;
    const text = documentFor(resources);
    const fresh = { made, text, hash: createHash('sha256').update(text).digest('hex').toUpperCase() };
    this.#documents.set(path, fresh);
    return fresh;
  }
}

/** Creating and changing objects: the same way for every client and for the controllers inside. */
import type { Api } from './api.ts';
import { ApiError, alreadyExists, badRequest, conflict, forbidden, invalid, notFound, STALE } from './api-error.ts';
import { isCustom, type Served } from './catalog.ts';
import { Causes } from './causes.ts';
import { fillDefaults } from './custom-schema.ts';
import { checkCustom } from './custom-validation.ts';
import { copy, type JsonMap, listAt, mapAt, same, textAt } from './json.ts';
import { changedMetadata, checkMetadata, newMetadata } from './metadata.ts';
import { builtInKind, type Subresource } from './resources.ts';
import { strategies } from './strategies.ts';
import type { Strategy } from './strategy.ts';

export interface WriteOptions {
  readonly dryRun?: boolean;
}

/** Where a request points. `namespace` is empty for cluster-scoped resources. */
export interface Target {
  readonly resource: Served;
  readonly namespace: string;
  readonly name: string;
}

const namespaces = builtInKind('Namespace');
const strategyOf = (resource: Served): Strategy => (isCustom(resource) ? {} : (strategies[resource.kind] ?? {}));

/** Stores a new object. 404 without its namespace, 409 when it is there, 422 when it is wrong. */
export function create(api: Api, resource: Served, namespace: string, body: JsonMap, options: WriteOptions = {}): JsonMap {
  const given = mapAt(body, 'metadata');
  if (textAt(given, 'resourceVersion') !== '') throw new ApiError(500, '', 'resourceVersion should not be set on objects to be created');
  checkNamespace(textAt(given, 'namespace'), resource, namespace);
  const object: JsonMap = copy({ ...body, metadata: newMetadata(given, resource, namespace, api.now()) });
  requireNamespace(api, resource, namespace, textAt(object, 'metadata', 'name'));
  if (resource.subresources.includes('status')) delete object['status'];
  const strategy = strategyOf(resource);
  complete(object, undefined, resource, strategy, api);
  check(object, undefined, resource, strategy, api);
  const name = textAt(object, 'metadata', 'name');
  if (api.store.get(resource.key, namespace, name) !== undefined) throw alreadyExists(resource, name);
  return options.dryRun === true ? object : api.store.put(resource.key, object);
}

function checkNamespace(given: string, resource: Served, namespace: string): void {
  if (resource.namespaced && given !== '' && given !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
}

function requireNamespace(api: Api, resource: Served, namespace: string, name: string): void {
  if (!resource.namespaced) return;
  const found = api.store.get(namespaces.key, '', namespace);
  if (found === undefined) throw notFound(namespaces, namespace);
  if (textAt(found, 'metadata', 'deletionTimestamp') === '') return;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  throw forbidden(resource, name, why, [
    { reason: 'NamespaceTerminating', message: `namespace ${namespace} is being terminated`, field: 'metadata.namespace' },
  ]);
}

function complete(object: JsonMap, old: JsonMap | undefined, resource: Served, strategy: Strategy, api: Api): void {
  if (isCustom(resource)) fillDefaults(object, resource.custom.schema);
  strategy.fillIn?.(object);
  strategy.prepare?.(object, old, api.store);
}

function check(object: JsonMap, old: JsonMap | undefined, resource: Served, strategy: Strategy, api: Api): void {
  const causes = new Causes();
  checkMetadata(causes, mapAt(object, 'metadata'), strategy.name ?? 'subdomain');
  if (isCustom(resource)) checkCustom(causes, object, resource.custom.schema, old);
  strategy.validate?.(object, causes, old, api.store);
  if (causes.list.length > 0) throw invalid(resource, textAt(object, 'metadata', 'name'), causes.list);
}

/** Changes an object. `change` gets the stored one and gives what the client wants; the server's own fields are kept whatever it says. */
export function update(
  api: Api,
  target: Target,
  change: (old: JsonMap) => JsonMap,
  subresource: Subresource | undefined,
  options: WriteOptions = {},
): JsonMap {
  const { resource, namespace, name } = target;
  const old = api.store.get(resource.key, namespace, name);
  if (old === undefined) throw notFound(resource, name);
  const wanted = change(old);
  checkIdentity(wanted, old, target);
  const object = copy(merged(wanted, old, resource, subresource));
  const strategy = strategyOf(resource);
  complete(object, old, resource, strategy, api);
  checkFinalizers(object, old, target);
  check(object, old, resource, strategy, api);
  if (same(object, old)) return old;
  countGeneration(object, old, resource, subresource);
  if (options.dryRun === true) return object;
  return isGone(object) ? api.store.remove(resource.key, object) : api.store.put(resource.key, object);
}

function checkIdentity(wanted: JsonMap, old: JsonMap, { resource, namespace, name }: Target): void {
  const metadata = mapAt(wanted, 'metadata');
  if (textAt(metadata, 'name') !== name)
    throw badRequest(`the name of the object (${textAt(metadata, 'name')}) does not match the name on the URL (${name})`);
  checkNamespace(textAt(metadata, 'namespace'), resource, namespace);
  const [uid, version] = [textAt(metadata, 'uid'), textAt(metadata, 'resourceVersion')];
  if (uid !== '' && uid !== textAt(old, 'metadata', 'uid'))
    throw conflict(
      resource,
      name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${textAt(old, 'metadata', 'uid')}`,
    );
  if (version !== '' && version !== textAt(old, 'metadata', 'resourceVersion')) throw conflict(resource, name, STALE);
}

/** Status is written only through its subresource, everything else only beside it. */
function merged(wanted: JsonMap, old: JsonMap, resource: Served, subresource: Subresource | undefined): JsonMap {
  const metadata = changedMetadata(mapAt(wanted, 'metadata'), mapAt(old, 'metadata'));
  const { status: wantedStatus, ...rest } = wanted;
  const { status: oldStatus, ...oldRest } = old;
  if (subresource === 'status')
    return {
      ...oldRest,
      metadata: isCustom(resource) ? mapAt(old, 'metadata') : metadata,
      ...(wantedStatus === undefined ? {} : { status: wantedStatus }),
    };
  if (!resource.subresources.includes('status')) return { ...wanted, metadata };
  return { ...rest, metadata, ...(oldStatus === undefined ? {} : { status: oldStatus }) };
}

function checkFinalizers(object: JsonMap, old: JsonMap, { resource, name }: Target): void {
  if (textAt(old, 'metadata', 'deletionTimestamp') === '') return;
  const before = listAt(old, 'metadata', 'finalizers');
  const added = listAt(object, 'metadata', 'finalizers').filter((one) => !before.includes(one));
  if (added.length === 0) return;
  const causes = new Causes();
  causes.forbidden(
    'metadata.finalizers',
    `no new finalizers can be added if the object is being deleted, found new finalizers ${JSON.stringify(added)}`,
  );
  throw invalid(resource, name, causes.list);
}

function countGeneration(object: JsonMap, old: JsonMap, resource: Served, subresource: Subresource | undefined): void {
  if (!resource.generation || subresource === 'status') return;
  const ignored = resource.subresources.includes('status') ? ['metadata', 'status'] : ['metadata'];
  const wish = (one: JsonMap): JsonMap => Object.fromEntries(Object.entries(one).filter(([key]) => !ignored.includes(key)));
  if (!same(wish(object), wish(old))) mapAt(object, 'metadata')['generation'] = Number(mapAt(old, 'metadata')['generation'] ?? 0) + 1;
}

/** Whether nothing holds a deleted object any more. */
export function isGone(object: JsonMap): boolean {
  const metadata = mapAt(object, 'metadata');
  const marked = textAt(metadata, 'deletionTimestamp') !== '';
  const grace = Number(metadata['deletionGracePeriodSeconds'] ?? 0);
  return marked && grace === 0 && listAt(metadata, 'finalizers').length === 0 && listAt(object, 'spec', 'finalizers').length === 0;
}

/** Requests for objects: which verb, on what, with which options; carried out by the operations and answered in the form the client wants. */
import { ApiError, badRequest, conflict, invalid, methodNotAllowed, notFound, notServed, unknownPath } from './api-error.ts';
import { parseObject, readBody } from './body.ts';
import type { Served } from './catalog.ts';
import { Causes } from './causes.ts';
import { answer, type Exchange } from './exchange.ts';
import { type JsonMap, mapAt, numberAt, textAt } from './json.ts';
import { list, selectionOf } from './list.ts';
import { readPatch } from './patch.ts';
import { type FieldValidation, readObject } from './read-object.ts';
import { type Propagation, type RemoveOptions, remove } from './remove.ts';
import { formOf, type Representation, represent, representList } from './represent.ts';
import type { Subresource } from './resources.ts';
import { readScale, scaleOf } from './scale.ts';
import { serveWatch } from './watch.ts';
import { create, type Target, update } from './write.ts';

/** What the path says. */
export interface ResourcePath {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
}

interface Asked {
  readonly resource: Served;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: Subresource | undefined;
}

type Verb = (exchange: Exchange, asked: Asked) => void | Promise<void>;

/** Finds the resource and the verb. 404 for what is not served, 405 for what cannot be done with it. */
export async function serveResource(exchange: Exchange, path: ResourcePath): Promise<void> {
  const resource = exchange.api.catalog.find(path.group, path.version, path.plural);
  if (resource === undefined) throw unknownPath();
  if (resource.namespaced !== (path.namespace !== undefined) && (path.name !== undefined || path.namespace !== undefined))
    throw unknownPath();
  const asked = {
    resource,
    namespace: path.namespace ?? '',
    name: path.name ?? '',
    subresource: subresourceOf(resource, path.subresource),
  };
  const verbs = path.name === undefined ? collectionVerbs : objectVerbs;
  const verb = verbs[exchange.request.method ?? ''];
  if (verb === undefined || (asked.subresource !== undefined && exchange.request.method === 'DELETE')) throw methodNotAllowed();
  await verb(exchange, asked);
}

/** Asked for by kubectl and not here: said in a sentence instead of a bare 404. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  log: 'this local API keeps no container logs: the local node prints what its containers say',
  exec: 'this local API runs no commands in containers',
  attach: 'this local API attaches to no container',
  portforward: 'this local API forwards no ports: call the data plane instead',
  eviction: 'this local API has no evictions: delete the Pod instead',
};

function subresourceOf(resource: Served, name: string | undefined): Subresource | undefined {
  if (name === undefined) return undefined;
  const found = resource.subresources.find((one) => one === name);
  if (found !== undefined) return found;
  const why = resource.kind === 'Pod' ? LEFT_OUT[name] : undefined;
  throw why === undefined ? unknownPath() : notServed(why);
}

const howOf = (exchange: Exchange): Representation => ({
  form: formOf(exchange.request.headers.accept),
  includeObject: exchange.query.get('includeObject') ?? 'Metadata',
  now: exchange.api.now(),
});

function isDryRun(query: URLSearchParams, body?: JsonMap): boolean {
  const values = [...query.getAll('dryRun'), ...(Array.isArray(body?.['dryRun']) ? body['dryRun'].map(String) : [])];
  const wrong = values.find((value) => value !== 'All' && value !== '');
  if (wrong !== undefined) throw badRequest(`dryRun: Unsupported value: ${JSON.stringify(wrong)}: supported values: "All"`);
  return values.includes('All');
}

function strictnessOf(query: URLSearchParams): FieldValidation {
  const value = query.get('fieldValidation') ?? '';
  if (value === '') return 'Warn';
  if (value === 'Strict' || value === 'Warn' || value === 'Ignore') return value;
  throw badRequest(`fieldValidation: Unsupported value: ${JSON.stringify(value)}: supported values: "Ignore", "Strict", "Warn"`);
}

function answerObject(exchange: Exchange, resource: Served, object: JsonMap, status = 200, warnings: readonly string[] = []): void {
  const headers = warnings.length === 0 ? {} : { warning: warnings.map((text) => `299 - ${JSON.stringify(text)}`).join(', ') };
  answer(exchange, status, represent(object, resource, howOf(exchange)), headers);
}

function stored(exchange: Exchange, { resource, namespace, name }: Asked): JsonMap {
  const object = exchange.api.store.get(resource.key, namespace, name);
  if (object === undefined) throw notFound(resource, name);
  return object;
}

const get: Verb = (exchange, asked) => {
  if (exchange.query.get('watch') === 'true' || exchange.query.get('watch') === '1') return watch(exchange, asked);
  const object = stored(exchange, asked);
  if (asked.subresource === 'scale') return answer(exchange, 200, scaleOf(object));
  answerObject(exchange, asked.resource, object);
};

const watch: Verb = (exchange, asked) => {
  const { resource, namespace, name } = asked;
  const request = { resource, namespace, query: exchange.query, how: howOf(exchange), ...(name === '' ? {} : { name }) };
  const entry = exchange.watches.add(serveWatch(exchange.api, request, exchange.response));
  exchange.response.once('close', () => entry.ended());
};

const listOrWatch: Verb = (exchange, asked) => {
  const watching = exchange.query.get('watch');
  if (watching === 'true' || watching === '1') return watch(exchange, asked);
  answer(
    exchange,
    200,
    representList(list(exchange.api, asked.resource, asked.namespace, exchange.query), asked.resource, howOf(exchange)),
  );
};

const post: Verb = async (exchange, { resource, namespace }) => {
  const text = await readBody(exchange.request);
  const body = parseObject(text, exchange.request.headers['content-type']);
  const read = readObject(body, resource, strictnessOf(exchange.query), text);
  const object = create(exchange.api, resource, namespace, read.object, { dryRun: isDryRun(exchange.query) });
  answerObject(exchange, resource, object, 201, read.warnings);
};

/** Kinds that a PUT creates where they are missing, as the real API server does; the others answer 404. */
const createdByUpdate: ReadonlySet<string> = new Set(['Lease', 'Service']);

/** A version is no hindrance to that, a uid is: it says that one certain object is meant. */
function createByUpdate({ api }: Exchange, { resource, namespace, name }: Asked, object: JsonMap, dryRun: boolean): JsonMap {
  const { resourceVersion: _, ...metadata } = mapAt(object, 'metadata');
  const uid = textAt(metadata, 'uid');
  if (uid !== '') throw conflict(resource, name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: `);
  return create(api, resource, namespace, { ...object, metadata }, { dryRun });
}

const put: Verb = async (exchange, asked) => {
  const { resource, subresource } = asked;
  const text = await readBody(exchange.request);
  const body = parseObject(text, exchange.request.headers['content-type']);
  const dryRun = isDryRun(exchange.query);
  if (subresource === 'scale')
    return answer(exchange, 200, scaleOf(update(exchange.api, asked, (old) => readScale(old, body), undefined, { dryRun })));
  const read = readObject(body, resource, strictnessOf(exchange.query), text);
  if (
    subresource === undefined &&
    createdByUpdate.has(resource.kind) &&
    exchange.api.store.get(resource.key, asked.namespace, asked.name) === undefined
  )
    return answerObject(exchange, resource, createByUpdate(exchange, asked, read.object, dryRun), 201, read.warnings);
  answerObject(
    exchange,
    resource,
    update(exchange.api, asked, () => read.object, subresource, { dryRun }),
    200,
    read.warnings,
  );
};

const patch: Verb = async (exchange, asked) => {
  const { resource, subresource } = asked;
  const text = await readBody(exchange.request);
  const apply = readPatch(text, exchange.request.headers['content-type'], resource);
  const dryRun = isDryRun(exchange.query);
  const strictness = strictnessOf(exchange.query);
  if (subresource === 'scale') {
    return answer(exchange, 200, scaleOf(update(exchange.api, asked, (old) => readScale(old, apply(scaleOf(old))), undefined, { dryRun })));
  }
  const warnings: string[] = [];
  const change = (old: JsonMap): JsonMap => {
    const read = readPatched(apply(old), resource, strictness);
    warnings.push(...read.warnings);
    refuseOtherUid(read.object, old, asked);
    return read.object;
  };
  const object = update(exchange.api, asked, change, subresource, { dryRun });
  answerObject(exchange, resource, object, 200, warnings);
};

/** In a patch a uid is a field like others, which must not change: 422, where replacing an object by one with another uid is 409. */
function refuseOtherUid(patched: JsonMap, old: JsonMap, { resource, name }: Asked): void {
  const uid = textAt(patched, 'metadata', 'uid');
  if (uid === textAt(old, 'metadata', 'uid')) return;
  const causes = new Causes();
  causes.invalid('metadata.uid', uid, 'field is immutable');
  throw invalid(resource, name, causes.list);
}

/** A patch that adds what is unknown is 422 where an object with it is 400: so does the real API. */
function readPatched(patched: JsonMap, resource: Served, strictness: FieldValidation) {
  try {
    return readObject(patched, resource, strictness);
  } catch (error) {
    if (!(error instanceof ApiError) || !error.message.includes('strict decoding error')) throw error;
    const message = `Invalid value: ${error.message.slice(error.message.indexOf('strict decoding error'))}`;
    throw new ApiError(422, 'Invalid', ` "" is invalid: patch: ${message}`, {
      causes: [{ reason: 'FieldValueInvalid', message, field: 'patch' }],
    });
  }
}

const policies: Readonly<Record<string, Propagation>> = { Background: 'Background', Foreground: 'Foreground', Orphan: 'Orphan' };

function propagationOf(body: JsonMap, query: URLSearchParams): Propagation | undefined {
  const policy = textAt(body, 'propagationPolicy') || (query.get('propagationPolicy') ?? '');
  const legacy = body['orphanDependents'] ?? query.get('orphanDependents');
  if (policy === '') return legacy === undefined || legacy === null ? undefined : String(legacy) === 'true' ? 'Orphan' : 'Background';
  const known = policies[policy];
  if (known === undefined) {
    throw new ApiError(
      422,
      'Invalid',
      `DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: ${JSON.stringify(policy)}: supported values: "Foreground", "Background", "Orphan", "nil"`,
    );
  }
  return known;
}

async function removeOptions(exchange: Exchange): Promise<RemoveOptions> {
  const text = await readBody(exchange.request);
  const body = text.trim() === '' ? {} : parseObject(text, exchange.request.headers['content-type']);
  const asked = exchange.query.get('gracePeriodSeconds');
  const grace = numberAt(body, 'gracePeriodSeconds') ?? (asked === null ? undefined : Number(asked));
  const conditions = mapAt(body, 'preconditions');
  const propagation = propagationOf(body, exchange.query);
  return {
    dryRun: isDryRun(exchange.query, body),
    ...(grace === undefined ? {} : { graceSeconds: grace }),
    ...(propagation === undefined ? {} : { propagation }),
    ...(textAt(conditions, 'uid') === '' ? {} : { uid: textAt(conditions, 'uid') }),
    ...(textAt(conditions, 'resourceVersion') === '' ? {} : { resourceVersion: textAt(conditions, 'resourceVersion') }),
  };
}

/** Kinds whose deletion answers with the object even when it is gone at once. */
const RETURNED = ['Pod', 'Service', 'ServiceAccount'];

const deleteOne: Verb = async (exchange, asked) => {
  const { resource, name } = asked;
  const removal = remove(exchange.api, asked, await removeOptions(exchange));
  if (!removal.gone || (RETURNED.includes(resource.kind) && resource.group === '')) return answerObject(exchange, resource, removal.object);
  const details = {
    name,
    ...(resource.group === '' ? {} : { group: resource.group }),
    kind: resource.plural,
    uid: textAt(removal.object, 'metadata', 'uid'),
  };
  answer(exchange, 200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details });
};

const deleteCollection: Verb = async (exchange, { resource, namespace }) => {
  const options = await removeOptions(exchange);
  const selected = selectionOf(exchange.query, resource);
  const items = exchange.api.store.list(resource.key, namespace).filter(selected);
  for (const object of items) remove(exchange.api, targetOf(resource, object), options);
  answer(
    exchange,
    200,
    representList({ items, metadata: { resourceVersion: String(exchange.api.store.version) } }, resource, howOf(exchange)),
  );
};

/** Where an object is. */
export const targetOf = (resource: Served, object: JsonMap): Target => ({
  resource,
  namespace: textAt(object, 'metadata', 'namespace'),
  name: textAt(object, 'metadata', 'name'),
});

const collectionVerbs: Readonly<Record<string, Verb>> = { GET: listOrWatch, POST: post, DELETE: deleteCollection };
const objectVerbs: Readonly<Record<string, Verb>> = { GET: get, PUT: put, PATCH: patch, DELETE: deleteOne };

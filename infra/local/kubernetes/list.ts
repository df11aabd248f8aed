/** Lists: selected, in pages, all pages of one list from the same version. */
import type { Api } from './api.ts';
import { ApiError, badRequest, expired } from './api-error.ts';
import type { Served } from './catalog.ts';
import { type JsonMap, numberAt, parseJson, textAt } from './json.ts';
import { fieldSelector, labelSelector, type Predicate } from './selectors.ts';

export interface Page {
  readonly items: readonly JsonMap[];
  readonly metadata: JsonMap;
}

/** The selectors of a query as one. */
export function selectionOf(query: URLSearchParams, resource: Served): Predicate {
  const labels = labelSelector(query.get('labelSelector') ?? '');
  const fields = fieldSelector(query.get('fieldSelector') ?? '', resource);
  return (object) => labels(object) && fields(object);
}

/** A number of the query, refused when it is none. */
export function queryNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name) ?? '';
  if (text === '') return undefined;
  if (!/^\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

/** The `resourceVersion` of a query: undefined for "the newest", 0 for "any". */
export function queryVersion(query: URLSearchParams, api: Api): number | undefined {
  const text = query.get('resourceVersion') ?? '';
  if (text === '') return undefined;
  if (!/^\d+$/.test(text))
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  const version = Number(text);
  if (version > api.store.version) {
    throw new ApiError(504, 'Timeout', `Timeout: Too large resource version: ${version}, current: ${api.store.version}`, {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version', field: '' }],
      retryAfterSeconds: 1,
    });
  }
  return version;
}

interface Position {
  readonly version: number;
  readonly after: string;
}

function readPosition(text: string): Position | undefined {
  if (text === '') return undefined;
  try {
    const token = parseJson(Buffer.from(text, 'base64url').toString('utf8'));
    const version = numberAt(token, 'rv');
    if (version !== undefined) return { version, after: textAt(token, 'start') };
  } catch {
    // Said below, the same for every token that is not ours.
  }
  throw badRequest('invalid continue token: continue key is not valid');
}

const writePosition = (position: Position): string =>
  Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: position.version, start: position.after })).toString('base64url');

const placeOf = (object: JsonMap): string => `${textAt(object, 'metadata', 'namespace')}/${textAt(object, 'metadata', 'name')}`;

/** Which version the list is of: that of its first page, an exact one, or the newest. */
function versionOf(api: Api, query: URLSearchParams, position: Position | undefined): number {
  if (position !== undefined) return position.version;
  const asked = queryVersion(query, api);
  const exact = query.get('resourceVersionMatch') === 'Exact' && asked !== undefined;
  return exact ? asked : api.store.version;
}

/** One page of a list. */
export function list(api: Api, resource: Served, namespace: string, query: URLSearchParams): Page {
  const limit = queryNumber(query, 'limit') ?? 0;
  const selected = selectionOf(query, resource);
  const position = readPosition(query.get('continue') ?? '');
  const version = versionOf(api, query, position);
  const all = version === api.store.version ? api.store.list(resource.key, namespace) : api.store.listAt(resource.key, namespace, version);
  if (all === undefined)
    throw expired(
      'The provided continue parameter is too old to display a consistent list result. Start a new list without the continue parameter.',
    );
  const rest = all.filter((object) => selected(object) && (position === undefined || placeOf(object) > position.after));
  const items = limit > 0 ? rest.slice(0, limit) : rest;
  const last = items.at(-1);
  const more = rest.length - items.length;
  const metadata: JsonMap = { resourceVersion: String(version) };
  if (more > 0 && last !== undefined) {
    metadata['continue'] = writePosition({ version, after: placeOf(last) });
    // As the real API: with a selector the rest is not counted.
    if (!query.has('labelSelector') && !query.has('fieldSelector')) metadata['remainingItemCount'] = more;
  }
  return { items, metadata };
}

/** Items of a list of a built-in kind name no kind of their own. */
export const withoutKind = ({ apiVersion: _apiVersion, kind: _kind, ...rest }: JsonMap): JsonMap => rest;

/** A request's object as the server will store it: decoded, with its kind checked and what was unknown reported by the client's wish. */
import { badRequest } from './api-error.ts';
import { duplicateKeys } from './body.ts';
import { isCustom, type Served } from './catalog.ts';
import { prune } from './custom-schema.ts';
import { decode } from './decode.ts';
import { type JsonMap, textAt } from './json.ts';
import { apiVersionOf } from './resources.ts';
import { schemaNamed } from './schema.ts';

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

export interface ReadObject {
  readonly object: JsonMap;
  /** Said in `Warning` headers, unless the client wanted strictness. */
  readonly warnings: readonly string[];
}

/** Refuses with 400 what cannot be the kind. `text` is the body as sent, for finding duplicate keys. */
export function readObject(body: JsonMap, resource: Served, strictness: FieldValidation, text = ''): ReadObject {
  const apiVersion = textAt(body, 'apiVersion');
  const kind = textAt(body, 'kind');
  if (kind !== '' && kind !== resource.kind)
    throw unreadable(body, resource, `the kind in the data (${kind}) is not the kind of the path (${resource.kind})`);
  if (apiVersion !== '' && apiVersion !== apiVersionOf(resource)) {
    throw badRequest(`the API version in the data (${apiVersion}) does not match the expected API version (${apiVersionOf(resource)})`);
  }
  const read: ReturnType<typeof prune> | ReturnType<typeof decode> = isCustom(resource)
    ? prune(body, resource.custom.schema)
    : decode(body, schemaNamed(resource.schema));
  const mismatch = 'mismatch' in read ? read.mismatch : undefined;
  if (typeof mismatch === 'string') throw unreadable(body, resource, mismatch);
  const duplicates = strictness === 'Strict' && text !== '' ? duplicateKeys(text) : [];
  const complaints = [...read.unknown.map((path) => `unknown field "${path}"`), ...duplicates.map((path) => `duplicate field "${path}"`)];
  if (strictness === 'Strict' && complaints.length > 0) throw unreadable(body, resource, `strict decoding error: ${complaints.join(', ')}`);
  const object = { ...read.value, apiVersion: apiVersionOf(resource), kind: resource.kind };
  return { object, warnings: strictness === 'Ignore' ? [] : complaints };
}

function unreadable(body: JsonMap, resource: Served, why: string) {
  const version = textAt(body, 'apiVersion').split('/').at(-1) || resource.version;
  return badRequest(`${textAt(body, 'kind') || resource.kind} in version "${version}" cannot be handled as a ${resource.kind}: ${why}`);
}

/** The three patches, by media type, and the two that are refused. */
// CommonJS: its functions are on the default import only.
import jsonPatchLibrary, { type Operation } from 'fast-json-patch';
import { ApiError, badRequest, unsupportedMediaType } from './api-error.ts';
import { mediaTypeOf, refuseProtobuf } from './body.ts';
import { isCustom, type Served } from './catalog.ts';
import { copy, isMap, type Json, type JsonMap, parseJson } from './json.ts';
import { mergePatch } from './merge-patch.ts';
import { resolve, schemaNamed } from './schema.ts';
import { strategicMerge } from './strategic-merge.ts';

type Apply = (old: JsonMap) => JsonMap;

/** What to do with the stored object. Refuses with 415 what this API does not read. */
export function readPatch(text: string, contentType: string | undefined, resource: Served): Apply {
  const mediaType = mediaTypeOf(contentType);
  refuseProtobuf(mediaType);
  const make = patches[mediaType];
  if (make === undefined)
    throw unsupportedMediaType(`415: Unsupported Media Type: ${mediaType} is no patch; use a JSON, merge or strategic merge patch`);
  return make(text, resource);
}

function parse(text: string): Json {
  try {
    return parseJson(text);
  } catch (error) {
    throw badRequest(`error decoding patch: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function asMap(value: Json | undefined): JsonMap {
  if (isMap(value)) return value;
  throw badRequest('the patch does not give an object');
}

const rejected = (): ApiError => new ApiError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});

function jsonPatch(text: string): Apply {
  const operations = parse(text);
  if (!Array.isArray(operations)) throw badRequest('error decoding patch: a JSON patch is a list of operations');
  return (old) => {
    try {
      // Validated by the library, which throws on anything that is no operation.
      return asMap(jsonPatchLibrary.applyPatch(copy(old), operations as unknown as Operation[], true).newDocument);
    } catch {
      throw rejected();
    }
  };
}

const patches: Readonly<Record<string, (text: string, resource: Served) => Apply>> = {
  'application/json-patch+json': jsonPatch,
  'application/merge-patch+json': (text) => {
    const patch = asMap(parse(text));
    return (old) => asMap(mergePatch(old, patch));
  },
  'application/strategic-merge-patch+json': (text, resource) => {
    if (isCustom(resource))
      throw unsupportedMediaType(
        'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json',
      );
    const patch = asMap(parse(text));
    return (old) => strategicMerge(old, patch, resolve(schemaNamed(resource.schema)));
  },
  'application/apply-patch+yaml': () => {
    throw unsupportedMediaType('this local API has no server-side apply: use "kubectl apply -f FILE" without --server-side');
  },
};

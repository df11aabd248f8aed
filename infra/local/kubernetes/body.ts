/** Request bodies: JSON or YAML, never protobuf; duplicate keys found where the client asks for strictness. */
import type { IncomingMessage } from 'node:http';
import { parseDocument } from 'yaml';
import { ApiError, badRequest, unsupportedMediaType } from './api-error.ts';
import { isMap, type Json, parseJson } from './json.ts';

/** The real API's limit of a request body, in bytes. */
const MAX_BYTES = 3 * 1024 * 1024;

/** The whole body as text. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    // a request without encoding yields buffers
    size += part.length;
    if (size > MAX_BYTES) throw new ApiError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${MAX_BYTES}`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** The media type without parameters; JSON when none is given, as in the real API. */
export const mediaTypeOf = (header: string | undefined): string => header?.split(';')[0]?.trim().toLowerCase() || 'application/json';

const READ_AS: Readonly<Record<string, (text: string) => Json>> = {
  'application/json': parseJson,
  'application/yaml': (text) => parseDocument(text, { uniqueKeys: false }).toJS() as Json, // YAML without custom tags gives JSON values
};

/** Refuses what only the real API reads, with the way that works here. */
export function refuseProtobuf(mediaType: string): void {
  if (mediaType !== 'application/vnd.kubernetes.protobuf') return;
  throw unsupportedMediaType(
    'this local API reads JSON and YAML only, and kubectl create sends protobuf: write the object to a file and use "kubectl apply -f FILE"',
  );
}

/** Parses an object. */
function parseBody(text: string, contentType: string | undefined): Json {
  const mediaType = mediaTypeOf(contentType);
  refuseProtobuf(mediaType);
  const read = READ_AS[mediaType];
  if (read === undefined)
    throw unsupportedMediaType(
      `the body of the request was in an unknown format - accepted media types include: application/json, application/yaml`,
    );
  if (text.trim() === '') throw badRequest('the request has no body');
  try {
    return read(text);
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Paths of keys that occur twice in a map. JSON is YAML, so one parser finds both. */
export function duplicateKeys(text: string): readonly string[] {
  const document = parseDocument(text, { uniqueKeys: false });
  const found: string[] = [];
  visitMaps(document.contents, '', found);
  return found;
}

function visitMaps(node: unknown, path: string, found: string[]): void {
  const items = isNode(node) ? node.items : undefined;
  if (items === undefined) return;
  const seen = new Set<string>();
  for (const [index, item] of items.entries()) {
    if (!isPair(item)) {
      visitMaps(item, `${path}[${index}]`, found);
      continue;
    }
    const key = String(item.key);
    const at = path === '' ? key : `${path}.${key}`;
    if (seen.has(key)) found.push(at);
    seen.add(key);
    visitMaps(item.value, at, found);
  }
}

const isNode = (node: unknown): node is { readonly items: readonly unknown[] } =>
  typeof node === 'object' && node !== null && 'items' in node && Array.isArray(node.items);

const isPair = (item: unknown): item is { readonly key: unknown; readonly value: unknown } =>
  typeof item === 'object' && item !== null && 'key' in item && 'value' in item && !('items' in item);

/** The body as an object; anything else cannot be of any kind. */
export function parseObject(text: string, contentType: string | undefined) {
  const value = parseBody(text, contentType);
  if (!isMap(value)) throw badRequest("couldn't get version/kind; the body is not an object");
  return value;
}

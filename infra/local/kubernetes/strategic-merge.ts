/** Strategic merge patch: lists merge by the keys that the schema names, and directives (`$patch`, `$setElementOrder`, …) are obeyed. */
import { isMap, type Json, type JsonMap, listAt, same } from './json.ts';
import { resolve, type Schema } from './schema.ts';

const PRIMITIVE = '$deleteFromPrimitiveList/';
const ORDER = '$setElementOrder/';
const RETAIN = '$retainKeys';
const DIRECTIVE = '$patch';

const isDirective = (key: string): boolean => key.startsWith('$');

/** The object with the patch applied. Neither is changed. */
export function strategicMerge(original: JsonMap, patch: JsonMap, schema: Schema | undefined): JsonMap {
  if (patch[DIRECTIVE] === 'replace') return withoutDirectives(patch);
  if (patch[DIRECTIVE] === 'delete') return {};
  const result = retained(original, patch);
  for (const [key, value] of Object.entries(patch)) {
    if (isDirective(key)) continue;
    const field = fieldOf(schema, key);
    if (value === null) delete result[key];
    else if (isMap(value)) result[key] = mergeMap(result[key], value, field);
    else if (Array.isArray(value)) result[key] = mergeList(listAt(result, key), value, field, listAt(patch, `${ORDER}${key}`));
    else result[key] = value;
  }
  applyListDirectives(result, patch, schema);
  return result;
}

function mergeMap(original: Json | undefined, patch: JsonMap, schema: Schema | undefined): JsonMap {
  const base = isMap(original) ? original : {};
  return strategicMerge(base, patch, schema);
}

function fieldOf(schema: Schema | undefined, key: string): Schema | undefined {
  const field = schema?.properties?.[key] ?? (typeof schema?.additionalProperties === 'object' ? schema.additionalProperties : undefined);
  return field === undefined ? undefined : resolve(field);
}

function retained(original: JsonMap, patch: JsonMap): JsonMap {
  const keys = patch[RETAIN];
  if (!Array.isArray(keys)) return { ...original };
  return Object.fromEntries(Object.entries(original).filter(([key]) => keys.includes(key)));
}

/** Directives about a list whose items the patch does not mention. */
function applyListDirectives(result: JsonMap, patch: JsonMap, schema: Schema | undefined): void {
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(PRIMITIVE) && Array.isArray(value)) {
      const list = key.slice(PRIMITIVE.length);
      const kept = listAt(result, list).filter((item) => !value.some((gone) => same(gone, item)));
      if (kept.length === 0) delete result[list];
      else result[list] = kept;
    }
    const list = key.slice(ORDER.length);
    if (key.startsWith(ORDER) && Array.isArray(value) && patch[list] === undefined && result[list] !== undefined) {
      result[list] = ordered(listAt(result, list), listAt(result, list), value, fieldOf(schema, list)?.['x-kubernetes-patch-merge-key']);
    }
  }
}

function mergeList(original: readonly Json[], patch: readonly Json[], schema: Schema | undefined, order: readonly Json[]): Json {
  const strategies = (schema?.['x-kubernetes-patch-strategy'] ?? '').split(',');
  const key = schema?.['x-kubernetes-patch-merge-key'];
  if (!strategies.includes('merge'))
    return patch.filter((item) => !isListDirective(item)).map((item) => (isMap(item) ? withoutDirectives(item) : item));
  if (patch.some((item) => isMap(item) && item[DIRECTIVE] === 'replace')) {
    return patch.filter((item) => !isListDirective(item)).map((item) => (isMap(item) ? withoutDirectives(item) : item));
  }
  const items = schema?.items === undefined ? undefined : resolve(schema.items);
  const merged = key === undefined ? union(original, patch) : mergeByKey(original, patch, key, items);
  // Without an order of its own, the patch's list is the order.
  return ordered(merged, original, order.length === 0 ? patch : order, key);
}

const isListDirective = (item: Json): boolean => isMap(item) && item[DIRECTIVE] === 'replace' && Object.keys(item).length === 1;

const union = (original: readonly Json[], patch: readonly Json[]): Json[] => [
  ...original,
  ...patch.filter((item) => !original.some((one) => same(one, item))),
];

function mergeByKey(original: readonly Json[], patch: readonly Json[], key: string, items: Schema | undefined): Json[] {
  const result = [...original];
  for (const item of patch) {
    if (!isMap(item)) continue;
    const index = result.findIndex((one) => isMap(one) && same(one[key], item[key]));
    const existing = result[index];
    if (item[DIRECTIVE] === 'delete') {
      if (index >= 0) result.splice(index, 1);
    } else if (index >= 0 && isMap(existing)) result[index] = strategicMerge(existing, item, items);
    else result.push(strategicMerge({}, item, items));
  }
  return result;
}

/**
 * Items named in the order come in that order; others keep their place relative to what stood after them on the server.
 */
function ordered(merged: readonly Json[], original: readonly Json[], order: readonly Json[], key: string | undefined): Json[] {
  const identity = (item: Json): Json => (key !== undefined && isMap(item) ? (item[key] ?? null) : item);
  const rank = (item: Json): number => order.findIndex((wanted) => same(identity(wanted), identity(item)));
  const serverIndex = (item: Json): number => original.findIndex((one) => same(identity(one), identity(item)));
  const named = merged.filter((item) => rank(item) >= 0).sort((a, b) => rank(a) - rank(b));
  const others = merged.filter((item) => rank(item) < 0);
  const result: Json[] = [];
  for (const item of named) {
    const at = serverIndex(item);
    while (others[0] !== undefined && at >= 0 && serverIndex(others[0]) < at) result.push(...others.splice(0, 1));
    result.push(item);
  }
  return [...result, ...others];
}

function withoutDirectives(value: JsonMap): JsonMap {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, part]) => !isDirective(key) && part !== null)
      .map(([key, part]) => [key, isMap(part) ? withoutDirectives(part) : part]),
  );
}

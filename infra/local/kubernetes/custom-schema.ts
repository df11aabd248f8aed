/** Structural schemas of custom resources: pruning and defaulting. Checking values is `custom-validation.ts`. */
import { copy, isMap, type Json, type JsonMap } from './json.ts';
import { resolve, type Schema, schemaNamed } from './schema.ts';

export interface Pruned {
  readonly value: JsonMap;
  /** Paths of the fields that the schema does not know. */
  readonly unknown: readonly string[];
}

const objectMeta = resolve(schemaNamed('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'));

/** The object without fields that its schema does not know. `apiVersion`, `kind` and `metadata` are always known. */
export function prune(body: JsonMap, schema: Schema): Pruned {
  const unknown: string[] = [];
  const root: Schema = {
    ...schema,
    type: 'object',
    properties: { ...schema.properties, apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: objectMeta },
  };
  return { value: pruneMap(body, root, '', unknown), unknown };
}

function pruneMap(value: JsonMap, schema: Schema, path: string, unknown: string[]): JsonMap {
  const result: JsonMap = {};
  for (const [key, part] of Object.entries(value)) {
    const at = path === '' ? key : `${path}.${key}`;
    const field = schema.properties?.[key] ?? valuesOf(schema);
    if (field !== undefined) result[key] = pruneValue(part, field, at, unknown);
    else if (keepsUnknown(schema)) result[key] = part;
    else unknown.push(at);
  }
  return result;
}

const valuesOf = (schema: Schema): Schema | undefined =>
  typeof schema.additionalProperties === 'object' ? resolve(schema.additionalProperties) : undefined;

const keepsUnknown = (schema: Schema): boolean =>
  schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties === true;

function pruneValue(value: Json, schema: Schema, path: string, unknown: string[]): Json {
  if (isMap(value)) return pruneMap(value, resolve(schema), path, unknown);
  if (!Array.isArray(value) || schema.items === undefined) return value;
  const items = resolve(schema.items);
  return value.map((item, index) => pruneValue(item, items, `${path}[${index}]`, unknown));
}

/** Sets the defaults of the schema, in place. A null where null is not allowed gives way to the default. */
export function fillDefaults(value: Json | undefined, schema: Schema): void {
  if (Array.isArray(value)) {
    for (const item of value) fillDefaults(item, schema.items ?? {});
  } else if (isMap(value)) fillFields(value, schema);
}

function fillFields(value: JsonMap, schema: Schema): void {
  for (const [key, field] of Object.entries(schema.properties ?? {})) {
    const missing = value[key] === undefined || (value[key] === null && field.nullable !== true);
    if (missing && field.default !== undefined) value[key] = copy(field.default);
    fillDefaults(value[key], field);
  }
  const values = valuesOf(schema);
  if (values === undefined) return;
  for (const key of Object.keys(value).filter((one) => schema.properties?.[one] === undefined)) fillDefaults(value[key], values);
}

/**
 * Reads an object of a built-in kind by its schema as the real API's decoder does: unknown fields are left out and reported, a value of the
 * wrong type is an error of the whole request, null counts as absent.
 */
import { isMap, type Json, type JsonMap } from './json.ts';
import { resolve, type Schema } from './schema.ts';

export interface Decoded {
  readonly value: JsonMap;
  /** Paths of unknown fields, such as `spec.rules[0].bar`. */
  readonly unknown: readonly string[];
  /** The first value of a wrong type, in the decoder's words. */
  readonly mismatch: string | undefined;
}

interface Findings {
  readonly unknown: string[];
  readonly mismatches: string[];
}

/** Decodes a whole object. */
export function decode(body: JsonMap, schema: Schema): Decoded {
  const findings: Findings = { unknown: [], mismatches: [] };
  const value = readObject(body, resolve(schema), '', findings);
  return { value, unknown: findings.unknown, mismatch: findings.mismatches[0] };
}

const jsonTypeOf = (value: Json): string =>
  Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value === 'boolean' ? 'bool' : typeof value;

const GO_TYPES: Readonly<Record<string, string>> = { string: 'string', boolean: 'bool', number: 'float64' };

const accepts: Readonly<Record<string, (value: Json) => boolean>> = {
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  number: (value) => typeof value === 'number',
  integer: (value) => typeof value === 'number' && Number.isInteger(value),
};

function readObject(value: JsonMap, schema: Schema, path: string, findings: Findings): JsonMap {
  const result: JsonMap = {};
  for (const [key, part] of Object.entries(value)) {
    if (part === null) continue;
    const field = schema.properties?.[key] ?? mapValues(schema);
    const at = path === '' ? key : `${path}.${key}`;
    if (field === undefined && schema.properties !== undefined) findings.unknown.push(at);
    else result[key] = field === undefined ? part : read(part, resolve(field), at, findings);
  }
  return result;
}

const mapValues = (schema: Schema): Schema | undefined =>
  typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;

function read(value: Json, schema: Schema, path: string, findings: Findings): Json {
  if (schema.oneOf !== undefined || schema.type === undefined) return readScalar(value, schema, path, findings);
  if (schema.type === 'object') {
    if (isMap(value)) return readObject(value, schema, path, findings);
    return mismatch(value, 'object', path, findings);
  }
  if (schema.type === 'array') {
    if (!Array.isArray(value)) return mismatch(value, 'slice', path, findings);
    const items = schema.items === undefined ? undefined : resolve(schema.items);
    return value.map((item, index) => (items === undefined ? item : read(item, items, `${path}[${index}]`, findings)));
  }
  return readScalar(value, schema, path, findings);
}

/** Plain values, and the two unions: int-or-string and quantity. */
function readScalar(value: Json, schema: Schema, path: string, findings: Findings): Json {
  const allowed = schema.oneOf?.map((option) => option.type ?? '') ?? (schema.type === undefined ? [] : [schema.type]);
  if (allowed.length === 0 || allowed.some((type) => accepts[type]?.(value) === true)) {
    const wrong = typeof value === 'string' ? formProblem(value, schema) : undefined;
    if (wrong !== undefined) findings.mismatches.push(wrong);
    // A quantity may be written as a number; it is text from then on.
    return typeof value === 'number' && allowed.includes('number') && allowed.includes('string') ? String(value) : value;
  }
  const type = schema.type ?? allowed[0] ?? '';
  return mismatch(value, GO_TYPES[type] ?? schema.format ?? 'int64', path, findings);
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const MICRO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Times have one form each: a Lease whose `renewTime` lacks its six decimals is refused by the real API as well. */
function formProblem(text: string, schema: Schema): string | undefined {
  if (schema.format === 'byte') return BASE64.test(text) ? undefined : 'illegal base64 data';
  if (schema.format !== 'date-time') return undefined;
  const micro = schema.named?.endsWith('.MicroTime') === true;
  if ((micro ? MICRO_TIME : TIME).test(text)) return undefined;
  return `parsing time ${JSON.stringify(text)} as "2006-01-02T15:04:05${micro ? '.000000' : ''}Z07:00": cannot parse`;
}

function mismatch(value: Json, goType: string, path: string, findings: Findings): Json {
  const shown = typeof value === 'number' && goType.startsWith('int') ? `number ${value}` : jsonTypeOf(value);
  findings.mismatches.push(`json: cannot unmarshal ${shown} into Go struct field ${path.replace(/\[\d+\]/g, '')} of type ${goType}`);
  return value;
}

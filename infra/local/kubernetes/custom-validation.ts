/** Checks the values of a custom resource against its structural schema. */

import type { Causes } from './causes.ts';
import { checkRules } from './cel.ts';
import { isMap, type Json, type JsonMap, same } from './json.ts';
import type { Schema } from './schema.ts';

const typeOf = (value: Json): string => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
};

const fits = (value: Json, type: string): boolean => typeOf(value) === type || (type === 'number' && typeOf(value) === 'integer');

/** Adds what is wrong with the object. `old` is what transition rules compare with. */
export function checkCustom(causes: Causes, object: JsonMap, schema: Schema, old?: JsonMap): void {
  const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, ...rest } = schema.properties ?? {};
  const checked = { ...schema, type: 'object', properties: rest };
  const counted = causes.list.length;
  checkValue(causes, object, checked, '');
  // As in the real API, rules see only values of the right types.
  if (causes.list.length === counted) checkRules(causes, object, checked, '', old);
}

type Check = (causes: Causes, value: Json, schema: Schema, path: string) => void;

function checkValue(causes: Causes, value: Json, schema: Schema, path: string): void {
  if (value === null && schema.nullable === true) return;
  if (schema['x-kubernetes-int-or-string'] === true) {
    if (!fits(value, 'integer') && typeof value !== 'string')
      causes.wrongType(path, typeOf(value), `${path} in body must be of type integer,string: "${typeOf(value)}"`);
    return;
  }
  if (schema.type !== undefined && schema.type !== '' && !fits(value, schema.type)) {
    causes.wrongType(path, typeOf(value), `${path} in body must be of type ${schema.type}: "${typeOf(value)}"`);
    return;
  }
  for (const check of checks) check(causes, value, schema, path);
}

const checkEnum: Check = (causes, value, schema, path) => {
  if (schema.enum !== undefined && !schema.enum.some((one) => same(one, value))) causes.notSupported(path, value, schema.enum.map(String));
};

const checkText: Check = (causes, value, schema, path) => {
  if (typeof value !== 'string') return;
  const length = [...value].length;
  if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(value))
    causes.invalid(path, value, `${path} in body should match '${schema.pattern}'`);
  if (schema.minLength !== undefined && length < schema.minLength)
    causes.invalid(path, value, `${path} in body should be at least ${schema.minLength} chars long`);
  if (schema.maxLength !== undefined && length > schema.maxLength) causes.tooLong(path, schema.maxLength);
};

const checkNumber: Check = (causes, value, schema, path) => {
  if (typeof value !== 'number') return;
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  if (minimum !== undefined && (exclusiveMinimum === true ? value <= minimum : value < minimum)) {
    causes.invalid(path, value, `${path} in body should be greater than ${exclusiveMinimum === true ? '' : 'or equal to '}${minimum}`);
  }
  if (maximum !== undefined && (exclusiveMaximum === true ? value >= maximum : value > maximum)) {
    causes.invalid(path, value, `${path} in body should be less than ${exclusiveMaximum === true ? '' : 'or equal to '}${maximum}`);
  }
  if (multipleOf !== undefined && value % multipleOf !== 0)
    causes.invalid(path, value, `${path} in body should be a multiple of ${multipleOf}`);
};

const checkList: Check = (causes, value, schema, path) => {
  if (!Array.isArray(value)) return;
  if (schema.minItems !== undefined && value.length < schema.minItems)
    causes.invalid(path, value.length, `${path} in body should have at least ${schema.minItems} items`);
  if (schema.maxItems !== undefined && value.length > schema.maxItems) causes.tooMany(path, value.length, schema.maxItems);
  checkUnique(causes, value, schema, path);
  for (const [index, item] of value.entries()) if (schema.items !== undefined) checkValue(causes, item, schema.items, `${path}[${index}]`);
};

function checkUnique(causes: Causes, list: readonly Json[], schema: Schema, path: string): void {
  if (!['map', 'set'].includes(schema['x-kubernetes-list-type'] ?? '')) return;
  const keys = schema['x-kubernetes-list-map-keys'];
  const identity = (item: Json): Json => (keys === undefined || !isMap(item) ? item : keys.map((key) => item[key] ?? null));
  for (const [index, item] of list.entries()) {
    if (list.slice(0, index).some((one) => same(identity(one), identity(item)))) causes.duplicate(`${path}[${index}]`, identity(item));
  }
}

const checkFields: Check = (causes, value, schema, path) => {
  if (!isMap(value)) return;
  const below = (key: string) => (path === '' ? key : `${path}.${key}`);
  for (const key of schema.required ?? []) if (value[key] === undefined) causes.required(below(key));
  checkCount(causes, Object.keys(value).length, schema, path);
  const values = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
  for (const [key, part] of Object.entries(value)) {
    const field = schema.properties?.[key] ?? values;
    if (field !== undefined) checkValue(causes, part, field, below(key));
  }
};

function checkCount(causes: Causes, count: number, schema: Schema, path: string): void {
  const { maxProperties, minProperties } = schema;
  if (maxProperties !== undefined && count > maxProperties)
    causes.invalid(path, count, `${path} in body should have at most ${maxProperties} properties`);
  if (minProperties !== undefined && count < minProperties)
    causes.invalid(path, count, `${path} in body should have at least ${minProperties} properties`);
}

const checkAlternatives: Check = (causes, value, schema, path) => {
  const passes = (one: Schema): boolean => {
    const counted = causes.list.length;
    checkValue(causes, value, one, path);
    return causes.list.splice(counted).length === 0;
  };
  for (const one of schema.allOf ?? []) checkValue(causes, value, one, path);
  if (schema.anyOf !== undefined && !schema.anyOf.some(passes))
    causes.invalid(path, value, `${path} in body must validate at least one schema (anyOf)`);
  if (schema.oneOf !== undefined && schema.oneOf.filter(passes).length !== 1)
    causes.invalid(path, value, `${path} in body must validate one and only one schema (oneOf)`);
  if (schema.not !== undefined && passes(schema.not)) causes.invalid(path, value, `${path} in body must not validate the schema (not)`);
};

const checks: readonly Check[] = [checkEnum, checkText, checkNumber, checkList, checkFields, checkAlternatives];

/** What a CustomResourceDefinition's schema must be: structural, with rules that can be evaluated here. */
import type { Causes } from '../causes.ts';
import { ruleProblem } from '../cel.ts';
import { isMap, type Json, type JsonMap, listAt, mapAt, textAt } from '../json.ts';

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];

/** Adds what is wrong with the schemas of all versions. */
export function checkVersions(causes: Causes, versions: readonly Json[]): void {
  for (const [index, version] of versions.entries()) {
    const at = `spec.versions[${index}]`;
    if (textAt(version, 'name') === '') causes.required(`${at}.name`);
    const schema = mapAt(version)['schema'];
    if (schema === undefined) causes.required(`${at}.schema.openAPIV3Schema`, 'schemas are required');
    else checkSchema(causes, mapAt(schema, 'openAPIV3Schema'), `${at}.schema.openAPIV3Schema`);
  }
}

function checkSchema(causes: Causes, schema: JsonMap, at: string): void {
  const type = textAt(schema, 'type');
  const untyped = schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (type === '' && !untyped) causes.required(`${at}.type`, 'must not be empty for specified object fields');
  if (type !== '' && !TYPES.includes(type)) causes.notSupported(`${at}.type`, type, TYPES);
  if (schema['properties'] !== undefined && schema['additionalProperties'] !== undefined)
    causes.forbidden(`${at}.additionalProperties`, 'additionalProperties and properties are mutual exclusive');
  if (type === 'array' && schema['items'] === undefined) causes.required(`${at}.items`, 'must be specified');
  for (const [index, rule] of listAt(schema, 'x-kubernetes-validations').entries()) {
    const problem = ruleProblem(textAt(rule, 'rule'));
    if (problem !== undefined) causes.invalid(`${at}.x-kubernetes-validations[${index}].rule`, textAt(rule, 'rule'), problem);
  }
  for (const [name, below] of partsOf(schema)) if (isMap(below)) checkSchema(causes, below, `${at}.${name}`);
}

/** The schemas directly below one. */
function partsOf(schema: JsonMap): readonly (readonly [string, Json])[] {
  const fields = Object.entries(mapAt(schema, 'properties')).map(([name, field]) => [`properties[${name}]`, field] as const);
  return [...fields, ['items', schema['items'] ?? null], ['additionalProperties', schema['additionalProperties'] ?? null]];
}

/** The schemas that built-in kinds are read, defaulted and merged by: as the real API publishes them, see `generate-openapi.ts`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json, JsonMap } from './json.ts';

/** An OpenAPI v3 schema, as far as the API and structural custom resources use it. */
export interface Schema {
  /** Set by `resolve`: the name of the schema that a reference led to. */
  readonly named?: string;
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly nullable?: boolean;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly default?: Json;
  readonly enum?: readonly Json[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly not?: Schema;
  readonly 'x-kubernetes-patch-merge-key'?: string;
  readonly 'x-kubernetes-patch-strategy'?: string;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-embedded-resource'?: boolean;
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[];
}

/** One CEL rule of a custom resource's schema. */
export interface ValidationRule {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: string;
  readonly fieldPath?: string;
}

interface Generated {
  readonly version: string;
  readonly schemas: Readonly<Record<string, Schema>>;
}

// Read rather than imported: an import attribute would be needed under Node and is unknown to some of the tools.
const generated: Generated = JSON.parse(readFileSync(join(import.meta.dirname, 'openapi.generated.json'), 'utf8')); // our own file

/** Version of the API server that the schemas come from, such as `v1.34.4`. */
export const servedVersion = generated.version;

const PREFIX = '#/components/schemas/';

/** A schema by its name in the documents. */
export function schemaNamed(name: string): Schema {
  const found = generated.schemas[name];
  if (found === undefined) throw new Error(`no schema ${name}: run generate-openapi.ts again`);
  return found;
}

/** The schema itself in place of a reference; siblings of the reference (default, merge key) win. */
export function resolve(schema: Schema): Schema {
  const ref = schema.$ref ?? (schema.allOf?.length === 1 ? schema.allOf[0]?.$ref : undefined);
  if (ref === undefined) return schema;
  const { $ref: _ref, allOf: _allOf, ...own } = schema;
  const name = ref.slice(PREFIX.length);
  return { ...resolve(schemaNamed(name)), named: name, ...own };
}

/** The named schemas and all that they refer to, as a part of an OpenAPI document. */
export function schemasFor(names: readonly string[]): JsonMap {
  const into: JsonMap = {};
  const queue = [...names];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const schema = generated.schemas[name];
    if (schema === undefined || into[name] !== undefined) continue;
    const text = JSON.stringify(schema);
    into[name] = JSON.parse(text);
    queue.push(...[...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, ref = '']) => ref));
  }
  return into;
}

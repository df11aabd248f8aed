/**
 * CEL rules of structural schemas (`x-kubernetes-validations`). The language is a library's; Kubernetes' own function libraries (`isIP`,
 * `url`, `quantity`, …) are not there, and a definition that needs them is refused when it is created.
 */
import { Environment } from '@marcbachmann/cel-js';
import type { Causes } from './causes.ts';
import { isMap, type Json, type JsonMap } from './json.ts';
import type { Schema, ValidationRule } from './schema.ts';

const environment = new Environment().registerVariable('self', 'dyn').registerVariable('oldSelf', 'dyn');

type Program = (values: Record<string, unknown>) => unknown;

const programs = new Map<string, Program>();

function programOf(text: string): Program {
  const kept = programs.get(text);
  if (kept !== undefined) return kept;
  const program = environment.parse(text);
  programs.set(text, program);
  return program;
}

/** What is wrong with a rule's text; undefined when it can be evaluated. */
export function ruleProblem(rule: string): string | undefined {
  try {
    const checked = environment.check(rule);
    return checked.valid ? undefined : `compilation failed: ${checked.error?.message ?? 'the rule is not understood'}`;
  } catch (error) {
    return `compilation failed: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** CEL tells integers from doubles; JSON does not, so the schema does. */
function celValue(value: Json, schema: Schema): unknown {
  if (typeof value === 'number') return schema.type === 'number' || !Number.isInteger(value) ? value : BigInt(value);
  if (Array.isArray(value)) return value.map((item: Json) => celValue(item, schema.items ?? {}));
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, celValue(part, fieldOf(schema, key))]));
}

const fieldOf = (schema: Schema, key: string): Schema =>
  schema.properties?.[key] ?? (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {});

/** Evaluates the rules of a value and of everything in it. Rules about `oldSelf` hold only where there was a value before. */
export function checkRules(causes: Causes, value: Json, schema: Schema, path: string, old: Json | undefined): void {
  for (const rule of schema['x-kubernetes-validations'] ?? []) checkRule(causes, rule, value, schema, path, old);
  if (Array.isArray(value)) {
    // Items of lists are not followed from version to version; the real API does so only for lists that are maps.
    for (const [index, item] of value.entries()) checkRules(causes, item, schema.items ?? {}, `${path}[${index}]`, undefined);
  }
  if (!isMap(value)) return;
  for (const [key, part] of Object.entries(value)) {
    const before = isMap(old) ? old[key] : undefined;
    checkRules(causes, part, fieldOf(schema, key), path === '' ? key : `${path}.${key}`, before);
  }
}

function checkRule(causes: Causes, rule: ValidationRule, value: Json, schema: Schema, path: string, old: Json | undefined): void {
  const transition = /\boldSelf\b/.test(rule.rule);
  if (transition && old === undefined) return;
  const values: Record<string, unknown> = { self: celValue(value, schema) };
  if (old !== undefined) values['oldSelf'] = celValue(old, schema);
  const at = `${path}${rule.fieldPath ?? ''}`;
  const shown: JsonMap | Json = isMap(value) ? 'object' : value;
  try {
    if (programOf(rule.rule)(values) !== true) causes.invalid(at, shown, rule.message ?? `failed rule: ${rule.rule}`);
  } catch (error) {
    causes.invalid(at, shown, `rule evaluation error: ${error instanceof Error ? error.message : String(error)}`);
  }
}

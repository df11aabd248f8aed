/** Label selectors (equality and set-based) and field selectors. */
import { badRequest } from './api-error.ts';
import { type JsonMap, mapAt, textsAt, valueAt } from './json.ts';
import type { Resource } from './resources.ts';

export type Predicate = (object: JsonMap) => boolean;

type LabelTest = (value: string | undefined) => boolean;

const SET = /^([^\s!=(),]+)\s+(in|notin)\s*\(([^)]*)\)$/;
const EQUALITY = /^([^\s!=<>(),]+)\s*(==|=|!=|>|<)\s*([^\s!=<>(),]*)$/;
const EXISTS = /^(!?)\s*([^\s!=<>(),]+)$/;

const equality: Readonly<Record<string, (wanted: string) => LabelTest>> = {
  '=': (wanted) => (value) => value === wanted,
  '==': (wanted) => (value) => value === wanted,
  '!=': (wanted) => (value) => value !== wanted,
  '>': (wanted) => (value) => value !== undefined && Number(value) > Number(wanted),
  '<': (wanted) => (value) => value !== undefined && Number(value) < Number(wanted),
};

/** Selects by labels; an empty selector selects all. */
export function labelSelector(text: string): Predicate {
  const tests = splitOutsideParentheses(text).map(labelTest);
  return (object) => {
    const labels = textsAt(object, 'metadata', 'labels');
    return tests.every(({ key, test }) => test(labels[key]));
  };
}

function splitOutsideParentheses(text: string): string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function labelTest(text: string): { readonly key: string; readonly test: LabelTest } {
  const set = SET.exec(text);
  if (set !== null) {
    const values = new Set((set[3] ?? '').split(',').map((value) => value.trim()));
    const inside: LabelTest = (value) => value !== undefined && values.has(value);
    return { key: set[1] ?? '', test: set[2] === 'in' ? inside : (value) => !inside(value) };
  }
  const equal = EQUALITY.exec(text);
  if (equal !== null) return { key: equal[1] ?? '', test: (equality[equal[2] ?? ''] ?? equality['='])?.(equal[3] ?? '') ?? (() => false) };
  const exists = EXISTS.exec(text);
  if (exists !== null) return { key: exists[2] ?? '', test: (value) => (value !== undefined) === (exists[1] === '') };
  throw badRequest(
    `unable to parse requirement: ${JSON.stringify(text)} is no label requirement, expected: key, !key, key=value, key!=value, key in (a,b), key notin (a,b)`,
  );
}

const META_FIELDS = ['metadata.name', 'metadata.namespace'];

/** Fields of an event that stand elsewhere than their selector says. */
const FIELD_PATHS: Readonly<Record<string, readonly string[]>> = {
  reportingComponent: ['reportingComponent'],
  source: ['source', 'component'],
};

/** Selects by the fields that the resource offers. */
export function fieldSelector(text: string, resource: Resource): Predicate {
  const tests = splitOutsideParentheses(text).map((part) => fieldTest(part, resource));
  return (object) => tests.every((test) => test(object));
}

function fieldTest(text: string, resource: Resource): Predicate {
  const [, field = '', operator = '', wanted = ''] = /^([^=!]+)(==|=|!=)(.*)$/.exec(text) ?? [];
  if (field === '') throw badRequest(`invalid selector: '${text}'; can't understand '${text}'`);
  const offered = resource.namespaced ? META_FIELDS : META_FIELDS.slice(0, 1);
  if (![...offered, ...resource.selectable].includes(field)) throw badRequest(`field label not supported: ${field}`);
  const path = FIELD_PATHS[field] ?? field.split('.');
  return (object) => {
    const value = valueAt(object, ...path);
    const actual = value === undefined || value === null ? (field === 'spec.unschedulable' ? 'false' : '') : String(value);
    return operator === '!=' ? actual !== wanted : actual === wanted;
  };
}

/** The selector of a Service: all of these labels; an empty one selects nothing. */
export function selects(selector: JsonMap, object: JsonMap): boolean {
  const labels = mapAt(object, 'metadata', 'labels');
  const wanted = Object.entries(selector);
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}

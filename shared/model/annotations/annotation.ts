/**
 * What a row of an annotation table says, and how a value is read by it. Parsing, problems and `docs/reference/annotations.md` all come from
 * the rows, so a new annotation is a new row.
 */
import type { KubeObject } from '#shared/kube/port.ts';
import { problemOf, refOf } from '#shared/model/object-ref.ts';
import type { Problem } from '#shared/problem.ts';
import { cut } from './fault.ts';

/** Prefix of the annotation keys of ALB Ingresses. */
export const albPrefix = 'alb.ingress.kubernetes.io/';
/** Six annotations are also read under this prefix, and found there first. */
export const nginxPrefix = 'nginx.ingress.kubernetes.io/';

/** As much of a value as a message repeats, in characters. */
export const valueShown = 200;

/** How text becomes a value. `allowed` is said to a person whose value is refused. */
export interface Format<T> {
  readonly type: 'boolean' | 'integer' | 'choice' | 'list' | 'text' | 'JSON';
  readonly allowed: string;
  /** `undefined`: refused. */
  readonly parse: (text: string) => T | undefined;
  /** What is probably wrong with refused text, where that can be told. */
  readonly explain?: (text: string) => string | undefined;
}

/** One annotation that is honoured. */
export interface Annotation<T> {
  /** Full keys; the first that an object carries is read. */
  readonly keys: readonly [string, ...string[]];
  /** The key that people should write; absent: the last one, since older keys and those of other controllers are read first. */
  readonly canonical?: string;
  readonly on: 'Ingress' | 'Service' | 'AlbConfig' | 'Ingress without AlbConfig';
  readonly format: Format<T>;
  readonly default: T;
  /** The field of the cloud's API, or what else it decides. */
  readonly goesTo: string;
  readonly text: string;
}

/** A value, or why there is none. */
export type Reading<T> = { readonly value: T; readonly problem?: never } | { readonly problem: Problem; readonly value?: never };

/** A refused value of something that is switched off: it is told and does no harm. `other`: what would switch it on. */
export const unused = (problem: Problem, other: string): Problem => ({
  ...problem,
  code: 'ANNOTATION-UNUSED',
  facts: { ...problem.facts, other },
});

/** The key under which an annotation is written on an object. */
export const keyOn = (row: Annotation<unknown>, object: KubeObject): string | undefined =>
  row.keys.find((one) => object.metadata.annotations?.[one] !== undefined);

/** Told of an annotation that is written and says nothing without `other`. */
export function alone(row: Annotation<unknown>, object: KubeObject, other: string): readonly Problem[] {
  const annotation = keyOn(row, object);
  if (annotation === undefined) return [];
  return [problemOf('ANNOTATION-ALONE', refOf(object), { annotation, other }, `metadata.annotations[${annotation}]`)];
}

/** The value of an annotation on an object: its default when absent, a problem when it is not allowed. */
export function readAnnotation<T>(row: Annotation<T>, object: KubeObject): Reading<T> {
  const annotations = object.metadata.annotations ?? {};
  const key = keyOn(row, object);
  if (key === undefined) return { value: row.default };
  const text = annotations[key] ?? '';
  const value = row.format.parse(text.trim());
  if (value !== undefined) return { value };
  const { allowed, explain } = row.format;
  const guess = explain?.(text.trim());
  const facts = { annotation: key, value: cut(text, valueShown), allowed: guess === undefined ? allowed : `${allowed}; ${guess}` };
  return { problem: problemOf('ANNOTATION-INVALID', refOf(object), facts, `metadata.annotations[${key}]`) };
}

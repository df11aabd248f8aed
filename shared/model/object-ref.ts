/** From an object to how problems, owners and Events name it. */
import type { ErrorCode } from '#shared/errors.ts';
import type { KubeObject } from '#shared/kube/port.ts';
import { type ObjectRef, type Problem, refText } from '#shared/problem.ts';

/** The name of an object as problems carry it. */
export const refOf = (object: KubeObject): ObjectRef => ({
  kind: object.kind,
  namespace: object.metadata.namespace ?? '',
  name: object.metadata.name,
});

/** A problem of one object; `path` names the field inside it, such as `spec.rules[0].http.paths[1]`. */
export const problemOf = (code: ErrorCode, object: ObjectRef, facts: Readonly<Record<string, string>>, path?: string): Problem =>
  path === undefined ? { code, object, facts } : { code, object, path, facts };

/** Plain code-unit order, the same on every machine (unlike `localeCompare`). */
export const byText = (a: string, b: string): number => {
  if (a === b) return 0;
  return a < b ? -1 : 1;
};

/** Order of references by kind, namespace and name. */
export const byRef = (a: ObjectRef, b: ObjectRef): number => byText(refText(a), refText(b));

/** Sorted by what `of` names, each name written out once: a plain sort would do so in every comparison. */
export const sortedByRef = <T>(items: readonly T[], of: (item: T) => ObjectRef): readonly T[] =>
  items
    .map((item) => ({ item, text: refText(of(item)) }))
    .sort((a, b) => byText(a.text, b.text))
    .map(({ item }) => item);

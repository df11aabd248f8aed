/**
 * What can go wrong, as data: the stable code that people search for, on which object, and the facts. The sentences, classes and
 * policies are in the table `shared/errors.ts`.
 */
import { type ErrorCode, wordsOf } from './errors.ts';

/** A Kubernetes object that a problem is about. `namespace` is empty for cluster-scoped kinds. */
export interface ObjectRef {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** Something a person must know about one object. `path` names the field, as in `spec.rules[0].http.paths[1].backend`. */
export interface Problem {
  readonly code: ErrorCode;
  readonly object: ObjectRef;
  readonly path?: string;
  readonly facts: Readonly<Record<string, string>>;
}

export const refText = (ref: ObjectRef): string =>
  ref.namespace === '' ? `${ref.kind}/${ref.name}` : `${ref.kind}/${ref.namespace}/${ref.name}`;

/** What happened, where, and what to do next: the message of an Event or a condition. */
export function explainProblem(problem: Problem): string {
  const words = wordsOf(problem.code, problem.facts);
  const where = problem.path === undefined ? '' : ` (at ${problem.path})`;
  return `[${problem.code}] ${words.say}${where}; ${words.next}`;
}

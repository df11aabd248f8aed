/** Reads one section of an AlbConfig by its schema: names in any case, strangers and fields that are not supported yet reported. */
import * as z from 'zod/mini';
import type { ObjectRef, Problem } from '#shared/problem.ts';
import type { FieldNotYet } from './albconfig-not-yet.ts';
import { foldFields } from './fold-fields.ts';
import { problemOf } from './object-ref.ts';

export interface Section<T> {
  /** Absent: a value in it is not allowed, or it asks for something that must not be ignored. */
  readonly value?: T;
  readonly problems: readonly Problem[];
}

const pathText = (at: string, path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, one) => (typeof one === 'number' ? `${text}[${one}]` : `${text}.${String(one)}`), at);

/** `spec.config.accessLogConfig.logStore` -> `accesslogconfig`. */
const lastName = (path: string): string => path.slice(path.lastIndexOf('.') + 1).toLowerCase();

export interface SectionQuestion<S extends z.core.$ZodType> {
  readonly schema: S;
  readonly notYet: readonly FieldNotYet[];
  readonly raw: unknown;
  /** Where the section stands: `spec.config`, `spec.listeners[0]`. */
  readonly at: string;
  readonly albConfig: ObjectRef;
}

function strangers(paths: readonly string[], question: SectionQuestion<z.core.$ZodType>): { problems: readonly Problem[]; held: boolean } {
  const rows = paths.map((path) => ({ path, row: question.notYet.find((one) => one.name.toLowerCase() === lastName(path)) }));
  const problems = rows.map(({ path, row }) =>
    row === undefined
      ? problemOf('CONFIG-UNKNOWN-FIELD', question.albConfig, { field: path }, path)
      : problemOf('CONFIG-UNSUPPORTED', question.albConfig, { field: path, detail: row.text }, path),
  );
  return { problems, held: rows.some(({ row }) => row?.policy === 'hold') };
}

/** The section as its schema types it, with everything that is wrong in it. */
export function readSection<S extends z.core.$ZodType>(question: SectionQuestion<S>): Section<z.output<S>> {
  const folded = foldFields(question.schema, question.raw, question.at);
  const strange = strangers(folded.unknown, question);
  const result = z.safeParse(question.schema, folded.value);
  if (result.success) return strange.held ? { problems: strange.problems } : { value: result.data, problems: strange.problems };
  const invalid = result.error.issues.map((issue) => {
    const field = pathText(question.at, issue.path);
    return problemOf('CONFIG-INVALID', question.albConfig, { field, detail: issue.message }, field);
  });
  return { problems: [...strange.problems, ...invalid] };
}

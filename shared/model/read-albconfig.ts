/** Reads one section of an AlbConfig by its schema: names in any case, strangers and fields that are not supported yet reported. */
import * as z from 'zod/mini';
import type { ObjectRef, Problem } from '#shared/problem.ts';
import type { FieldNotYet } from './albconfig-not-yet.ts';
import { foldFields, type Stranger } from './fold-fields.ts';
import { problemOf } from './object-ref.ts';
import { canonicalJson } from './stable-hash.ts';

type Issue = z.core.$ZodIssue;

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

/** A field that asks for nothing need not be told of: `false`, `null`, an empty list, or what is done anyway. */
function asksFor(value: unknown, row: FieldNotYet | undefined): boolean {
  if (row === undefined) return true;
  if (value === null || value === undefined || value === false) return false;
  if (typeof value === 'object' && Object.keys(value).length === 0) return false;
  return !(row.harmless ?? []).some((one) => canonicalJson(one) === canonicalJson(value));
}

function strangers(
  found: readonly Stranger[],
  question: SectionQuestion<z.core.$ZodType>,
): { problems: readonly Problem[]; held: boolean } {
  const rows = found
    .map(({ path, value }) => ({ path, value, row: question.notYet.find((one) => one.name.toLowerCase() === lastName(path)) }))
    .filter(({ value, row }) => asksFor(value, row));
  const problems = rows.map(({ path, row }) =>
    row === undefined
      ? problemOf('CONFIG-UNKNOWN-FIELD', question.albConfig, { field: path }, path)
      : problemOf('CONFIG-UNSUPPORTED', question.albConfig, { field: path, detail: row.text }, path),
  );
  return { problems, held: rows.some(({ row }) => row?.policy === 'hold') };
}

/** In our own words: the small build of the schema library brings none. */
const wordsOf: { readonly [C in Issue['code']]?: (issue: Extract<Issue, { code: C }>) => string } = {
  invalid_type: (issue) => `it must be of type ${issue.expected}`,
  invalid_value: (issue) => `allowed: ${issue.values.map(String).join(', ')}`,
  too_small: (issue) => `it must be at least ${issue.minimum}${issue.origin === 'string' ? ' characters long' : ''}`,
  too_big: (issue) => `it must be at most ${issue.maximum}${issue.origin === 'string' ? ' characters long' : ''}`,
  invalid_format: (issue) => `it must have the form ${issue.pattern ?? issue.format}`,
  custom: (issue) => issue.message,
};

function detailOf(issue: Issue): string {
  // The table pairs each code with its own kind of issue.
  const words = wordsOf[issue.code] as ((one: Issue) => string) | undefined;
  return words?.(issue) ?? 'it has a value that is not allowed';
}

/** The section as its schema types it, with everything that is wrong in it. */
export function readSection<S extends z.core.$ZodType>(question: SectionQuestion<S>): Section<z.output<S>> {
  const folded = foldFields(question.schema, question.raw, question.at);
  const strange = strangers(folded.unknown, question);
  const again = folded.again.map(({ path }) =>
    problemOf('CONFIG-INVALID', question.albConfig, { field: path, detail: 'it stands there twice, in two spellings' }, path),
  );
  const problems = [...strange.problems, ...again];
  const result = z.safeParse(question.schema, folded.value);
  if (result.success) return strange.held || again.length > 0 ? { problems } : { value: result.data, problems };
  const invalid = result.error.issues.map((issue) => {
    const field = pathText(question.at, issue.path);
    return problemOf('CONFIG-INVALID', question.albConfig, { field, detail: detailOf(issue) }, field);
  });
  return { problems: [...problems, ...invalid] };
}

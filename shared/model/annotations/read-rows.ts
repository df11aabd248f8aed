/** Reads a table of annotations at once. */
import type { KubeObject } from '#shared/kube/port.ts';
import type { Problem } from '#shared/problem.ts';
import { type Annotation, keyOn, readAnnotation } from './annotation.ts';

type Rows = Readonly<Record<string, Annotation<unknown>>>;

/** What the rows of a table make, under their own names. */
export type Values<R extends Rows> = { readonly [K in keyof R]: R[K] extends Annotation<infer T> ? T : never };

export interface RowsReading<R extends Rows> {
  /** Where one is refused its default stands in. */
  readonly values: Values<R>;
  /** Rows that the object carries, in the order of the table. */
  readonly written: readonly Annotation<unknown>[];
  readonly problems: readonly Problem[];
}

/** A reader of all rows of a table. Most objects have few of them or none: those that are not written cost a look-up and no more. */
export function rowsReader<R extends Rows>(table: R): (object: KubeObject) => RowsReading<R> {
  const rows = Object.entries(table).map(([name, row]) => ({ name, row }));
  // The rows' own defaults, under the rows' own names; as are the values below.
  const defaults = Object.fromEntries(rows.map(({ name, row }) => [name, row.default])) as Values<R>;
  return (object) => {
    const written = rows.filter(({ row }) => keyOn(row, object) !== undefined);
    if (written.length === 0) return { values: defaults, written: [], problems: [] };
    const readings = written.map(({ name, row }) => ({ name, reading: readAnnotation(row, object) }));
    const taken = readings.flatMap(({ name, reading }) => (reading.problem === undefined ? [[name, reading.value] as const] : []));
    return {
      values: { ...defaults, ...Object.fromEntries(taken) },
      written: written.map(({ row }) => row),
      problems: readings.flatMap(({ reading }) => reading.problem ?? []),
    };
  };
}

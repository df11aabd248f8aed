/** Comparing settings as a table of fields instead of a ladder of ifs: a new setting is a new row. */

/** One field of settings `T`, and when two values of it mean the same. */
export interface Field<T> {
  readonly name: string;
  readonly same: (want: T, have: T) => boolean;
}

/** Undefined members are the same as absent ones; the order of members does not count. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  ) ?? 'undefined';

/** Equal by meaning: plain data without regard to the order of members. Lists are compared in their order. */
export const sameData = (want: unknown, have: unknown): boolean => canonical(want) === canonical(have);

/** A field whose value is compared whole. */
export const scalar = <T, K extends keyof T & string>(name: K): Field<T> => ({
  name,
  same: (want, have) => sameData(want[name], have[name]),
});

/** A field with several values that the service answers in no fixed order. */
export const asSet = <T>(name: string, values: (item: T) => readonly unknown[]): Field<T> => {
  const text = (item: T): string => [...new Set(values(item).map(canonical))].sort().join();
  return { name, same: (want, have) => text(want) === text(have) };
};

/** An object inside, compared by a table of its own; names become `outer.inner`. */
export const nested = <T, I>(name: string, inner: (item: T) => I, fields: readonly Field<I>[]): readonly Field<T>[] =>
  fields.map((field) => ({
    name: `${name}.${field.name}`,
    same: (want, have) => field.same(inner(want), inner(have)),
  }));

/** A field that is only kept when it is wanted: what the user does not say is the service's to choose. */
export const ifWanted = <T, K extends keyof T & string>(name: K): Field<T> => ({
  name,
  same: (want, have) => want[name] === undefined || sameData(want[name], have[name]),
});

/** Names of the fields that differ. */
export const changedFields = <T>(fields: readonly Field<T>[], want: T, have: T): readonly string[] =>
  fields.filter((field) => !field.same(want, have)).map((field) => field.name);

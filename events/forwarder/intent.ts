/** What people want of an object, as far as every kind says it alike: what stays the same when only a status is written. */
import type { ObjectMeta } from '#shared/kube/port.ts';

/** Written by kubectl at each apply: a copy of the object, so it never differs alone. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** Annotations in a fixed order. */
export const annotationsOf = (meta: ObjectMeta): readonly (readonly [string, string])[] =>
  Object.entries(meta.annotations ?? {})
    .filter(([key]) => key !== lastApplied)
    .sort(([a], [b]) => (a < b ? -1 : 1));

/** Our own reports are no news. An object made anew is news (uid). */
export const intentOf = (meta: ObjectMeta): readonly unknown[] => [
  meta.uid,
  meta.generation,
  meta.deletionTimestamp !== undefined,
  annotationsOf(meta),
];

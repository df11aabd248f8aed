/** Hashing of plain data by its meaning: the order of members of an object does not count, the order of a list does. */
import { createHash } from 'node:crypto';

const sorted = (_key: string, value: unknown): unknown => {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
};

/** JSON with the members of every object in alphabetical order; absent and `undefined` members are the same. */
export const canonicalJson = (value: unknown): string => JSON.stringify(value, sorted) ?? 'null';

/** 32 hex characters of the sha256 of the canonical JSON. */
export const stableHash = (value: unknown): string => createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, 32);

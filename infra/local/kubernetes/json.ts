/** Objects of the API as they are: JSON whose shape is known only by schema. Readers give an empty value for what is not there. */
import { isDeepStrictEqual } from 'node:util';

export type Json = null | boolean | number | string | readonly Json[] | JsonMap;

/** A JSON object. What is in the store is never changed in place; a writer works on a copy. */
export interface JsonMap {
  [key: string]: Json;
}

export const isMap = (value: unknown): value is JsonMap => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value at a path of keys; undefined when any step is missing. */
export function valueAt(from: Json | undefined, ...path: readonly string[]): Json | undefined {
  let at: Json | undefined = from;
  for (const key of path) at = isMap(at) ? at[key] : undefined;
  return at;
}

export function mapAt(from: Json | undefined, ...path: readonly string[]): JsonMap {
  const value = valueAt(from, ...path);
  return isMap(value) ? value : {};
}

export function listAt(from: Json | undefined, ...path: readonly string[]): readonly Json[] {
  const value = valueAt(from, ...path);
  return Array.isArray(value) ? value : [];
}

export function textAt(from: Json | undefined, ...path: readonly string[]): string {
  const value = valueAt(from, ...path);
  return typeof value === 'string' ? value : '';
}

export function numberAt(from: Json | undefined, ...path: readonly string[]): number | undefined {
  const value = valueAt(from, ...path);
  return typeof value === 'number' ? value : undefined;
}

/** Only the entries whose value is text, as labels and annotations are. */
export function textsAt(from: Json | undefined, ...path: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(mapAt(from, ...path)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** The map under a key of a map that may be written, made when it is missing. */
export function ensureMap(parent: JsonMap, key: string): JsonMap {
  const value = parent[key];
  if (isMap(value)) return value;
  const made: JsonMap = {};
  parent[key] = made;
  return made;
}

/** Sets a value where there is none. */
export function setDefault(map: JsonMap, key: string, value: Json): void {
  if (map[key] === undefined || map[key] === null) map[key] = value;
}

export const copy = <T extends Json>(value: T): T => structuredClone(value);

export const same = (a: Json | undefined, b: Json | undefined): boolean => isDeepStrictEqual(a, b);

/** What a client may have sent, as JSON of ours. */
export function parseJson(text: string): Json {
  return JSON.parse(text);
}

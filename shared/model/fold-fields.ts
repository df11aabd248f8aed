/** Field names of an AlbConfig may be written in any case (`XForwardedForConfig`, `xforwardedforconfig`): brings them into ours. */
import type * as z from 'zod/mini';

export interface Folded {
  readonly value: unknown;
  /** Fields that the schema does not know, as they were written; they are left out of `value`. */
  readonly unknown: readonly Stranger[];
  /** Fields that stand there again in another spelling: which of the two is meant cannot be told. */
  readonly again: readonly Stranger[];
}

export interface Stranger {
  readonly path: string;
  /** The last name of the path, as it was written. */
  readonly name: string;
  readonly value: unknown;
}

/** What a schema says about members of an object or elements of a list. */
interface Shape {
  readonly fields?: Readonly<Record<string, z.core.$ZodType>>;
  readonly element?: z.core.$ZodType;
}

/** The part of a schema that holds names: the members of an object, or the element of a list, behind any `optional`. */
export function shapeOf(schema: z.core.$ZodType): Shape {
  // Every classic and mini schema is one of these definitions; the library types the base class without them.
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'optional') return shapeOf(def.innerType);
  if (def.type === 'object') return { fields: def.shape };
  return def.type === 'array' ? { element: def.element } : {};
}

/** Whether a value is an object with members, as against a list or a plain value. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

type Fields = NonNullable<Shape['fields']>;

/** Folded names of each schema's fields, made once: rules are read often, schemas are few. */
const namesByFields = new WeakMap<Fields, ReadonlyMap<string, string>>();

function namesOf(fields: Fields): ReadonlyMap<string, string> {
  const known = namesByFields.get(fields);
  if (known !== undefined) return known;
  const names = new Map(Object.keys(fields).map((name) => [name.toLowerCase(), name]));
  namesByFields.set(fields, names);
  return names;
}

function foldRecord(fields: Fields, value: Readonly<Record<string, unknown>>, at: string): Folded {
  const names = namesOf(fields);
  const kept: [string, unknown][] = [];
  const unknown: Stranger[] = [];
  const again: Stranger[] = [];
  for (const [written, inner] of Object.entries(value)) {
    const name = names.get(written.toLowerCase());
    const schema = name === undefined ? undefined : fields[name];
    const stranger = { path: `${at}.${written}`, name: written, value: inner };
    if (name === undefined || schema === undefined) {
      unknown.push(stranger);
      continue;
    }
    if (kept.some(([before]) => before === name)) again.push(stranger);
    const folded = foldFields(schema, inner, stranger.path);
    if (folded.value !== null) kept.push([name, folded.value]);
    unknown.push(...folded.unknown);
    again.push(...folded.again);
  }
  return { value: Object.fromEntries(kept), unknown, again };
}

/** `value` with the schema's own names and without fields that it does not know. A `null` field counts as absent. */
export function foldFields(schema: z.core.$ZodType, value: unknown, at: string): Folded {
  const { fields, element } = shapeOf(schema);
  if (fields !== undefined && isRecord(value)) return foldRecord(fields, value, at);
  if (element === undefined || !Array.isArray(value)) return { value, unknown: [], again: [] };
  const items = value.map((item, index) => foldFields(element, item, `${at}[${index}]`));
  return {
    value: items.map((item) => item.value),
    unknown: items.flatMap((item) => item.unknown),
    again: items.flatMap((item) => item.again),
  };
}

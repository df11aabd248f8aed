/** Elements of the lists in `actions.<service>` and `conditions.<service>`: `{"type": "…", "…Config": {…}}`, a row a type. */
import * as z from 'zod/mini';
import type { RuleDirection } from '#shared/cloud/alb/port.ts';
import { foldFields, isRecord } from '#shared/model/fold-fields.ts';
import { once } from '#shared/model/once.ts';
import { described, faultOf } from './fault.ts';
import { type MemberRow, membersOf, namesAt } from './member.ts';
import { nearestName } from './nearest-name.ts';

/** A value, or everything that is wrong with what was written, as sentences. */
export type Parsed<T> = { readonly value: T; readonly faults?: never } | { readonly faults: readonly string[]; readonly value?: never };

interface Row<S extends z.ZodMiniType, T> {
  /** Name of the type; it is found in any case. */
  readonly type: string;
  /** Member that holds the settings, and other names that it is found under. */
  readonly config: readonly [string, ...string[]];
  /** Called when the first such element is read: most clusters have none. */
  readonly schema: () => S;
  readonly make: (config: z.output<S>) => T;
  /** Directions of rules in which the type may stand. */
  readonly directions: readonly RuleDirection[];
  /** What it does, for the documentation. */
  readonly text: string;
}

/** One type of element. */
export interface Kind<T> extends Pick<Row<z.ZodMiniType, T>, 'type' | 'config' | 'directions' | 'text'> {
  /** For the documentation; made when it is asked for. */
  readonly members: () => readonly MemberRow[];
  /** Settings as written, `at` for messages. */
  readonly read: (config: unknown, at: string) => Parsed<T>;
}

/** Members that have another name here than in the ALB API, or that people know from elsewhere. */
const renamed: Readonly<Record<string, string>> = {
  peripqps: 'QPSPerIp',
  forwardgroupconfig: 'ForwardConfig',
  servergrouptuples: 'ServerGroups',
  statuscode: 'httpCode',
  messagebody: 'content',
  body: 'content',
  servergroupstickysessionconfig: 'ServerGroupStickySession',
};

function strangerFault(place: string, written: string, known: readonly string[]): string {
  const moved = renamed[written.toLowerCase()];
  const meant = moved !== undefined && known.includes(moved) ? moved : nearestName(written, known);
  const guess = meant === undefined ? '' : `; did you mean ${meant}?`;
  return `at ${place}: the members ${known.join(', ')}; found ${JSON.stringify(written.slice(0, 40))}${guess}`;
}

/** `.ServerGroups[0]` as names and indexes. Names that hold dots or brackets are in no schema, so none is among them. */
const stepsOf = (path: string): readonly PropertyKey[] =>
  [...path.matchAll(/\[(\d+)\]|\.([^.[]+)/g)].map(([, index, name]) => (index === undefined ? (name ?? '') : Number(index)));

/** Makes a type of element of its row. */
export function kind<S extends z.ZodMiniType, T>(row: Row<S, T>): Kind<T> {
  const { type, config, directions, text, make } = row;
  const schemaOf = once(row.schema);
  const read = (written: unknown, at: string): Parsed<T> => {
    const schema = schemaOf();
    const folded = foldFields(schema, written, at);
    const strangers = folded.unknown.map(({ path, name }) => {
      const parent = path.slice(0, -name.length - 1);
      return strangerFault(parent, name, namesAt(schema, stepsOf(parent.slice(at.length))));
    });
    const parsed = z.safeParse(schema, folded.value);
    if (parsed.success && strangers.length === 0) return { value: make(parsed.data) };
    const issues = parsed.success ? [] : parsed.error.issues;
    return { faults: [...strangers, ...issues.map((issue) => faultOf(schema, issue, folded.value, at))] };
  };
  return { type, config, directions, text, members: () => membersOf(schemaOf()), read };
}

/** The entry of an object whose name is one of `names` in any case; the first of `names` wins. */
const entryOf = (element: Readonly<Record<string, unknown>>, names: readonly string[]): readonly [string, unknown] | undefined => {
  const entries = Object.entries(element);
  return names.map((name) => entries.find(([key]) => key.toLowerCase() === name.toLowerCase())).find((one) => one !== undefined);
};

function kindOf<T>(kinds: readonly Kind<T>[], type: string): Kind<T> | undefined {
  return kinds.find((one) => one.type.toLowerCase() === type.trim().toLowerCase());
}

/** Settings under two of their names: one of them would have no effect. */
function twiceFault(found: Kind<unknown>, element: Readonly<Record<string, unknown>>, at: string): readonly string[] {
  const written = Object.keys(element).filter((key) => found.config.some((name) => name.toLowerCase() === key.toLowerCase()));
  return written.length < 2 ? [] : [`at ${at}: the settings once; found ${written.join(' and ')}`];
}

function readConfig<T>(found: Kind<T>, element: Readonly<Record<string, unknown>>, at: string): Parsed<T> {
  const known = ['type', ...found.config];
  const strangers = Object.keys(element).filter((key) => !known.some((name) => name.toLowerCase() === key.toLowerCase()));
  const faults = [...strangers.map((key) => strangerFault(at, key, known)), ...twiceFault(found, element, at)];
  const [name, config] = entryOf(element, found.config) ?? [found.config[0], undefined];
  const read: Parsed<T> =
    config === undefined || config === null
      ? { faults: faults.length > 0 ? [] : [`at ${at}: type ${found.type} goes with ${found.config[0]}, which is missing`] }
      : found.read(config, `${at}.${name}`);
  return faults.length === 0 ? read : { faults: [...faults, ...(read.faults ?? [])] };
}

function typeFault(kinds: readonly Kind<unknown>[], type: unknown, at: string): string {
  const types = kinds.map((one) => one.type);
  const near = typeof type === 'string' ? nearestName(type, types) : undefined;
  return `at ${at}.type: one of ${types.join(', ')}; found ${described(type)}${near === undefined ? '' : `; did you mean ${near}?`}`;
}

/** One element of a list and its type, or what is wrong with it. */
export function readElement<T>(
  kinds: readonly Kind<T>[],
  element: unknown,
  at: string,
): Parsed<{ readonly kind: Kind<T>; readonly value: T }> {
  if (!isRecord(element)) return { faults: [`at ${at}: an object with a type; found ${described(element)}`] };
  const [, type] = entryOf(element, ['type']) ?? [];
  const found = typeof type === 'string' ? kindOf(kinds, type) : undefined;
  if (found === undefined) return { faults: [typeFault(kinds, type, at)] };
  const read = readConfig(found, element, at);
  return read.faults === undefined ? { value: { kind: found, value: read.value } } : read;
}

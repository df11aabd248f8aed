/** What is wrong with a JSON value that a schema refuses, as one sentence: where, what may stand there, what was found, and the likely mistake. */
import type * as z from 'zod/mini';
import { isRecord } from '#shared/model/fold-fields.ts';
import { factsAt } from './member.ts';
import { nearestName } from './nearest-name.ts';

/** Values are shown as far as this; an Event has room for about a thousand characters in all. */
const shown = 40;

/** Text that is cut where it is too long to be read in a message. */
export const cut = (written: string, most: number): string => (written.length > most ? `${written.slice(0, most)}…` : written);

/** A value as a message names it. */
export function described(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return `the text ${JSON.stringify(cut(value, shown))}`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return isRecord(value) ? 'an object' : String(value);
}

interface Guess {
  /** What was wanted there: an issue code of the schema library, or the type of an `invalid_type`. */
  readonly wanted: readonly string[];
  readonly is: (value: unknown) => boolean;
  readonly say: string;
}

const isNumeral = (value: unknown): boolean => typeof value === 'string' && /^-?\d+$/.test(value.trim());

const guesses: readonly Guess[] = [
  { wanted: ['number', 'int'], is: isNumeral, say: 'remove the quotes' },
  { wanted: ['boolean'], is: (value) => value === 'true' || value === 'false', say: 'remove the quotes' },
  { wanted: ['string', 'invalid_value'], is: (value) => typeof value === 'number', say: 'put it in quotes' },
  { wanted: ['array'], is: (value) => isRecord(value) || typeof value === 'string', say: 'put [ ] around it' },
  { wanted: ['object'], is: Array.isArray, say: 'remove the [ ] around it' },
  {
    wanted: ['invalid_format', 'invalid_value'],
    is: (value) => typeof value === 'string' && value !== value.trim(),
    say: 'remove the spaces',
  },
];

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((inner, name) => {
    if (Array.isArray(inner)) return inner[Number(name)];
    return isRecord(inner) ? inner[String(name)] : undefined;
  }, value);

function guessOf(issue: z.core.$ZodIssue, value: unknown): string {
  const wanted = issue.code === 'invalid_type' ? issue.expected : issue.code;
  if (issue.code === 'invalid_value' && typeof value === 'string') {
    const near = nearestName(value, issue.values.map(String));
    if (near !== undefined) return `; did you mean ${near}?`;
  }
  const guess = guesses.find((one) => one.wanted.includes(wanted) && one.is(value));
  return guess === undefined ? '' : `; ${guess.say}`;
}

/** `at` and a path inside it, as `[0].ForwardConfig.ServerGroups[1]`. */
const placeOf = (at: string, path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, name) => (typeof name === 'number' ? `${text}[${name}]` : `${text}.${String(name)}`), at);

const typeNames: Readonly<Record<string, string>> = {
  string: 'text in quotes',
  array: 'a list',
  object: 'an object',
  boolean: 'true, false',
};

/** One sentence for one issue of a schema. Issues of a schema's own checks bring their sentence along. */
export function faultOf(schema: z.core.$ZodType, issue: z.core.$ZodIssue, value: unknown, at: string): string {
  const place = `at ${placeOf(at, issue.path)}`;
  const facts = factsAt(schema, issue.path);
  if (issue.code === 'custom' && issue.message !== '' && issue.message !== 'Invalid input') return `${place}: ${issue.message}`;
  const found = valueAt(value, issue.path);
  const expected = issue.code === 'invalid_type' ? (typeNames[issue.expected] ?? issue.expected) : 'another value';
  return `${place}: ${facts?.allowed ?? expected}; found ${described(found)}${guessOf(issue, found)}`;
}

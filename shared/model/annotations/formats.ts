/** The few formats that annotation values have. */
import type { Format } from './annotation.ts';
import { described } from './fault.ts';

/** Values that differ from an allowed one only in case, as `HTTPS` from `https`: a frequent mistake with the existing controllers. */
const otherCase = (text: string, values: readonly string[]): string | undefined => {
  const meant = values.find((one) => one.toLowerCase() === text.toLowerCase());
  return meant === undefined ? undefined : `write it exactly so: ${meant}`;
};

/** What people write who think of other controllers. */
const truths: Readonly<Record<string, string>> = { on: 'true', yes: 'true', '1': 'true', off: 'false', no: 'false', '0': 'false' };

/** Only the literals `true` and `false`: a value such as `on` is refused instead of meaning false. */
export const boolean: Format<boolean> = {
  type: 'boolean',
  allowed: 'true, false',
  parse: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
  explain: (text) => otherCase(truths[text.toLowerCase()] ?? text, ['true', 'false']),
};

/** A decimal integer within bounds, both included. */
export const integer = (min: number, max: number): Format<number> => ({
  type: 'integer',
  allowed: `an integer from ${min} to ${max}`,
  parse: (text) => {
    const value = Number(text);
    return /^\d{1,9}$/.test(text) && value >= min && value <= max ? value : undefined;
  },
});

/** One of a few words, written exactly so. */
export const choice = <T extends string>(...values: readonly T[]): Format<T> => ({
  type: 'choice',
  allowed: values.join(', '),
  parse: (text) => values.find((one) => one === text),
  explain: (text) => otherCase(text, values),
});

/** Text of a form that `allowed` describes. */
export const textLike = (pattern: RegExp, allowed: string): Format<string> => ({
  type: 'text',
  allowed,
  parse: (text) => (pattern.test(text) ? text : undefined),
});

/** Comma-separated values without repetition, spaces around them dropped; none empty. */
export const listOf = (pattern: RegExp, allowed: string): Format<readonly string[]> => ({
  type: 'list',
  allowed,
  parse: (text) => {
    const values = text.split(',').map((one) => one.trim());
    return values.every((one) => pattern.test(one)) ? [...new Set(values)] : undefined;
  },
  explain: (text) => {
    const wrong = text.split(',').find((one) => !pattern.test(one.trim()));
    return wrong === undefined || !text.includes(',') ? undefined : `${described(wrong.trim())} is wrong`;
  },
});

/** Small checks of one parameter, each with the words that finish "Parameter X must …". */
import type { Value } from '../openapi/shape.ts';

export interface Check {
  readonly says: string;
  holds(value: Value): boolean;
}

/** A whole number within bounds, both included. */
export const between = (least: number, most: number): Check => ({
  says: `be ${least} to ${most}`,
  holds: (value) => typeof value === 'number' && value >= least && value <= most,
});

/** One of a few texts. */
export const oneOf = (...allowed: readonly string[]): Check => ({
  says: `be one of ${allowed.join(', ')}`,
  holds: (value) => typeof value === 'string' && allowed.includes(value),
});

/** As `oneOf`, without regard to case. */
export const oneOfAnyCase = (...allowed: readonly string[]): Check => ({
  says: `be one of ${allowed.join(', ')}`,
  holds: (value) => typeof value === 'string' && allowed.includes(value.toLowerCase()),
});

/** A text of a length within bounds and, if given, of a form. */
export const text = (least: number, most: number, form?: RegExp): Check => ({
  says: `have ${least} to ${most} characters${form === undefined ? '' : ` of the form ${form.source}`}`,
  holds: (value) => typeof value === 'string' && value.length >= least && value.length <= most && (form?.test(value) ?? true),
});

/** A text that does not have a form. */
export const not = (form: RegExp, says: string): Check => ({ says, holds: (value) => typeof value === 'string' && !form.test(value) });

/** A list with a number of elements within bounds. */
export const count = (least: number, most: number): Check => ({
  says: `have ${least} to ${most} elements`,
  holds: (value) => Array.isArray(value) && value.length >= least && value.length <= most,
});

const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every((one) => typeof one === 'string');

function textsIn(value: Value): readonly string[] | undefined {
  try {
    const read: unknown = typeof value === 'string' ? JSON.parse(value) : undefined;
    return isTexts(read) ? read : undefined;
  } catch {
    return undefined;
  }
}

/** A text that holds a JSON array of texts, with a number of elements within bounds. */
export const jsonTexts = (least: number, most: number): Check => ({
  says: `be a JSON array of ${least} to ${most} texts`,
  holds: (value) => {
    const texts = textsIn(value);
    return texts !== undefined && texts.length >= least && texts.length <= most;
  },
});

/** Names of load balancers, groups and rules: a letter first, then letters, digits, `.`, `_` and `-`. Letters of any script pass. */
export const resourceName: Check = text(2, 128, /^\p{L}[\p{L}\p{N}._-]*$/u);

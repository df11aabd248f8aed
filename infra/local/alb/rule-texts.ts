/** Texts in rules: what a host, a path, a query or the value of a header may look like (ALB reference 4.2, annotations 9.2 and 10.2; K). */
import * as z from 'zod';

/** Regular expressions begin so; `~*` too. */
export const isExpression = (text: string): boolean => text.startsWith('~');

/** Whether what follows the marker is an expression at all. */
export function compiles(expression: string): boolean {
  try {
    new RegExp(expression.replace(/^~\*?/, ''));
    return true;
  } catch {
    return false;
  }
}

const isHostName = (text: string): boolean =>
  /^[a-z0-9.*?=~_+\\^!$&|()[\]-]+$/.test(text) && /^[^.].*\.[a-z*?]+$/.test(text) && !/(^|\.)-|-(\.|$)/.test(text);

/** Lower case with at least one dot inside, the last label of letters and wildcards; no label begins or ends with a hyphen. */
const hostName = z
  .string()
  .min(3)
  .max(128)
  .refine(isHostName, 'must be a lower-case host name with a dot, its last label of letters, no label with a hyphen at its end');

/** As `hostName`, or an expression after `~`. */
export const hostPattern = z
  .string()
  .min(3)
  .max(128)
  .refine(
    (text) => (isExpression(text) ? /^[a-z0-9.*?=~_+\\^!$&|()[\]{},:-]+$/.test(text) : isHostName(text)),
    'must be a lower-case host name with a dot, its last label of letters, or an expression after ~',
  );

const pathLetters = /^\/[A-Za-z0-9$\-_.+/&~@:'*?]*$/;

/** A path with wildcards, or any printable expression after `~`. */
export const pathPattern = z
  .string()
  .min(1)
  .max(128)
  .refine(
    (text) => (isExpression(text) ? /^[\x21-\x7e]+$/.test(text) : pathLetters.test(text)),
    "must start with / and hold letters, digits and $-_.+/&~@:'*? only",
  );

/** Printable without double quotes, no space at either end. */
export const headerValue = z
  .string()
  .min(1)
  .max(128)
  .refine((text) => /^[\x20-\x7e]*$/.test(text) && !/^ | $|"/.test(text), 'must be printable, without " and without a space at its ends');

/** A part of a query string: printable, without space, upper case and what a query cannot hold. */
export const queryPart = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[\x21-\x7e]*$/, 'must be printable, without spaces')
    .regex(/^[^A-Z#[\]{}\\|<>&"]*$/, 'must have no upper-case letter and none of # [ ] { } \\ | < > & "');

/** As `queryPart`; a semicolon separates cookies. */
export const cookiePart = queryPart(100).regex(/^[^;]*$/, 'must have no semicolon');

const variable = /\$\{(host|protocol|port|path|query|[1-9])\}/g;

const eachOnce = (text: string): boolean => {
  const names = [...text.matchAll(variable)].map((match) => match[1]);
  return new Set(names).size === names.length;
};

/** `${host}` alone or a host name. */
export const hostTemplate = z.union([z.literal(`\${host}`), hostName]);

/** A path in which variables stand, each at most once. */
export const pathTemplate = z
  .string()
  .min(1)
  .max(128)
  .refine(eachOnce, 'must name each variable once')
  .refine(
    (text) => pathLetters.test(text.replace(/^\$\{path\}/, '/').replaceAll(variable, '')),
    "must start with / and hold letters, digits, variables and $-_.+/&~@:'*? only",
  );

/** A query in which variables stand, each at most once; `&` separates its parts. */
export const queryTemplate = z
  .string()
  .max(128)
  .refine(eachOnce, 'must name each variable once')
  .refine(
    (text) => /^[\x21-\x7e]*$/.test(text) && /^[^A-Z#[\]{}\\|<>"]*$/.test(text.replaceAll(variable, '')),
    'must be printable, without spaces, upper-case letters and # [ ] { } \\ | < > "',
  );

/** Name of a header. */
export const headerKey = z
  .string()
  .min(1)
  .max(40)
  .regex(/^[A-Za-z0-9_-]+$/, 'must hold letters, digits, - and _ only');

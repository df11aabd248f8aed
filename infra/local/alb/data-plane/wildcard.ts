/**
 * How ALB writes "like": `*` stands for any characters (dots and slashes too), `?` for exactly one, a leading `~` (usually `~*`) makes the
 * rest a regular expression that may match anywhere. Despite the marker, expressions are case-sensitive.
 */

const literal = (text: string): string => text.replace(/[.+^${}()|[\]\\]/g, '\\$&');

const anything = /(?:)/;
const nothing = /(?!)/;

/** The expression behind `~*`. One that does not compile matches nothing: the API refuses it before it gets here. */
function expression(pattern: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch {
    return nothing;
  }
}

/** Compiles one value of a condition that allows `*` and `?`. */
export function wildcard(value: string): RegExp {
  if (value === '*' || value === '/*') return value === '*' ? anything : /^\//;
  return new RegExp(`^${literal(value).replaceAll('*', '[^]*').replaceAll('?', '[^]')}$`);
}

/** Whether a value of a host or path condition is a regular expression. */
export const isExpression = (value: string): boolean => value.startsWith('~');

/** Compiles one value of a host or path condition: wildcards, or a regular expression after `~` or `~*`. */
export const wildcardOrExpression = (value: string): RegExp =>
  isExpression(value) ? expression(value.replace(/^~\*?/, '')) : wildcard(value);

/** Regular expressions in paths and hosts: a value that begins with `~`, or `~*` (which does not mean "in any case": ALB matches case-sensitively). */

export const isExpression = (value: string): boolean => value.startsWith('~');

const sourceOf = (value: string): string => value.replace(/^~\*?/, '');

/** Why an expression cannot be one; `undefined` when it can. What the service's own dialect refuses besides is found by the service. */
export function expressionFault(value: string): string | undefined {
  if (!/^[!-~]*$/.test(value)) return 'an expression holds printable ASCII characters without spaces only';
  try {
    new RegExp(sourceOf(value));
    return undefined;
  } catch (error) {
    return `it is no regular expression: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** How many groups an expression has; 0 for other values. */
export function groupCount(value: string): number {
  if (!isExpression(value) || expressionFault(value) !== undefined) return 0;
  // The empty alternative always matches, so that the answer has a place for every group.
  return (new RegExp(`${sourceOf(value)}|`).exec('')?.length ?? 1) - 1;
}

/** The highest group that a template names as `${1}`, `${2}` and so on; 0 when it names none. */
export const highestGroup = (template: string): number =>
  Math.max(0, ...[...template.matchAll(/\$\{(\d+)\}/g)].map(([, digits]) => Number(digits)));

/**
 * From host and path of an Ingress to the conditions of a rule, with what ALB would refuse found first: one illegal value would make the
 * service refuse the whole batch of rules.
 */
import type { RuleCondition } from '#shared/cloud/alb/port.ts';
import type { ErrorCode } from '#shared/errors.ts';
import { expressionFault, isExpression } from './path-expression.ts';
import type { WrittenRoute } from './written-route.ts';

/** Why something that is written cannot be in a rule. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly facts: Readonly<Record<string, string>>;
}

export type Conditions =
  | { readonly conditions: readonly RuleCondition[]; readonly refusal?: never }
  | { readonly refusal: Refusal; readonly conditions?: never };

/** Both limits from the metadata of the API (`Rules.N.RuleConditions`). */
const valueLimit = 128;
const hostMinimum = 3;

const pathCharacters = /^\/[A-Za-z0-9$\-_.+/&~@:'*?]*$/;
const hostCharacters = /^[a-z0-9.\-*?=~_+\\^!$&|()[\]]+$/;
const lastLabel = /\.[a-z*?]+$/;

/** Matches every path; the path of a rule that has no other condition, because ALB wants at least one. */
const everyPath = '/*';

type PathType = WrittenRoute['type'];

/** `/p/` -> `/p`: Kubernetes ignores the last slash of a Prefix path. */
const withoutLastSlash = (path: string): string => (path.endsWith('/') ? path.slice(0, -1) : path);

const prefixValues = (path: string): readonly string[] => {
  const prefix = withoutLastSlash(path);
  return prefix === '' ? [everyPath] : [prefix, `${prefix}/*`];
};

const valuesOf: Readonly<Record<PathType, (path: string) => readonly string[]>> = {
  Exact: (path) => [path],
  Prefix: prefixValues,
  ImplementationSpecific: (path) => [path],
  Default: () => [everyPath],
};

const pathFault = (value: string): string | undefined => {
  if (value.length > valueLimit) return `longer than ${valueLimit} characters`;
  if (isExpression(value)) return expressionFault(value);
  return pathCharacters.test(value) ? undefined : "it must begin with / and hold only letters, digits and $-_.+/&~@:'*?";
};

const hostFault = (host: string): string | undefined => {
  if (host.length < hostMinimum || host.length > valueLimit) return `it must have ${hostMinimum} to ${valueLimit} characters`;
  if (isExpression(host)) return expressionFault(host);
  if (!hostCharacters.test(host)) return 'only lower case letters, digits, dots, hyphens and wildcards';
  return lastLabel.test(host) ? undefined : 'it needs a dot, and only letters or wildcards after the last one';
};

const faultsOf: {
  readonly [T in RuleCondition['type']]?: { readonly code: ErrorCode; readonly fault: (value: string) => string | undefined };
} = {
  Host: { code: 'HOST-ILLEGAL', fault: hostFault },
  Path: { code: 'PATH-ILLEGAL', fault: pathFault },
};

/** The first value of a host or path condition that ALB would refuse. */
export function conditionRefusal(condition: RuleCondition): Refusal | undefined {
  const row = faultsOf[condition.type];
  const values = condition.type === 'Host' ? condition.hostConfig.values : condition.type === 'Path' ? condition.pathConfig.values : [];
  for (const value of values) {
    const detail = row?.fault(value);
    if (row !== undefined && detail !== undefined) return { code: row.code, facts: { value, detail } };
  }
  return undefined;
}

/** A Prefix path becomes an expression when the annotations ask for it; `/` stays what it is, and so do other types. */
const becomesExpression = (type: PathType, path: string, asExpression: boolean): boolean =>
  asExpression && type === 'Prefix' && path !== '/' && path !== '';

function pathValues(type: PathType, path: string, asExpression: boolean): readonly string[] | Refusal {
  if (becomesExpression(type, path, asExpression)) return [`~*${path}`];
  if ((type === 'Prefix' || type === 'Exact') && /[*?]/.test(path)) {
    return { code: 'PATH-WILDCARD', facts: { type: type.toLowerCase(), value: path } };
  }
  return path === '' ? [] : valuesOf[type](path);
}

/** Host and path of one rule as it is written; `asExpressions`: the annotations make Prefix paths regular expressions. */
export type WrittenMatch = Pick<WrittenRoute, 'host' | 'type' | 'path'> & { readonly asExpressions?: boolean };

/** Conditions in the order Host, Path. An empty host or path makes none, so the list may be empty. */
export function ownConditions({ host, type, path, asExpressions = false }: WrittenMatch): Conditions {
  const onHost: readonly RuleCondition[] = host === '' ? [] : [{ type: 'Host', hostConfig: { values: [host] } }];
  const hostRefusal = onHost.map(conditionRefusal)[0];
  if (hostRefusal !== undefined) return { refusal: hostRefusal };
  const values = pathValues(type, path, asExpressions);
  if ('code' in values) return { refusal: values };
  const onPath: readonly RuleCondition[] = values.length === 0 ? [] : [{ type: 'Path', pathConfig: { values } }];
  const refusal = onPath.map(conditionRefusal)[0];
  if (refusal === undefined) return { conditions: [...onHost, ...onPath] };
  // The value that was refused may be one that we made; people know the one they wrote.
  return { refusal: { ...refusal, facts: { ...refusal.facts, value: path } } };
}

/** ALB wants at least one condition in a rule: every path, where nothing else is asked. */
export const orEveryPath = (conditions: readonly RuleCondition[]): readonly RuleCondition[] =>
  conditions.length > 0 ? conditions : [{ type: 'Path', pathConfig: { values: [everyPath] } }];

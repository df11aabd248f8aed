/**
 * From host and path of an Ingress to the conditions of a rule, with what ALB would refuse found first: one illegal value would make the
 * service refuse the whole batch of rules.
 */
import type { RuleCondition } from '#shared/cloud/alb/port.ts';
import type { ErrorCode } from '#shared/errors.ts';
import type { IngressPath } from './wish.ts';

interface Refusal {
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

/** Matches every path; the path of a rule that has neither host nor path, because ALB wants at least one condition. */
const everyPath = '/*';

type PathType = IngressPath['pathType'];

/** `/p/` -> `/p`: Kubernetes ignores the last slash of a Prefix path. */
const withoutLastSlash = (path: string): string => (path.endsWith('/') ? path.slice(0, -1) : path);

const valuesOf: Readonly<Record<PathType, (path: string) => readonly string[]>> = {
  Exact: (path) => [path],
  Prefix: (path) => (withoutLastSlash(path) === '' ? [everyPath] : [withoutLastSlash(path), `${withoutLastSlash(path)}/*`]),
  ImplementationSpecific: (path) => [path],
};

const pathRefusal = (value: string): string | undefined => {
  if (value.length > valueLimit) return `longer than ${valueLimit} characters`;
  if (value.startsWith('~') || pathCharacters.test(value)) return undefined;
  return "it must begin with / and hold only letters, digits and $-_.+/&~@:'*?";
};

const hostRefusal = (host: string): string | undefined => {
  if (host.length < hostMinimum || host.length > valueLimit) return `it must have ${hostMinimum} to ${valueLimit} characters`;
  if (!hostCharacters.test(host)) return 'only lower case letters, digits, dots, hyphens and wildcards';
  return lastLabel.test(host) ? undefined : 'it needs a dot, and only letters or wildcards after the last one';
};

function pathValues(type: PathType, path: string): readonly string[] | Refusal {
  if (type !== 'ImplementationSpecific' && /[*?]/.test(path)) {
    return { code: 'PATH-WILDCARD', facts: { type: type.toLowerCase(), value: path } };
  }
  const values = valuesOf[type](path);
  const detail = values.map(pathRefusal).find((one) => one !== undefined);
  return detail === undefined ? values : { code: 'PATH-ILLEGAL', facts: { value: path, detail } };
}

const hostCondition = (host: string): readonly RuleCondition[] => (host === '' ? [] : [{ type: 'Host', hostConfig: { values: [host] } }]);

const pathCondition = (values: readonly string[]): readonly RuleCondition[] =>
  values.length === 0 ? [] : [{ type: 'Path', pathConfig: { values } }];

/** Conditions in the order Host, Path. An empty host or path makes no condition. */
export function buildConditions(host: string, type: PathType, path: string): Conditions {
  const detail = host === '' ? undefined : hostRefusal(host);
  if (detail !== undefined) return { refusal: { code: 'HOST-ILLEGAL', facts: { value: host, detail } } };
  const values = path === '' ? [] : pathValues(type, path);
  if ('code' in values) return { refusal: values };
  const conditions = [...hostCondition(host), ...pathCondition(values)];
  return { conditions: conditions.length > 0 ? conditions : pathCondition([everyPath]) };
}

/** Conditions of rules: a row a type with the member that carries it, and what its values may be (ALB reference 4.2, 6.5). */
import { isIP } from 'node:net';
import * as z from 'zod';
import { formComplaint } from './form-complaint.ts';
import type { RuleCondition, RuleRecord } from './records.ts';
import { compiles, cookiePart, headerKey, headerValue, hostPattern, isExpression, pathPattern, queryPart } from './rule-texts.ts';
import type { Settings } from './settings.ts';

const list = (value: z.ZodType<string>, most = 50) => z.strictObject({ Values: z.array(value).min(1).max(most) });
const pairs = (key: z.ZodType<string>, value: z.ZodType<string>) =>
  z.strictObject({
    Values: z
      .array(z.strictObject({ Key: key.optional(), Value: value.optional() }))
      .min(1)
      .max(50),
  });
const keyed = (key: z.ZodType<string>, value: z.ZodType<string>) => z.strictObject({ Key: key, Values: z.array(value).min(1).max(50) });

const conditionKey = headerKey.refine(
  (text) => !['cookie', 'host'].includes(text.toLowerCase()),
  'must be another header than Cookie and Host',
);

const address = z.string().refine((text) => {
  const [ip = '', bits, ...rest] = text.split('/');
  const family = isIP(ip);
  const most = family === 6 ? 128 : 32;
  return family > 0 && rest.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most));
}, 'must be an address or a block of addresses');

const method = z.enum(['HEAD', 'GET', 'POST', 'OPTIONS', 'PUT', 'PATCH', 'DELETE']);
/** The documents only say text; classes (`5xx`) are written as elsewhere in the API [E]. */
const statusCode = z.string().regex(/^[1-5]([0-9]{2}|xx)$/, 'must be a status code');

interface ConditionRow {
  readonly member: string;
  readonly form: z.ZodType;
  /** Only in rules for responses. */
  readonly response?: true;
}

const rows: Readonly<Record<string, ConditionRow>> = {
  Host: { member: 'HostConfig', form: list(hostPattern) },
  Path: { member: 'PathConfig', form: list(pathPattern) },
  Header: { member: 'HeaderConfig', form: keyed(conditionKey, headerValue) },
  QueryString: { member: 'QueryStringConfig', form: pairs(queryPart(100), queryPart(128)) },
  Cookie: { member: 'CookieConfig', form: pairs(cookiePart, cookiePart) },
  Method: { member: 'MethodConfig', form: list(method, 10) },
  SourceIp: { member: 'SourceIpConfig', form: list(address, 5) },
  ResponseHeader: { member: 'ResponseHeaderConfig', form: keyed(conditionKey, headerValue), response: true },
  ResponseStatusCode: { member: 'ResponseStatusCodeConfig', form: list(statusCode), response: true },
};

/** Types of conditions that are known. */
export const conditionTypes: readonly string[] = Object.keys(rows);

function complaintAbout(condition: RuleCondition, direction: RuleRecord['direction']): string | undefined {
  const row = rows[condition.Type];
  if (row === undefined) return `there is no condition of type ${condition.Type}`;
  if (row.response === true && direction === 'Request') return `${condition.Type} is for rules of direction Response`;
  const { Type, ...members } = condition;
  const strangers = Object.keys(members).filter((name) => name !== row.member);
  if (strangers.length > 0) return `${Type} goes with ${row.member}, not with ${strangers.join(', ')}`;
  return formComplaint(row.member, row.form, members[row.member]);
}

const valuesOf = (member: unknown): readonly unknown[] =>
  typeof member === 'object' && member !== null && 'Values' in member && Array.isArray(member.Values) ? member.Values : [];

/** Every value the rule is matched against, as the quotas count them; pairs are shown as `key=value`. */
export const matchValues = (conditions: readonly RuleCondition[]): readonly string[] =>
  conditions.flatMap(({ Type: _type, ...members }) =>
    Object.values(members)
      .flatMap(valuesOf)
      .map((value) => (typeof value === 'string' ? value : Object.values(value ?? {}).join('='))),
  );

/** Source addresses of one rule, in all its conditions together. */
const mostAddresses = 5;

/** What the settings leave to the account: whether hosts may be expressions, and whether an expression must be one. */
type Allowed = Pick<Settings, 'hostExpressions' | 'brokenExpressions'>;

function complaintAboutAll(conditions: readonly RuleCondition[], allowed: Allowed): string | undefined {
  const valuesOfType = (type: string) => matchValues(conditions.filter((condition) => condition.Type === type));
  if (valuesOfType('SourceIp').length > mostAddresses) return `there are more than ${mostAddresses} source addresses`;
  const hosts = valuesOfType('Host').filter(isExpression);
  if (allowed.hostExpressions === 'refused' && hosts.length > 0) return `the host ${hosts[0]} is an expression`;
  const broken = [...hosts, ...valuesOfType('Path').filter(isExpression)].find((expression) => !compiles(expression));
  return allowed.brokenExpressions === 'refused' && broken !== undefined ? `${broken} is no expression` : undefined;
}

/** What is wrong with the conditions of a rule; `undefined` when nothing is. */
export const complaintAboutConditions = (
  conditions: readonly RuleCondition[],
  direction: RuleRecord['direction'],
  allowed: Allowed,
): string | undefined =>
  conditions.map((condition) => complaintAbout(condition, direction)).find((complaint) => complaint !== undefined) ??
  complaintAboutAll(conditions, allowed);

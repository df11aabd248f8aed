/** Conditions of rules: a row a type with the member that carries it, and what its values may be (ALB reference 4.2, 6.5). */
import { isIP } from 'node:net';
import * as z from 'zod';
import type { RuleCondition, RuleRecord } from './records.ts';

const list = (value: z.ZodType<string>, most = 50) => z.strictObject({ Values: z.array(value).min(1).max(most) });
const pairs = (key: z.ZodType<string>, value: z.ZodType<string>) =>
  z.strictObject({
    Values: z
      .array(z.strictObject({ Key: key.optional(), Value: value.optional() }))
      .min(1)
      .max(50),
  });
const keyed = (key: z.ZodType<string>, value: z.ZodType<string>) => z.strictObject({ Key: key, Values: z.array(value).min(1).max(50) });

const noUpperCase = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[^A-Z]*$/, 'must have no upper-case letter');

/** Lower case with at least one dot and a last label of letters and wildcards; a leading `~` marks a regular expression. */
const host = z
  .string()
  .min(3)
  .max(128)
  .refine(
    (text) =>
      text.startsWith('~')
        ? /^[a-z0-9.*?=~_+\\^!$&|()[\]{},:-]+$/.test(text)
        : /^[a-z0-9.*?=~_+\\^!$&|()[\]-]+$/.test(text) && /\.[a-z*?]+$/.test(text),
    'must be a lower-case host name with a dot, its last label of letters',
  );

const path = z
  .string()
  .min(1)
  .max(128)
  .refine(
    (text) => (text.startsWith('~') ? /^[\x21-\x7e]+$/.test(text) : /^\/[A-Za-z0-9$\-_.+/&~@:'*?]*$/.test(text)),
    "must start with / and hold letters, digits and $-_.+/&~@:'*? only",
  );

const headerKey = z
  .string()
  .min(1)
  .max(40)
  .regex(/^[A-Za-z0-9_-]+$/, 'must hold letters, digits, - and _ only')
  .refine((text) => !['cookie', 'host'].includes(text.toLowerCase()), 'must be another header than Cookie and Host');

const address = z.string().refine((text) => {
  const [ip = '', bits, ...rest] = text.split('/');
  const family = isIP(ip);
  const most = family === 6 ? 128 : 32;
  return family > 0 && rest.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most));
}, 'must be an address or a block of addresses');

const method = z.enum(['HEAD', 'GET', 'POST', 'OPTIONS', 'PUT', 'PATCH', 'DELETE']);
const statusCode = z.string().regex(/^[1-5]([0-9]{2}|xx)$/, 'must be a status code');

interface ConditionRow {
  readonly member: string;
  readonly form: z.ZodType;
  /** Only in rules for responses. */
  readonly response?: true;
}

const rows: Readonly<Record<string, ConditionRow>> = {
  Host: { member: 'HostConfig', form: list(host) },
  Path: { member: 'PathConfig', form: list(path) },
  Header: { member: 'HeaderConfig', form: keyed(headerKey, z.string().min(1).max(128)) },
  QueryString: { member: 'QueryStringConfig', form: pairs(noUpperCase(100), noUpperCase(128)) },
  Cookie: { member: 'CookieConfig', form: pairs(noUpperCase(100), noUpperCase(128)) },
  Method: { member: 'MethodConfig', form: list(method, 10) },
  SourceIp: { member: 'SourceIpConfig', form: list(address, 5) },
  ResponseHeader: { member: 'ResponseHeaderConfig', form: keyed(headerKey, z.string().min(1).max(128)), response: true },
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
  const read = row.form.safeParse(members[row.member]);
  return read.success
    ? undefined
    : `${row.member}: ${read.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; ')}`;
}

/** What is wrong with the conditions of a rule; `undefined` when nothing is. */
export const complaintAboutConditions = (conditions: readonly RuleCondition[], direction: RuleRecord['direction']): string | undefined =>
  conditions.map((condition) => complaintAbout(condition, direction)).find((complaint) => complaint !== undefined);

const valuesOf = (member: unknown): readonly unknown[] =>
  typeof member === 'object' && member !== null && 'Values' in member && Array.isArray(member.Values) ? member.Values : [];

/** Every value the rule is matched against, as the quotas count them; pairs are shown as `key=value`. */
export const matchValues = (conditions: readonly RuleCondition[]): readonly string[] =>
  conditions.flatMap(({ Type: _type, ...members }) =>
    Object.values(members)
      .flatMap(valuesOf)
      .map((value) => (typeof value === 'string' ? value : Object.values(value ?? {}).join('='))),
  );

/** Headers that actions put on or take off, and those that the load balancer keeps for itself. */
import * as z from 'zod/mini';
import type { PlainAction, RuleDirection } from '#shared/cloud/alb/port.ts';
import { headerNameForm } from './forms.ts';
import { maybe, member, oneOf, text } from './member.ts';

const key = () => text(headerNameForm.pattern, headerNameForm.allowed);

/** What each type of value may be. */
const valueForms = {
  UserDefined: {
    pattern: /^(?! )[ !#-~]{1,128}(?<![ \\])$/,
    allowed: '1 to 128 printable characters without double quotes, without spaces around and without \\ at the end',
  },
  ReferenceHeader: { pattern: /^[A-Za-z0-9_-]{1,128}$/, allowed: 'the name of a request header: at most 128 letters, digits, - and _' },
  SystemDefined: {
    pattern: /^(?:ClientSrcPort|ClientSrcIp|Protocol|SLBId|SLBPort)$/,
    allowed: 'ClientSrcPort, ClientSrcIp, Protocol, SLBId, SLBPort',
  },
} as const;

const valueTypes = ['UserDefined', 'ReferenceHeader', 'SystemDefined'] as const;
const valueTexts = valueTypes.map((type) => `${type}: ${valueForms[type].allowed}`).join('; ');

interface WrittenValue {
  readonly value: string;
  readonly valueType?: (typeof valueTypes)[number] | undefined;
}

const checkedValue = (type: (typeof valueTypes)[number]) =>
  z.refine<WrittenValue>(({ value, valueType = 'UserDefined' }) => valueType !== type || valueForms[type].pattern.test(value), {
    error: `for a value of type ${type}: ${valueForms[type].allowed}`,
    path: ['value'],
  });

/** `InsertHeaderConfig`; which headers are reserved depends on the direction of the rule, and is checked there. */
export const insertHeaderSchema = () =>
  z
    .object({
      key: key(),
      value: member(z.string(), valueTexts),
      valueType: maybe(oneOf(...valueTypes), 'UserDefined'),
      coverEnabled: maybe(member(z.literal(true), 'true: a header of that name is always overwritten'), 'true'),
    })
    .check(checkedValue('UserDefined'), checkedValue('ReferenceHeader'), checkedValue('SystemDefined'));

/** `RemoveHeaderConfig`. */
export const removeHeaderSchema = () => z.object({ key: key() });

/** The type of the value is UserDefined when none is given. */
export const makeInsertHeader = (config: z.output<ReturnType<typeof insertHeaderSchema>>): PlainAction => ({
  type: 'InsertHeader',
  insertHeaderConfig: { key: config.key, value: config.value, valueType: config.valueType ?? 'UserDefined' },
});

/** The header as it is written: its case means nothing. */
export const makeRemoveHeader = (removeHeaderConfig: z.output<ReturnType<typeof removeHeaderSchema>>): PlainAction => ({
  type: 'RemoveHeader',
  removeHeaderConfig,
});

/** Framing of a message: nobody takes it off. */
const framing = ['connection', 'upgrade', 'content-length', 'transfer-encoding'] as const;

/** What the load balancer says about itself and its client. Others that begin so, such as X-Forwarded-Prefix, are free. */
const forwarded = ['for', 'proto', 'eip', 'port', 'client-srcport', 'host'].map((name) => `x-forwarded-${name}`);
const reserved = [...framing, ...forwarded, 'slb-id', 'slb-ip', 'keep-alive', 'te', 'host', 'cookie', 'remoteip', 'authority'];

/** Headers that ALB keeps for itself in actions of a type, in lower case. Taking headers off answers is the freest. */
export const reservedHeaders = (type: 'InsertHeader' | 'RemoveHeader', direction: RuleDirection): readonly string[] =>
  type === 'RemoveHeader' && direction === 'Response' ? framing : reserved;

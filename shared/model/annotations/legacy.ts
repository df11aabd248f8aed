/** Annotations that are read only when an Ingress names an AlbConfig that does not exist and one is made from it. */
import { isRecord } from '#shared/model/fold-fields.ts';
import { type Annotation, albPrefix, type Format } from './annotation.ts';
import { boolean, choice, listOf, textLike } from './formats.ts';
import { readJson } from './json-text.ts';

const row = <T>(key: string, format: Format<T>, fallback: T, goesTo: string, text: string): Annotation<T> => ({
  keys: [`${albPrefix}${key}`],
  on: 'Ingress without AlbConfig',
  format,
  default: fallback,
  goesTo: `AlbConfig spec.config.${goesTo}`,
  text,
});

const anyText = textLike(/^.{0,128}$/, 'text of at most 128 characters');

export interface AccessLog {
  readonly project: string;
  readonly logstore: string;
}

const accessLog: Format<AccessLog | undefined> = {
  type: 'JSON',
  allowed: '{"project": "…", "logstore": "…"}',
  parse: (text) => {
    const { value } = readJson(text);
    const { project, logstore } = isRecord(value) ? value : {};
    return typeof project === 'string' && typeof logstore === 'string' ? { project, logstore } : undefined;
  },
  explain: (text) => readJson(text).fault,
};

/** Empty and `undefined` defaults are not written into the AlbConfig. */
export const legacy = {
  id: row('id', anyText, '', 'id', 'An existing ALB.'),
  forceOverride: row('force-override-listeners', boolean, false, 'forceOverride', 'Overwrites an existing ALB.'),
  name: row('name', anyText, '', 'name', 'Name of the ALB.'),
  addressType: row('address-type', choice('Internet', 'Intranet'), 'Internet', 'addressType', 'Public or private addresses.'),
  addressAllocatedMode: row(
    'address-allocated-mode',
    choice<'Fixed' | 'Dynamic' | ''>('Fixed', 'Dynamic'),
    '',
    'addressAllocatedMode',
    'How addresses are chosen.',
  ),
  payType: row('charge-type', choice('PostPay'), 'PostPay', 'billingConfig.payType', 'How the ALB is paid.'),
  edition: row('edition', choice('Standard', 'StandardWithWaf'), 'Standard', 'edition', 'Edition of the ALB.'),
  vSwitchIds: row<readonly string[]>(
    'vswitch-ids',
    listOf(/^[A-Za-z0-9-]+$/, 'vSwitch ids, separated by commas'),
    [],
    'zoneMappings',
    'vSwitches of the ALB.',
  ),
  accessLog: row('access-log', accessLog, undefined, 'accessLogConfig', 'Access log of the ALB.'),
} as const;

/** The common part of every object: what the server sets, keeps and checks in `metadata`. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Causes } from './causes.ts';
import { isMap, type Json, type JsonMap, listAt, textAt, textsAt } from './json.ts';
import type { Resource } from './resources.ts';
import type { Strategy } from './strategy.ts';

/** RFC 3339 with whole seconds, as `metav1.Time` is written. */
export const timestamp = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

const GENERATED = 'bcdfghjklmnpqrstvwxz2456789';

/** Five letters and digits that cannot form words, as `generateName` and controllers append. */
export const randomSuffix = (): string => [...randomBytes(5)].map((byte) => GENERATED[byte % GENERATED.length]).join('');

/** The metadata of a new object. */
export function newMetadata(given: JsonMap, resource: Resource, namespace: string, now: number): JsonMap {
  const {
    resourceVersion: _version,
    deletionTimestamp: _deleted,
    deletionGracePeriodSeconds: _grace,
    selfLink: _link,
    managedFields: _managed,
    ...kept
  } = given;
  const name =
    textAt(kept, 'name') || (textAt(kept, 'generateName') === '' ? '' : `${textAt(kept, 'generateName').slice(0, 58)}${randomSuffix()}`);
  return withoutEmpty({
    ...kept,
    name,
    ...(resource.namespaced ? { namespace } : {}),
    uid: randomUUID(),
    ...(resource.generation ? { generation: 1 } : {}),
    creationTimestamp: timestamp(now),
  });
}

const SERVER_OWNED = [
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'resourceVersion',
  'namespace',
  'generateName',
];

/** The metadata of a changed object: what the server owns stays as it is. */
export function changedMetadata(given: JsonMap, old: JsonMap): JsonMap {
  const { selfLink: _link, managedFields: _managed, ...kept } = given;
  const owned = Object.fromEntries(SERVER_OWNED.flatMap((key) => (old[key] === undefined ? [] : [[key, old[key]]])));
  const rest = Object.fromEntries(Object.entries(kept).filter(([key]) => !SERVER_OWNED.includes(key)));
  return withoutEmpty({ ...rest, ...owned });
}

/** Go leaves out what is empty; keeping `labels: {}` would make a no-op write a change. */
function withoutEmpty(metadata: JsonMap): JsonMap {
  const empty = (value: unknown) =>
    (Array.isArray(value) && value.length === 0) || (isMap(value) && Object.keys(value).length === 0) || value === null || value === '';
  return Object.fromEntries(Object.entries(metadata).filter(([key, value]) => key === 'name' || !empty(value)));
}

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const SERVICE_NAME = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const QUALIFIED = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;

const nameRules: Readonly<Record<NonNullable<Strategy['name']>, { readonly form: RegExp; readonly max: number; readonly say: string }>> = {
  subdomain: {
    form: SUBDOMAIN,
    max: 253,
    say: "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  },
  label: {
    form: LABEL,
    max: 63,
    say: "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
  },
  service: {
    form: SERVICE_NAME,
    max: 63,
    say: "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
  },
};

/** Whether a text is a name of that form. */
export const isName = (text: string, form: keyof typeof nameRules): boolean =>
  nameRules[form].form.test(text) && text.length <= nameRules[form].max;

/** Says what is wrong with a name in a field, if anything. */
export function checkName(causes: Causes, field: string, text: string, form: keyof typeof nameRules): void {
  const rule = nameRules[form];
  if (!rule.form.test(text)) causes.invalid(field, text, rule.say);
  if (text.length > rule.max) causes.invalid(field, text, `must be no more than ${rule.max} characters`);
}

/** Whether a text may be a label's or annotation's key: an optional prefix and a name. */
function qualifiedName(key: string): boolean {
  const [name = '', prefix, ...more] = key.split('/').reverse();
  return more.length === 0 && name.length <= 63 && QUALIFIED.test(name) && (prefix === undefined || isName(prefix, 'subdomain'));
}

const QUALIFIED_SAY =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const VALUE_SAY =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/** Labels, wherever they stand. */
export function checkLabels(causes: Causes, field: string, labels: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(labels)) {
    if (!qualifiedName(key)) causes.invalid(field, key, QUALIFIED_SAY);
    if (value.length > 63 || !LABEL_VALUE.test(value)) causes.invalid(field, value, VALUE_SAY);
  }
}

/** The real API's limit of all annotations of an object, in bytes. */
const MAX_ANNOTATIONS = 262_144;

/** Checks names, labels, annotations, finalizers and owners. */
export function checkMetadata(causes: Causes, metadata: JsonMap, form: keyof typeof nameRules): void {
  const name = textAt(metadata, 'name');
  if (name === '') causes.required('metadata.name', 'name or generateName is required');
  else checkName(causes, 'metadata.name', name, form);
  checkLabels(causes, 'metadata.labels', textsAt(metadata, 'labels'));
  checkAnnotations(causes, textsAt(metadata, 'annotations'));
  for (const finalizer of listAt(metadata, 'finalizers')) {
    if (typeof finalizer !== 'string' || !qualifiedName(finalizer)) causes.invalid('metadata.finalizers', finalizer, QUALIFIED_SAY);
  }
  for (const [index, owner] of listAt(metadata, 'ownerReferences').entries())
    checkOwner(causes, owner, `metadata.ownerReferences[${index}]`);
}

function checkAnnotations(causes: Causes, annotations: Readonly<Record<string, string>>): void {
  const entries = Object.entries(annotations);
  for (const [key] of entries) if (!qualifiedName(key.toLowerCase())) causes.invalid('metadata.annotations', key, QUALIFIED_SAY);
  const bytes = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(`${key}${value}`), 0);
  if (bytes > MAX_ANNOTATIONS) causes.tooLong('metadata.annotations', MAX_ANNOTATIONS);
}

function checkOwner(causes: Causes, owner: Json, at: string): void {
  for (const key of ['apiVersion', 'kind', 'name', 'uid'])
    if (textAt(owner, key) === '') causes.invalid(`${at}.${key}`, '', `${key} must not be empty`);
}

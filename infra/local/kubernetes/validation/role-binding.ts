/**
 * Who has a role in a namespace. The embedded API has no roles and lets its administrator do everything: bindings are kept for what they are,
 * a part of manifests that were written for a cluster.
 */
import type { Causes } from '../causes.ts';
import { type Json, type JsonMap, listAt, mapAt, same, setDefault, textAt } from '../json.ts';
import { checkName } from '../metadata.ts';
import type { Strategy } from '../strategy.ts';

const GROUP = 'rbac.authorization.k8s.io';
const ROLE_KINDS = ['Role', 'ClusterRole'];
/** API group of each kind of subject. */
const SUBJECTS: Readonly<Record<string, string>> = { ServiceAccount: '', User: GROUP, Group: GROUP };

function fillIn(binding: JsonMap): void {
  if (binding['roleRef'] !== undefined) setDefault(mapAt(binding, 'roleRef'), 'apiGroup', GROUP);
  for (const one of listAt(binding, 'subjects')) {
    const group = SUBJECTS[textAt(one, 'kind')];
    if (group !== undefined && group !== '') setDefault(mapAt(one), 'apiGroup', group);
  }
}

function validate(binding: JsonMap, causes: Causes, old: JsonMap | undefined): void {
  const role = mapAt(binding, 'roleRef');
  const group = textAt(role, 'apiGroup');
  // Without a role there is no group to be wrong.
  if (group !== GROUP && binding['roleRef'] !== undefined) causes.notSupported('roleRef.apiGroup', group, [GROUP]);
  if (!ROLE_KINDS.includes(textAt(role, 'kind'))) causes.notSupported('roleRef.kind', textAt(role, 'kind'), ROLE_KINDS);
  if (textAt(role, 'name') === '') causes.required('roleRef.name');
  for (const [index, subject] of listAt(binding, 'subjects').entries()) checkSubject(causes, subject, `subjects[${index}]`);
  if (old !== undefined && !same(mapAt(old, 'roleRef'), role)) causes.invalid('roleRef', role, 'cannot change roleRef');
}

function checkSubject(causes: Causes, subject: Json, at: string): void {
  const [kind, name, group] = [textAt(subject, 'kind'), textAt(subject, 'name'), textAt(subject, 'apiGroup')];
  const wanted = SUBJECTS[kind];
  if (name === '') causes.required(`${at}.name`);
  else if (kind === 'ServiceAccount') checkName(causes, `${at}.name`, name, 'subdomain');
  if (wanted === undefined) causes.notSupported(`${at}.kind`, kind, Object.keys(SUBJECTS));
  else if (group !== wanted) causes.notSupported(`${at}.apiGroup`, group, [wanted]);
}

export const roleBinding: Strategy = { fillIn, validate };

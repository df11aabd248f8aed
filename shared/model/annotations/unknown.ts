/** Annotations that nobody knows: misspelt ones would otherwise do nothing without a word. */
import type { KubeObject } from '#shared/kube/port.ts';
import { problemOf, refOf } from '#shared/model/object-ref.ts';
import type { Problem } from '#shared/problem.ts';
import { albPrefix, nginxPrefix } from './annotation.ts';
import { customFamilies } from './custom-families.ts';
import { topics } from './index.ts';
import { nearestName } from './nearest-name.ts';

/**
 * Known keys that have no row: details of the rows that are not honoured yet (without those they mean nothing), keys that the existing
 * controllers define and never read, and what they write themselves.
 */
const silent = [
  'backend-scheduler-uch-value',
  'slow-start-duration',
  'connection-drain-timeout',
  'sticky-session-type',
  'cookie-timeout',
  'cookie',
  'backend-label',
  'remove-unscheduled-backend',
  'hash',
] as const;

const keys: readonly string[] = topics.flatMap((topic) => topic.rows).flatMap((row) => row.keys);

const known: readonly string[] = keys
  .filter((key) => key.startsWith(albPrefix))
  .map((key) => key.slice(albPrefix.length))
  .concat(silent);

const families = customFamilies.map((start) => start.slice(albPrefix.length, -1));

/** The key that is meant: a known one, or a family with the name of the same Service. */
function meant(key: string, names: readonly string[]): string | undefined {
  const dot = key.indexOf('.');
  const family = dot < 0 ? undefined : nearestName(key.slice(0, dot), families);
  return family === undefined ? nearestName(key, names) : `${family}${key.slice(dot)}`;
}

const unknown = (ingress: KubeObject, annotation: string, suggestion: string): Problem =>
  problemOf('ANNOTATION-UNKNOWN', refOf(ingress), { annotation, suggestion }, `metadata.annotations[${annotation}]`);

/**
 * Keys of nginx that are not read, though what they ask for can be had under our prefix and is not asked for there. What else stands under
 * that prefix is for nginx alone.
 */
function nginxAnnotations(ingress: KubeObject): readonly Problem[] {
  const annotations = ingress.metadata.annotations ?? {};
  return Object.keys(annotations).flatMap((annotation) => {
    if (!annotation.startsWith(nginxPrefix) || keys.includes(annotation)) return [];
    const ours = `${albPrefix}${annotation.slice(nginxPrefix.length)}`;
    return keys.includes(ours) && annotations[ours] === undefined ? [unknown(ingress, annotation, `did you mean ${ours}?`)] : [];
  });
}

/** A warning for each key under our prefix that is in no table, nor among `others`, and for those of nginx that are probably meant for us. */
export function unknownAnnotations(ingress: KubeObject, others: readonly string[]): readonly Problem[] {
  const single = Object.keys(ingress.metadata.annotations ?? {}).filter(
    (key) => key.startsWith(albPrefix) && !customFamilies.some((start) => key.startsWith(start)),
  );
  const ofNginx = nginxAnnotations(ingress);
  if (single.length === 0) return ofNginx;
  const names = [...known, ...others];
  const strange = single.filter((key) => !names.includes(key.slice(albPrefix.length)));
  const misspelt = strange.map((annotation) => {
    const near = meant(annotation.slice(albPrefix.length), names);
    const suggestion = near === undefined ? 'nothing that is known is spelt like it' : `did you mean ${albPrefix}${near}?`;
    return unknown(ingress, annotation, suggestion);
  });
  return [...misspelt, ...ofNginx];
}

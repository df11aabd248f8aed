/** Annotations that nobody knows: misspelt ones would otherwise do nothing without a word. */
import type { KubeObject } from '#shared/kube/port.ts';
import { problemOf, refOf } from '#shared/model/object-ref.ts';
import type { Problem } from '#shared/problem.ts';
import { albPrefix, nginxPrefix } from './annotation.ts';
import { customFamilies } from './custom-families.ts';
import { topics } from './index.ts';
import { nearestName } from './nearest-name.ts';

/** Known keys that have no row: those that the existing controllers define and never read, and what they write themselves. */
const silent = ['backend-label', 'remove-unscheduled-backend', 'hash'] as const;

const rows = topics.flatMap((topic) => topic.rows);
const keys: readonly string[] = rows.flatMap((row) => row.keys);

const shortKeys = (from: readonly string[]): readonly string[] =>
  from.filter((key) => key.startsWith(albPrefix)).map((key) => key.slice(albPrefix.length));

const known: readonly string[] = [...shortKeys(rows.filter((row) => row.on !== 'Service').flatMap((row) => row.keys)), ...silent];

/** Of another kind of object: on an Ingress they say nothing. */
const ofServices: readonly string[] = shortKeys(rows.filter((row) => row.on === 'Service').flatMap((row) => row.keys));

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

function suggestionFor(key: string): string {
  if (ofServices.includes(key)) return 'it belongs on a Service';
  const near = meant(key, known);
  return near === undefined ? 'nothing that is known is spelt like it' : `did you mean ${albPrefix}${near}?`;
}

/** A warning for each key under our prefix that is in no table, and for those of nginx that are probably meant for us. */
export function unknownAnnotations(ingress: KubeObject): readonly Problem[] {
  const single = Object.keys(ingress.metadata.annotations ?? {}).filter(
    (key) => key.startsWith(albPrefix) && !customFamilies.some((start) => key.startsWith(start)),
  );
  const ofNginx = nginxAnnotations(ingress);
  if (single.length === 0) return ofNginx;
  const strange = single.filter((key) => !known.includes(key.slice(albPrefix.length)));
  const misspelt = strange.map((annotation) => unknown(ingress, annotation, suggestionFor(annotation.slice(albPrefix.length))));
  return [...misspelt, ...ofNginx];
}

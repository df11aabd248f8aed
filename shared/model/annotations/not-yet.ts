/**
 * Annotations that the existing controllers honour and this one does not yet. One that would change where requests go, or what happens to
 * them, holds its Ingress: serving it as if the annotation were not there would be wrong silently. The others only are told.
 */
import type { KubeObject } from '#shared/kube/port.ts';
import { problemOf, refOf } from '#shared/model/object-ref.ts';
import type { Problem } from '#shared/problem.ts';
import { albPrefix, nginxPrefix } from './annotation.ts';

/** One annotation, or (`family`) every annotation that begins so. */
export interface NotYet {
  readonly key: string;
  /** Also read, and first, under the nginx prefix. */
  readonly nginx?: true;
  readonly family?: true;
  /** Values that ask for nothing. */
  readonly harmless: readonly string[];
  readonly policy: 'hold' | 'tell';
  readonly text: string;
}

const off = ['false', ''] as const;

export const notYet: readonly NotYet[] = [
  { key: 'ssl-redirect', nginx: true, harmless: off, policy: 'hold', text: 'Redirects HTTP to HTTPS.' },
  { key: 'canary', nginx: true, harmless: off, policy: 'hold', text: 'Marks a canary Ingress.' },
  { key: 'canary-by-header', nginx: true, harmless: [], policy: 'hold', text: 'Canary by request header.' },
  { key: 'canary-by-header-value', nginx: true, harmless: [], policy: 'hold', text: 'Value of the canary header.' },
  { key: 'canary-by-cookie', nginx: true, harmless: [], policy: 'hold', text: 'Canary by cookie.' },
  { key: 'canary-weight', nginx: true, harmless: [], policy: 'hold', text: 'Canary by weight.' },
  { key: 'use-regex', harmless: off, policy: 'hold', text: 'Prefix paths are regular expressions.' },
  { key: 'rewrite-target', harmless: [], policy: 'hold', text: 'Rewrites the path.' },
  { key: 'traffic-limit-qps', harmless: [], policy: 'hold', text: 'Limits requests per second.' },
  { key: 'traffic-limit-ip-qps', harmless: [], policy: 'hold', text: 'Limits requests per second and client.' },
  { key: 'enable-cors', harmless: off, policy: 'hold', text: 'Answers cross-origin requests.' },
  { key: 'conditions.', family: true, harmless: [], policy: 'hold', text: 'Further conditions of the rules of a Service.' },
  { key: 'actions.', family: true, harmless: [], policy: 'hold', text: 'Further actions of the rules of a Service.' },
  { key: 'rule-direction.', family: true, harmless: ['Request'], policy: 'hold', text: 'Rules on responses.' },
  { key: 'backend-protocol', harmless: ['http'], policy: 'hold', text: 'Protocol towards the servers.' },
  { key: 'backend-scheduler', harmless: ['wrr'], policy: 'hold', text: 'How requests are spread over servers.' },
  { key: 'sticky-session', harmless: off, policy: 'hold', text: 'Keeps a client on one server.' },
  { key: 'server-group-type', harmless: ['Instance'], policy: 'hold', text: 'Groups of bare addresses.' },
  { key: 'backend-keepalive', harmless: off, policy: 'tell', text: 'Keeps connections to servers open.' },
  { key: 'slow-start-enabled', harmless: off, policy: 'tell', text: 'Ramps up new servers.' },
  { key: 'connection-drain-enabled', harmless: off, policy: 'tell', text: 'Lets connections of removed servers end.' },
  { key: 'cross-zone-enabled', harmless: ['true'], policy: 'tell', text: 'Forwards to servers of other zones.' },
  { key: 'server-group-resource-group-id', harmless: [], policy: 'tell', text: 'Resource group of server groups.' },
];

const keysOf = (row: NotYet, annotations: Readonly<Record<string, string>>): readonly string[] => {
  if (row.family === true) return Object.keys(annotations).filter((key) => key.startsWith(`${albPrefix}${row.key}`));
  const keys = row.nginx === true ? [`${nginxPrefix}${row.key}`, `${albPrefix}${row.key}`] : [`${albPrefix}${row.key}`];
  const found = keys.find((key) => annotations[key] !== undefined);
  return found === undefined ? [] : [found];
};

/** What the annotations of an Ingress ask for that is not done yet: ANNOTATION-UNSUPPORTED holds, ANNOTATION-IGNORED only tells. */
export function unsupportedAnnotations(ingress: KubeObject): readonly Problem[] {
  const annotations = ingress.metadata.annotations ?? {};
  const found = notYet.flatMap((row) =>
    keysOf(row, annotations)
      .filter((key) => !row.harmless.includes((annotations[key] ?? '').trim()))
      .map((key) => ({ key, row })),
  );
  return found.map(({ key, row }) =>
    problemOf(
      row.policy === 'hold' ? 'ANNOTATION-UNSUPPORTED' : 'ANNOTATION-IGNORED',
      refOf(ingress),
      { annotation: key },
      `metadata.annotations[${key}]`,
    ),
  );
}

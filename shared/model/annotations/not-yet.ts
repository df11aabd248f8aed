/**
 * Annotations that the existing controllers honour and this one does not yet. One that would change where requests go, or what happens to
 * them, holds its Ingress: serving it as if the annotation were not there would be wrong silently. The others only are told.
 */
import type { KubeObject } from '#shared/kube/port.ts';
import { problemOf, refOf } from '#shared/model/object-ref.ts';
import type { Problem } from '#shared/problem.ts';
import { albPrefix } from './annotation.ts';
import { unknownAnnotations } from './unknown.ts';

/** One annotation, without its prefix. */
export interface NotYet {
  readonly key: string;
  /** Values that ask for nothing. */
  readonly harmless: readonly string[];
  readonly policy: 'hold' | 'tell';
  readonly text: string;
}

const off = ['false', ''] as const;

export const notYet: readonly NotYet[] = [
  { key: 'backend-scheduler', harmless: ['wrr'], policy: 'hold', text: 'How requests are spread over servers.' },
  { key: 'sticky-session', harmless: off, policy: 'hold', text: 'Keeps a client on one server.' },
  { key: 'server-group-type', harmless: ['Instance'], policy: 'hold', text: 'Groups of bare addresses.' },
  { key: 'backend-keepalive', harmless: off, policy: 'tell', text: 'Keeps connections to servers open.' },
  { key: 'slow-start-enabled', harmless: off, policy: 'tell', text: 'Ramps up new servers.' },
  { key: 'connection-drain-enabled', harmless: off, policy: 'tell', text: 'Lets connections of removed servers end.' },
  { key: 'cross-zone-enabled', harmless: ['true'], policy: 'tell', text: 'Forwards to servers of other zones.' },
  { key: 'server-group-resource-group-id', harmless: [], policy: 'tell', text: 'Resource group of server groups.' },
];

const keys = notYet.map((row) => row.key);
const fullKeys = notYet.map((row) => ({ row, annotation: `${albPrefix}${row.key}` }));

function problemFor({ row, annotation }: (typeof fullKeys)[number], ingress: KubeObject): readonly Problem[] {
  const value = ingress.metadata.annotations?.[annotation]?.trim();
  if (value === undefined || row.harmless.includes(value)) return [];
  const code = row.policy === 'hold' ? 'ANNOTATION-UNSUPPORTED' : 'ANNOTATION-IGNORED';
  return [problemOf(code, refOf(ingress), { annotation }, `metadata.annotations[${annotation}]`)];
}

/**
 * What the annotations of an Ingress ask for and do not get: ANNOTATION-UNSUPPORTED holds, ANNOTATION-IGNORED and ANNOTATION-UNKNOWN only
 * tell.
 */
export const unsupportedAnnotations = (ingress: KubeObject): readonly Problem[] => [
  ...fullKeys.flatMap((one) => problemFor(one, ingress)),
  ...unknownAnnotations(ingress, keys),
];

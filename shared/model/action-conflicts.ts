/**
 * What cannot be asked for together in one rule: the service would refuse it, and with it every rule of the same call. What contradicts
 * itself within one annotation is found where it is read (`annotations/check-actions.ts`).
 */
import type { RuleDirection } from '#shared/cloud/alb/port.ts';
import { albPrefix } from './annotations/annotation.ts';
import { finalActions } from './annotations/check-actions.ts';
import type { CustomAction } from './annotations/custom.ts';
import type { RoutingSettings } from './routing-settings.ts';

type ActionType = CustomAction['type'];

/** Everything that is asked for one path. */
export interface Asked {
  /** Name of the backend Service, which is the end of the key of its annotations. */
  readonly service: string;
  readonly settings: RoutingSettings;
  readonly actions: readonly CustomAction[];
  readonly direction: RuleDirection;
  /** The backend is `use-annotation`: no Service stands behind it. */
  readonly placeholder: boolean;
}

/** Facts of ANNOTATION-CONFLICT. */
export interface Conflict {
  readonly first: string;
  readonly second: string;
  readonly detail: string;
}

const has = (asked: Asked, ...types: readonly ActionType[]): boolean => asked.actions.some((one) => types.includes(one.type));
const answers = ['Redirect', 'FixedResponse'] as const;

interface Row {
  readonly first: string;
  readonly second: string;
  readonly detail: string;
  readonly when: (asked: Asked) => boolean;
}

/** For rules on requests. `{actions}` is the annotation of the Service. */
const onRequests: readonly Row[] = [
  {
    first: `${albPrefix}traffic-limit-qps`,
    second: 'TrafficLimit in {actions}',
    detail: 'a rule has one limit',
    when: (asked) => asked.settings.limit !== undefined && has(asked, 'TrafficLimit'),
  },
  {
    first: `${albPrefix}enable-cors`,
    second: 'Cors in {actions}',
    detail: 'a rule has one such action',
    when: (asked) => asked.settings.cors !== undefined && has(asked, 'Cors'),
  },
  {
    first: `${albPrefix}rewrite-target`,
    second: 'Rewrite in {actions}',
    detail: 'a rule rewrites once',
    when: (asked) => asked.settings.rewriteTarget !== '' && has(asked, 'Rewrite'),
  },
  {
    first: `${albPrefix}rewrite-target`,
    second: 'Redirect or FixedResponse in {actions}',
    detail: 'only what is forwarded can be rewritten',
    when: (asked) => asked.settings.rewriteTarget !== '' && has(asked, ...answers),
  },
  {
    first: 'TrafficMirror in {actions}',
    second: `${albPrefix}rewrite-target`,
    detail: 'what is mirrored cannot be rewritten',
    when: (asked) => has(asked, 'TrafficMirror') && asked.settings.rewriteTarget !== '',
  },
  {
    first: 'TrafficMirror in {actions}',
    second: `${albPrefix}backend-protocol`,
    detail: 'only requests to servers that speak HTTP can be mirrored',
    when: (asked) => has(asked, 'TrafficMirror') && asked.settings.backendProtocol !== 'http',
  },
  {
    first: 'a port of the Service as backend',
    second: 'a ForwardGroup, Redirect or FixedResponse in {actions}',
    detail: 'multi finalType action find; the port use-annotation leaves the decision to the annotation',
    when: (asked) => !asked.placeholder && has(asked, ...finalActions),
  },
];

/** For rules on responses, which limits, CORS and rewriting of the Ingress do not concern. */
const onResponses: readonly Row[] = [
  {
    first: 'Response in {direction}',
    second: 'a port of the Service as backend',
    detail: 'a rule on responses forwards nothing: use the port use-annotation',
    when: (asked) => !asked.placeholder,
  },
];

const tables: Readonly<Record<RuleDirection, readonly Row[]>> = { Request: onRequests, Response: onResponses };

/** Key of the annotation with the actions of a Service. */
export const actionsKey = (service: string): string => `${albPrefix}actions.${service}`;
/** Key of the annotation with the direction of the rules of a Service. */
export const directionKey = (service: string): string => `${albPrefix}rule-direction.${service}`;

/** Everything in what is asked for one path that contradicts something else in it. */
export function conflictsOf(asked: Asked): readonly Conflict[] {
  const fill = (text: string): string =>
    text.replace('{actions}', actionsKey(asked.service)).replace('{direction}', directionKey(asked.service));
  return tables[asked.direction]
    .filter((row) => row.when(asked))
    .map(({ first, second, detail }) => ({ first: fill(first), second: fill(second), detail }));
}

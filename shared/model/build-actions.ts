/** What a rule does with a request that it matches: annotations of the Ingress, those of the backend Service, and the implicit forward. */

import { requestVariables } from '#shared/cloud/alb/defaults.ts';
import type { PlainAction, RuleDirection } from '#shared/cloud/alb/port.ts';
import type { Problem } from '#shared/problem.ts';
import { type Asked, actionsKey, conflictsOf } from './action-conflicts.ts';
import { type GroupMaker, groupOfBackend, groupOfName, type MadeGroup } from './action-groups.ts';
import { finalActions } from './annotations/check-actions.ts';
import type { CustomAction, CustomRule, NamedGroup } from './annotations/custom.ts';
import { isPlaceholder } from './build-backend.ts';
import { problemOf } from './object-ref.ts';
import type { RoutingSettings } from './routing-settings.ts';
import { type GroupRef, groupRefsOf, type RuleActionSpec, type ServerGroupSpec } from './stack.ts';
import type { WrittenRoute } from './written-route.ts';

export interface ActionsQuestion {
  readonly route: WrittenRoute;
  readonly settings: RoutingSettings;
  readonly custom: CustomRule;
  /** Its actions are written but cannot be read, which is told elsewhere. */
  readonly unread: boolean;
  readonly maker: GroupMaker;
}

export interface BuiltActions {
  /** In the order in which the service carries them out. Incomplete when there are problems. */
  readonly actions: readonly RuleActionSpec[];
  /** Groups of ours that the actions name. */
  readonly groups: readonly ServerGroupSpec[];
  /** The group of the backend, where requests go to it: what weighted canaries take a share of. */
  readonly backend?: ServerGroupSpec;
  readonly problems: readonly Problem[];
}

/** Weight of the one group of a rule; the service's default for a single group. */
export const wholeWeight = 100;

/**
 * Limits stand first and the final action last. The service may want mirroring before CORS and CORS before the others (the existing
 * controller says so and does otherwise); this order is right in either case.
 */
const rank: Readonly<Record<RuleActionSpec['type'], number>> = {
  TrafficLimit: 0,
  TrafficMirror: 1,
  Cors: 2,
  InsertHeader: 3,
  RemoveHeader: 3,
  Rewrite: 3,
  ForwardGroup: 4,
  Redirect: 4,
  FixedResponse: 4,
};

const inOrder = (actions: readonly RuleActionSpec[]): readonly RuleActionSpec[] => [...actions].sort((a, b) => rank[a.type] - rank[b.type]);

const rewriteOf = (path: string): readonly PlainAction[] =>
  path === '' ? [] : [{ type: 'Rewrite', rewriteConfig: { host: requestVariables.host, path, query: requestVariables.query } }];

interface Made {
  readonly actions: readonly RuleActionSpec[];
  readonly groups: readonly MadeGroup[];
}

/** An action with the groups that it names made; a group that cannot be had is left out, and its problem is in `groups`. */
function makeAction(action: CustomAction, make: (named: NamedGroup) => MadeGroup): Made {
  if (action.type === 'ForwardGroup') {
    const made = action.groups.map((named) => ({ ...make(named), weight: named.weight }));
    const groups = made.flatMap(({ ref, weight }) => (ref === undefined ? [] : [{ ...ref, weight }]));
    return { actions: [{ ...action, groups }], groups: made };
  }
  if (action.type === 'TrafficMirror') {
    const made = action.groups.map(make);
    return { actions: [{ type: action.type, groups: made.flatMap(({ ref }) => ref ?? []) }], groups: made };
  }
  return { actions: [action], groups: [] };
}

/** Forward to the Service of the backend, which is not written anywhere as an action. */
function implicitForward({ route, maker }: ActionsQuestion): Made {
  const made = groupOfBackend(route.backend, route.backendAt, maker);
  const groups = made.ref === undefined ? [] : [{ ...made.ref, weight: wholeWeight }];
  return { actions: [{ type: 'ForwardGroup', groups }], groups: [made] };
}

const sameGroup = (a: GroupRef, b: GroupRef): boolean => a.group === b.group && a.serverGroupId === b.serverGroupId;

/** A copy of a request cannot go where the request itself goes. */
function mirrorsItself(actions: readonly RuleActionSpec[]): boolean {
  const refsOf = (type: RuleActionSpec['type']): readonly GroupRef[] => groupRefsOf(actions.filter((one) => one.type === type));
  return refsOf('TrafficMirror').some((mirror) => refsOf('ForwardGroup').some((forward) => sameGroup(mirror, forward)));
}

function contradictions(asked: Asked, actions: readonly RuleActionSpec[], { maker, route }: ActionsQuestion): readonly Problem[] {
  const itself = { first: 'TrafficMirror', second: 'ForwardGroup', detail: 'both name the same server group' };
  const conflicts = [...conflictsOf(asked), ...(mirrorsItself(actions) ? [itself] : [])];
  return conflicts.map((facts) => problemOf('ANNOTATION-CONFLICT', maker.ingress, { ...facts }, route.at));
}

/** A placeholder whose annotation does not say what happens to requests. A rule on responses only needs to do something. */
function missingAction(asked: Asked, { maker, route, unread }: ActionsQuestion): readonly Problem[] {
  const enough = asked.direction === 'Response' ? asked.actions.length > 0 : asked.actions.some((one) => finalActions.includes(one.type));
  if (!asked.placeholder || enough || unread) return [];
  return [problemOf('ACTION-MISSING', maker.ingress, { service: asked.service, annotation: actionsKey(asked.service) }, route.backendAt)];
}

/** Annotations of the Ingress concern requests only. */
const ofIngress = (settings: RoutingSettings, direction: RuleDirection): readonly PlainAction[] =>
  direction === 'Response' ? [] : [settings.limit, settings.cors].flatMap((one) => one ?? []);

/** Everything that the rules of one path do, before it is known on which listener. */
export function buildActions(question: ActionsQuestion): BuiltActions {
  const { route, settings, custom, maker } = question;
  const direction = custom.direction ?? 'Request';
  const service = route.backend.service?.name ?? '';
  const asked: Asked = { service, settings, actions: custom.actions ?? [], direction, placeholder: isPlaceholder(route.backend) };
  const written = asked.actions.map((action) => makeAction(action, (named) => groupOfName(named, actionsKey(service), maker)));
  const implicit = asked.placeholder || direction === 'Response' ? undefined : implicitForward(question);
  const actions = inOrder([
    ...ofIngress(settings, direction),
    ...written.flatMap((one) => one.actions),
    ...(direction === 'Response' ? [] : rewriteOf(settings.rewriteTarget)),
    ...(implicit?.actions ?? []),
  ]);
  const made = [...written, ...(implicit === undefined ? [] : [implicit])].flatMap((one) => one.groups);
  const backend = implicit?.groups[0]?.spec;
  return {
    actions,
    groups: made.flatMap(({ spec }) => spec ?? []),
    ...(backend === undefined ? {} : { backend }),
    problems: [...made.flatMap((one) => one.problems), ...contradictions(asked, actions, question), ...missingAction(asked, question)],
  };
}

/** One path of an Ingress on its listeners: when it matches, what it does there, and what is wrong with it. */
import type { RuleCondition, RuleDirection } from '#shared/cloud/alb/port.ts';
import type { Problem } from '#shared/problem.ts';
import type { GroupMaker } from './action-groups.ts';
import type { ListenPort } from './annotations/binding.ts';
import type { CustomRule } from './annotations/custom.ts';
import { buildActions } from './build-actions.ts';
import type { Listeners } from './build-listener.ts';
import { actionsOn, listenerFindings } from './listener-actions.ts';
import { listenerIdentity } from './listener-identity.ts';
import { problemOf } from './object-ref.ts';
import { routeConditions } from './route-conditions.ts';
import type { RoutingSettings } from './routing-settings.ts';
import type { ListenerIdentity, RuleActionSpec, ServerGroupSpec } from './stack.ts';
import type { WrittenRoute } from './written-route.ts';

/** One path on one listener. */
export interface Placed {
  readonly listener: ListenerIdentity;
  readonly actions: readonly RuleActionSpec[];
}

export interface Route {
  readonly written: WrittenRoute;
  readonly direction: RuleDirection;
  /** Absent: something in them is wrong, and the Ingress is held; or it is a canary, which matches what its stable Ingress does. */
  readonly conditions?: readonly RuleCondition[];
  /** How many groups the path has that a rewrite may name. */
  readonly captures: number;
  /** Empty: the path is not rewritten. */
  readonly rewriteTarget: string;
  readonly placed: readonly Placed[];
  /** Groups of ours that the actions name. */
  readonly groups: readonly ServerGroupSpec[];
  /** The group of the backend, where requests go to it alone. */
  readonly backend?: ServerGroupSpec;
}

export interface RouteQuestion {
  readonly settings: RoutingSettings;
  readonly custom: CustomRule;
  /** See `ActionsQuestion`. */
  readonly unread: boolean;
  readonly maker: GroupMaker;
  /** Those that the path stands on. */
  readonly on: readonly ListenPort[];
  readonly listeners: Listeners;
  readonly isCanary: boolean;
}

type Found = Placed & { readonly problems: readonly Problem[] };

function place(
  port: ListenPort,
  route: Pick<Route, 'written' | 'direction'>,
  actions: readonly RuleActionSpec[],
  question: RouteQuestion,
): Found {
  const { settings, listeners, maker } = question;
  const { written, direction } = route;
  const listener = listenerIdentity(port.protocol, port.port);
  const here = actionsOn(port, { actions, direction, sslRedirect: settings.sslRedirect });
  const facts = { ...port, albConfig: maker.albConfig, settings: listeners.specs.find((one) => one.identity === listener)?.settings };
  const findings = listenerFindings(facts, here, written.path);
  return { listener, actions: here, problems: findings.map((one) => problemOf(one.code, maker.ingress, one.facts, written.at)) };
}

export interface DraftedRoute {
  readonly route: Route;
  readonly problems: readonly Problem[];
}

/** What one path asks for, before it is known what other Ingresses have a say in it. */
export function draftRoute(written: WrittenRoute, question: RouteQuestion): DraftedRoute {
  const { settings, custom, maker, unread } = question;
  const direction = custom.direction ?? 'Request';
  const { conditions, captures, problems } = question.isCanary
    ? { conditions: undefined, captures: 0, problems: [] }
    : routeConditions(written, settings, custom, maker.ingress);
  const { actions, groups, backend, problems: inActions } = buildActions({ route: written, settings, custom, unread, maker });
  const places = question.on.map((port) => place(port, { written, direction }, actions, question));
  return {
    route: {
      written,
      direction,
      ...(conditions === undefined ? {} : { conditions }),
      captures,
      rewriteTarget: settings.rewriteTarget,
      placed: places.map((one) => ({ listener: one.listener, actions: one.actions })),
      groups,
      ...(backend === undefined ? {} : { backend }),
    },
    problems: [...problems, ...inActions, ...places.flatMap((one) => one.problems)],
  };
}

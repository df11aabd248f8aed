/** One Ingress on its own, before it is known what its neighbours have a say in: its routes on their listeners, and what is wrong with it. */
import { policyOf } from '#shared/errors.ts';
import type { ObjectRef, Problem } from '#shared/problem.ts';
import { actionsKey, directionKey } from './action-conflicts.ts';
import { albPrefix, readAnnotation } from './annotations/annotation.ts';
import { order } from './annotations/binding.ts';
import type { CustomRule } from './annotations/custom.ts';
import { readCustomRules } from './annotations/custom-rules.ts';
import { unknownAnnotations } from './annotations/unknown.ts';
import { buildGroupSettings, type GroupProtocol } from './build-group-settings.ts';
import type { Listeners } from './build-listener.ts';
import { type CanaryWish, readCanary } from './canary-wish.ts';
import { type DraftedRoute, draftRoute, type Route } from './draft-route.ts';
import { listenersWanted, listenerWarnings, placement } from './ingress-listeners.ts';
import { protocolNeeds, protocolProblems, unavailable } from './listener-needs.ts';
import { problemOf, refOf } from './object-ref.ts';
import { type RoutingSettings, readRoutingSettings } from './routing-settings.ts';
import type { Ingress, Service, Site } from './wish.ts';
import { defaultOf, pathsOf, specificFirst, type WrittenRoute } from './written-route.ts';

export interface IngressSurroundings {
  readonly albConfig: string;
  readonly listeners: Listeners;
  readonly services: ReadonlyMap<string, Service>;
  readonly site: Site;
  readonly pathOrder: 'listed' | 'specific-first';
  readonly foreignGroups: readonly string[];
}

export interface IngressDraft {
  readonly ref: ObjectRef;
  readonly order: number;
  readonly problems: readonly Problem[];
  /** In the order in which they are matched; the default backend is the last. */
  readonly routes: readonly Route[];
  /** Absent: a stable Ingress. */
  readonly canary?: CanaryWish;
  /** False: which listeners it wants cannot be told, so its routes are on none. */
  readonly placed: boolean;
}

/** Problems that hold an Ingress, as the error table says. */
export const isHolding = (problem: Problem): boolean => policyOf(problem.code) === 'hold';

const groupProtocols: Readonly<Record<RoutingSettings['backendProtocol'], GroupProtocol>> = { http: 'HTTP', https: 'HTTPS', grpc: 'gRPC' };

/** A canary is told from its stable twin by header, cookie or weight alone. */
function canaryConflicts(ref: ObjectRef, rules: ReadonlyMap<string, CustomRule>, canary: CanaryWish | undefined): readonly Problem[] {
  if (canary === undefined) return [];
  const detail = 'a canary has the conditions of its stable Ingress; write others as a stable Ingress of their own, with a lower order';
  return [...rules]
    .flatMap(([service, { conditions, direction }]) => [
      ...(conditions === undefined ? [] : [{ first: `${albPrefix}canary`, second: `${albPrefix}conditions.${service}`, detail }]),
      ...(direction === 'Response' ? [{ first: `${albPrefix}canary`, second: `${albPrefix}rule-direction.${service}`, detail }] : []),
    ])
    .map((facts) => problemOf('ANNOTATION-CONFLICT', ref, facts));
}

/** Told once, whichever annotation the action is from and however many paths have it. */
function corsWarnings(ref: ObjectRef, routes: readonly Route[]): readonly Problem[] {
  const configs = routes
    .flatMap((route) => route.placed.flatMap((one) => one.actions))
    .flatMap((one) => (one.type === 'Cors' ? one.corsConfig : []));
  const open = configs.some((one) => one.allowCredentials === 'on' && one.allowOrigin.includes('*'));
  return open ? [problemOf('CORS-ANY-ORIGIN', ref, {})] : [];
}

const inPathOrder: Readonly<Record<IngressSurroundings['pathOrder'], (routes: readonly WrittenRoute[]) => readonly WrittenRoute[]>> = {
  listed: (routes) => routes,
  'specific-first': specificFirst,
};

/** A default backend has no path that could be rewritten. */
const settingsFor = (route: WrittenRoute, settings: RoutingSettings): RoutingSettings =>
  route.type === 'Default' ? { ...settings, rewriteTarget: '' } : settings;

/** What one Ingress asks for. Nothing in it can spoil a neighbour: whatever is wrong is a problem of its own. */
export function draftIngress(ingress: Ingress, around: IngressSurroundings): IngressDraft {
  const ref = refOf(ingress);
  const position = readAnnotation(order, ingress);
  const wanted = listenersWanted(ingress);
  const settings = readRoutingSettings(ingress);
  const custom = readCustomRules(ingress);
  const canary = readCanary(ingress);
  const listenersOf = placement(ingress, wanted.value ?? []);
  const { albConfig, services, site, foreignGroups } = around;
  const groups = buildGroupSettings(ingress, groupProtocols[settings.backendProtocol]);
  const maker = { ingress: ref, albConfig, services, site, group: groups.wish, foreignGroups };
  const draft = (route: WrittenRoute): DraftedRoute => {
    const service = route.backend.service?.name ?? '';
    const own = custom.rules.get(service) ?? {};
    const written = (key: string): boolean => ingress.metadata.annotations?.[key] !== undefined;
    const unread =
      (own.actions === undefined && written(actionsKey(service))) || (own.direction === undefined && written(directionKey(service)));
    const on = listenersOf(route.host);
    return draftRoute(route, {
      settings: settingsFor(route, settings),
      custom: own,
      unread,
      maker,
      on,
      listeners: around.listeners,
      isCanary: canary.wish !== undefined,
    });
  };
  const drafted = [...inPathOrder[around.pathOrder](pathsOf(ingress)), ...defaultOf(ingress)].map(draft);
  return {
    ref,
    order: position.value ?? order.default,
    problems: [
      ...unknownAnnotations(ingress),
      ...[position.problem, wanted.problem].filter((one) => one !== undefined),
      ...groups.problems,
      ...settings.problems,
      ...custom.problems,
      ...canary.problems,
      ...canaryConflicts(ref, custom.rules, canary.wish),
      ...(wanted.value ?? []).flatMap((one) => unavailable(one, ingress, around)),
      ...(wanted.value === undefined ? [] : listenerWarnings(ingress, wanted.value)),
      ...protocolProblems(ingress, wanted.value ?? [], settings, around.listeners),
      ...protocolNeeds(ingress, wanted.value ?? [], settings, around),
      ...corsWarnings(
        ref,
        drafted.map((one) => one.route),
      ),
      ...drafted.flatMap((one) => one.problems),
    ],
    routes: drafted.map((one) => one.route),
    ...(canary.wish === undefined ? {} : { canary: canary.wish }),
    placed: wanted.value !== undefined,
  };
}

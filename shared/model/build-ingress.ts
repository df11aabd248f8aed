/** From the draft of one Ingress to its rules and groups, with what canaries have a say in; or everything that is wrong with it. */
import type { ObjectRef, Problem } from '#shared/problem.ts';
import { refText } from '#shared/problem.ts';
import { buildRules, type RuleDraft } from './build-rule.ts';
import { canaryConditions, type Twins, twinProblems } from './canary.ts';
import { type Weights, withShares } from './canary-weights.ts';
import { type IngressDraft, isHolding } from './draft-ingress.ts';
import type { Route } from './draft-route.ts';
import { groupRefsOf, type ListenerIdentity, type RuleSpec, type ServerGroupSpec } from './stack.ts';

export interface IngressPart {
  readonly ref: ObjectRef;
  readonly order: number;
  /** Its rules are left as they are in the cloud; the lists below are empty. */
  readonly held: boolean;
  readonly problems: readonly Problem[];
  /** Those that it wants, held or not, whether or not the AlbConfig has them. */
  readonly listeners: readonly ListenerIdentity[];
  readonly groups: readonly ServerGroupSpec[];
  readonly rules: readonly RuleSpec[];
  /** Rules of `spec.defaultBackend`: they match everything, so they stand behind the rules of all Ingresses. */
  readonly defaults: readonly RuleSpec[];
}

export interface Neighbours {
  readonly cluster: string;
  readonly albConfig: string;
  readonly twins: Twins;
  readonly weights: Weights;
}

const isDefault = (route: Route): boolean => route.written.type === 'Default';

/** One path on one listener as a rule; none for canaries by weight, which have a share of another's. */
function ruleDraft(draft: IngressDraft, route: Route, listener: ListenerIdentity, { twins, weights }: Neighbours): readonly RuleDraft[] {
  const { written, direction, backend } = route;
  const conditions = canaryConditions(draft, route, listener, twins);
  const actions = route.placed.find((one) => one.listener === listener)?.actions;
  if (conditions === undefined || actions === undefined) return [];
  const shared = draft.canary === undefined && direction === 'Request' && backend !== undefined;
  if (!shared) return [{ written, direction, conditions, actions, owners: [draft.ref] }];
  const shares = weights.shares(listener, written);
  const held = weights.isHeld(listener, written) ? { actionsHeld: true as const } : {};
  if (shares.length === 0) return [{ written, direction, conditions, actions, owners: [draft.ref], ...held }];
  const owners = [draft.ref, ...new Map(shares.map(({ owner }) => [refText(owner), owner])).values()];
  return [{ written, direction, conditions, actions: withShares(actions, backend, shares), owners, ...held }];
}

const listenersOf = (routes: readonly Route[]): readonly ListenerIdentity[] => [
  ...new Set(routes.flatMap((route) => route.placed.map((one) => one.listener))),
];

function rulesOf(draft: IngressDraft, routes: readonly Route[], around: Neighbours): ReturnType<typeof buildRules> {
  const listeners = listenersOf(routes);
  const { cluster, albConfig } = around;
  const built = listeners.map((listener) =>
    buildRules(
      routes.flatMap((route) => ruleDraft(draft, route, listener, around)),
      listener,
      { cluster, albConfig, ingress: draft.ref },
    ),
  );
  return { rules: built.flatMap((one) => one.rules), problems: built.flatMap((one) => one.problems) };
}

/**
 * Groups that requests go to: of a canary by weight that of its backend. The group of a stable Ingress is kept while canaries have taken
 * all of its requests, so that the way back is one change of a rule.
 */
function groupsOf(draft: IngressDraft): readonly ServerGroupSpec[] {
  if (draft.canary?.weight !== undefined) return draft.routes.flatMap((route) => route.backend ?? []);
  if (draft.canary?.conditions.length === 0) return [];
  return draft.routes.flatMap((route) => {
    const named = new Set(route.placed.flatMap((one) => groupRefsOf(one.actions).map((ref) => ref.group)));
    return route.groups.filter((group) => named.has(group.identity));
  });
}

/** A rule is told of once, on however many listeners it stands. */
const distinct = (problems: readonly Problem[]): readonly Problem[] => [
  ...new Map(problems.map((problem) => [JSON.stringify([problem.code, problem.path, problem.facts]), problem])).values(),
];

/** The problems of a draft together with those it has among its neighbours, but for what only its finished rules show. */
export const draftProblems = (draft: IngressDraft, position: number, twins: Twins): readonly Problem[] =>
  distinct([...draft.problems, ...twinProblems(draft, position, twins)]);

/** The part of the stack that one Ingress asks for. `known`: its problems so far. */
export function buildIngress(draft: IngressDraft, known: readonly Problem[], around: Neighbours): IngressPart {
  const refused = around.weights.problems.get(refText(draft.ref)) ?? [];
  const paths = rulesOf(
    draft,
    draft.routes.filter((route) => !isDefault(route)),
    around,
  );
  const defaults = rulesOf(draft, draft.routes.filter(isDefault), around);
  const problems = distinct([...known, ...refused, ...paths.problems, ...defaults.problems]);
  const held = problems.some(isHolding);
  return {
    ref: draft.ref,
    order: draft.order,
    held,
    problems,
    listeners: listenersOf(draft.routes),
    groups: held ? [] : groupsOf(draft),
    rules: held ? [] : paths.rules,
    defaults: held ? [] : defaults.rules,
  };
}

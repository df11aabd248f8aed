/** Shares that weighted canaries have in the rules of their stable Ingresses. */
import { type ObjectRef, type Problem, refText } from '#shared/problem.ts';
import { actionsKey } from './action-conflicts.ts';
import { canary as canaryRows } from './annotations/canary.ts';
import { backendProtocol } from './annotations/routing.ts';
import { wholeWeight } from './build-actions.ts';
import type { Twin, Twins } from './canary.ts';
import { type IngressDraft, isHolding, type Placed, type Route } from './draft-ingress.ts';
import { problemOf } from './object-ref.ts';
import { limits } from './rule-limits.ts';
import { groupRefsOf, type ListenerIdentity, type RuleActionSpec, type ServerGroupSpec } from './stack.ts';
import { hostText, twinKey, type WrittenRoute } from './written-route.ts';

interface Share {
  readonly owner: ObjectRef;
  readonly group: ServerGroupSpec;
  readonly weight: number;
}

export interface Weights {
  /** What canaries take of the rules for this path on this listener, in their order. */
  readonly shares: (listener: ListenerIdentity, written: WrittenRoute) => readonly Share[];
  /** A held canary may have a share in them: what they do is to stay. */
  readonly isHeld: (listener: ListenerIdentity, written: WrittenRoute) => boolean;
  /** By canary (as text): why it has no share after all. */
  readonly problems: ReadonlyMap<string, readonly Problem[]>;
}

const keyOf = (listener: string, written: WrittenRoute): string => `${listener} ${twinKey(written)}`;
const onAnyListener = '*';

/** Rules that redirect to HTTPS have nothing to share. */
const forwards = (actions: readonly RuleActionSpec[]): boolean => actions.some((one) => one.type === 'ForwardGroup');

const conflict = (draft: IngressDraft, route: Route, second: string, detail: string): Problem =>
  problemOf('ANNOTATION-CONFLICT', draft.ref, { first: canaryRows.weight.keys[1] ?? '', second, detail }, route.written.at);

const mirrorsTo = (actions: readonly RuleActionSpec[], group: ServerGroupSpec): boolean =>
  groupRefsOf(actions.filter((one) => one.type === 'TrafficMirror')).some((ref) => ref.group === group.identity);

/** Why a canary cannot share the rule of this twin. */
function twinRefusal(
  draft: IngressDraft,
  route: Route,
  { twin, placed }: { readonly twin: Twin; readonly placed: Placed },
): Problem | undefined {
  const custom = `${actionsKey(twin.route.written.backend.service?.name ?? '')} of ${refText(twin.draft.ref)}`;
  const { backend } = route;
  const redirected = twin.route.backend !== undefined && !forwards(placed.actions);
  if (backend === undefined || redirected) return undefined;
  if (twin.route.backend === undefined) return conflict(draft, route, custom, 'only what goes to the Service of the backend can be shared');
  if (twin.route.backend.fixed.protocol !== backend.fixed.protocol) {
    return conflict(draft, route, backendProtocol.keys[0], 'servers that share requests must speak the same protocol');
  }
  return mirrorsTo(placed.actions, backend)
    ? conflict(draft, route, custom, 'a copy of a request cannot go where the request itself goes')
    : undefined;
}

/** What the shares come to with one more: a problem when that is more than a rule can give. */
function sumRefusal(draft: IngressDraft, route: Route, before: readonly Share[], weight: number): Problem | undefined {
  const sum = before.reduce((total, one) => total + one.weight, weight);
  const { path } = route.written;
  if (sum > wholeWeight) {
    return problemOf('CANARY-WEIGHT', draft.ref, { host: hostText(route.written), path, sum: String(sum) }, route.written.at);
  }
  const groups = new Set([...before.map((one) => one.group.identity), route.backend?.identity]).size + (sum < wholeWeight ? 1 : 0);
  if (groups <= limits.groups.most) return undefined;
  const facts = { path, has: String(groups), what: limits.groups.what, limit: String(limits.groups.most) };
  return problemOf('RULE-LIMIT', draft.ref, facts, route.written.at);
}

/** Every (path, listener) where a canary stands. */
const placesOf = (draft: IngressDraft): readonly { readonly route: Route; readonly listener: ListenerIdentity }[] =>
  draft.routes.flatMap((route) => route.placed.map(({ listener }) => ({ route, listener })));

function refusalOf(
  draft: IngressDraft,
  { route, listener }: { readonly route: Route; readonly listener: ListenerIdentity },
  around: { readonly twins: Twins; readonly before: readonly Share[]; readonly weight: number },
): Problem | undefined {
  if (route.backend === undefined) {
    return conflict(
      draft,
      route,
      actionsKey(route.written.backend.service?.name ?? ''),
      'a weight is the share of the Service of the backend',
    );
  }
  const stable = around.twins
    .find(listener, route.written)
    .filter((twin) => !twin.draft.problems.some(isHolding))
    .flatMap((twin) => twin.route.placed.filter((one) => one.listener === listener).map((placed) => ({ twin, placed })));
  const refusals = stable.flatMap((one) => twinRefusal(draft, route, one) ?? []);
  return refusals[0] ?? sumRefusal(draft, route, around.before, around.weight);
}

/** A canary that has a share somewhere has it everywhere, or it is held. */
function tryCanary(draft: IngressDraft, weight: number, taken: ReadonlyMap<string, readonly Share[]>, twins: Twins) {
  const shares = new Map(taken);
  const problems = new Map<string, Problem>();
  for (const place of placesOf(draft)) {
    const key = keyOf(place.listener, place.route.written);
    const before = shares.get(key) ?? [];
    const problem = refusalOf(draft, place, { twins, before, weight });
    if (problem !== undefined)
      problems.set(place.route.written.at, problem); // once a path, not once a listener
    else if (place.route.backend !== undefined) shares.set(key, [...before, { owner: draft.ref, group: place.route.backend, weight }]);
  }
  return { shares, problems: [...problems.values()] };
}

/** Where a held canary may have a share. */
const heldKeys = (draft: IngressDraft): readonly string[] =>
  draft.placed
    ? placesOf(draft).map(({ route, listener }) => keyOf(listener, route.written))
    : draft.routes.map((route) => keyOf(onAnyListener, route.written));

interface Tally {
  readonly shares: ReadonlyMap<string, readonly Share[]>;
  readonly stays: readonly string[];
  readonly problems: readonly (readonly [string, readonly Problem[]])[];
}

/** The tally with one more canary. */
function count(tally: Tally, draft: IngressDraft, isHeld: boolean, twins: Twins): Tally {
  const staying = { ...tally, stays: [...tally.stays, ...heldKeys(draft)] };
  if (isHeld) return staying;
  if (draft.canary?.weight === undefined) return tally;
  const { shares, problems } = tryCanary(draft, draft.canary.weight, tally.shares, twins);
  return problems.length === 0 ? { ...tally, shares } : { ...staying, problems: [...tally.problems, [refText(draft.ref), problems]] };
}

/**
 * Goes through the canaries in the order of the Ingresses; one that asks for more than is left is held, and those behind it are looked at as
 * if it were not there. `held`: Ingresses (as text) that are held for other reasons.
 */
export function shareByWeight(drafts: readonly IngressDraft[], held: ReadonlySet<string>, twins: Twins): Weights {
  const { shares, stays, problems } = drafts
    .filter((draft) => draft.canary?.weighted === true)
    .reduce<Tally>((tally, draft) => count(tally, draft, held.has(refText(draft.ref)), twins), {
      shares: new Map(),
      stays: [],
      problems: [],
    });
  const staying = new Set(stays);
  return {
    shares: (listener, written) => shares.get(keyOf(listener, written)) ?? [],
    isHeld: (listener, written) => staying.has(keyOf(listener, written)) || staying.has(keyOf(onAnyListener, written)),
    problems: new Map(problems),
  };
}

/** The forward to the backend, with what is left of it: the stable group stands first, and not at all where nothing is left. */
export function withShares(
  actions: readonly RuleActionSpec[],
  backend: ServerGroupSpec,
  shares: readonly Share[],
): readonly RuleActionSpec[] {
  const rest = shares.reduce((left, one) => left - one.weight, wholeWeight);
  const weights = new Map<string, number>(rest > 0 ? [[backend.identity, rest]] : []);
  // Canaries and their stable Ingress may name the same Service: a group stands once in a rule.
  for (const { group, weight } of shares) weights.set(group.identity, (weights.get(group.identity) ?? 0) + weight);
  const groups = [...weights].map(([group, weight]) => ({ group, weight }));
  return actions.map((one) => (one.type === 'ForwardGroup' ? { ...one, groups } : one));
}

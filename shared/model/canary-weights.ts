/** Shares that weighted canaries have in the rules of their stable Ingresses. */
import { type Problem, refText } from '#shared/problem.ts';
import { wholeWeight } from './build-actions.ts';
import type { Twins } from './canary.ts';
import { refusalOf, type Share } from './canary-refusal.ts';
import type { IngressDraft } from './draft-ingress.ts';
import type { Route } from './draft-route.ts';
import type { ListenerIdentity, RuleActionSpec, ServerGroupSpec } from './stack.ts';
import { twinKey, type WrittenRoute } from './written-route.ts';

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

/** What one canary takes of the rules for one path on one listener: once, however often it lists the path. */
interface Stake extends Omit<Share, 'group'> {
  /** As listed, at least one. */
  readonly groups: readonly { readonly type: WrittenRoute['type']; readonly group: ServerGroupSpec }[];
}

/** A path may be listed once as Exact and once as Prefix: the one of the same type counts, else the first. */
const shareOf = ({ owner, weight, groups }: Stake, { type }: WrittenRoute): readonly Share[] => {
  const chosen = groups.find((one) => one.type === type) ?? groups[0];
  return chosen === undefined ? [] : [{ owner, weight, group: chosen.group }];
};

/** Every (path, listener) where a canary stands. */
const placesOf = (draft: IngressDraft): readonly { readonly route: Route; readonly listener: ListenerIdentity }[] =>
  draft.routes.flatMap((route) => route.placed.map(({ listener }) => ({ route, listener })));

/** A canary that has a share somewhere has it everywhere, or it is held. */
function tryCanary(draft: IngressDraft, weight: number, taken: Tally['stakes'], twins: Twins) {
  const own = new Map<string, Stake>();
  const problems = new Map<string, Problem>();
  for (const place of placesOf(draft)) {
    const { written, backend } = place.route;
    const key = keyOf(place.listener, written);
    const before = (taken.get(key) ?? []).flatMap((stake) => shareOf(stake, written));
    const problem = refusalOf(draft, place, { twins, before, weight });
    if (problem !== undefined) problems.set(written.at, problem); // once a path, not once a listener
    const groups = [...(own.get(key)?.groups ?? []), ...(backend === undefined ? [] : [{ type: written.type, group: backend }])];
    own.set(key, { owner: draft.ref, weight, groups });
  }
  const stakes = new Map([...taken, ...[...own].map(([key, stake]) => [key, [...(taken.get(key) ?? []), stake]] as const)]);
  return { stakes, problems: [...problems.values()] };
}

/** Where a held canary may have a share. */
const heldKeys = (draft: IngressDraft): readonly string[] =>
  draft.placed
    ? placesOf(draft).map(({ route, listener }) => keyOf(listener, route.written))
    : draft.routes.map((route) => keyOf(onAnyListener, route.written));

interface Tally {
  readonly stakes: ReadonlyMap<string, readonly Stake[]>;
  readonly stays: readonly string[];
  readonly problems: readonly (readonly [string, readonly Problem[]])[];
}

/** The tally with one more canary. */
function count(tally: Tally, draft: IngressDraft, isHeld: boolean, twins: Twins): Tally {
  const staying = { ...tally, stays: [...tally.stays, ...heldKeys(draft)] };
  if (isHeld) return staying;
  if (draft.canary?.weight === undefined) return tally;
  const { stakes, problems } = tryCanary(draft, draft.canary.weight, tally.stakes, twins);
  return problems.length === 0 ? { ...tally, stakes } : { ...staying, problems: [...tally.problems, [refText(draft.ref), problems]] };
}

/**
 * Goes through the canaries in the order of the Ingresses; one that asks for more than is left is held, and those behind it are looked at as
 * if it were not there. `held`: Ingresses (as text) that are held for other reasons.
 */
export function shareByWeight(drafts: readonly IngressDraft[], held: ReadonlySet<string>, twins: Twins): Weights {
  const { stakes, stays, problems } = drafts
    .filter((draft) => draft.canary?.weighted === true)
    .reduce<Tally>((tally, draft) => count(tally, draft, held.has(refText(draft.ref)), twins), {
      stakes: new Map(),
      stays: [],
      problems: [],
    });
  const staying = new Set(stays);
  return {
    shares: (listener, written) => (stakes.get(keyOf(listener, written)) ?? []).flatMap((stake) => shareOf(stake, written)),
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

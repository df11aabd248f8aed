/** From what the API server says to what is wanted of the cloud: pure, and the same whatever the order of its inputs. */
import { type ObjectRef, type Problem, refText } from '#shared/problem.ts';
import { type Annotation, type Reading, readAnnotation } from './annotations/annotation.ts';
import { foreignGroups, mode, pathOrder } from './annotations/on-albconfig.ts';
import { buildIngress, draftProblems, type IngressPart } from './build-ingress.ts';
import { buildListeners, type Listeners } from './build-listener.ts';
import { buildLoadBalancer } from './build-load-balancer.ts';
import { stableTwins } from './canary.ts';
import { shareByWeight } from './canary-weights.ts';
import { draftIngress, type IngressDraft, type IngressSurroundings, isHolding } from './draft-ingress.ts';
import { generatedAlbConfig } from './generated-albconfig.ts';
import { listenerOf } from './listener-identity.ts';
import { albConfigNameOf } from './membership.ts';
import { byText, problemOf, refOf, sortedByRef } from './object-ref.ts';
import { shardGroups } from './shard-groups.ts';
import type { ListenerIdentity, RuleSpec, ServerGroupSpec, Stack } from './stack.ts';
import type { Ingress, RawAlbConfig, Site, Wish } from './wish.ts';

/** Ingresses that are being deleted are no members any more: their rules go because nobody wants them. */
const membersOf = (wish: Wish): readonly Ingress[] =>
  wish.ingresses.filter(
    (one) => one.metadata.deletionTimestamp === undefined && albConfigNameOf(one, wish.ingressClasses) === wish.key.name,
  );

/** Position, then namespace/name: who is matched first. */
const inOrder = (drafts: readonly IngressDraft[]): readonly IngressDraft[] =>
  [...sortedByRef(drafts, (draft) => draft.ref)].sort((a, b) => a.order - b.order);

/** One group a identity, owned by all Ingresses that use it, in the order of the identities. */
function mergeGroups(groups: readonly ServerGroupSpec[]): readonly ServerGroupSpec[] {
  const merged = new Map<string, { readonly group: ServerGroupSpec; readonly owners: ObjectRef[] }>();
  for (const group of groups) {
    const before = merged.get(group.identity);
    if (before === undefined) merged.set(group.identity, { group, owners: [...group.owners] });
    else before.owners.push(...group.owners);
  }
  const whole = [...merged.values()].map(({ group, owners }) => ({ ...group, owners: distinctRefs(owners) }));
  return whole.sort((a, b) => byText(a.identity, b.identity));
}

const distinctRefs = (refs: readonly ObjectRef[]): readonly ObjectRef[] =>
  [...new Map(refs.map((ref) => [refText(ref), ref]))].sort(([a], [b]) => byText(a, b)).map(([, ref]) => ref);

/** Within a listener: the rules of all Ingresses in order, then their default backends in the same order. */
const orderedRules = (parts: readonly IngressPart[], listeners: readonly string[]): readonly RuleSpec[] =>
  listeners.flatMap((listener) =>
    [...parts.flatMap((part) => part.rules), ...parts.flatMap((part) => part.defaults)].filter((rule) => rule.listener === listener),
  );

/** A listener that the AlbConfig has not, or has no more, and the Ingresses that want it: removing it would take their rules along. */
interface MissingListener {
  readonly identity: ListenerIdentity;
  readonly wantedBy: readonly ObjectRef[];
}

function missingListeners({ specs, held }: Listeners, parts: readonly IngressPart[]): readonly MissingListener[] {
  const present = new Set([...specs.map((one) => one.identity), ...held]);
  const wanted = [...new Set(parts.flatMap((part) => part.listeners))].filter((one) => !present.has(one)).sort();
  return wanted.map((identity) => ({
    identity,
    wantedBy: parts.filter((part) => part.listeners.includes(identity)).map((part) => part.ref),
  }));
}

/** Of the Ingresses that want a listener as many are named; they are told of it themselves. */
const namedAtMost = 3;

function missingProblem(albConfig: ObjectRef, { identity, wantedBy }: MissingListener): Problem {
  const { protocol, port } = listenerOf(identity);
  const names = wantedBy.slice(0, namedAtMost).map(({ namespace, name }) => `${namespace}/${name}`);
  const ingresses = [...names, ...(wantedBy.length > namedAtMost ? ['…'] : [])].join(', ');
  return problemOf(
    'LISTENER-WANTED',
    albConfig,
    { protocol, port: String(port), count: String(wantedBy.length), ingresses },
    'spec.listeners',
  );
}

/** What an AlbConfig says about itself besides its fields. */
const readingsOf = (albConfig: RawAlbConfig) => ({
  mode: readAnnotation(mode, albConfig),
  pathOrder: readAnnotation(pathOrder, albConfig),
  foreignGroups: readAnnotation(foreignGroups, albConfig),
});

const valueOr = <T>(reading: Reading<T>, row: Annotation<T>): T => (reading.problem === undefined ? reading.value : row.default);

/** All Ingresses together: each on its own first, then what canaries and stable Ingresses have to do with each other. */
function buildIngresses(ingresses: readonly Ingress[], around: IngressSurroundings): readonly IngressPart[] {
  const drafts = inOrder(ingresses.map((ingress) => draftIngress(ingress, around)));
  const twins = stableTwins(drafts);
  const known = drafts.map((draft, position) => draftProblems(draft, position, twins));
  const isHeld = (_draft: IngressDraft, index: number): boolean => known[index]?.some(isHolding) === true;
  const weights = shareByWeight(drafts, new Set(drafts.filter(isHeld).map((draft) => refText(draft.ref))), twins);
  const neighbours = { cluster: around.site.cluster, albConfig: around.albConfig, twins, weights };
  return drafts.map((draft, index) => buildIngress(draft, known[index] ?? [], neighbours));
}

function buildPresent(wish: Wish, albConfig: RawAlbConfig, site: Site, base: Stack): Stack {
  const ref = refOf(albConfig);
  const loadBalancer = buildLoadBalancer(albConfig, ref, site);
  const listeners = buildListeners(albConfig, ref, site);
  const readings = readingsOf(albConfig);
  const parts = buildIngresses(membersOf(wish), {
    albConfig: wish.key.name,
    listeners,
    services: wish.services,
    site,
    pathOrder: valueOr(readings.pathOrder, pathOrder),
    foreignGroups: valueOr(readings.foreignGroups, foreignGroups),
  });
  const wrong: readonly Problem[] = Object.values(readings).flatMap((one) => one.problem ?? []);
  const missing = missingListeners(listeners, parts);
  const ofParts = [...parts.flatMap((part) => part.problems), ...missing.map((one) => missingProblem(ref, one))];
  const problems = [...wrong, ...loadBalancer.problems, ...listeners.problems, ...ofParts];
  if (loadBalancer.value === undefined || listeners.unclear || wrong.length > 0) return { ...base, want: 'hold', problems };
  const rules = orderedRules(
    parts,
    listeners.specs.map((one) => one.identity),
  );
  return {
    ...base,
    loadBalancer: loadBalancer.value,
    ...shardGroups(mergeGroups([...listeners.groups, ...parts.flatMap((part) => part.groups)]), rules),
    listeners: listeners.specs,
    heldListeners: [...listeners.held, ...missing.map((one) => one.identity)].sort(),
    held: parts.filter((part) => part.held).map(({ ref: ingress, problems: why }) => ({ ref: ingress, problems: why })),
    problems,
  };
}

/** What is wanted of the cloud for one AlbConfig. */
export function buildStack(wish: Wish, site: Site): Stack {
  const base: Stack = {
    key: wish.key,
    mode: wish.albConfig === undefined ? mode.default : valueOr(readAnnotation(mode, wish.albConfig), mode),
    want: 'present',
    groups: [],
    listeners: [],
    heldListeners: [],
    rules: [],
    held: [],
    ingresses: sortedByRef(membersOf(wish).map(refOf), (ref) => ref),
    problems: [],
  };
  if (wish.albConfig === undefined) {
    // Why none could be made from its Ingresses, when that is so.
    return { ...base, want: 'remove', problems: generatedAlbConfig(wish.key.name, membersOf(wish))?.problems ?? [] };
  }
  const going = wish.albConfig.metadata.deletionTimestamp !== undefined;
  return going ? { ...base, want: 'remove' } : buildPresent(wish, wish.albConfig, site, base);
}

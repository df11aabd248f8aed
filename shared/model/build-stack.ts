/** From what the API server says to what is wanted of the cloud: pure, and the same whatever the order of its inputs. */
import type { ObjectRef } from '#shared/problem.ts';
import { buildIngress, type IngressPart } from './build-ingress.ts';
import { buildListeners } from './build-listener.ts';
import { buildLoadBalancer } from './build-load-balancer.ts';
import { generatedAlbConfig } from './generated-albconfig.ts';
import { albConfigNameOf } from './membership.ts';
import { byRef, byText, problemOf, refOf } from './object-ref.ts';
import { shardGroups } from './shard-groups.ts';
import type { Mode, RuleSpec, ServerGroupSpec, Stack } from './stack.ts';
import type { Ingress, RawAlbConfig, Site, Wish } from './wish.ts';

/** On an AlbConfig: whether it is managed, only watched, or left alone. */
const modeAnnotation = 'albeit.io/mode';
const modes: readonly Mode[] = ['manage', 'observe', 'paused'];

/** Ingresses that are being deleted are no members any more: their rules go because nobody wants them. */
const membersOf = (wish: Wish): readonly Ingress[] =>
  wish.ingresses.filter(
    (one) => one.metadata.deletionTimestamp === undefined && albConfigNameOf(one, wish.ingressClasses) === wish.key.name,
  );

/** Position, then namespace/name: who is matched first. */
const inOrder = (a: IngressPart, b: IngressPart): number => a.order - b.order || byRef(a.ref, b.ref);

/** One group a identity, owned by all Ingresses that use it, in the order of the identities. */
function mergeGroups(groups: readonly ServerGroupSpec[]): readonly ServerGroupSpec[] {
  const merged = new Map<string, ServerGroupSpec>();
  for (const group of groups) {
    const before = merged.get(group.identity);
    const owners = [...(before?.owners ?? []), ...group.owners];
    merged.set(group.identity, { ...(before ?? group), owners: distinctRefs(owners) });
  }
  return [...merged.values()].sort((a, b) => byText(a.identity, b.identity));
}

const distinctRefs = (refs: readonly ObjectRef[]): readonly ObjectRef[] => {
  const sorted = [...refs].sort(byRef);
  return sorted.filter((one, index) => {
    const before = sorted[index - 1];
    return before === undefined || byRef(before, one) !== 0;
  });
};

/** Within a listener: the rules of all Ingresses in order, then their default backends in the same order. */
const orderedRules = (parts: readonly IngressPart[], listeners: readonly string[]): readonly RuleSpec[] =>
  listeners.flatMap((listener) =>
    [...parts.flatMap((part) => part.rules), ...parts.flatMap((part) => part.defaults)].filter((rule) => rule.listener === listener),
  );

function modeOf(albConfig: RawAlbConfig | undefined): Mode | undefined {
  const written = albConfig?.metadata.annotations?.[modeAnnotation] ?? 'manage';
  return modes.find((one) => one === written);
}

function wrongMode(albConfig: RawAlbConfig, ref: ObjectRef): Stack['problems'] {
  if (modeOf(albConfig) !== undefined) return [];
  const value = albConfig.metadata.annotations?.[modeAnnotation] ?? '';
  const facts = { annotation: modeAnnotation, value, allowed: modes.join(', ') };
  return [problemOf('ANNOTATION-INVALID', ref, facts, `metadata.annotations[${modeAnnotation}]`)];
}

function buildPresent(wish: Wish, albConfig: RawAlbConfig, site: Site, base: Stack): Stack {
  const ref = refOf(albConfig);
  const loadBalancer = buildLoadBalancer(albConfig, ref, site);
  const listeners = buildListeners(albConfig, ref, site);
  const around = { albConfig: wish.key.name, listeners, services: wish.services, site };
  const parts = membersOf(wish)
    .map((ingress) => buildIngress(ingress, around))
    .sort(inOrder);
  const problems = [
    ...wrongMode(albConfig, ref),
    ...loadBalancer.problems,
    ...listeners.problems,
    ...parts.flatMap((part) => part.problems),
  ];
  if (loadBalancer.value === undefined || listeners.unclear || modeOf(albConfig) === undefined) return { ...base, want: 'hold', problems };
  const rules = orderedRules(
    parts,
    listeners.specs.map((one) => one.identity),
  );
  return {
    ...base,
    loadBalancer: loadBalancer.value,
    ...shardGroups(mergeGroups([...listeners.groups, ...parts.flatMap((part) => part.groups)]), rules),
    listeners: listeners.specs,
    heldListeners: listeners.held,
    held: parts.filter((part) => part.held).map(({ ref: ingress, problems: why }) => ({ ref: ingress, problems: why })),
    problems,
  };
}

/** What is wanted of the cloud for one AlbConfig. */
export function buildStack(wish: Wish, site: Site): Stack {
  const base: Stack = {
    key: wish.key,
    mode: modeOf(wish.albConfig) ?? 'manage',
    want: 'present',
    groups: [],
    listeners: [],
    heldListeners: [],
    rules: [],
    held: [],
    ingresses: membersOf(wish).map(refOf).sort(byRef),
    problems: [],
  };
  if (wish.albConfig === undefined) {
    // Why none could be made from its Ingresses, when that is so.
    return { ...base, want: 'remove', problems: generatedAlbConfig(wish.key.name, membersOf(wish))?.problems ?? [] };
  }
  const going = wish.albConfig.metadata.deletionTimestamp !== undefined;
  return going ? { ...base, want: 'remove' } : buildPresent(wish, wish.albConfig, site, base);
}

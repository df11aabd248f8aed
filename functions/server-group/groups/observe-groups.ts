/** Which groups of this AlbConfig there are: as remembered, or found by their tags. */
import type { ServerGroup } from '#shared/cloud/alb/port.ts';
import type { ServerGroupSpec } from '#shared/model/stack.ts';
import { albConfigTags, tagKeys } from '#shared/ownership.ts';
import type { Scene } from '#shared/step/scene.ts';
import { changedKind } from './group-fields.ts';

/** A group as observed, or as remembered (then without its settings, which nobody but us has written). */
export interface Found {
  readonly identity: string;
  readonly id: string;
  readonly observed?: ServerGroup;
}

const identityOf = (one: ServerGroup): string => one.tags[tagKeys.resource] ?? '';

const asFound = (one: ServerGroup): Found => ({ identity: identityOf(one), id: one.serverGroupId, observed: one });

/** Of several that carry one identity the one that rules point to, else the fullest: the fewest requests would go elsewhere. */
const better = (a: Found, b: Found, inRules: ReadonlySet<string>): Found => {
  const rank = ({ id, observed }: Found): number => (inRules.has(id) ? 1_000_000 : 0) + (observed?.serverCount ?? 0);
  return rank(b) > rank(a) ? b : a;
};

/** A group with our tags that cannot be what they say: somebody tagged it by hand. It is named, left as it is, and another one is made. */
function tellMisfit({ id, observed }: Found, { identity, settings, fixed, owners }: ServerGroupSpec, scene: Scene): void {
  const fields = observed === undefined ? [] : changedKind(fixed, observed.fixed);
  for (const object of owners) {
    const facts = { group: id, name: settings.serverGroupName, identity, fields: fields.join(', '), tag: tagKeys.resource };
    scene.tell({ code: 'GROUP-MISFIT', object, facts });
  }
}

/** One group an identity, and those that are too many. */
function fitting(found: readonly Found[], scene: Scene): readonly Found[] {
  const specs = new Map(scene.stack.groups.map((spec) => [spec.identity, spec]));
  const inRules = new Set(scene.ledger.groupsInRules);
  const chosen = new Map<string, Found>();
  const others: Found[] = [];
  for (const one of found) {
    const spec = specs.get(one.identity);
    if (spec !== undefined && one.observed !== undefined && changedKind(spec.fixed, one.observed.fixed).length > 0) {
      tellMisfit(one, spec, scene);
      continue;
    }
    const former = chosen.get(one.identity);
    const best = former === undefined ? one : better(former, one, inRules);
    chosen.set(one.identity, best);
    if (former !== undefined) others.push(best === one ? former : one);
  }
  // Known by their own ids they are wanted by nobody, and go as soon as no rule names them.
  return [...chosen.values(), ...others.map((one) => ({ ...one, identity: one.id }))];
}

/** Reads only when nothing is remembered, or everything is to go. */
export async function observeGroups(scene: Scene): Promise<readonly Found[]> {
  const remembered = Object.entries(scene.ledger.groups).map(([identity, id]) => ({ identity, id }));
  if (scene.stack.want !== 'remove' && (scene.fresh || remembered.length > 0)) return remembered;
  const listed = await scene.cloud.alb.findServerGroups(albConfigTags(scene.stack.key.cluster, scene.stack.key.name));
  const there = listed.filter((one) => one.status !== 'Deleting').map(asFound);
  const ours = scene.stack.want === 'remove' ? there : fitting(there, scene);
  scene.remember((ledger) => ({ ...ledger, groups: Object.fromEntries(ours.map(({ identity, id }) => [identity, id])) }));
  return ours;
}

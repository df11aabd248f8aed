/**
 * The service lets 50 rules point to one server group. A group that more rules want is made several times (shards), each with all members.
 * A rule's shard is chosen by its identity alone, so one more rule moves nobody, and one more shard moves only its own share.
 */
import { createHash } from 'node:crypto';
import { tagKeys } from '#shared/ownership.ts';
import { byText } from './object-ref.ts';
import { type GroupIdentity, type GroupRef, groupRefsOf, type RuleActionSpec, type RuleSpec, type ServerGroupSpec } from './stack.ts';

/** Default of the quota "references of one server group by listeners and rules". */
export const referencesPerGroup = 50;

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Highest random weight: of all shards the one whose hash with the rule is greatest. */
function shardOf(rule: string, shards: number): number {
  const weights = Array.from({ length: shards }, (_, shard) => ({ shard, weight: digest(`${rule}/${shard}`) }));
  return weights.reduce((best, one) => (one.weight > best.weight ? one : best)).shard;
}

/** The fewest shards of which none is wanted by more rules than the quota allows, and which rule is in which. */
function distribute(rules: readonly string[], limit: number): ReadonlyMap<string, number> {
  for (let shards = Math.max(1, Math.ceil(rules.length / limit)); ; shards += 1) {
    const chosen = new Map(rules.map((rule) => [rule, shardOf(rule, shards)]));
    const sizes = new Map<number, number>();
    for (const shard of chosen.values()) sizes.set(shard, (sizes.get(shard) ?? 0) + 1);
    if (Math.max(0, ...sizes.values()) <= limit) return chosen;
  }
}

/** The first shard is the group itself, so that most groups never notice. */
const shardIdentity = (group: GroupIdentity, shard: number): GroupIdentity => (shard === 0 ? group : digest(`${group}/shard/${shard}`));

const groupsOf = (rule: RuleSpec): readonly GroupIdentity[] => [
  ...new Set(groupRefsOf(rule.actions).flatMap(({ group }) => (group === undefined ? [] : [group]))),
];

function shardedGroup(group: ServerGroupSpec, shard: number, owners: readonly string[]): ServerGroupSpec {
  const identity = shardIdentity(group.identity, shard);
  return {
    ...group,
    identity,
    owners: group.owners.filter((one) => owners.includes(`${one.namespace}/${one.name}`)),
    tags: { ...group.tags, [tagKeys.resource]: identity },
  };
}

function withGroup(rule: RuleSpec, from: GroupIdentity, to: GroupIdentity): RuleSpec {
  if (from === to) return rule;
  const moved = <R extends GroupRef>(ref: R): R => (ref.group === from ? { ...ref, group: to } : ref);
  const actions = rule.actions.map((action): RuleActionSpec => {
    if (action.type === 'ForwardGroup') return { ...action, groups: action.groups.map(moved) };
    return action.type === 'TrafficMirror' ? { ...action, groups: action.groups.map(moved) } : action;
  });
  return { ...rule, actions };
}

export interface Sharded {
  readonly groups: readonly ServerGroupSpec[];
  readonly rules: readonly RuleSpec[];
}

/** Splits the groups that too many rules want, and points the rules to their shards. `rules` keep their order, groups are by identity. */
export function shardGroups(groups: readonly ServerGroupSpec[], rules: readonly RuleSpec[], limit = referencesPerGroup): Sharded {
  const wanting = new Map<GroupIdentity, RuleSpec[]>();
  for (const rule of rules) {
    for (const group of groupsOf(rule)) {
      const wanters = wanting.get(group);
      if (wanters === undefined) wanting.set(group, [rule]);
      else wanters.push(rule);
    }
  }
  const moved = new Map<string, RuleSpec>();
  const split = groups.flatMap((group) => {
    const wanters = wanting.get(group.identity) ?? [];
    if (wanters.length <= limit) return [group];
    const shards = distribute(
      wanters.map((rule) => rule.identity),
      limit,
    );
    for (const rule of wanters) {
      const before = moved.get(rule.identity) ?? rule;
      moved.set(rule.identity, withGroup(before, group.identity, shardIdentity(group.identity, shards.get(rule.identity) ?? 0)));
    }
    return [...new Set(shards.values())].map((shard) => {
      const inside = wanters.filter((rule) => shards.get(rule.identity) === shard);
      return shardedGroup(
        group,
        shard,
        inside.flatMap((rule) => rule.owners.map((one) => `${one.namespace}/${one.name}`)),
      );
    });
  });
  return {
    groups: split.sort((a, b) => byText(a.identity, b.identity)),
    rules: rules.map((rule) => moved.get(rule.identity) ?? rule),
  };
}

/**
 * The servers of one group: which calls bring them in line so that a group which had a serving member, and is wanted non-empty, has one at
 * every instant.
 */
import { albActions } from '#shared/cloud/alb/actions.ts';
import type { ObservedServer, Server } from '#shared/cloud/alb/port.ts';

/** One call. They are carried out in order, each finished before the next. */
export type MemberOperation =
  | { readonly kind: 'replace'; readonly added: readonly Server[]; readonly removed: readonly Server[] }
  | { readonly kind: 'add'; readonly servers: readonly Server[] }
  | { readonly kind: 'remove'; readonly servers: readonly Server[] }
  | { readonly kind: 'update'; readonly servers: readonly Server[] };

/** Servers that an operation brings. */
export const addedBy = (operation: MemberOperation): readonly Server[] => {
  if (operation.kind === 'replace') return operation.added;
  return operation.kind === 'add' ? operation.servers : [];
};

/** Servers that it takes away. */
export const removedBy = (operation: MemberOperation): readonly Server[] => {
  if (operation.kind === 'replace') return operation.removed;
  return operation.kind === 'remove' ? operation.servers : [];
};

export interface MemberPlan {
  readonly operations: readonly MemberOperation[];
  /** Something is under way in the cloud that must end first; plan again when it has. */
  readonly waiting: readonly ObservedServer[];
  /** The group has members and will have none: the caller makes sure by a second reading that this is really wanted. */
  readonly empties: boolean;
}

export interface MemberQuestion {
  readonly wanted: readonly Server[];
  readonly observed: readonly ObservedServer[];
  /** Keys of servers that are wanted but cannot be added now: they are left out, and still keep the group from counting as unwanted. */
  readonly omitted?: ReadonlySet<string>;
  /** There is no room for what is to come: what must go goes first, but for one that serves. */
  readonly tight?: boolean;
}

/** Servers of one call; of ReplaceServersInServerGroup, on each side. */
const perCall = albActions.ReplaceServersInServerGroup.batch;
const perUpdate = albActions.UpdateServerGroupServersAttribute.batch;

type Identified = Pick<Server, 'serverType' | 'serverId' | 'serverIp' | 'port'>;

/** What the service tells servers apart by. An instance has one address, which some answers name and others do not. */
export const serverKey = ({ serverType, serverId, serverIp, port }: Identified): string =>
  [serverType, serverId, serverType === 'Ecs' ? '' : serverIp, port].join(' ');

const chunks = <T>(items: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));

const update = (servers: readonly Server[]): readonly MemberOperation[] =>
  chunks(servers, perUpdate).map((part) => ({ kind: 'update', servers: part }));

const remove = (servers: readonly Server[]): readonly MemberOperation[] =>
  chunks(servers, perCall).map((part) => ({ kind: 'remove', servers: part }));

/** Pairs of additions and removals; what is left over of either is a call of its own, additions before removals. */
function exchange(added: readonly Server[], removed: readonly Server[]): readonly MemberOperation[] {
  const [plus, minus] = [chunks(added, perCall), chunks(removed, perCall)];
  return Array.from({ length: Math.max(plus.length, minus.length) }, (_, index): MemberOperation => {
    const [more, less] = [plus[index], minus[index]];
    if (more !== undefined && less !== undefined) return { kind: 'replace', added: more, removed: less };
    return more === undefined ? { kind: 'remove', servers: less ?? [] } : { kind: 'add', servers: more };
  });
}

/** On its way out of the group, whatever we do; its address may be another pod's by now. */
export const isRemoving = ({ status }: Pick<ObservedServer, 'status'>): boolean => status === 'Removing';

const serving = 'Available';

interface Difference {
  readonly add: readonly Server[];
  readonly remove: readonly ObservedServer[];
  readonly raise: readonly Server[];
  readonly lower: readonly Server[];
  /** Wanted, there, and answering requests already. */
  readonly standing: number;
}

const nobody: ReadonlySet<string> = new Set();

function compare(wanted: ReadonlyMap<string, Server>, { observed, omitted = nobody }: MemberQuestion): Difference {
  const there = new Map(observed.map((one) => [serverKey(one), one]));
  const kept = [...wanted].flatMap(([key, want]) => {
    const have = there.get(key);
    return have === undefined || isRemoving(have) ? [] : [{ want, have }];
  });
  return {
    // Those that carry traffic first, so that the first call already brings one.
    add: [...wanted]
      .filter(([key]) => !there.has(key) && !omitted.has(key))
      .map(([, want]) => want)
      .sort((a, b) => b.weight - a.weight),
    remove: observed.filter((one) => !isRemoving(one) && !wanted.has(serverKey(one))),
    raise: kept.filter(({ want, have }) => want.weight > have.weight).map(({ want }) => want),
    lower: kept.filter(({ want, have }) => want.weight < have.weight).map(({ want }) => want),
    standing: kept.filter(({ want, have }) => want.weight > 0 && have.status === serving).length,
  };
}

/** What goes before anything comes, where there is no room for both: all but one that answers, unless another does. */
function makeRoom(
  { remove: leaving, standing }: Difference,
  traffic: boolean,
): readonly [first: readonly Server[], last: readonly Server[]] {
  if (!traffic || standing > 0) return [leaving, []];
  const keep = leaving.find((one) => one.status === serving && one.weight > 0);
  return [leaving.filter((one) => one !== keep), keep === undefined ? [] : [keep]];
}

/** From what is wanted and what is there to calls. Duplicates in `wanted` count once. */
export function planMembers(question: MemberQuestion): MemberPlan {
  const wanted = new Map(question.wanted.map((one) => [serverKey(one), one]));
  const { observed, tight = false } = question;
  const difference = compare(wanted, question);
  const { add, remove: leaving, raise, lower, standing } = difference;
  const returning = observed.filter((one) => isRemoving(one) && wanted.has(serverKey(one)));
  const traffic = [...wanted.values()].some((one) => one.weight > 0);
  // Taking anything away must leave somebody who answers: a standing server, or one that comes by the same or an earlier call.
  const safe = !traffic || standing > 0 || add.some((one) => one.weight > 0);
  const held = safe ? [] : [...leaving, ...observed.filter((one) => lower.some((low) => serverKey(low) === serverKey(one)))];
  const arriving = safe ? [] : observed.filter((one) => wanted.has(serverKey(one)) && one.status !== serving);
  const [first, last] = tight ? makeRoom(difference, traffic) : [[], leaving];
  return {
    operations: [...remove(first), ...update(raise), ...exchange(add, safe ? last : []), ...(safe ? update(lower) : [])],
    waiting: [...new Set([...returning, ...(held.length === 0 ? [] : arriving)])],
    empties: wanted.size === 0 && leaving.length > 0,
  };
}

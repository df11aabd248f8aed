/**
 * The servers of one group: which calls bring them in line so that a group which had a serving member, and is wanted non-empty, has one at
 * every instant.
 */
import type { ObservedServer, Server } from '#shared/cloud/alb/port.ts';

/** One call. They are carried out in order, each finished before the next. */
export type MemberOperation =
  | { readonly kind: 'replace'; readonly added: readonly Server[]; readonly removed: readonly Server[] }
  | { readonly kind: 'add'; readonly servers: readonly Server[] }
  | { readonly kind: 'remove'; readonly servers: readonly Server[] }
  | { readonly kind: 'update'; readonly servers: readonly Server[] };

export interface MemberPlan {
  readonly operations: readonly MemberOperation[];
  /** Something is under way in the cloud that must end first; plan again when it has. */
  readonly waiting: readonly ObservedServer[];
  /** The group has members and will have none: the caller makes sure by a second reading that this is really wanted. */
  readonly empties: boolean;
}

/** Servers per AddServersToServerGroup, RemoveServersFromServerGroup and on each side of ReplaceServersInServerGroup. */
const perCall = 200;
/** Servers per UpdateServerGroupServersAttribute: the smaller of the two published figures. */
const perUpdate = 40;

type Identified = Pick<Server, 'serverType' | 'serverId' | 'serverIp' | 'port'>;

/** What the service tells servers apart by. An instance has one address, which some answers name and others do not. */
export const serverKey = ({ serverType, serverId, serverIp, port }: Identified): string =>
  [serverType, serverId, serverType === 'Ecs' ? '' : serverIp, port].join(' ');

const chunks = <T>(items: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));

const update = (servers: readonly Server[]): readonly MemberOperation[] =>
  chunks(servers, perUpdate).map((part) => ({ kind: 'update', servers: part }));

/** Pairs of additions and removals; what is left over of either is a call of its own, additions before removals. */
function exchange(added: readonly Server[], removed: readonly Server[]): readonly MemberOperation[] {
  const [plus, minus] = [chunks(added, perCall), chunks(removed, perCall)];
  return Array.from({ length: Math.max(plus.length, minus.length) }, (_, index): MemberOperation => {
    const [more, less] = [plus[index], minus[index]];
    if (more !== undefined && less !== undefined) return { kind: 'replace', added: more, removed: less };
    return more === undefined ? { kind: 'remove', servers: less ?? [] } : { kind: 'add', servers: more };
  });
}

const gone = 'Removing';
const serving = 'Available';

interface Difference {
  readonly add: readonly Server[];
  readonly remove: readonly ObservedServer[];
  readonly raise: readonly Server[];
  readonly lower: readonly Server[];
  /** Wanted, there, and answering requests already. */
  readonly standing: number;
}

function compare(wanted: ReadonlyMap<string, Server>, observed: readonly ObservedServer[]): Difference {
  const there = new Map(observed.map((one) => [serverKey(one), one]));
  const kept = [...wanted].flatMap(([key, want]) => {
    const have = there.get(key);
    return have === undefined || have.status === gone ? [] : [{ want, have }];
  });
  return {
    // Those that carry traffic first, so that the first call already brings one.
    add: [...wanted]
      .filter(([key]) => !there.has(key))
      .map(([, want]) => want)
      .sort((a, b) => b.weight - a.weight),
    remove: observed.filter((one) => one.status !== gone && !wanted.has(serverKey(one))),
    raise: kept.filter(({ want, have }) => want.weight > have.weight).map(({ want }) => want),
    lower: kept.filter(({ want, have }) => want.weight < have.weight).map(({ want }) => want),
    standing: kept.filter(({ want, have }) => want.weight > 0 && have.status === serving).length,
  };
}

/** From what is wanted and what is there to calls. Duplicates in `wanted` count once. */
export function planMembers(question: { readonly wanted: readonly Server[]; readonly observed: readonly ObservedServer[] }): MemberPlan {
  const wanted = new Map(question.wanted.map((one) => [serverKey(one), one]));
  const { observed } = question;
  const { add, remove, raise, lower, standing } = compare(wanted, observed);
  const returning = observed.filter((one) => one.status === gone && wanted.has(serverKey(one)));
  const traffic = [...wanted.values()].some((one) => one.weight > 0);
  // Taking anything away must leave somebody who answers: a standing server, or one that comes by the same or an earlier call.
  const safe = !traffic || standing > 0 || add.some((one) => one.weight > 0);
  const held = safe ? [] : [...remove, ...observed.filter((one) => lower.some((low) => serverKey(low) === serverKey(one)))];
  const arriving = safe ? [] : observed.filter((one) => wanted.has(serverKey(one)) && one.status !== serving);
  return {
    operations: [...update(raise), ...exchange(add, safe ? remove : []), ...(safe ? update(lower) : [])],
    waiting: [...new Set([...returning, ...(held.length === 0 ? [] : arriving)])],
    empties: wanted.size === 0 && remove.length > 0,
  };
}

/** What is to be in a group now: what is wanted, but for what has no id in the cloud, what there is no room for, and what is refused. */
import type { Server } from '#shared/cloud/alb/port.ts';
import { isRemoving, serverKey } from '#shared/plan/members.ts';
import { type Chosen, chooseServers } from './choose-servers.ts';
import type { GroupWork } from './group-work.ts';
import { type FoundIds, type Resolved, resolve } from './look-ups.ts';

export interface Wanted {
  readonly resolved: Resolved;
  readonly chosen: Chosen;
  /** Keys of servers that are not tried now. */
  readonly omitted: ReadonlySet<string>;
}

/**
 * Of a group made elsewhere: what is there without our mark is somebody else's. It is neither wanted nor taken out, even where it is what we
 * would add. What we remember is ours.
 */
function withMark(resolved: Resolved, work: GroupWork): Resolved {
  const { mark } = work;
  if (mark === undefined) return resolved;
  const isForeign = (one: Server): boolean => work.listed && one.description !== mark;
  const foreign = new Set(work.observed.filter(isForeign).map(serverKey));
  work.observed = work.observed.filter((one) => !isForeign(one));
  work.foreign = new Set([...work.foreign, ...foreign]);
  const servers = resolved.servers.filter((one) => !work.foreign.has(serverKey(one)));
  return { ...resolved, servers: servers.map((one) => ({ ...one, description: mark })) };
}

/** Something is still to go out of the group, which makes room. */
export function isSomethingToGo({ observed }: Pick<GroupWork, 'observed'>, wanted: readonly Server[]): boolean {
  const keys = new Set(wanted.map(serverKey));
  return observed.some((one) => !isRemoving(one) && !keys.has(serverKey(one)));
}

/** What is to be there, but for what the service does not take. */
export function wantedOf(work: GroupWork, found: FoundIds): Wanted {
  const resolved = withMark(resolve(work, found), work);
  const chosen = chooseServers(resolved.servers, work.observed);
  const { full, refused } = work.refusals;
  // What goes makes room: then it is tried.
  const crowded = full !== undefined && !isSomethingToGo(work, chosen.servers);
  const there = new Set(work.observed.map(serverKey));
  const omitted = crowded ? chosen.servers.map(serverKey).filter((key) => !there.has(key)) : refused.keys();
  return { resolved, chosen, omitted: new Set(omitted) };
}

/** One call that changes the servers of a group: made under the claim's guard, and what there will be when it has succeeded. */
import type { ObservedServer, Server, Started } from '#shared/cloud/alb/port.ts';
import { shortHash } from '#shared/ownership.ts';
import { addedBy, isRemoving, type MemberOperation, removedBy, serverKey } from '#shared/plan/members.ts';
import type { Workshop } from '#shared/step/workshop.ts';
import { guardedAlb, type Lane } from './lane.ts';

/** The servers there will be when the operation has succeeded; not those that are on their way out, whatever becomes of it. */
export function after(observed: readonly ObservedServer[], operation: MemberOperation): readonly Server[] {
  const coming = operation.kind === 'update' ? operation.servers : addedBy(operation);
  const gone = new Set([...coming, ...removedBy(operation)].map(serverKey));
  return [...observed.filter((one) => !isRemoving(one) && !gone.has(serverKey(one))), ...coming];
}

/** Every claim has its own epoch, so add, remove, add again never replays an old answer; a record that was lost begins another life. */
function tokenOf({ claim }: Lane, group: string, operation: MemberOperation): string {
  const { life, epoch } = claim.record;
  return `${shortHash(`${group}|${life}`)}-${epoch}-${shortHash(JSON.stringify(operation))}`;
}

export async function callFor(operation: MemberOperation, group: string, lane: Lane, at: Workshop): Promise<Started> {
  const alb = guardedAlb(lane, at);
  const token = tokenOf(lane, group, operation);
  if (operation.kind === 'replace') return alb.replaceServers(group, operation.added, operation.removed, token);
  if (operation.kind === 'add') return alb.addServers(group, operation.servers, token);
  if (operation.kind === 'remove') return alb.removeServers(group, operation.servers, token);
  return alb.updateServers(group, operation.servers, token);
}

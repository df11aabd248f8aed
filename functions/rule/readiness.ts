/** A rule points to a group only once the group has a member, if members are wanted: who still has to wait, and for what. */
import { keyText, membersRequest, type ServiceKey } from '#events/contract/messages.ts';
import { groupRefsOf, type ServerGroupSpec } from '#shared/model/stack.ts';
import { ownerHash } from '#shared/ownership.ts';
import type { GroupMembers } from '#shared/step/record.ts';
import type { Scene } from '#shared/step/scene.ts';
import { serviceKeyOf } from '#shared/step/service-key.ts';

const isReady = (members: GroupMembers | undefined): boolean =>
  members?.wanted !== undefined && (members.wanted === 0 || (members.registered ?? 0) > 0);

/** After this long (ms) a Service whose groups nobody has looked at is asked for again: its request may have died with its sender. */
const askAgainAfterMs = 5000;
/** A group that gets no member for long (no pod can be reached) is looked at less and less often, down to this pause (seconds). */
const longestPauseSeconds = 10;

/** Remembers that rules wait, or that none does any more, and asks again for what nobody has looked at. */
function keepWaiting(unseen: ReadonlyMap<string, ServiceKey>, waiting: boolean, scene: Scene): void {
  const now = scene.now();
  const { membersAwaited = { since: now, asked: now } } = scene.ledger;
  const due = now - membersAwaited.asked >= askAgainAfterMs;
  if (due) for (const key of unseen.values()) scene.ask(membersRequest(key), 0);
  scene.remember(({ membersAwaited: _former, ...ledger }) =>
    waiting ? { ...ledger, membersAwaited: { since: membersAwaited.since, asked: due ? now : membersAwaited.asked } } : ledger,
  );
}

/** Pause before the next look, in whole seconds: a tenth of the time waited so far. */
export const pauseForMembers = (scene: Scene): number =>
  Math.min(longestPauseSeconds, Math.max(1, Math.floor((scene.now() - (scene.ledger.membersAwaited?.since ?? scene.now())) / 10_000)));

/** Owner hashes of Ingresses with a rule to a group that has no member yet, each with what it waits for. They keep what they have meanwhile. */
export async function waitingOwners(scene: Scene): Promise<ReadonlyMap<string, string>> {
  const services = await scene.services();
  const unready = new Map<string, string>();
  const unseen = new Map<string, ServiceKey>();
  for (const group of scene.stack.groups) {
    const known = membersOf(group, services, scene);
    if (group.members === undefined || isReady(known)) continue;
    const { namespace, service } = group.members;
    unready.set(group.identity, `members of ${namespace}/${service}`);
    if (known === undefined) unseen.set(`${namespace}/${service}`, serviceKeyOf(scene.stack.key.cluster, group.members));
  }
  keepWaiting(unseen, unready.size > 0, scene);
  const owners = new Map<string, string>();
  for (const rule of scene.stack.rules) {
    const missing = groupRefsOf(rule.actions)
      .map(({ group }) => unready.get(group ?? ''))
      .find((one) => one !== undefined);
    if (missing !== undefined) for (const ref of rule.owners) owners.set(ownerHash(ref.namespace, ref.name), missing);
  }
  return owners;
}

function membersOf(group: ServerGroupSpec, services: Awaited<ReturnType<Scene['services']>>, scene: Scene): GroupMembers | undefined {
  const { members } = group;
  const groupId = scene.ledger.groups[group.identity];
  if (members === undefined || groupId === undefined) return undefined;
  return services.get(keyText(serviceKeyOf(scene.stack.key.cluster, members)))?.ledger.members[groupId];
}

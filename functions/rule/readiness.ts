/** A rule points to a group only once the group has a member, if members are wanted: who still has to wait, and for what. */
import { keyText, type ServiceKey } from '#events/contract/messages.ts';
import type { ServerGroupSpec } from '#shared/model/stack.ts';
import { ownerHash } from '#shared/ownership.ts';
import type { GroupMembers } from '#shared/step/record.ts';
import type { Scene } from '#shared/step/scene.ts';

const isReady = (members: GroupMembers | undefined): boolean =>
  members?.wanted !== undefined && (members.wanted === 0 || (members.registered ?? 0) > 0);

/** Tries after which a Service whose groups nobody has looked at is asked for again: its request may have died with its sender. */
const askAgainEvery = 5;

function askAgain(group: ServerGroupSpec, known: GroupMembers | undefined, scene: Scene): void {
  if (group.members === undefined || known !== undefined || scene.attempt % askAgainEvery !== askAgainEvery - 1) return;
  const key: ServiceKey = {
    kind: 'Service',
    cluster: scene.stack.key.cluster,
    namespace: group.members.namespace,
    name: group.members.service,
  };
  scene.ask({ type: 'albeit.members.requested', version: 1, key, attempt: 0 }, 0);
}

/** Owner hashes of Ingresses with a rule to a group that has no member yet, each with what it waits for. They keep what they have meanwhile. */
export async function waitingOwners(scene: Scene): Promise<ReadonlyMap<string, string>> {
  const services = await scene.services();
  const unready = new Map<string, string>();
  for (const group of scene.stack.groups) {
    const known = membersOf(group, services, scene);
    if (group.members !== undefined && !isReady(known)) {
      askAgain(group, known, scene);
      unready.set(group.identity, `members of ${group.members.namespace}/${group.members.service}`);
    }
  }
  const owners = new Map<string, string>();
  for (const rule of scene.stack.rules) {
    const missing = rule.actions.flatMap((action) => action.groups.map(({ group }) => unready.get(group))).find((one) => one !== undefined);
    if (missing !== undefined) for (const ref of rule.owners) owners.set(ownerHash(ref.namespace, ref.name), missing);
  }
  return owners;
}

function membersOf(group: ServerGroupSpec, services: Awaited<ReturnType<Scene['services']>>, scene: Scene): GroupMembers | undefined {
  const { members } = group;
  const groupId = scene.ledger.groups[group.identity];
  if (members === undefined || groupId === undefined) return undefined;
  const key: ServiceKey = { kind: 'Service', cluster: scene.stack.key.cluster, namespace: members.namespace, name: members.service };
  return services.get(keyText(key))?.ledger.members[groupId];
}

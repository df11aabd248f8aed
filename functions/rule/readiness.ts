/** A rule points to a group only once the group has a member, if members are wanted: who still has to wait, and for what. */
import { keyText, membersRequest, type ServiceKey } from '#events/contract/messages.ts';
import type { MembersSource } from '#shared/model/members-source.ts';
import type { GroupRef, RuleSpec, ServerGroupSpec } from '#shared/model/stack.ts';
import { tagKeys } from '#shared/ownership.ts';
import { type HostShare, neighboursOf } from '#shared/plan/neighbours.ts';
import type { GroupMembers } from '#shared/step/record.ts';
import { isWithheld } from '#shared/step/refused-groups.ts';
import type { Scene, ServiceRecords } from '#shared/step/scene.ts';
import { serviceKeyOf } from '#shared/step/service-key.ts';

const isReady = (members: GroupMembers | undefined): boolean =>
  members?.wanted !== undefined && (members.wanted === 0 || (members.registered ?? 0) > 0);

/** After this long (ms) a Service whose groups nobody has looked at is asked for again: its request may have died with its sender. */
const askAgainAfterMs = 5000;
/** A group that gets no member for long (no pod can be reached) is looked at less and less often, down to this pause (seconds). */
const longestPauseSeconds = 10;

/** Somebody has looked, and nothing came of it for this long (ms): both who did and who was to come back may have died. */
const lookAgainAfterMs = 20_000;

/** Services whose members are waited for, by `namespace/name`. */
interface MissingServices {
  /** Nobody has looked at their groups. */
  readonly unseen: ReadonlyMap<string, ServiceKey>;
  /** Somebody has, but no member has come. */
  readonly seen: ReadonlyMap<string, ServiceKey>;
}

/** Remembers who waits and since when, and asks again for members that seem to be forgotten. */
function keepWaiting({ unseen, seen }: MissingServices, waiting: Iterable<string>, scene: Scene): void {
  const now = scene.now();
  const { since, asked, owners: former } = scene.ledger.membersAwaited ?? { since: now, asked: now };
  const due = now - asked >= askAgainAfterMs;
  const roundOf = (time: number): number => Math.floor((time - since) / lookAgainAfterMs);
  const again = due && roundOf(now) > roundOf(asked) ? [...seen.values()] : [];
  if (due) for (const key of [...unseen.values(), ...again]) scene.ask(membersRequest(key), 0);
  const owners = Object.fromEntries([...waiting].map((owner) => [owner, former?.[owner] ?? now]));
  const waits = Object.keys(owners).length > 0;
  scene.remember(({ membersAwaited: _former, ...ledger }) =>
    waits ? { ...ledger, membersAwaited: { since, asked: due ? now : asked, owners } } : ledger,
  );
}

/** A first member takes a few seconds. Who waits for longer than this (ms) has no servers, and neighbours go on without him. */
const neighboursWaitMs = 30_000;

/**
 * Owners that wait, and for a while those whose rules may meet the same requests: changed alone, they would send a request where neither the
 * old nor the new wish does. Rules of Ingresses that are gone are neighbours too.
 */
export function waitingTogether(waiting: Iterable<string>, shares: readonly HostShare[], scene: Scene): ReadonlySet<string> {
  const all = [...waiting];
  const since = scene.ledger.membersAwaited?.owners ?? {};
  const recent = all.filter((owner) => scene.now() - (since[owner] ?? 0) < neighboursWaitMs);
  return new Set([...all, ...neighboursOf(new Set(recent), shares)]);
}

/** Pause before the next look, in whole seconds: a tenth of the time waited so far. */
export const pauseForMembers = (scene: Scene): number =>
  Math.min(longestPauseSeconds, Math.max(1, Math.floor((scene.now() - (scene.ledger.membersAwaited?.since ?? scene.now())) / 10_000)));

/** A rule that stands keeps its actions while one who has a say in them is held; a group of weight 0 gets no request. */
const groupsToCome = (rule: RuleSpec, standing: ReadonlySet<string>): readonly GroupRef[] =>
  rule.actionsHeld === true && standing.has(rule.identity)
    ? []
    : rule.actions.flatMap((action) => {
        if (action.type === 'ForwardGroup') return action.groups.filter((ref) => ref.weight > 0);
        return action.type === 'TrafficMirror' ? action.groups : [];
      });

/**
 * Owner hashes of Ingresses with a rule to a group that has no member yet, each with what it waits for. They keep what they have meanwhile.
 * Groups that were made elsewhere are not waited for: whoever made them fills them. `standing`: identities of rules that exist.
 */
export async function waitingOwners(scene: Scene, standing: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
  const needs = scene.stack.rules.map((rule) => ({ owner: rule.tags[tagKeys.owner] ?? '', groups: groupsToCome(rule, standing) }));
  const needed = new Set(needs.flatMap(({ groups }) => groups.map(({ group }) => group)));
  const awaited = scene.stack.groups.filter(({ identity }) => needed.has(identity) && !isWithheld(scene.ledger, identity));
  const services = await scene.services(awaited.flatMap(({ members }) => (members === undefined ? [] : [keyOfMembers(members, scene)])));
  const unready = new Map<string, string>();
  const [unseen, seen] = [new Map<string, ServiceKey>(), new Map<string, ServiceKey>()];
  for (const group of awaited) {
    const known = membersOf(group, services, scene);
    if (group.members === undefined || isReady(known)) continue;
    const { namespace, service } = group.members;
    unready.set(group.identity, `members of ${namespace}/${service}`);
    (known === undefined ? unseen : seen).set(`${namespace}/${service}`, keyOfMembers(group.members, scene));
  }
  const owners = new Map<string, string>();
  for (const { owner, groups } of needs) {
    const missing = groups.map(({ group }) => unready.get(group ?? '')).find((one) => one !== undefined);
    if (missing !== undefined) owners.set(owner, missing);
  }
  keepWaiting({ unseen, seen }, owners.keys(), scene);
  return owners;
}

/**
 * Owner hashes of Ingresses with a rule to a group that the service refuses to make, or on a listener that cannot be for want of its own.
 * They keep what they have, and nobody waits: they were told, and another chain begins when the group can be made.
 */
export function withheldOwners(scene: Scene, standing: ReadonlySet<string>): ReadonlySet<string> {
  const { ledger, stack } = scene;
  const withheld = (group: string | undefined): boolean => group !== undefined && isWithheld(ledger, group);
  const missing = new Set(
    stack.listeners.flatMap(({ identity, defaultGroup }) =>
      ledger.listeners[identity] === undefined && withheld(defaultGroup) ? [identity] : [],
    ),
  );
  const held = stack.rules.filter(
    (rule) => missing.has(rule.listener) || groupsToCome(rule, standing).some(({ group }) => withheld(group)),
  );
  return new Set(held.map((rule) => rule.tags[tagKeys.owner] ?? ''));
}

/** Key of the Service whose endpoints make the members of a group. */
export const keyOfMembers = (members: MembersSource, scene: Scene): ServiceKey => serviceKeyOf(scene.stack.key.cluster, members);

/** What the member lane knows of a group; nothing when nobody has looked yet. */
export function membersOf(group: ServerGroupSpec, services: ServiceRecords, scene: Scene): GroupMembers | undefined {
  const { members } = group;
  const groupId = scene.ledger.groups[group.identity];
  if (members === undefined || groupId === undefined) return undefined;
  return services.get(keyText(keyOfMembers(members, scene)))?.ledger.members[groupId];
}

/**
 * What the chain says to the member lane: which groups of a Service belong to this AlbConfig. The chain makes groups, the lane alone fills
 * them; the Service's record is where one tells the other.
 */
import { keyText, membersRequest, type ServiceKey } from '#events/contract/messages.ts';
import type { ServerGroup } from '#shared/cloud/alb/port.ts';
import type { MembersRule, MembersSource } from '#shared/model/members-source.ts';
import type { ServerGroupSpec } from '#shared/model/stack.ts';
import { tagKeys } from '#shared/ownership.ts';
import { sameData } from '#shared/plan/fields.ts';
import { eachLimited } from '#shared/step/each-limited.ts';
import type { ServiceGroup } from '#shared/step/record.ts';
import type { Scene, ServiceRecords } from '#shared/step/scene.ts';
import { serviceKeyOf, serviceKeyOfText } from '#shared/step/service-key.ts';
import type { Found } from './observe-groups.ts';

/** Records written side by side. */
const parallel = 8;

/** Of `namespace/name`. */
const keyOfText = ({ stack }: Scene, text: string): ServiceKey => serviceKeyOfText(stack.key.cluster, text);

export interface Telling {
  /** `namespace/name`. */
  readonly services: ReadonlySet<string>;
  /** Identities of groups that were made just now. */
  readonly made: ReadonlySet<string>;
  /** How many servers the service counts, by group id; absent: nobody has asked. */
  readonly counts?: ReadonlyMap<string, number>;
}

const memberKey = (members: MembersSource, scene: Scene): ServiceKey => serviceKeyOf(scene.stack.key.cluster, members);

/** The Services that groups are for. */
export const keysOf = (specs: readonly ServerGroupSpec[], scene: Scene): readonly ServiceKey[] =>
  specs.flatMap(({ members }) => (members === undefined ? [] : [memberKey(members, scene)]));

interface Counted {
  readonly known: ServiceRecords;
  /** Servers that the service counts; absent: nobody has asked. */
  readonly count: number | undefined;
  readonly scene: Scene;
}

/** A count that differs from what the lane registered: somebody else has changed the servers. While a change is under way it proves nothing. */
export function isDoubtful({ members }: ServerGroupSpec, id: string, { known, count, scene }: Counted): boolean {
  if (members === undefined || count === undefined) return false;
  const { digest, registered } = known.get(keyText(memberKey(members, scene)))?.ledger.members[id] ?? {};
  return digest !== undefined && registered !== undefined && registered !== count;
}

/** What the lane is told of a group, and nothing else that the record holds. */
function ruleOf({ namespace: _namespace, service: _service, ...rule }: MembersSource): MembersRule {
  return rule;
}

/** What is said of the groups of one Service; `former` is what was. */
function entryOf(service: string, { made, counts }: Telling, known: ServiceRecords, scene: Scene): Record<string, ServiceGroup> {
  const kept = new Set(Object.values(scene.ledger.groups));
  const former = known.get(keyText(keyOfText(scene, service)))?.groups ?? {};
  // Groups of held Ingresses are in no stack, but they serve: the lane goes on keeping them until they are collected.
  const entry = Object.fromEntries(Object.entries(former).filter(([id, one]) => one.albConfig === scene.stack.key.name && kept.has(id)));
  for (const spec of scene.stack.groups) {
    const id = scene.ledger.groups[spec.identity];
    if (id === undefined || spec.members === undefined || !serviceOf(spec).includes(service)) continue;
    const doubtedAt = isDoubtful(spec, id, { known, count: counts?.get(id), scene }) ? scene.ledger.incarnation : former[id]?.doubtedAt;
    entry[id] = {
      albConfig: scene.stack.key.name,
      ...ruleOf(spec.members),
      ...(made.has(spec.identity) ? { made: true } : {}),
      ...(doubtedAt === undefined ? {} : { doubtedAt }),
    };
  }
  return entry;
}

/** Tells each Service's record which of its groups belong to this AlbConfig, and asks the lane to fill them. */
export async function tellServices(scene: Scene, telling: Telling, delaySeconds: number): Promise<void> {
  const keys = [...telling.services].map((service) => keyOfText(scene, service));
  if (keys.length === 0) return;
  const known = await scene.services(keys);
  await eachLimited([...telling.services], parallel, async (service) => {
    const key = keyOfText(scene, service);
    await scene.records.setGroups(key, scene.stack.key.name, entryOf(service, telling, known, scene));
    scene.ask(membersRequest(key), delaySeconds);
  });
}

/** `namespace/name` of the Service that a group is for; none for a default group. */
export const serviceOf = (spec: ServerGroupSpec): readonly string[] =>
  spec.members === undefined ? [] : [`${spec.members.namespace}/${spec.members.service}`];

/**
 * Whether the Service's record says of a group what is to be said. It may not: the Service itself has changed; or the group was to be
 * collected, is wanted again before it was, and its Service was told to let go of it.
 */
export function isTold({ members }: ServerGroupSpec, id: string, known: ServiceRecords, scene: Scene): boolean {
  if (members === undefined) return true;
  const told = known.get(keyText(memberKey(members, scene)))?.groups[id];
  if (told === undefined) return false;
  const { albConfig: _albConfig, made: _made, doubtedAt: _doubtedAt, ...rule } = told;
  return sameData(rule, ruleOf(members));
}

/** The groups of a removed listing, by the Services that they were made for: `namespace/name`. */
const servicesOfTags = (one: ServerGroup): readonly string[] => {
  const [namespace, name] = [one.tags[tagKeys.serviceNamespace], one.tags[tagKeys.serviceName]];
  return namespace === undefined || name === undefined ? [] : [`${namespace}/${name}`];
};

/** The Services of groups that are to go: by their records, and by the tags of the groups. */
export async function servicesOf(items: readonly Found[], scene: Scene): Promise<ReadonlySet<string>> {
  const records = await scene.services();
  const ids = new Set(items.map((one) => one.id));
  const byRecord = [...records.values()].filter((record) => Object.keys(record.groups).some((id) => ids.has(id)));
  const named = byRecord.flatMap(({ key }) => (key.kind === 'Service' ? [`${key.namespace}/${key.name}`] : []));
  return new Set([
    ...named,
    ...items.flatMap((one) => (one.observed === undefined ? [] : servicesOfTags(one.observed))).filter((one) => named.includes(one)),
  ]);
}

/** Records of Services that no group is left in: their lanes were to be asked, but whoever was to ask may have died before it did. */
export function askForgotten(known: ServiceRecords, scene: Scene): void {
  for (const { key, groups: left } of known.values()) {
    if (key.kind === 'Service' && Object.keys(left).length === 0) scene.ask(membersRequest(key), 0);
  }
}

/**
 * What the chain says to the member lane: which groups of a Service belong to this AlbConfig. The chain makes groups, the lane alone fills
 * them; the Service's record is where one tells the other.
 */
import { keyText, membersRequest, type ServiceKey } from '#events/contract/messages.ts';
import type { ServerGroup } from '#shared/cloud/alb/port.ts';
import type { ServerGroupSpec } from '#shared/model/stack.ts';
import { tagKeys } from '#shared/ownership.ts';
import { eachLimited } from '#shared/step/each-limited.ts';
import type { GroupMembers, ServiceGroup } from '#shared/step/record.ts';
import type { Scene } from '#shared/step/scene.ts';
import { serviceKeyOf } from '#shared/step/service-key.ts';

/** Records written side by side. */
const parallel = 8;

/** A group as observed, or as remembered (then without its settings, which nobody but us has written). */
export interface Found {
  readonly identity: string;
  readonly id: string;
  readonly observed?: ServerGroup;
}

/** Of `namespace/name`. */
function keyOfText(scene: Scene, text: string): ServiceKey {
  const [namespace = '', service = ''] = text.split('/');
  return serviceKeyOf(scene.stack.key.cluster, { namespace, service });
}

export interface Telling {
  /** `namespace/name`. */
  readonly services: ReadonlySet<string>;
  /** Identities of groups that were made just now. */
  readonly made: ReadonlySet<string>;
  /** How many servers the service counts, by group id; absent: nobody has asked. */
  readonly counts?: ReadonlyMap<string, number>;
}

/** A count that differs from what the lane registered: somebody else has changed the servers. While a change is under way it proves nothing. */
function isDoubtful(members: GroupMembers | undefined, count: number | undefined): boolean {
  return count !== undefined && members?.servers !== undefined && members.servers.length !== count;
}

/** Tells each Service's record which of its groups belong to this AlbConfig, and asks the lane to fill them. */
export async function tellServices(scene: Scene, { services, made, counts }: Telling, delaySeconds: number): Promise<void> {
  const known = await scene.services();
  const kept = new Set(Object.values(scene.ledger.groups));
  const groupsOf = new Map<string, Record<string, ServiceGroup>>();
  for (const service of services) {
    // Groups of held Ingresses are in no stack, but they serve: the lane goes on keeping them until they are collected.
    const former = Object.entries(known.get(keyText(keyOfText(scene, service)))?.groups ?? {});
    groupsOf.set(service, Object.fromEntries(former.filter(([id, one]) => one.albConfig === scene.stack.key.name && kept.has(id))));
  }
  for (const { identity, members } of scene.stack.groups) {
    const id = scene.ledger.groups[identity];
    const entry = members === undefined ? undefined : groupsOf.get(`${members.namespace}/${members.service}`);
    if (entry === undefined || members === undefined || id === undefined) continue;
    const { namespace: _namespace, service: _service, ...rule } = members;
    const lane = known.get(keyText(serviceKeyOf(scene.stack.key.cluster, members)))?.ledger.members[id];
    entry[id] = {
      albConfig: scene.stack.key.name,
      ...rule,
      ...(made.has(identity) ? { made: true } : {}),
      ...(isDoubtful(lane, counts?.get(id)) ? { doubtedAt: scene.ledger.incarnation } : {}),
    };
  }
  await eachLimited([...groupsOf], parallel, async ([service, entry]) => {
    const key = keyOfText(scene, service);
    await scene.records.setGroups(key, scene.stack.key.name, entry);
    scene.ask(membersRequest(key), delaySeconds);
  });
}

/** `namespace/name` of the Service that a group is for; none for a default group. */
export const serviceOf = (spec: ServerGroupSpec): readonly string[] =>
  spec.members === undefined ? [] : [`${spec.members.namespace}/${spec.members.service}`];

/** A group that was to be collected, and is wanted again before it was, is there; but its Service was told to let go of it. */
export function isTold({ members }: ServerGroupSpec, id: string, known: Awaited<ReturnType<Scene['services']>>, scene: Scene): boolean {
  if (members === undefined) return true;
  return known.get(keyText(serviceKeyOf(scene.stack.key.cluster, members)))?.groups[id] !== undefined;
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
export function askForgotten(known: Awaited<ReturnType<Scene['services']>>, scene: Scene): void {
  for (const { key, groups: left } of known.values()) {
    if (key.kind === 'Service' && Object.keys(left).length === 0) scene.ask(membersRequest(key), 0);
  }
}

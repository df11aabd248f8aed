/** Server groups: one for each Service, port and settings of an AlbConfig, and one empty default group a listener. */
import { keyText, membersRequest, type ServiceKey } from '#events/contract/messages.ts';
import type { ServerGroup } from '#shared/cloud/alb/port.ts';
import type { ServerGroupSpec } from '#shared/model/stack.ts';
import { albConfigTags, tagKeys } from '#shared/ownership.ts';
import { changedFields, type Field, scalar } from '#shared/plan/fields.ts';
import { collectable } from '#shared/step/chain.ts';
import { eachLimited } from '#shared/step/each-limited.ts';
import { defineNoun } from '#shared/step/noun.ts';
import { done } from '#shared/step/outcome.ts';
import type { GroupMembers, ServiceGroup } from '#shared/step/record.ts';
import type { Scene } from '#shared/step/scene.ts';
import { serviceKeyOf } from '#shared/step/service-key.ts';

type Settings = ServerGroup['settings'];

const fields: readonly Field<Settings>[] = [
  scalar('serverGroupName'),
  scalar('serviceName'),
  scalar('scheduler'),
  scalar('healthCheckConfig'),
];

/** Groups made side by side: different groups do not disturb each other, and 200 calls a minute is the service's limit anyway. */
const parallel = 8;

/** A new group needs a moment before it takes servers; asked at once, it would refuse. */
const firstMembersSeconds = 1;

/** A group as observed, or as remembered (then without its settings, which nobody but us has written). */
interface Found {
  readonly identity: string;
  readonly id: string;
  readonly observed?: ServerGroup;
}

/** A group that was found by its tags, or that its Service knows nothing of: the Service is told, and settings that differ are updated. */
interface Adoption {
  readonly spec: ServerGroupSpec;
  readonly id: string;
  readonly changed: boolean;
  /** Servers that the service counts; absent when nobody has asked. */
  readonly count?: number;
}

const identityOf = (one: ServerGroup): string => one.tags[tagKeys.resource] ?? '';

async function observe(scene: Scene): Promise<readonly Found[]> {
  const remembered = Object.entries(scene.ledger.groups).map(([identity, id]) => ({ identity, id }));
  if (scene.stack.want !== 'remove' && (scene.fresh || remembered.length > 0)) return remembered;
  const found = await scene.cloud.alb.findServerGroups(albConfigTags(scene.stack.key.cluster, scene.stack.key.name));
  const there = found.filter((one) => one.status !== 'Deleting');
  scene.remember((ledger) => ({ ...ledger, groups: Object.fromEntries(there.map((one) => [identityOf(one), one.serverGroupId])) }));
  return there.map((one) => ({ identity: identityOf(one), id: one.serverGroupId, observed: one }));
}

/** Of `namespace/name`. */
function keyOfText(scene: Scene, text: string): ServiceKey {
  const [namespace = '', service = ''] = text.split('/');
  return serviceKeyOf(scene.stack.key.cluster, { namespace, service });
}

interface Telling {
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
async function tellServices(scene: Scene, { services, made, counts }: Telling, delaySeconds: number): Promise<void> {
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
    const lane = known.get(keyText(serviceKeyOf(scene.stack.key.cluster, members)))?.ledger.members[id];
    entry[id] = {
      albConfig: scene.stack.key.name,
      portName: members.portName,
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

const serviceOf = (spec: ServerGroupSpec): readonly string[] =>
  spec.members === undefined ? [] : [`${spec.members.namespace}/${spec.members.service}`];

async function make(spec: ServerGroupSpec, scene: Scene): Promise<void> {
  const { identity, settings, fixed, tags } = spec;
  const request = { settings, fixed, tags };
  const made = await scene.cloud.alb.createServerGroup({ ...request, clientToken: scene.token(identity, request) });
  scene.started(made, settings.serverGroupName);
  scene.remember((ledger) => ({ ...ledger, groups: { ...ledger.groups, [identity]: made.serverGroupId } }));
}

/** A group that was to be collected, and is wanted again before it was, is there; but its Service was told to let go of it. */
function isTold({ members }: ServerGroupSpec, id: string, known: Awaited<ReturnType<Scene['services']>>, scene: Scene): boolean {
  if (members === undefined) return true;
  return known.get(keyText(serviceKeyOf(scene.stack.key.cluster, members)))?.groups[id] !== undefined;
}

/** The groups of a removed listing, by the Services that they were made for: `namespace/name`. */
const servicesOfTags = (one: ServerGroup): readonly string[] => {
  const [namespace, name] = [one.tags[tagKeys.serviceNamespace], one.tags[tagKeys.serviceName]];
  return namespace === undefined || name === undefined ? [] : [`${namespace}/${name}`];
};

async function servicesOf(items: readonly Found[], scene: Scene): Promise<ReadonlySet<string>> {
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
function askForgotten(known: Awaited<ReturnType<Scene['services']>>, scene: Scene): void {
  for (const { key, groups: left } of known.values()) {
    if (key.kind === 'Service' && Object.keys(left).length === 0) scene.ask(membersRequest(key), 0);
  }
}

export const groups = defineNoun<Found, ServerGroupSpec, Adoption, Found>({
  kind: 'server group',
  uses: ['ListServerGroups', 'CreateServerGroup', 'UpdateServerGroupAttribute', 'DeleteServerGroup', 'ListAsynJobs'],
  removesWhileApplying: false,
  observe,
  compare: async (scene, found) => {
    const { stack, ledger } = scene;
    const known = await scene.services();
    if (scene.phase !== 'apply') askForgotten(known, scene);
    const there = new Map(found.map((one) => [one.identity, one]));
    const surplus = new Set(collectable(stack, ledger).groups);
    const update = stack.groups.flatMap((spec): readonly Adoption[] => {
      const one = there.get(spec.identity);
      if (one === undefined) return [];
      if (one.observed === undefined) return isTold(spec, one.id, known, scene) ? [] : [{ spec, id: one.id, changed: false }];
      const changed = changedFields(fields, spec.settings, one.observed.settings).length > 0;
      return [{ spec, id: one.id, changed, count: one.observed.serverCount }];
    });
    return {
      create: stack.groups.filter((spec) => !there.has(spec.identity)),
      update,
      remove: found.filter((one) => stack.want === 'remove' || surplus.has(one.identity)),
      unsettled: found.filter((one) => one.observed !== undefined && one.observed.status !== 'Available').map((one) => one.id),
    };
  },
  async create(specs, scene) {
    try {
      await eachLimited(specs, parallel, (spec) => make(spec, scene));
    } finally {
      // Also when some could not be made: those that are there are to be filled.
      const made = specs.filter((spec) => scene.ledger.groups[spec.identity] !== undefined);
      await tellServices(
        scene,
        { services: new Set(made.flatMap(serviceOf)), made: new Set(made.map((spec) => spec.identity)) },
        firstMembersSeconds,
      );
    }
    return done(true);
  },
  isWrite: (item) => item.changed,
  async update(items, scene) {
    const changed = items.filter((one) => one.changed);
    await eachLimited(changed, parallel, async ({ spec, id }) => {
      const started = await scene.cloud.alb.updateServerGroup(id, spec.settings, scene.token(spec.identity, spec.settings));
      scene.started(started, spec.settings.serverGroupName);
    });
    const counts = new Map(items.flatMap(({ id, count }) => (count === undefined ? [] : [[id, count] as const])));
    await tellServices(scene, { services: new Set(items.flatMap(({ spec }) => serviceOf(spec))), made: new Set(), counts }, 0);
    return done(changed.length > 0);
  },
  async remove(items, scene) {
    const services = await servicesOf(items, scene);
    const gone = new Set(items.map((one) => one.identity));
    scene.remember((ledger) => ({
      ...ledger,
      groups: Object.fromEntries(Object.entries(ledger.groups).filter(([identity]) => !gone.has(identity))),
    }));
    // The lane must let go before the group does.
    await tellServices(scene, { services, made: new Set() }, 0);
    await eachLimited(items, parallel, async (one) => {
      scene.started(await scene.cloud.alb.deleteServerGroup(one.id, scene.token(`delete ${one.identity}`, one.id)), one.id);
    }).catch((error: unknown) => {
      // What could not be deleted (still in use, say) is remembered for the next try.
      scene.remember((ledger) => ({
        ...ledger,
        groups: { ...ledger.groups, ...Object.fromEntries(items.map((one) => [one.identity, one.id])) },
      }));
      throw error;
    });
    return done(true);
  },
});

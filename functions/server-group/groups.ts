/** Server groups: one for each Service, port and settings of an AlbConfig, and one empty default group a listener. */
import type { ServerGroup } from '#shared/cloud/alb/port.ts';
import type { ServerGroupSpec } from '#shared/model/stack.ts';
import { albConfigTags, tagKeys } from '#shared/ownership.ts';
import { changedFields, type Field, scalar } from '#shared/plan/fields.ts';
import { collectable } from '#shared/step/chain.ts';
import { eachLimited } from '#shared/step/each-limited.ts';
import { defineNoun } from '#shared/step/noun.ts';
import { done } from '#shared/step/outcome.ts';
import type { Scene } from '#shared/step/scene.ts';
import { askForgotten, type Found, isTold, serviceOf, servicesOf, tellServices } from './tell-services.ts';

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

async function make(spec: ServerGroupSpec, scene: Scene): Promise<void> {
  const { identity, settings, fixed, tags } = spec;
  const request = { settings, fixed, tags };
  const made = await scene.cloud.alb.createServerGroup({ ...request, clientToken: scene.token(identity, request) });
  scene.started(made, settings.serverGroupName);
  scene.remember((ledger) => ({ ...ledger, groups: { ...ledger.groups, [identity]: made.serverGroupId } }));
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
    const left = new Set(items);
    await eachLimited(items, parallel, async (one) => {
      scene.started(await scene.cloud.alb.deleteServerGroup(one.id, scene.token(`delete ${one.identity}`, one.id)), one.id);
      left.delete(one);
    }).catch((error: unknown) => {
      // What could not be deleted (still in use, say) is remembered for the next try, and nothing else: few calls must get somewhere.
      scene.remember((ledger) => ({
        ...ledger,
        groups: { ...ledger.groups, ...Object.fromEntries([...left].map((one) => [one.identity, one.id])) },
      }));
      throw error;
    });
    return done(true);
  },
});

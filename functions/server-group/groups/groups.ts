/** Server groups: one for each Service, port and settings of an AlbConfig, and one empty default group a listener. */
import type { ServerGroupSpec } from '#shared/model/stack.ts';
import { collectable } from '#shared/step/chain.ts';
import { eachLimited } from '#shared/step/each-limited.ts';
import { defineNoun } from '#shared/step/noun.ts';
import { done } from '#shared/step/outcome.ts';
import { acceptGroup } from '#shared/step/refused-groups.ts';
import type { Scene, ServiceRecords } from '#shared/step/scene.ts';
import { forgetStaying } from '#shared/step/staying-groups.ts';
import { changedSettings } from './group-fields.ts';
import { type Found, observeGroups } from './observe-groups.ts';
import { askAgainForQuota, forgetUnwantedRefusals, Isolation, standingRefusal } from './refused-groups.ts';
import { removeGroups } from './remove-groups.ts';
import { askForgotten, isDoubtful, isTold, keysOf, serviceOf, tellServices } from './tell-services.ts';

/** Groups made side by side: different groups do not disturb each other, and 200 calls a minute is the service's limit anyway. */
const parallel = 8;

/** A new group needs a moment before it takes servers; asked at once, it would refuse. */
const firstMembersSeconds = 1;

/** A group that is there: its Service knows nothing of it, or something else; or its settings were changed by somebody else. */
interface Adoption {
  readonly spec: ServerGroupSpec;
  readonly id: string;
  /** Names of settings that are to be changed back. */
  readonly differing: readonly string[];
  readonly told: boolean;
  /** Servers that the service counts; absent when nobody has asked. */
  readonly count?: number;
}

async function make(spec: ServerGroupSpec, scene: Scene): Promise<void> {
  const { identity, fixed, tags } = spec;
  // Who says nothing gets what new groups of the existing controller have.
  const settings = { ...spec.settings, upstreamKeepaliveEnabled: spec.settings.upstreamKeepaliveEnabled ?? true };
  const request = { settings, fixed, tags };
  const made = await scene.cloud.alb.createServerGroup({ ...request, clientToken: scene.token(identity, request) });
  scene.started(made, settings.serverGroupName);
  scene.remember((ledger) => acceptGroup({ ...ledger, groups: { ...ledger.groups, [identity]: made.serverGroupId } }, identity));
}

async function change({ spec, id, differing }: Adoption, scene: Scene): Promise<void> {
  const { upstreamKeepaliveEnabled, ...others } = spec.settings;
  // The service may refuse to be told of keepalive what it knows.
  const keepalive = upstreamKeepaliveEnabled !== undefined && differing.includes('upstreamKeepaliveEnabled');
  const settings = keepalive ? { ...others, upstreamKeepaliveEnabled } : others;
  const started = await scene.cloud.alb.updateServerGroup(id, settings, scene.token(spec.identity, settings));
  scene.started(started, spec.settings.serverGroupName);
  scene.remember((ledger) => acceptGroup(ledger, spec.identity));
}

/** What is to be done about a group that is there; `undefined`: nothing. */
function adoption(spec: ServerGroupSpec, one: Found, known: ServiceRecords, scene: Scene): Adoption | undefined {
  const { observed, id } = one;
  const differing = observed === undefined ? [] : changedSettings(spec.settings, observed.settings);
  const count = observed?.serverCount;
  // Made by somebody who died before he could say so, or changed back by somebody else.
  if (observed !== undefined && differing.length === 0) scene.remember((ledger) => acceptGroup(ledger, spec.identity));
  // Who told the Service last may have died before he asked its lane.
  const sure = scene.ledger.steps['server-group']?.again !== true;
  const told = sure && isTold(spec, id, known, scene) && !isDoubtful(spec, id, { known, count, scene });
  const hopeless = differing.length > 0 && standingRefusal(spec, scene) !== undefined;
  if (told && (hopeless || differing.length === 0)) return undefined;
  return { spec, id, differing: hopeless ? [] : differing, told, ...(count === undefined ? {} : { count }) };
}

/** Default groups first: without its own a listener cannot be. */
const listenersFirst = (specs: readonly ServerGroupSpec[]): readonly ServerGroupSpec[] => [
  ...specs.filter((spec) => spec.members === undefined),
  ...specs.filter((spec) => spec.members !== undefined),
];

export const groups = defineNoun<Found, ServerGroupSpec, Adoption, Found>({
  kind: 'server group',
  uses: ['ListServerGroups', 'CreateServerGroup', 'UpdateServerGroupAttribute', 'DeleteServerGroup', 'ListAsynJobs'],
  removesWhileApplying: false,
  observe: observeGroups,
  compare: async (scene, found) => {
    const { stack } = scene;
    if (scene.phase !== 'apply') askForgotten(await scene.services(), scene);
    forgetUnwantedRefusals(scene);
    scene.remember((ledger) => forgetStaying(ledger, new Set(stack.groups.map((one) => one.identity))));
    const there = new Map(found.map((one) => [one.identity, one]));
    const standing = stack.groups.filter((spec) => there.has(spec.identity));
    const known = await scene.services(keysOf(standing, scene));
    const surplus = new Set(collectable(stack, scene.ledger).groups);
    return {
      create: stack.groups.filter((spec) => !there.has(spec.identity) && standingRefusal(spec, scene) === undefined),
      update: standing.flatMap((spec): readonly Adoption[] => {
        const one = there.get(spec.identity);
        const todo = one === undefined ? undefined : adoption(spec, one, known, scene);
        return todo === undefined ? [] : [todo];
      }),
      remove: found.filter((one) => stack.want === 'remove' || surplus.has(one.identity)),
      unsettled: found.filter((one) => one.observed !== undefined && one.observed.status !== 'Available').map((one) => one.id),
    };
  },
  async create(specs, scene) {
    const isolation = new Isolation(scene);
    try {
      await eachLimited(listenersFirst(specs), parallel, (spec) => isolation.attempt(spec, () => make(spec, scene)));
    } finally {
      // Also when some could not be made: those that are there are to be filled.
      const made = specs.filter((spec) => scene.ledger.groups[spec.identity] !== undefined);
      await tellServices(
        scene,
        { services: new Set(made.flatMap(serviceOf)), made: new Set(made.map((spec) => spec.identity)) },
        firstMembersSeconds,
      );
    }
    if (isolation.full) askAgainForQuota(scene);
    return done(true);
  },
  isWrite: ({ differing }) => differing.length > 0,
  async update(items, scene) {
    const changed = items.filter(({ differing }) => differing.length > 0);
    const isolation = new Isolation(scene);
    await eachLimited(changed, parallel, (item) => isolation.attempt(item.spec, () => change(item, scene)));
    const counts = new Map(items.flatMap(({ id, count }) => (count === undefined ? [] : [[id, count] as const])));
    const untold = items.filter((one) => !one.told).flatMap(({ spec }) => serviceOf(spec));
    await tellServices(scene, { services: new Set(untold), made: new Set(), counts }, 0);
    return done(changed.length > 0);
  },
  remove: removeGroups,
});

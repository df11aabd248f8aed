/** The ALB instance: found by its tags or its remembered id, made once, renamed in place, and removed with its AlbConfig. */
import type { LoadBalancer } from '#shared/cloud/alb/port.ts';
import { AlbeitError } from '#shared/errors.ts';
import type { LoadBalancerSpec } from '#shared/model/stack.ts';
import { albConfigTags } from '#shared/ownership.ts';
import { changedFields, type Field, scalar } from '#shared/plan/fields.ts';
import { forgetLoadBalancer } from '#shared/step/ledger.ts';
import { defineNoun } from '#shared/step/noun.ts';
import { done } from '#shared/step/outcome.ts';
import type { AlbConfigLedger } from '#shared/step/record.ts';
import type { Scene } from '#shared/step/scene.ts';
import { chooseZones } from './zones.ts';

type Changeable = Pick<LoadBalancer['settings'], 'loadBalancerName' | 'modificationProtection'>;

/** What UpdateLoadBalancerAttribute can change; the rest is fixed at creation or has calls of its own. */
const fields: readonly Field<Changeable>[] = [scalar('loadBalancerName'), scalar('modificationProtection')];

const settled: ReadonlySet<string> = new Set(['Active', 'Inactive', 'CreateFailed', 'Provisioning']);

const remembered = (one: LoadBalancer, createdAt?: number): NonNullable<AlbConfigLedger['loadBalancer']> => ({
  id: one.loadBalancerId,
  dnsName: one.dnsName,
  active: one.status === 'Active' || one.status === 'Configuring',
  ...(createdAt === undefined ? {} : { createdAt }),
});

async function byId(scene: Scene, id: string): Promise<readonly LoadBalancer[]> {
  const found = await scene.cloud.alb.getLoadBalancer(id);
  if (found !== undefined) return [found];
  const ours = scene.stack.want === 'remove' || scene.ledger.loadBalancer?.leaving === true;
  // Removed by somebody else: a person must look at that before a new one with another name appears.
  if (!ours) throw new AlbeitError('LOAD-BALANCER-GONE', { id });
  scene.remember(forgetLoadBalancer);
  return scene.stack.want === 'remove' ? [] : byTags(scene);
}

async function byTags(scene: Scene): Promise<readonly LoadBalancer[]> {
  const tags = albConfigTags(scene.stack.key.cluster, scene.stack.key.name);
  const found = (await scene.cloud.alb.findLoadBalancers(tags)).filter((one) => one.status !== 'Deleting');
  if (found.length > 1) throw new AlbeitError('LOAD-BALANCER-AMBIGUOUS', { ids: found.map((one) => one.loadBalancerId).join(', ') });
  for (const one of found) scene.remember((ledger) => ({ ...ledger, loadBalancer: remembered(one) }));
  return found;
}

async function make(spec: LoadBalancerSpec, scene: Scene): Promise<void> {
  const zoneMappings = await chooseZones(spec.zones, scene);
  const request = { settings: spec.settings, vpcId: scene.site.vpcId, zoneMappings, tags: spec.tags };
  // Nothing can stand on a balancer that is not there yet: what comes after it has nothing to observe.
  const { loadBalancerId } = await scene.cloud.alb.createLoadBalancer({ ...request, clientToken: scene.token('load-balancer', request) });
  scene.remember((ledger) => ({
    ...ledger,
    loadBalancer: { id: loadBalancerId, dnsName: '', active: false, createdAt: scene.now() },
    untouched: [...(scene.firstEver ? (['server-group'] as const) : []), 'listener', 'rule'],
    listeners: {},
    groupsInRules: [],
  }));
}

async function take(one: LoadBalancer, scene: Scene): Promise<void> {
  const { alb } = scene.cloud;
  if (one.settings.deletionProtectionEnabled) {
    await alb.disableDeletionProtection(one.loadBalancerId, scene.token('unprotect', one.loadBalancerId));
  }
  scene.started(await alb.deleteLoadBalancer(one.loadBalancerId, scene.token('delete', one.loadBalancerId)), one.loadBalancerId);
  // Should its removal fail after all, its tags find it again.
  scene.remember(({ loadBalancer: _gone, ...ledger }) => ({ ...ledger, listeners: {}, groupsInRules: [] }));
}

export const loadBalancers = defineNoun<
  LoadBalancer,
  LoadBalancerSpec,
  { readonly id: string; readonly settings: Changeable },
  LoadBalancer
>({
  kind: 'load balancer',
  uses: [
    'ListLoadBalancers',
    'GetLoadBalancerAttribute',
    'CreateLoadBalancer',
    'UpdateLoadBalancerAttribute',
    'DisableDeletionProtection',
    'DeleteLoadBalancer',
    'DescribeZones',
    'DescribeVSwitches',
    'ListAsynJobs',
  ],
  removesWhileApplying: false,
  observe: (scene) => {
    const id = scene.ledger.loadBalancer?.id;
    return id === undefined ? byTags(scene) : byId(scene, id);
  },
  compare: ({ stack }, observed) => {
    const want = stack.loadBalancer;
    const unsettled = observed.filter((one) => !settled.has(one.status)).map((one) => one.loadBalancerId);
    if (want === undefined) return { create: [], update: [], remove: stack.want === 'remove' ? observed : [], unsettled };
    const update = observed
      .filter((one) => changedFields(fields, want.settings, one.settings).length > 0)
      .map((one) => ({ id: one.loadBalancerId, settings: want.settings }));
    return { create: observed.length === 0 ? [want] : [], update, remove: [], unsettled };
  },
  async create(specs, scene) {
    for (const spec of specs) await make(spec, scene);
    return done(true);
  },
  async update(changes, scene) {
    for (const { id, settings } of changes) {
      scene.started(await scene.cloud.alb.updateLoadBalancer(id, settings, scene.token('update', settings)), id);
    }
    return done(true);
  },
  async remove(items, scene) {
    for (const one of items) await take(one, scene);
    return done(true);
  },
});

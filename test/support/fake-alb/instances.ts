/** Load balancers of the fake ALB. */
import type { LoadBalancerCalls } from '#shared/cloud/alb/load-balancers.ts';
import type { ZoneMapping } from '#shared/cloud/alb/port.ts';
import { checkBatch, checkStatus, checkTags, found, hasTags } from './checks.ts';
import { type FakeCore, refuse } from './core.ts';
import type { FakeState, HeldBalancer } from './state.ts';

const isBalancer = 'LoadBalancer';

function checkZones(state: FakeState, zoneMappings: readonly ZoneMapping[]): void {
  const action = 'CreateLoadBalancer';
  checkBatch(action, 'ZoneMappings', zoneMappings);
  if (new Set(zoneMappings.map((zone) => zone.zoneId)).size < zoneMappings.length) refuse(action, 'DuplicatedParam.ZoneId');
  if (zoneMappings.length < 2) refuse(action, 'IllegalParam.ZoneMappings', 'two zones are needed');
  for (const { vSwitchId, zoneId } of zoneMappings) {
    const zone = found(action, 'VSwitch', state.settings.vSwitches[vSwitchId]);
    if (zone !== zoneId) refuse(action, 'Mismatch.ZoneIdAndVSwitchId');
  }
}

function removeWithContents(state: FakeState, loadBalancerId: string): void {
  state.loadBalancers.delete(loadBalancerId);
  for (const listener of [...state.listeners.values()].filter((one) => one.loadBalancerId === loadBalancerId)) {
    state.listeners.delete(listener.listenerId);
    for (const rule of state.rules.values()) if (rule.listenerId === listener.listenerId) state.rules.delete(rule.ruleId);
  }
}

/** ListLoadBalancers leaves the zones out. */
const listed = ({ zoneMappings, ...rest }: HeldBalancer) => rest;

export const fakeInstances = (core: FakeCore, state: FakeState): LoadBalancerCalls => ({
  findLoadBalancers: (tags) =>
    core.list('ListLoadBalancers', { tags }, () => [...state.loadBalancers.values()].filter((one) => hasTags(one.tags, tags)).map(listed)),

  getLoadBalancer: (loadBalancerId) =>
    core.read('GetLoadBalancerAttribute', { loadBalancerId }, () => state.loadBalancers.get(loadBalancerId)),

  createLoadBalancer: ({ clientToken, ...request }) =>
    core.write('CreateLoadBalancer', request, clientToken, () => {
      const action = 'CreateLoadBalancer';
      checkTags(action, request.tags);
      if (request.vpcId !== state.settings.vpcId) refuse(action, 'ResourceNotFound.Vpc', '', 404);
      checkZones(state, request.zoneMappings);
      const loadBalancerId = core.id('alb');
      const held: HeldBalancer = {
        loadBalancerId,
        settings: { addressAllocatedMode: 'Dynamic', addressIpVersion: 'IPv4', ...request.settings },
        status: 'Provisioning',
        businessStatus: 'Normal',
        dnsName: `${loadBalancerId}.cn-fake.alb.aliyuncs.com`,
        vpcId: request.vpcId,
        tags: request.tags,
        zoneMappings: [...request.zoneMappings].sort((a, b) => a.zoneId.localeCompare(b.zoneId)),
      };
      state.loadBalancers.set(loadBalancerId, held);
      core.change(held, 'Provisioning', 'Active');
      return { loadBalancerId };
    }),

  updateLoadBalancer: (loadBalancerId, settings, clientToken) =>
    core.write('UpdateLoadBalancerAttribute', { loadBalancerId, settings }, clientToken, () => {
      const held = found('UpdateLoadBalancerAttribute', isBalancer, state.loadBalancers.get(loadBalancerId));
      checkStatus('UpdateLoadBalancerAttribute', isBalancer, held, 'Active');
      held.settings = { ...held.settings, ...settings };
      core.change(held, 'Configuring', 'Active');
      return core.job('loadbalancer', loadBalancerId);
    }),

  disableDeletionProtection: (loadBalancerId, clientToken) =>
    core.write('DisableDeletionProtection', { resourceId: loadBalancerId }, clientToken, () => {
      const held = found('DisableDeletionProtection', isBalancer, state.loadBalancers.get(loadBalancerId));
      checkStatus('DisableDeletionProtection', isBalancer, held, 'Active');
      held.settings = { ...held.settings, deletionProtectionEnabled: false };
    }),

  deleteLoadBalancer: async (loadBalancerId, clientToken) =>
    core.write('DeleteLoadBalancer', { loadBalancerId }, clientToken, () => {
      const held = state.loadBalancers.get(loadBalancerId);
      if (held === undefined) return undefined;
      checkStatus('DeleteLoadBalancer', isBalancer, held, 'Active');
      if (held.settings.deletionProtectionEnabled) refuse('DeleteLoadBalancer', 'OperationDenied.DeletionProtectionEnabled');
      core.change(held, 'Deleting', 'Deleted', () => removeWithContents(state, loadBalancerId));
      return core.job('loadbalancer', loadBalancerId);
    }),

  zones: () => core.read('DescribeZones', {}, () => [...state.settings.zones].sort()),
});

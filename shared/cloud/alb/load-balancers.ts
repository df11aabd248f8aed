/** Load balancer instances. */
import { required } from '../caller.ts';
import { CloudFailure } from '../failure.ts';
import { fromTags, started, toTags, unlessGone } from './answers.ts';
import type { AlbClient, AnswerOf } from './client.ts';
import type { Alb, LoadBalancer, LoadBalancerSettings } from './port.ts';

type Listed = NonNullable<AnswerOf<'ListLoadBalancers'>['loadBalancers']>[number];
type Action = 'ListLoadBalancers' | 'GetLoadBalancerAttribute';

// The casts name the service's own values; one that we do not know is kept as it is, so that comparing finds it.
const settingsOf = (action: Action, found: Listed): LoadBalancerSettings => ({
  loadBalancerName: found.loadBalancerName ?? '',
  addressType: required(found.addressType, action, 'AddressType') as LoadBalancerSettings['addressType'],
  loadBalancerEdition: required(found.loadBalancerEdition, action, 'LoadBalancerEdition') as LoadBalancerSettings['loadBalancerEdition'],
  ...(found.addressAllocatedMode
    ? { addressAllocatedMode: found.addressAllocatedMode as NonNullable<LoadBalancerSettings['addressAllocatedMode']> }
    : {}),
  ...(found.addressIpVersion ? { addressIpVersion: found.addressIpVersion as NonNullable<LoadBalancerSettings['addressIpVersion']> } : {}),
  ...(found.resourceGroupId ? { resourceGroupId: found.resourceGroupId } : {}),
  deletionProtectionEnabled: found.deletionProtectionConfig?.enabled ?? false,
  modificationProtection: (found.modificationProtectionConfig?.status ?? 'NonProtection') as LoadBalancerSettings['modificationProtection'],
});

const loadBalancerOf = (action: Action, found: Listed): LoadBalancer => ({
  loadBalancerId: required(found.loadBalancerId, action, 'LoadBalancerId'),
  settings: settingsOf(action, found),
  status: required(found.loadBalancerStatus, action, 'LoadBalancerStatus'),
  businessStatus: found.loadBalancerBussinessStatus ?? 'Normal',
  dnsName: found.DNSName ?? '',
  vpcId: required(found.vpcId, action, 'VpcId'),
  tags: fromTags(found.tags),
});

/** Zones have no order of their own. */
const zonesOf = (answer: AnswerOf<'GetLoadBalancerAttribute'>): NonNullable<LoadBalancer['zoneMappings']> =>
  (answer.zoneMappings ?? [])
    .map((zone) => ({ zoneId: zone.zoneId ?? '', vSwitchId: zone.vSwitchId ?? '' }))
    .sort((a, b) => a.zoneId.localeCompare(b.zoneId));

export type LoadBalancerCalls = Pick<
  Alb,
  | 'findLoadBalancers'
  | 'getLoadBalancer'
  | 'createLoadBalancer'
  | 'updateLoadBalancer'
  | 'disableDeletionProtection'
  | 'deleteLoadBalancer'
  | 'zones'
>;

export const loadBalancerCalls = (client: AlbClient): LoadBalancerCalls => ({
  findLoadBalancers: async (tags) => {
    const found = await client.list('ListLoadBalancers', { tag: toTags(tags) }, (answer) => answer.loadBalancers);
    return found.map((one) => loadBalancerOf('ListLoadBalancers', one));
  },

  getLoadBalancer: async (loadBalancerId) => {
    const answer = await unlessGone(client.call('GetLoadBalancerAttribute', { loadBalancerId }));
    if (answer === undefined) return undefined;
    return { ...loadBalancerOf('GetLoadBalancerAttribute', answer), zoneMappings: zonesOf(answer) };
  },

  createLoadBalancer: async ({ settings, vpcId, zoneMappings, tags, clientToken }) => {
    const { modificationProtection, ...others } = settings;
    const answer = await client.call('CreateLoadBalancer', {
      ...others,
      // `NonProtection` is the default: sending it would only lengthen the request.
      ...(modificationProtection === 'NonProtection' ? {} : { modificationProtectionConfig: { status: modificationProtection } }),
      loadBalancerBillingConfig: { payType: 'PostPay' },
      vpcId,
      zoneMappings,
      tag: toTags(tags),
      clientToken,
    });
    return { loadBalancerId: required(answer.loadBalancerId, 'CreateLoadBalancer', 'LoadBalancerId') };
  },

  updateLoadBalancer: async (loadBalancerId, settings, clientToken) => {
    const answer = await client.call('UpdateLoadBalancerAttribute', {
      loadBalancerId,
      loadBalancerName: settings.loadBalancerName,
      modificationProtectionConfig: { status: settings.modificationProtection },
      clientToken,
    });
    return started('UpdateLoadBalancerAttribute', answer);
  },

  disableDeletionProtection: async (loadBalancerId, clientToken) => {
    const call = client.call('DisableDeletionProtection', { resourceId: loadBalancerId, clientToken });
    await call.catch((error: unknown) => {
      if (error instanceof CloudFailure && /NotChanged$/.test(error.facts['code'] ?? '')) return;
      throw error;
    });
  },

  deleteLoadBalancer: async (loadBalancerId, clientToken) => {
    const answer = await unlessGone(client.call('DeleteLoadBalancer', { loadBalancerId, clientToken }));
    return answer === undefined ? undefined : started('DeleteLoadBalancer', answer);
  },

  zones: async () => {
    const answer = await client.call('DescribeZones', {});
    return (answer.zones ?? []).flatMap((zone) => (zone.zoneId ? [zone.zoneId] : [])).sort();
  },
});

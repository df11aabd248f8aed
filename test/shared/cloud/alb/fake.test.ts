import { expect, it } from 'vitest';
import { CloudFailure } from '#shared/cloud/failure.ts';
import { balancerRequest } from '#test/support/alb-settings.ts';
import { albContract } from '../../../contract/alb.ts';
import { createFakeAlb } from '../../../support/fake-alb.ts';

albContract('fake, work takes time', async () => {
  const alb = createFakeAlb({ settleMs: 100 });
  return {
    alb,
    vpcId: 'vpc-local',
    zoneMappings: [
      { zoneId: 'cn-local-a', vSwitchId: 'vsw-local-a' },
      { zoneId: 'cn-local-b', vSwitchId: 'vsw-local-b' },
    ],
    tick: async () => alb.advance(50),
    stop: async () => undefined,
  };
});

it('fails when told to, before or after the call has been carried out', async () => {
  const alb = createFakeAlb();
  const failure = new CloudFailure('transport', { action: 'TagResources', code: '', detail: 'told to', requestId: '' });
  alb.failNext('DescribeZones', failure);
  await expect(alb.zones()).rejects.toBe(failure);
  expect(await alb.zones()).toHaveLength(2);
  alb.failNext('CreateLoadBalancer', failure, 'lost-answer');
  const request = balancerRequest({ loadBalancerName: 'lost', loadBalancerEdition: 'Basic' }, 'kept');
  await expect(alb.createLoadBalancer(request)).rejects.toBe(failure);
  const { loadBalancerId } = await alb.createLoadBalancer(request);
  expect([...alb.state.loadBalancers.keys()]).toEqual([loadBalancerId]);
  expect(alb.writes().map((call) => [call.action, call.code])).toEqual([
    ['CreateLoadBalancer', 'transport'],
    ['CreateLoadBalancer', ''],
  ]);
});

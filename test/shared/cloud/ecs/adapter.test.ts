import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEcs } from '#shared/cloud/ecs/adapter.ts';
import { type CloudWire, startCloudWire } from '../../../support/cloud-wire.ts';

let wire: CloudWire;
beforeEach(async () => {
  wire = await startCloudWire();
});
afterEach(() => wire.stop());

const page = (interfaces: readonly object[], NextToken = '') => ({
  body: { RequestId: 'R', NextToken, NetworkInterfaceSets: { NetworkInterfaceSet: interfaces } },
});

describe('the ECS adapter on the wire', () => {
  it('asks by VPC, status and numbered addresses', async () => {
    wire.answer(() => page([]));
    const ecs = createEcs(wire.options);
    await ecs.findNetworkInterfaces('vpc-1', ['10.0.0.2', '10.0.0.1', '10.0.0.2']);
    ecs.close();
    expect(wire.calls.map((call) => [call.action, call.headers['x-acs-version'], call.params])).toEqual([
      [
        'DescribeNetworkInterfaces',
        '2014-05-26',
        {
          RegionId: 'cn-local',
          VpcId: 'vpc-1',
          Status: 'InUse',
          MaxResults: '100',
          'PrivateIpAddress.1': '10.0.0.1',
          'PrivateIpAddress.2': '10.0.0.2',
        },
      ],
    ]);
  });

  it('follows the token, even when a page is short, and gives every address of an interface once', async () => {
    const eni = (NetworkInterfaceId: string) => ({
      NetworkInterfaceId,
      Status: 'InUse',
      PrivateIpAddress: '10.0.0.1',
      PrivateIpSets: { PrivateIpSet: [{ PrivateIpAddress: '10.0.0.1', Primary: true }, { PrivateIpAddress: '10.0.0.9' }] },
    });
    wire.answer((call) => (call.params['NextToken'] === 'more' ? page([eni('eni-2')]) : page([eni('eni-1')], 'more')));
    const ecs = createEcs(wire.options);
    const found = await ecs.findNetworkInterfaces('vpc-1', ['10.0.0.1']);
    ecs.close();
    expect(found).toEqual([
      { networkInterfaceId: 'eni-1', status: 'InUse', privateIps: ['10.0.0.1', '10.0.0.9'], ipv6Ips: [] },
      { networkInterfaceId: 'eni-2', status: 'InUse', privateIps: ['10.0.0.1', '10.0.0.9'], ipv6Ips: [] },
    ]);
  });

  it('refuses an answer whose interfaces have no id, and says where', async () => {
    wire.answer(() => page([{ Status: 'InUse' }]));
    const ecs = createEcs(wire.options);
    await expect(ecs.findNetworkInterfaces('vpc-1', ['10.0.0.1'])).rejects.toMatchObject({
      failure: 'transport',
      facts: { detail: 'the answer is wrong at "NetworkInterfaceSets.NetworkInterfaceSet.0.NetworkInterfaceId"' },
    });
    ecs.close();
  });

  it('does not follow a list for ever', async () => {
    wire.answer(() => page([], 'again'));
    const ecs = createEcs(wire.options);
    await expect(ecs.findNetworkInterfaces('vpc-1', ['10.0.0.1'])).rejects.toMatchObject({ failure: 'transport' });
    ecs.close();
    expect(wire.calls.length).toBeLessThanOrEqual(20);
  });
});

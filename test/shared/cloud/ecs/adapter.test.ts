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

  it('asks for the families apart, and for at most a hundred addresses a call', async () => {
    wire.answer(() => page([]));
    const ecs = createEcs(wire.options);
    const addresses = Array.from({ length: 101 }, (_, index) => `10.0.${index}.1`);
    await ecs.findNetworkInterfaces('vpc-1', ['fd00::2', ...addresses, 'fd00::1']);
    ecs.close();
    const named = (call: (typeof wire.calls)[number], prefix: string) =>
      Object.keys(call.params).filter((name) => name.startsWith(prefix)).length;
    expect(wire.calls.map((call) => [named(call, 'PrivateIpAddress.'), named(call, 'Ipv6Address.')])).toEqual([
      [100, 0],
      [1, 0],
      [0, 2],
    ]);
  });

  it('asks for instances with one text of all addresses, and follows the token', async () => {
    const instance = (InstanceId: string, IpAddress: readonly string[]) => ({
      InstanceId,
      VpcAttributes: { PrivateIpAddress: { IpAddress } },
    });
    wire.answer((call) => ({
      body: {
        RequestId: 'R',
        NextToken: call.params['NextToken'] === 'more' ? '' : 'more',
        Instances: { Instance: [call.params['NextToken'] === 'more' ? { InstanceId: 'i-2' } : instance('i-1', ['10.0.0.1'])] },
      },
    }));
    const ecs = createEcs(wire.options);
    const found = await ecs.findInstances('vpc-1', ['10.0.0.2', '10.0.0.1', '10.0.0.2']);
    ecs.close();
    expect(found).toEqual([
      { instanceId: 'i-1', privateIps: ['10.0.0.1'] },
      { instanceId: 'i-2', privateIps: [] },
    ]);
    const question = {
      RegionId: 'cn-local',
      VpcId: 'vpc-1',
      InstanceNetworkType: 'vpc',
      PrivateIpAddresses: '["10.0.0.1","10.0.0.2"]',
      MaxResults: '100',
    };
    expect(wire.calls.map((call) => [call.action, call.params])).toEqual([
      ['DescribeInstances', question],
      ['DescribeInstances', { ...question, NextToken: 'more' }],
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

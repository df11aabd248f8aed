/** Instances and interfaces of both families, as ECS tells them. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { podInterface } from '../../../support/local-alb.ts';
import { type CloudUnderTest, startCloudUnderTest } from './cloud-under-test.ts';
import type { WireParams } from './samples.ts';

let cloud: CloudUnderTest;
beforeEach(async () => {
  cloud = await startCloudUnderTest();
  await cloud.put('network', [
    podInterface('eni-node', '10.64.1.1', { instanceId: 'i-node', primary: true }),
    podInterface('eni-pods', '10.64.0.1', { instanceId: 'i-node' }),
    podInterface('eni-pods', 'fd00:64::1', { instanceId: 'i-node' }),
    podInterface('eni-pods', '10.64.0.2', { instanceId: 'i-node' }),
    podInterface('eni-free', '10.64.0.9', { instanceId: '' }),
  ]);
});
afterEach(() => cloud.service.stop());

type Item = Readonly<Record<string, unknown>>;
const interfaces = async (more: WireParams = {}): Promise<readonly Item[]> =>
  // ECS nests the list twice.
  (
    (await cloud.ok('DescribeNetworkInterfaces', { RegionId: 'cn-local', ...more }))['NetworkInterfaceSets'] as Record<
      string,
      readonly Item[]
    >
  )['NetworkInterfaceSet'] ?? [];
const idsOf = async (more: WireParams) => (await interfaces(more)).map((one) => one['NetworkInterfaceId']);
const instances = async (more: WireParams = {}): Promise<readonly Item[]> =>
  ((await cloud.ok('DescribeInstances', { RegionId: 'cn-local', ...more }))['Instances'] as Record<string, readonly Item[]>)['Instance'] ??
  [];
const ids = (...names: readonly string[]): string => JSON.stringify(names);

describe('network interfaces', () => {
  it('have both families in their sets', async () => {
    expect(await interfaces({ NetworkInterfaceId: ['eni-pods'] })).toMatchObject([
      {
        PrivateIpAddress: '10.64.0.1',
        PrivateIpSets: {
          PrivateIpSet: [
            { PrivateIpAddress: '10.64.0.1', Primary: true },
            { PrivateIpAddress: '10.64.0.2', Primary: false },
          ],
        },
        Ipv6Sets: { Ipv6Set: [{ Ipv6Address: 'fd00:64::1' }] },
        Type: 'Secondary',
        Status: 'InUse',
      },
    ]);
  });

  it.each<readonly [string, WireParams, readonly string[]]>([
    ['an IPv6 address, however it is written', { Ipv6Address: ['FD00:64:0:0::1'] }, ['eni-pods']],
    ['an IPv4 address among IPv6 ones', { Ipv6Address: ['10.64.0.1'] }, []],
    ['an IPv6 address among IPv4 ones', { PrivateIpAddress: ['fd00:64::1'] }, []],
    ['several addresses', { PrivateIpAddress: ['10.64.0.2', '10.64.1.1', '10.64.7.7'] }, ['eni-node', 'eni-pods']],
    ['both families at once', { PrivateIpAddress: ['10.64.1.1'], Ipv6Address: ['fd00:64::1'] }, []],
    ['what an instance has', { InstanceId: 'i-node' }, ['eni-node', 'eni-pods']],
    ['its own interface', { InstanceId: 'i-node', Type: 'Primary' }, ['eni-node']],
    ['others', { Type: 'Secondary' }, ['eni-pods', 'eni-free']],
    ['those in use', { Status: 'InUse' }, ['eni-node', 'eni-pods']],
    ['those that are free', { Status: 'Available' }, ['eni-free']],
    ['those of a security group', { SecurityGroupId: 'sg-1' }, []],
    ['another VPC', { VpcId: 'vpc-other' }, []],
  ])('are found by %s', async (_, more, found) => {
    expect(await idsOf(more)).toEqual(found);
  });

  it('are asked for in hundreds at most', async () => {
    const many = (family: number) => Array.from({ length: 101 }, (_, index) => (family === 4 ? `10.65.0.${index}` : `fd00::${index}`));
    expect(await cloud.codeOf('DescribeNetworkInterfaces', { RegionId: 'cn-local', PrivateIpAddress: many(4) })).toBe(
      'IllegalParam.PrivateIpAddress',
    );
    expect(await cloud.codeOf('DescribeNetworkInterfaces', { RegionId: 'cn-local', Ipv6Address: many(6) })).toBe(
      'IllegalParam.Ipv6Address',
    );
  });
});

describe('instances', () => {
  it('are those with an interface of their own, which tells their address', async () => {
    expect(await instances()).toEqual([
      {
        InstanceId: 'i-node',
        Status: 'Running',
        InstanceNetworkType: 'vpc',
        ZoneId: 'cn-local-a',
        VpcAttributes: { VpcId: 'vpc-local', VSwitchId: 'vsw-local-a', PrivateIpAddress: { IpAddress: ['10.64.1.1'] } },
        NetworkInterfaces: {
          NetworkInterface: [
            {
              NetworkInterfaceId: 'eni-node',
              Type: 'Primary',
              PrimaryIpAddress: '10.64.1.1',
              PrivateIpSets: { PrivateIpSet: [{ PrivateIpAddress: '10.64.1.1', Primary: true }] },
            },
            expect.objectContaining({ NetworkInterfaceId: 'eni-pods', Type: 'Secondary', PrimaryIpAddress: '10.64.0.1' }),
          ],
        },
        SecurityGroupIds: { SecurityGroupId: [] },
        Tags: { Tag: [] },
      },
    ]);
  });

  it.each<readonly [string, WireParams, number]>([
    ['id', { InstanceIds: ids('i-node', 'i-none') }, 1],
    ['an id nobody has', { InstanceIds: ids('i-none') }, 0],
    ['address', { PrivateIpAddresses: ids('10.64.1.1'), InstanceNetworkType: 'vpc' }, 1],
    ['the address of a pod', { PrivateIpAddresses: ids('10.64.0.1'), InstanceNetworkType: 'vpc' }, 0],
    ['an address outside', { EipAddresses: ids('47.0.0.1') }, 0],
    ['VPC', { VpcId: 'vpc-local', ZoneId: 'cn-local-a', Status: 'Running' }, 1],
    ['another VPC', { VpcId: 'vpc-other' }, 0],
    ['status', { Status: 'Stopped' }, 0],
    ['the older network', { InstanceNetworkType: 'classic' }, 0],
  ])('are found by %s', async (_, more, found) => {
    expect(await instances(more)).toHaveLength(found);
  });

  it.each<readonly [string, WireParams, string]>([
    ['names that are no JSON', { InstanceIds: 'i-node' }, 'IllegalParam.InstanceIds'],
    ['names that are no array', { InstanceIds: '"i-node"' }, 'IllegalParam.InstanceIds'],
    ['an array of something else', { InstanceIds: '[1]' }, 'IllegalParam.InstanceIds'],
    ['an empty array', { InstanceIds: '[]' }, 'IllegalParam.InstanceIds'],
    ['more than a hundred', { InstanceIds: ids(...Array.from({ length: 101 }, (_, index) => `i-${index}`)) }, 'IllegalParam.InstanceIds'],
    ['a list on the wire', { InstanceIds: ['i-node'] }, 'IllegalParam.InstanceIds'],
    ['addresses without their network', { PrivateIpAddresses: ids('10.64.1.1') }, 'MissingParam.InstanceNetworkType'],
    ['a page too small', { MaxResults: 9 }, 'IllegalParam.MaxResults'],
    ['a page too large', { MaxResults: 101 }, 'IllegalParam.MaxResults'],
    ['a parameter of another action', { NetworkInterfaceId: ['eni-node'] }, 'InvalidParameter'],
  ])('are not asked for with %s', async (_, more, code) => {
    expect(await cloud.codeOf('DescribeInstances', { RegionId: 'cn-local', ...more })).toBe(code);
  });

  it('come in pages, and each page is a call in the journal', async () => {
    await cloud.put(
      'network',
      Array.from({ length: 25 }, (_, index) =>
        podInterface(`eni-${index}`, `10.64.1.${index + 1}`, { instanceId: `i-${index}`, primary: true }),
      ),
    );
    const before = (await cloud.journal()).length;
    const found: unknown[] = [];
    let token = '';
    do {
      const answer = await cloud.ok('DescribeInstances', { RegionId: 'cn-local', ...(token === '' ? {} : { NextToken: token }) });
      found.push(...((answer['Instances'] as Record<string, readonly Item[]>)['Instance'] ?? []).map((one) => one['InstanceId']));
      token = String(answer['NextToken']);
    } while (token !== '');
    expect(found).toEqual(Array.from({ length: 25 }, (_, index) => `i-${index}`));
    expect((await cloud.journal(before)).map((one) => [one.action, one.write])).toEqual(Array(3).fill(['DescribeInstances', false]));
  });
});

describe('vSwitches', () => {
  it('have IPv6 where the VPC has', async () => {
    const blocks = async () => {
      const answer = await cloud.ok('DescribeVSwitches', { VpcId: 'vpc-local' });
      return (answer['VSwitches'] as Record<string, readonly Item[]>)['VSwitch']?.map((one) => one['Ipv6CidrBlock']);
    };
    expect(await blocks()).toEqual(['fd00:64:0:1::/64', 'fd00:64:0:2::/64']);
    await cloud.put('settings', { vpcIpv6: false });
    expect(await blocks()).toEqual(['', '']);
  });
});

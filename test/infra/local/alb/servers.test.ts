import { afterEach, describe, expect, it } from 'vitest';
import { podInterface } from '../../../support/local-alb.ts';
import { type CloudUnderTest, startCloudUnderTest } from './cloud-under-test.ts';
import { server, type WireParams } from './samples.ts';

let cloud: CloudUnderTest;
afterEach(() => cloud.service.stop());

type Item = Readonly<Record<string, unknown>>;
const listed = async (id: string): Promise<readonly string[]> =>
  // The list of the service holds objects.
  ((await cloud.ok('ListServerGroupServers', { ServerGroupId: id }))['Servers'] as readonly Item[]).map(
    (one) => `${one['ServerId']} ${one['Status']} ${one['Weight']}`,
  );
const groupOf = async (id: string): Promise<Item | undefined> =>
  ((await cloud.ok('ListServerGroups', { ServerGroupIds: [id] }))['ServerGroups'] as readonly Item[])[0];
const change = async (action: string, id: string, params: WireParams): Promise<string> => {
  const code = await cloud.codeOf(action, { ServerGroupId: id, ...params });
  cloud.clock.advance(500);
  return code;
};
const add = (id: string, ...Servers: readonly WireParams[]) => change('AddServersToServerGroup', id, { Servers });
const remove = (id: string, ...Servers: readonly WireParams[]) => change('RemoveServersFromServerGroup', id, { Servers });
const serving = (id: string): readonly string[] =>
  (cloud.service.view.group(id)?.Servers ?? []).map((one) => `${one.ServerIp}:${one.Port} ${one.Weight}`);

const node = (index: number) =>
  podInterface(`eni-node-${index}`, `10.64.1.${index}`, {
    instanceId: `i-node-${index}`,
    primary: true,
    zoneId: `cn-local-${'ab'[index % 2]}`,
  });

describe('servers of each type', () => {
  it('are instances that have an interface of their own, reached there', async () => {
    cloud = await startCloudUnderTest();
    await cloud.put('network', [
      podInterface('eni-pod', '10.64.0.1', { instanceId: 'i-node-1' }),
      node(1),
      podInterface('eni-2', '10.64.0.2'),
    ]);
    const id = await cloud.group();
    expect(await add(id, { ServerType: 'Ecs', ServerId: 'i-node-1', Port: 30_080, Weight: 7 })).toBe('');
    expect(serving(id)).toEqual(['10.64.1.1:30080 7']);
    expect(await listed(id)).toEqual(['i-node-1 Available 7']);
    expect(await add(id, { ServerType: 'Ecs', ServerId: 'i-eni-2', Port: 30_080 })).toBe('ResourceNotFound.Ecs');
    expect(await add(id, { ServerType: 'Ecs', ServerId: 'i-node-1', ServerIp: '10.64.0.1', Port: 30_081 })).toBe('IllegalParam.ServerIp');
  });

  it('stand beside interfaces in one group', async () => {
    cloud = await startCloudUnderTest();
    await cloud.put('network', [node(1), podInterface('eni-1', '10.64.0.1')]);
    const id = await cloud.group();
    expect(await add(id, { ServerType: 'Ecs', ServerId: 'i-node-1', Port: 30_080 }, server(1))).toBe('');
    expect(serving(id)).toEqual(['10.64.1.1:30080 100', '10.64.0.1:8080 100']);
  });

  it('are addresses anywhere, in a group of addresses', async () => {
    cloud = await startCloudUnderTest();
    const id = await cloud.group({ ServerGroupType: 'Ip', Ipv6Enabled: true });
    const ip = (address: string, more: WireParams = {}): WireParams => ({ ServerType: 'Ip', ServerId: address, Port: 80, ...more });
    expect(await add(id, ip('192.168.7.1'), ip('2001:db8::1'), ip('10.9.9.9', { RemoteIpEnabled: true }))).toBe('');
    expect(serving(id)).toEqual(['192.168.7.1:80 100', '2001:db8::1:80 100', '10.9.9.9:80 100']);
    expect(await add(id, ip('2001:DB8:0::1'))).toBe('Conflict.BackendServer');
    expect(await add(id, ip('nowhere'))).toBe('IllegalParam.ServerIp');
    expect(await add(id, ip('192.168.7.2', { ServerIp: '192.168.7.3' }))).toBe('IllegalParam.ServerIp');
    expect(await add(id, server(1))).toBe('Mismatch.ServerType');
    const other = await cloud.group({ ServerGroupType: 'Ip' });
    expect(await add(other, ip('2001:db8::1'))).toBe('Mismatch.ServerIpVersion');
  });

  it('have IPv6 addresses of their interfaces, in groups that take them', async () => {
    cloud = await startCloudUnderTest();
    await cloud.put('network', [podInterface('eni-1', '10.64.0.1'), podInterface('eni-1', 'fd00:64::1')]);
    const [six, four] = [await cloud.group({ Ipv6Enabled: true }), await cloud.group()];
    expect(await add(six, server(1, { ServerIp: 'fd00:64::1' }))).toBe('');
    expect(serving(six)).toEqual(['fd00:64::1:8080 100']);
    expect(cloud.service.view.zoneOf('FD00:64:0::1')).toBe('cn-local-a');
    expect(await add(six, server(1, { ServerIp: 'FD00:64:0:0::1' }))).toBe('Conflict.BackendServer');
    expect(await add(four, server(1, { ServerIp: 'fd00:64::1' }))).toBe('Mismatch.ServerIpVersion');
    expect(await add(four, server(1, { ServerIp: 'fd00:64::2' }))).toBe('IllegalParam.ServerIp');
  });

  it('may be refused under a second name for one address and port', async () => {
    cloud = await startCloudUnderTest();
    const id = await cloud.group();
    const eci: WireParams = { ...server(1), ServerType: 'Eci', ServerId: 'i-eni-1' };
    expect(await add(id, server(1))).toBe('');
    await cloud.put('settings', { addressUnderTwoNames: 'refused' });
    expect(await add(id, eci)).toBe('ResourceInUse.IP');
    expect(await add(id, { ...eci, Port: 8081 })).toBe('');
    expect(await change('ReplaceServersInServerGroup', id, { AddedServers: [eci], RemovedServers: [server(1)] })).toBe('');
    await cloud.put('settings', { addressUnderTwoNames: 'accepted' });
    expect(await add(id, server(1))).toBe('');
  });
});

describe('one that is replaced by itself', () => {
  it('serves as before until it has its new weight', async () => {
    cloud = await startCloudUnderTest();
    const id = await cloud.group();
    await add(id, server(1, { Weight: 10 }));
    await cloud.ok('ReplaceServersInServerGroup', {
      ServerGroupId: id,
      AddedServers: [server(1, { Weight: 20 })],
      RemovedServers: [server(1)],
    });
    expect(serving(id)).toEqual(['10.64.0.1:8080 10']);
    cloud.clock.advance(500);
    expect(serving(id)).toEqual(['10.64.0.1:8080 20']);
    expect(await listed(id)).toEqual(['eni-1 Available 20']);
  });
});

describe('a removed server of a group that drains', () => {
  const draining = { ConnectionDrainConfig: { ConnectionDrainEnabled: true, ConnectionDrainTimeout: 60 } };
  const removed = async (settings: unknown): Promise<string> => {
    cloud = await startCloudUnderTest(settings);
    const id = await cloud.group(draining);
    await add(id, server(1), server(2));
    expect(await remove(id, server(1))).toBe('');
    return id;
  };

  it('is gone when the job has ended, unless it is listed while it drains; it gets no request either way', async () => {
    const id = await removed({});
    expect(await listed(id)).toEqual(['eni-2 Available 100']);
    await cloud.put('settings', { drainingServers: 'listed' });
    expect(await listed(id)).toEqual(['eni-1 Removing 100', 'eni-2 Available 100']);
    expect(await groupOf(id)).toMatchObject({ ServerGroupStatus: 'Available', ServerCount: 2 });
    expect(serving(id)).toEqual(['10.64.0.2:8080 100']);
    cloud.clock.advance(59_499);
    expect(await listed(id)).toHaveLength(2);
    cloud.clock.advance(501);
    expect(await listed(id)).toEqual(['eni-2 Available 100']);
    expect(await groupOf(id)).toMatchObject({ ServerCount: 1 });
  });

  it('cannot be removed once more or weighed while it is listed', async () => {
    const id = await removed({ drainingServers: 'listed' });
    expect(await remove(id, server(1))).toBe('ResourceInConfiguring.BackendServer');
    expect(await change('UpdateServerGroupServersAttribute', id, { Servers: [server(1, { Weight: 1 })] })).toBe(
      'ResourceInConfiguring.BackendServer',
    );
    await cloud.put('settings', { drainingServers: 'gone' });
    expect(await remove(id, server(1))).toBe('ResourceNotFound.BackendServer');
  });

  it.each([
    ['accepted', ''],
    ['conflict', 'Conflict.BackendServer'],
    ['configuring', 'ResourceInConfiguring'],
  ])('may come back: %s', async (readdedServers, code) => {
    const id = await removed({ drainingServers: 'listed', readdedServers });
    expect(await add(id, server(1))).toBe(code);
    cloud.clock.advance(60_000);
    expect(await add(id, server(1))).toBe(code === '' ? 'Conflict.BackendServer' : '');
    expect((await listed(id)).toSorted()).toEqual(['eni-1 Available 100', 'eni-2 Available 100']);
  });

  it('comes back once, and drains no more', async () => {
    const id = await removed({ drainingServers: 'listed' });
    expect(await add(id, server(1))).toBe('');
    cloud.clock.advance(60_000);
    expect((await listed(id)).toSorted()).toEqual(['eni-1 Available 100', 'eni-2 Available 100']);
    expect([...serving(id)].sort()).toEqual(['10.64.0.1:8080 100', '10.64.0.2:8080 100']);
  });

  it('survives other changes of the group', async () => {
    const id = await removed({ drainingServers: 'listed' });
    await add(id, server(3));
    await change('UpdateServerGroupServersAttribute', id, { Servers: [server(3, { Weight: 1 })] });
    await change('ReplaceServersInServerGroup', id, { AddedServers: [server(4)], RemovedServers: [server(2)] });
    expect(await listed(id)).toEqual(['eni-1 Removing 100', 'eni-2 Removing 100', 'eni-3 Available 1', 'eni-4 Available 100']);
    expect(serving(id)).toEqual(['10.64.0.3:8080 1', '10.64.0.4:8080 100']);
  });

  it('does not drain in a group that does not', async () => {
    cloud = await startCloudUnderTest({ drainingServers: 'listed' });
    const id = await cloud.group({ ConnectionDrainConfig: { ConnectionDrainEnabled: false } });
    await add(id, server(1));
    await remove(id, server(1));
    expect(await listed(id)).toEqual([]);
  });
});

describe('a job on servers that fails', () => {
  const failing = async (settings: unknown): Promise<string> => {
    cloud = await startCloudUnderTest(settings);
    const id = await cloud.group({ ConnectionDrainConfig: { ConnectionDrainEnabled: false } });
    await add(id, server(1), server(2), server(3));
    await cloud.put('faults', [{ match: {}, kind: 'failed-job' }]);
    return id;
  };

  it('puts everything back', async () => {
    const id = await failing({});
    await remove(id, server(1), server(2));
    await change('UpdateServerGroupServersAttribute', id, { Servers: [server(1, { Weight: 5 })] });
    expect(await listed(id)).toEqual(['eni-1 Available 100', 'eni-2 Available 100', 'eni-3 Available 100']);
  });

  it('or leaves what it had got done: half of it', async () => {
    const id = await failing({ failedServerJobs: 'half-done' });
    await remove(id, server(1), server(2));
    expect(await listed(id)).toEqual(['eni-2 Available 100', 'eni-3 Available 100']);
    await add(id, server(4), server(5));
    expect(await listed(id)).toEqual(['eni-2 Available 100', 'eni-3 Available 100', 'eni-4 Available 100']);
    await change('UpdateServerGroupServersAttribute', id, { Servers: [server(2, { Weight: 5 }), server(3, { Weight: 6 })] });
    expect(await listed(id)).toEqual(['eni-2 Available 5', 'eni-3 Available 100', 'eni-4 Available 100']);
    // What arrives is done first: a group is never left without anybody.
    await change('ReplaceServersInServerGroup', id, { AddedServers: [server(6)], RemovedServers: [server(2), server(3)] });
    expect(await listed(id)).toEqual(['eni-3 Available 100', 'eni-4 Available 100', 'eni-6 Available 100']);
    expect(await groupOf(id)).toMatchObject({ ServerGroupStatus: 'Available', ServerCount: 3 });
  });
});

describe('a page of servers', () => {
  it('goes on after the last one, whatever went in between', async () => {
    cloud = await startCloudUnderTest();
    const id = await cloud.group();
    await add(id, ...[1, 2, 3, 4, 5, 6].map((index) => server(index)));
    const page = async (NextToken: string) => cloud.ok('ListServerGroupServers', { ServerGroupId: id, MaxResults: 2, NextToken });
    const first = await page('');
    await remove(id, server(1));
    const second = await page(String(first['NextToken']));
    expect((second['Servers'] as readonly Item[]).map((one) => one['ServerId'])).toEqual(['eni-3', 'eni-4']);
    expect(second['TotalCount']).toBe(5);
  });
});

describe('flow control', () => {
  it('may count all writes together', async () => {
    cloud = await startCloudUnderTest({ writeRate: { calls: 2, perMs: 1000 }, writeRateScope: 'account' });
    const about: WireParams = { ResourceType: 'servergroup', ResourceId: ['sgp-none'], TagKey: ['a'] };
    const actions = ['UnTagResources', 'TagResources', 'DeleteServerGroup'];
    const codes = await Promise.all(
      actions.map((action) => cloud.codeOf(action, action === 'DeleteServerGroup' ? { ServerGroupId: 'sgp-none' } : about)),
    );
    expect(codes.filter((code) => code === 'Throttling.User')).toHaveLength(1);
    expect(await cloud.codeOf('ListServerGroups')).toBe('');
  });

  it('may count reads as well, each action by itself', async () => {
    cloud = await startCloudUnderTest({ readRate: { calls: 1, perMs: 1000 } });
    expect([await cloud.codeOf('ListServerGroups'), await cloud.codeOf('ListServerGroups')]).toEqual(['', 'Throttling.User']);
    expect(await cloud.codeOf('DescribeNetworkInterfaces', { RegionId: 'cn-local' })).toBe('');
    cloud.clock.advance(1000);
    expect(await cloud.codeOf('ListServerGroups')).toBe('');
  });
});

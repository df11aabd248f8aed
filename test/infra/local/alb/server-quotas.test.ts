import { afterEach, describe, expect, it } from 'vitest';
import { type CloudUnderTest, startCloudUnderTest } from './cloud-under-test.ts';
import { forward, rule, server, type WireParams } from './samples.ts';

let cloud: CloudUnderTest;
afterEach(() => cloud.service.stop());

const servers = (...indices: readonly number[]): readonly WireParams[] => indices.map((index) => server(index));
const change = async (action: string, params: WireParams): Promise<string> => {
  const code = await cloud.codeOf(action, params);
  cloud.settle();
  return code;
};
const add = (ServerGroupId: string, ...indices: readonly number[]) =>
  change('AddServersToServerGroup', { ServerGroupId, Servers: servers(...indices) });
const remove = (ServerGroupId: string, ...indices: readonly number[]) =>
  change('RemoveServersFromServerGroup', { ServerGroupId, Servers: servers(...indices) });
const point = (ListenerId: string, priority: number, ...groups: readonly string[]) =>
  change('CreateRule', {
    ListenerId,
    ...rule(priority, ''),
    RuleActions: [
      {
        Type: 'ForwardGroup',
        Order: 1,
        ForwardGroupConfig: { ServerGroupTuples: groups.map((ServerGroupId) => ({ ServerGroupId, Weight: 50 })) },
      },
    ],
  });

const tooMany = 'ResourceQuotaExceeded.LoadBalancerServersNum';
const limited = (quotas: unknown) => startCloudUnderTest({ quotas });

describe('servers of a load balancer', () => {
  it('count once for every listener and rule that refers to their group', async () => {
    cloud = await limited({ serversPerLoadBalancer: { Standard: 7 } });
    const { listenerId, serverGroupId, loadBalancerId } = await cloud.listener();
    expect(await add(serverGroupId, 1, 2)).toBe('');
    expect(await point(listenerId, 10, serverGroupId)).toBe('');
    // Two servers behind a listener and a rule are four; a third reference makes six, a fourth eight.
    expect(await point(listenerId, 20, serverGroupId)).toBe('');
    expect(await point(listenerId, 30, serverGroupId)).toBe(tooMany);
    const second: WireParams = {
      LoadBalancerId: loadBalancerId,
      ListenerPort: 81,
      ListenerProtocol: 'HTTP',
      DefaultActions: [{ Type: 'ForwardGroup', ForwardGroupConfig: { ServerGroupTuples: [{ ServerGroupId: serverGroupId }] } }],
    };
    expect(await change('CreateListener', second)).toBe(tooMany);
    // One server more is three.
    expect(await add(serverGroupId, 3)).toBe(tooMany);
    expect(await remove(serverGroupId, 1)).toBe('');
    expect(await change('CreateListener', second)).toBe('');
  });

  it('count when a rule comes that refers to a big group', async () => {
    cloud = await limited({ serversPerLoadBalancer: { Standard: 5 } });
    const { listenerId, serverGroupId } = await cloud.listener();
    const [big, small] = [await cloud.group(), await cloud.group()];
    expect(await add(big, 1, 2, 3, 4, 5)).toBe('');
    expect(await add(small, 1)).toBe('');
    expect(await point(listenerId, 10, big, small)).toBe(tooMany);
    expect(await point(listenerId, 10, big)).toBe('');
    expect(await add(serverGroupId, 1)).toBe(tooMany);
  });

  it('count in a rule that is pointed elsewhere, and no more in the group it leaves', async () => {
    cloud = await limited({ serversPerLoadBalancer: { Standard: 4 } });
    const { listenerId } = await cloud.listener();
    const [three, four, five] = [await cloud.group(), await cloud.group(), await cloud.group()];
    await add(three, 1, 2, 3);
    await add(four, 1, 2, 3, 4);
    await add(five, 1, 2, 3, 4, 5);
    const { RuleId } = await cloud.ok('CreateRule', { ListenerId: listenerId, ...rule(10, three) });
    cloud.settle();
    const moved = (to: string) => change('UpdateRuleAttribute', { RuleId: String(RuleId), RuleActions: [forward(to)] });
    expect(await moved(five)).toBe(tooMany);
    expect(await moved(four)).toBe('');
    expect(await add(three, 4, 5, 6)).toBe('');
  });

  it('count for each load balancer by itself, by its edition', async () => {
    cloud = await limited({ serversPerLoadBalancer: { Basic: 1, Standard: 2 } });
    const serverGroupId = await cloud.group({ ConnectionDrainConfig: { ConnectionDrainEnabled: false } });
    const basic = await cloud.loadBalancer({ LoadBalancerEdition: 'Basic' });
    await cloud.listener({ loadBalancerId: await cloud.loadBalancer(), serverGroupId });
    await cloud.listener({ loadBalancerId: basic, serverGroupId });
    expect(await add(serverGroupId, 1, 2)).toBe(tooMany);
    expect(await add(serverGroupId, 1)).toBe('');
  });

  it('may be exchanged and leave at the limit', async () => {
    cloud = await limited({ serversPerLoadBalancer: { Standard: 2 } });
    const { serverGroupId } = await cloud.listener();
    expect(await add(serverGroupId, 1, 2)).toBe('');
    await cloud.put('settings', { quotas: { serversPerLoadBalancer: { Standard: 1 } } });
    const exchange = (added: readonly number[], removed: readonly number[]) =>
      change('ReplaceServersInServerGroup', {
        ServerGroupId: serverGroupId,
        AddedServers: servers(...added),
        RemovedServers: servers(...removed),
      });
    expect(await exchange([3, 4], [1])).toBe(tooMany);
    expect(await exchange([3, 4], [1, 2])).toBe('');
    expect(await remove(serverGroupId, 3)).toBe('');
  });

  it('do not count while they only drain', async () => {
    cloud = await startCloudUnderTest({
      drainingServers: 'listed',
      quotas: { serversPerGroup: 1, serversPerLoadBalancer: { Standard: 1 } },
    });
    const { serverGroupId } = await cloud.listener();
    await add(serverGroupId, 1);
    await remove(serverGroupId, 1);
    expect(await add(serverGroupId, 2)).toBe('');
  });
});

describe('one server', () => {
  it('may be there a number of times, whatever the group and the port', async () => {
    cloud = await limited({ groupsPerServer: 2 });
    const [one, two, three] = [await cloud.group(), await cloud.group(), await cloud.group()];
    expect(await add(one, 1)).toBe('');
    expect(await change('AddServersToServerGroup', { ServerGroupId: two, Servers: [server(1, { Port: 9090 })] })).toBe('');
    expect(await add(three, 1)).toBe('ResourceQuotaExceeded.ServerAddedNum');
    expect(await add(two, 1)).toBe('ResourceQuotaExceeded.ServerAddedNum');
    expect(await add(three, 2)).toBe('');
    expect(await remove(one, 1)).toBe('');
    expect(await add(three, 1)).toBe('');
  });

  it('is its address: another one of the same interface counts by itself', async () => {
    cloud = await limited({ groupsPerServer: 1 });
    const id = await cloud.group();
    expect(await add(id, 1)).toBe('');
    expect(await change('AddServersToServerGroup', { ServerGroupId: id, Servers: [server(1, { ServerIp: '10.64.0.99' })] })).toBe('');
  });
});

describe('a group', () => {
  it('has a number of servers', async () => {
    cloud = await limited({ serversPerGroup: 2 });
    const id = await cloud.group();
    expect(await add(id, 1, 2, 3)).toBe('ResourceQuotaExceeded.ServerGroupServersNum');
    expect(await add(id, 1, 2)).toBe('');
    expect(await add(id, 3)).toBe('ResourceQuotaExceeded.ServerGroupServersNum');
  });

  it('is referred to by a number of listeners and rules, each once however often it names the group', async () => {
    cloud = await limited({ attachmentsPerGroup: 2 });
    const { listenerId, serverGroupId } = await cloud.listener();
    const mirror: WireParams = {
      Type: 'TrafficMirror',
      Order: 1,
      TrafficMirrorConfig: {
        TargetType: 'ForwardGroupMirror',
        MirrorGroupConfig: { ServerGroupTuples: [{ ServerGroupId: serverGroupId }] },
      },
    };
    const other = await cloud.group();
    const both = { ...rule(10, ''), RuleActions: [mirror, forward(other, 2)] };
    expect(await change('CreateRule', { ListenerId: listenerId, ...both })).toBe('');
    expect(await point(listenerId, 20, other)).toBe('');
    expect(await point(listenerId, 30, serverGroupId)).toBe('ResourceQuotaExceeded.ServerGroupAttachedNum');
    expect(await point(listenerId, 30, other)).toBe('ResourceQuotaExceeded.ServerGroupAttachedNum');
  });
});

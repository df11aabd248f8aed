import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localCredentials } from '#infra/local/credentials.ts';
import { createAlb } from '#shared/cloud/alb/adapter.ts';
import { podInterface, startLocalAlb } from '../../../support/local-alb.ts';
import { callRpc } from '../../../support/signed-calls.ts';
import { type CloudUnderTest, startCloudUnderTest } from './cloud-under-test.ts';
import { flatten, rule, sample, server } from './samples.ts';

let cloud: CloudUnderTest;
beforeEach(async () => {
  cloud = await startCloudUnderTest();
});
afterEach(() => cloud.service.stop());

type Item = Readonly<Record<string, unknown>>;
const listOf = async (action: string, list: string, params = {}): Promise<readonly Item[]> =>
  // The lists of the service hold objects.
  (await cloud.ok(action, params))[list] as readonly Item[];

describe('every call', () => {
  it('of the older signature style does the same work', async () => {
    const to = { url: cloud.service.url, accessKeyId: localCredentials.accessKeyId, accessKeySecret: localCredentials.accessKeySecret };
    const params = { ...Object.fromEntries(flatten(sample('CreateLoadBalancer'))), RegionId: cloud.region };
    const made = await callRpc(to, { action: 'CreateLoadBalancer', method: 'POST', params });
    expect(made.body).toMatchObject({ LoadBalancerId: expect.stringMatching(/^alb-/) });
    const read = await callRpc(to, { action: 'ListLoadBalancers', params: { 'LoadBalancerNames.1': 'cafe' } });
    expect(read.body).toMatchObject({ TotalCount: 1 });
    const zones = await callRpc(to, {
      action: 'DescribeVSwitches',
      version: '2016-04-28',
      params: { RegionId: cloud.region, VpcId: 'vpc-local' },
    });
    expect(zones.body).toMatchObject({ VSwitches: { VSwitch: [{ VSwitchId: 'vsw-local-a' }, { VSwitchId: 'vsw-local-b' }] } });
  });

  it('is in the journal, writes marked, with its parameters', async () => {
    const before = (await cloud.journal()).length;
    await cloud.loadBalancer();
    await cloud.ok('ListLoadBalancers', { VpcIds: ['vpc-local'] });
    await cloud.codeOf('ListTeapots');
    const journal = await cloud.journal(before);
    expect(journal).toMatchObject([
      {
        seq: before + 1,
        action: 'CreateLoadBalancer',
        write: true,
        status: 200,
        code: '',
        params: { 'ZoneMappings.2.ZoneId': 'cn-local-b' },
      },
      { action: 'ListLoadBalancers', write: false, params: { 'VpcIds.1': 'vpc-local' } },
      { action: 'ListTeapots', write: false, status: 404, code: 'InvalidAction.NotFound' },
    ]);
    expect(new Set(journal.map((one) => one.requestId)).size).toBe(3);
  });

  it('with a parameter that the action does not have is refused', async () => {
    expect(await cloud.codeOf('DeleteRules', { RuleIds: ['rule-1'], ListenerId: 'lsn-1' })).toBe('InvalidParameter');
  });

  it('as a dry run is checked and not done', async () => {
    expect(await cloud.codeOf('CreateLoadBalancer', { ...sample('CreateLoadBalancer'), DryRun: true })).toBe('DryRunOperation');
    expect(await cloud.codeOf('CreateLoadBalancer', { ...sample('CreateLoadBalancer'), VpcId: 'vpc-none', DryRun: true })).toBe(
      'ResourceNotFound.Vpc',
    );
    expect((await cloud.state())['loadBalancers']).toEqual([]);
  });
});

describe('a client token', () => {
  const creation = { ...sample('CreateServerGroup'), ClientToken: 'token-1' };

  it('gives the first answer again, also when that answer was lost', async () => {
    await cloud.put('faults', [{ match: { action: 'CreateServerGroup' }, times: 1, kind: 'lost-answer' }]);
    await expect(cloud.call('CreateServerGroup', creation)).rejects.toThrow();
    const [made, ...others] = (await cloud.state())['serverGroups'] ?? [];
    expect(others).toEqual([]);
    const again = await cloud.ok('CreateServerGroup', creation);
    expect(again['ServerGroupId']).toBe(made?.['ServerGroupId']);
    expect((await cloud.state())['serverGroups']).toHaveLength(1);
  });

  it('is for one request only', async () => {
    await cloud.ok('CreateServerGroup', creation);
    expect(await cloud.codeOf('CreateServerGroup', { ...creation, ServerGroupName: 'other' })).toBe('IdempotentParameterMismatch');
    expect(await cloud.codeOf('CreateServerGroup', { ...creation, ClientToken: 'ä' })).toBe('IllegalParam.ClientToken');
    expect(await cloud.codeOf('CreateServerGroup', { ...creation, ClientToken: 'x'.repeat(65) })).toBe('IllegalParam.ClientToken');
  });

  it('replays an old answer after its thing was deleted, until its life-time is over', async () => {
    const made = await cloud.ok('CreateServerGroup', creation);
    cloud.settle();
    await cloud.ok('DeleteServerGroup', { ServerGroupId: String(made['ServerGroupId']) });
    cloud.settle();
    expect((await cloud.ok('CreateServerGroup', creation))['ServerGroupId']).toBe(made['ServerGroupId']);
    expect((await cloud.state())['serverGroups']).toEqual([]);
    await cloud.put('settings', { clientTokenLifetimeMs: 1000 });
    expect((await cloud.ok('CreateServerGroup', creation))['ServerGroupId']).not.toBe(made['ServerGroupId']);
  });

  it('is free again after a refusal', async () => {
    await cloud.put('settings', { quotas: { serverGroups: 0 } });
    expect(await cloud.codeOf('CreateServerGroup', creation)).toBe('QuotaExceeded.ServerGroupsNum');
    await cloud.put('settings', { quotas: { serverGroups: 10 } });
    expect(await cloud.codeOf('CreateServerGroup', creation)).toBe('');
  });

  it('is in progress while the first call takes its time', async () => {
    await cloud.put('faults', [{ match: { action: 'CreateServerGroup' }, times: 1, kind: 'latency', latencyMs: 200 }]);
    const slow = cloud.ok('CreateServerGroup', creation);
    // The fault has fired once the first call has arrived.
    await expect.poll(async () => (await fetch(`${cloud.service.url}/_/faults`)).json()).toMatchObject([{ left: 0 }]);
    expect(await cloud.codeOf('CreateServerGroup', creation)).toBe('IdempotenceProcessing');
    cloud.clock.advance(200);
    expect((await slow)['ServerGroupId']).toBe((await cloud.ok('CreateServerGroup', creation))['ServerGroupId']);
  });
});

describe('flow control', () => {
  it('is off until a rate is set, then counts per action and says how long to wait', async () => {
    for (let index = 0; index < 5; index += 1) await cloud.ok('CreateServerGroup', sample('CreateServerGroup'));
    await cloud.put('settings', { writeRate: { calls: 2, perMs: 1000 }, throttleStatus: 429 });
    const codes = [];
    for (let index = 0; index < 3; index += 1) codes.push(await cloud.codeOf('CreateServerGroup', sample('CreateServerGroup')));
    expect(codes).toEqual(['', '', 'Throttling.User']);
    const throttled = await cloud.call('CreateServerGroup', sample('CreateServerGroup'));
    expect(throttled.status).toBe(429);
    expect(Number(throttled.headers.get('x-acs-retry-after'))).toBeGreaterThan(0);
    expect(await cloud.codeOf('DeleteServerGroup', sample('DeleteServerGroup'))).toBe('ResourceNotFound.ServerGroup');
    expect(await cloud.codeOf('ListServerGroups')).toBe('');
    cloud.clock.advance(500);
    expect(await cloud.codeOf('CreateServerGroup', sample('CreateServerGroup'))).toBe('');
  });
});

describe('a fault', () => {
  it('that was asked for meets the calls it matches, as often as it was asked for', async () => {
    await cloud.put('faults', [
      { match: { action: 'DescribeZones' }, times: 2, kind: 'error', code: 'ServiceUnavailable', status: 503 },
      { match: { action: 'ListRules', params: { Direction: 'Response' } }, kind: 'throttle' },
      { match: { action: 'DescribeRegions' }, kind: 'html' },
      { match: { action: 'ListListeners' }, kind: 'reset' },
    ]);
    const outcomes = [];
    for (let index = 0; index < 3; index += 1) outcomes.push((await cloud.call('DescribeZones')).status);
    expect(outcomes).toEqual([503, 503, 200]);
    expect(await cloud.codeOf('ListRules', { Direction: 'Request' })).toBe('');
    const throttled = await cloud.call('ListRules', { Direction: 'Response' });
    expect(throttled.body['Code']).toBe('Throttling.User');
    expect(throttled.headers.get('x-acs-retry-after')).toBe('1000');
    await expect(cloud.call('DescribeRegions')).rejects.toThrow(SyntaxError);
    await expect(cloud.call('ListListeners')).rejects.toThrow();
    expect((await cloud.journal()).slice(-2)).toMatchObject([
      { action: 'DescribeRegions', status: 502, code: 'html' },
      { action: 'ListListeners', status: 0, code: 'broken' },
    ]);
  });

  it('reaches the program as the class of failure it stands for', async () => {
    const alb = createAlb(cloud.options);
    await cloud.put('faults', [{ match: { action: 'DescribeZones' }, times: 1, kind: 'html' }]);
    await expect(alb.zones()).rejects.toMatchObject({ failure: 'transport' });
    await cloud.put('faults', [{ match: { action: 'DescribeZones' }, times: 1, kind: 'throttle', latencyMs: 1500 }]);
    await expect(alb.zones()).rejects.toMatchObject({ failure: 'throttled', retryAfterMs: 1500 });
    alb.close();
  });

  it('that is malformed is refused with a sentence', async () => {
    const refused = await cloud.put('faults', [{ match: {}, kind: 'earthquake' }]);
    expect(refused).toMatchObject({ status: 400, body: { Message: expect.stringContaining('kind') } });
  });
});

describe('settings', () => {
  it('are laid over what is set, and unknown or bad ones are refused by name', async () => {
    await cloud.put('settings', { times: { ruleMs: 7 }, quotas: { rulesPerLoadBalancer: { Basic: 3 } } });
    const { body } = await cloud.put('settings', { times: { listenerMs: 8 } });
    expect(body).toMatchObject({
      times: { ruleMs: 7, listenerMs: 8, loadBalancerMs: 1500 },
      quotas: { rulesPerLoadBalancer: { Basic: 3, Standard: 100 } },
    });
    for (const [wrong, name] of [
      [{ tokenLifetime: 1 }, 'tokenLifetime'],
      [{ times: { ruleSeconds: 1 } }, 'ruleSeconds'],
      [{ updatePriorityCheck: 'never' }, 'updatePriorityCheck'],
    ] as const) {
      expect(await cloud.put('settings', wrong)).toMatchObject({ status: 400, body: { Message: expect.stringContaining(name) } });
    }
    expect(await (await fetch(`${cloud.service.url}/_/settings`)).json()).toEqual(body);
    const nowhere = await fetch(`${cloud.service.url}/_/teapot`);
    expect(nowhere.status).toBe(404);
  });
});

describe('a port', () => {
  it('that is in use is named', async () => {
    const port = Number(new URL(cloud.service.url).port);
    await expect(startLocalAlb({ port })).rejects.toThrow(`port ${port} is in use`);
  });
});

describe('lists', () => {
  it('filter by tags with AND, a key alone for any value', async () => {
    const tagged = (...tags: (readonly [string, string])[]) => cloud.group({ Tag: tags.map(([Key, Value]) => ({ Key, Value })) });
    const one = await tagged(['a', '1'], ['b', '1']);
    const two = await tagged(['a', '2']);
    const found = async (...tags: { Key: string; Value?: string }[]) =>
      (await listOf('ListServerGroups', 'ServerGroups', { Tag: tags })).map((group) => group['ServerGroupId']);
    expect(await found({ Key: 'a' })).toEqual([one, two]);
    expect(await found({ Key: 'a', Value: '2' })).toEqual([two]);
    expect(await found({ Key: 'a' }, { Key: 'b', Value: '1' })).toEqual([one]);
    expect(await found({ Key: 'c' })).toEqual([]);
  });

  it('come in pages of 20 unless asked otherwise, with the total and without a token at the end', async () => {
    for (let index = 0; index < 21; index += 1) await cloud.ok('CreateServerGroup', sample('CreateServerGroup'));
    const page = await cloud.ok('ListServerGroups');
    expect(page).toMatchObject({ MaxResults: 20, TotalCount: 21, NextToken: expect.any(String) });
    const last = await cloud.ok('ListServerGroups', { NextToken: String(page['NextToken']) });
    expect(last['ServerGroups']).toHaveLength(1);
    expect(last).not.toHaveProperty('NextToken');
    expect(await cloud.codeOf('ListServerGroups', { NextToken: String(page['NextToken']), ServerGroupType: 'Ip' })).toBe(
      'IllegalParam.NextToken',
    );
  });

  it('name the newest job first', async () => {
    const ids = await cloud.stack();
    const jobs = await listOf('ListAsynJobs', 'Jobs');
    expect(jobs.map((job) => job['ApiName'])).toEqual(['CreateRule', 'CreateListener', 'CreateServerGroup']);
    expect(await listOf('ListAsynJobs', 'Jobs', { ResourceIds: [ids.listenerId] })).toMatchObject([
      { ApiName: 'CreateListener', Status: 'Succeeded' },
    ]);
    expect(await listOf('ListAsynJobs', 'Jobs', { ResourceType: 'ServerGroup' })).toHaveLength(1);
  });

  it('show which load balancers a group serves', async () => {
    const ids = await cloud.stack();
    expect(await listOf('ListServerGroups', 'ServerGroups')).toMatchObject([{ RelatedLoadBalancerIds: [ids.loadBalancerId] }]);
  });
});

describe('tags', () => {
  it('are added, overwritten, removed and listed, whatever the case of the type', async () => {
    const id = await cloud.group({ Tag: [{ Key: 'a', Value: '1' }] });
    const about = { ResourceType: 'ServerGroup', ResourceId: [id] };
    await cloud.ok('TagResources', { ...about, Tag: [{ Key: 'a', Value: '2' }, { Key: 'b' }] });
    const tags = async () => (await listOf('ListTagResources', 'TagResources', about)).map((tag) => `${tag['TagKey']}=${tag['TagValue']}`);
    expect(await tags()).toEqual(['a=2', 'b=']);
    await cloud.ok('UnTagResources', { ...about, TagKey: ['a'] });
    expect(await tags()).toEqual(['b=']);
    await cloud.ok('UnTagResources', { ...about, All: true });
    expect(await tags()).toEqual([]);
    expect(await cloud.ok('ListTagResources', about)).not.toHaveProperty('TotalCount');
  });
});

describe('health', () => {
  it('tells servers without weight and without checks, of rules too when asked', async () => {
    const ids = await cloud.stack();
    const idle = await cloud.group({ HealthCheckConfig: { HealthCheckEnabled: false } });
    await cloud.ok('CreateRule', { ListenerId: ids.listenerId, ...rule(20, idle) });
    await cloud.ok('AddServersToServerGroup', { ServerGroupId: ids.serverGroupId, Servers: [server(1), server(2, { Weight: 0 })] });
    await cloud.ok('AddServersToServerGroup', { ServerGroupId: idle, Servers: [server(3)] });
    cloud.settle();
    const answer = await cloud.ok('GetListenerHealthStatus', { ListenerId: ids.listenerId, IncludeRule: true });
    expect(answer).toMatchObject({
      ListenerHealthStatus: [
        { ServerGroupInfos: [{ HealthCheckEnabled: 'on', NonNormalServers: [{ ServerId: 'eni-2', Status: 'Unused' }] }] },
      ],
      RuleHealthStatus: [
        {},
        { ServerGroupInfos: [{ HealthCheckEnabled: 'off', NonNormalServers: [{ ServerId: 'eni-3', Status: 'Unavailable' }] }] },
      ],
    });
  });
});

describe('the network', () => {
  it('shows an interface once, with all its addresses, its lists nested twice', async () => {
    await cloud.put('network', [
      podInterface('eni-1', '10.64.0.1'),
      podInterface('eni-1', '10.64.0.2'),
      podInterface('eni-2', '10.64.0.3'),
    ]);
    const answer = await cloud.ok('DescribeNetworkInterfaces', { RegionId: cloud.region, PrivateIpAddress: ['10.64.0.2'] });
    expect(answer).toMatchObject({
      NextToken: '',
      NetworkInterfaceSets: {
        NetworkInterfaceSet: [
          {
            NetworkInterfaceId: 'eni-1',
            PrivateIpAddress: '10.64.0.1',
            PrivateIpSets: {
              PrivateIpSet: [
                { PrivateIpAddress: '10.64.0.1', Primary: true },
                { PrivateIpAddress: '10.64.0.2', Primary: false },
              ],
            },
          },
        ],
      },
    });
  });

  it('clamps a page that is too small or too large', async () => {
    const many = Array.from({ length: 30 }, (_, index) => podInterface(`eni-${index}`, `10.64.1.${index}`));
    await cloud.put('network', many);
    const page = await cloud.ok('DescribeNetworkInterfaces', { RegionId: cloud.region, MaxResults: 1 });
    expect(page).toMatchObject({ PageSize: 10, NextToken: expect.stringMatching(/./) });
    expect(await cloud.ok('DescribeNetworkInterfaces', { RegionId: cloud.region, MaxResults: 9999 })).toMatchObject({
      PageSize: 500,
      NextToken: '',
    });
  });

  it('refuses a list of interfaces that is none', async () => {
    expect(await cloud.put('network', [{ ...podInterface('eni-1', '10.64.0.1'), privateIp: 'nowhere' }])).toMatchObject({ status: 400 });
  });
});

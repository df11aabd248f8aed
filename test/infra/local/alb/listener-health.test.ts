import { afterEach, describe, expect, it } from 'vitest';
import { type CloudUnderTest, startCloudUnderTest } from './cloud-under-test.ts';
import { forward, rule, server, type WireParams } from './samples.ts';

let cloud: CloudUnderTest;
afterEach(() => cloud.service.stop());

interface Info {
  readonly ServerGroupId: string;
  readonly HealthCheckEnabled: string;
  readonly ActionType: string;
  readonly NonNormalServers: readonly Readonly<Record<string, unknown>>[];
}
interface Answer {
  readonly ListenerHealthStatus: readonly { readonly ListenerId: string; readonly ServerGroupInfos: readonly Info[] }[];
  readonly RuleHealthStatus: readonly { readonly RuleId: string; readonly ServerGroupInfos: readonly Info[] }[];
  readonly NextToken?: string;
}
const health = async (ListenerId: string, more: WireParams = {}): Promise<Answer> =>
  // The shape of the service's answer, which answers.test.ts holds against the SDK.
  (await cloud.ok('GetListenerHealthStatus', { ListenerId, ...more })) as unknown as Answer;
const ailing = async (listenerId: string): Promise<readonly string[]> =>
  ((await health(listenerId)).ListenerHealthStatus[0]?.ServerGroupInfos ?? []).flatMap((info) =>
    info.NonNormalServers.map((one) => `${one['ServerId']} ${one['Status']}`),
  );

const checked: WireParams = {
  HealthCheckConfig: { HealthCheckEnabled: true, HealthCheckInterval: 2, HealthyThreshold: 3 },
  ConnectionDrainConfig: { ConnectionDrainEnabled: true, ConnectionDrainTimeout: 60 },
};
const unchecked: WireParams = { HealthCheckConfig: { HealthCheckEnabled: false } };
const add = (ServerGroupId: string, ...Servers: readonly WireParams[]) => cloud.ok('AddServersToServerGroup', { ServerGroupId, Servers });
const behind = async (group: WireParams) => {
  cloud = await startCloudUnderTest();
  return cloud.listener({ serverGroupId: await cloud.group(group) });
};

describe('health without a data plane', () => {
  it('is Initial until as many checks could have passed as it takes', async () => {
    const { listenerId, serverGroupId } = await behind(checked);
    await add(serverGroupId, server(1));
    expect(await ailing(listenerId)).toEqual(['eni-1 Initial']);
    cloud.clock.advance(500);
    expect(await ailing(listenerId)).toEqual(['eni-1 Initial']);
    cloud.clock.advance(5999);
    expect(await ailing(listenerId)).toEqual(['eni-1 Initial']);
    cloud.clock.advance(1);
    expect(await ailing(listenerId)).toEqual([]);
  });

  it('starts anew for who comes back, and not for who is given another weight', async () => {
    const { listenerId, serverGroupId } = await behind(checked);
    await add(serverGroupId, server(1), server(2));
    cloud.settle();
    await cloud.ok('UpdateServerGroupServersAttribute', { ServerGroupId: serverGroupId, Servers: [server(1, { Weight: 5 })] });
    cloud.clock.advance(500);
    expect(await ailing(listenerId)).toEqual([]);
    await cloud.ok('RemoveServersFromServerGroup', { ServerGroupId: serverGroupId, Servers: [server(2)] });
    cloud.clock.advance(500);
    expect(await ailing(listenerId)).toEqual([]);
    await add(serverGroupId, server(2));
    cloud.clock.advance(500);
    expect(await ailing(listenerId)).toEqual(['eni-2 Initial']);
  });

  it('tells who has no weight, and who is not checked', async () => {
    const { listenerId, serverGroupId } = await behind(unchecked);
    await add(serverGroupId, server(1), server(2, { Weight: 0 }));
    cloud.settle();
    expect(await ailing(listenerId)).toEqual(['eni-1 Unavailable', 'eni-2 Unused']);
  });

  it('interrupts nobody when checks are switched on, and is asked of those who come later', async () => {
    const { listenerId, serverGroupId } = await behind(unchecked);
    await add(serverGroupId, server(1));
    cloud.settle();
    await cloud.ok('UpdateServerGroupAttribute', { ServerGroupId: serverGroupId, HealthCheckConfig: { HealthCheckEnabled: true } });
    cloud.clock.advance(500);
    expect(await ailing(listenerId)).toEqual([]);
    await add(serverGroupId, server(2));
    cloud.clock.advance(500);
    expect(await ailing(listenerId)).toEqual(['eni-2 Initial']);
  });

  it('is as a script wishes, with a reason, until it wishes otherwise', async () => {
    const { listenerId, serverGroupId } = await behind(checked);
    await add(serverGroupId, server(1), server(2), server(3, { Weight: 0 }));
    cloud.settle();
    await cloud.put('health', [
      { server: '10.64.0.1', port: 8080, status: 'Unhealthy', reasonCode: 'RESPONSE_MISMATCH' },
      { server: 'eni-2', serverGroupId: 'sgp-other', status: 'Unhealthy' },
      { server: 'eni-2', status: 'Initial' },
      { server: 'eni-3', status: 'Unhealthy' },
    ]);
    expect(await ailing(listenerId)).toEqual(['eni-1 Unhealthy', 'eni-2 Initial', 'eni-3 Unused']);
    expect((await health(listenerId)).ListenerHealthStatus[0]?.ServerGroupInfos[0]).toMatchObject({
      ServerGroupId: serverGroupId,
      HealthCheckEnabled: 'on',
      ActionType: 'ForwardGroup',
      NonNormalServers: [{ ServerIp: '10.64.0.1', Port: 8080, Reason: { ReasonCode: 'RESPONSE_MISMATCH' } }, {}, {}],
    });
    await cloud.put('health', []);
    expect(await ailing(listenerId)).toEqual(['eni-3 Unused']);
    expect((await cloud.put('health', [{ server: 'eni-1', status: 'Fine' }])).status).toBe(400);
  });
});

describe('health of rules', () => {
  it('is told when asked for, of groups that are forwarded and mirrored to', async () => {
    const ids = await behind(checked);
    const [forwarded, mirrored, idle] = [await cloud.group(checked), await cloud.group(unchecked), await cloud.group(checked)];
    for (const id of [forwarded, mirrored, idle]) await add(id, server(1));
    const mirror: WireParams = {
      Type: 'TrafficMirror',
      Order: 1,
      TrafficMirrorConfig: { TargetType: 'ForwardGroupMirror', MirrorGroupConfig: { ServerGroupTuples: [{ ServerGroupId: mirrored }] } },
    };
    await cloud.ok('CreateRule', { ListenerId: ids.listenerId, ...rule(10, ''), RuleActions: [mirror, forward(forwarded, 2)] });
    cloud.clock.advance(500);
    expect((await health(ids.listenerId)).RuleHealthStatus).toEqual([]);
    const infos = (await health(ids.listenerId, { IncludeRule: true })).RuleHealthStatus[0]?.ServerGroupInfos;
    expect(infos?.map((one) => [one.ServerGroupId, one.ActionType, one.NonNormalServers.map((each) => each['Status'])])).toEqual([
      [mirrored, 'TrafficMirror', ['Unavailable']],
      [forwarded, 'ForwardGroup', ['Initial']],
    ]);
  });

  it('comes in pages of 30 at most; what the listener itself has is on the first', async () => {
    const ids = await behind(checked);
    const Rules = Array.from({ length: 65 }, (_, index) => rule(index + 1, ids.serverGroupId));
    await cloud.put('settings', { quotas: { attachmentsPerGroup: 100 } });
    await cloud.ok('CreateRules', { ListenerId: ids.listenerId, Rules });
    cloud.settle();
    const pages: Answer[] = [];
    do {
      const token = pages.at(-1)?.NextToken;
      pages.push(await health(ids.listenerId, { IncludeRule: true, MaxResults: 30, ...(token === undefined ? {} : { NextToken: token }) }));
    } while (pages.at(-1)?.NextToken !== undefined);
    expect(pages.map((page) => [page.ListenerHealthStatus.length, page.RuleHealthStatus.length])).toEqual([
      [1, 30],
      [0, 30],
      [0, 5],
    ]);
    expect(new Set(pages.flatMap((page) => page.RuleHealthStatus.map((one) => one.RuleId))).size).toBe(65);
    expect((await health(ids.listenerId, { IncludeRule: true })).RuleHealthStatus).toHaveLength(20);
    expect(await cloud.codeOf('GetListenerHealthStatus', { ListenerId: ids.listenerId, MaxResults: 31 })).toBe('IllegalParam.MaxResults');
  });
});

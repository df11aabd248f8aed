import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CloudUnderTest, startCloudUnderTest } from './cloud-under-test.ts';
import { forward, rule, sample, server, type WireParams } from './samples.ts';

let cloud: CloudUnderTest;
beforeEach(async () => {
  cloud = await startCloudUnderTest();
});
afterEach(() => cloud.service.stop());

type Item = Readonly<Record<string, unknown>>;
const first = (answer: Readonly<Record<string, unknown>>, list: string): Item | undefined =>
  // The lists of the service hold objects.
  (answer[list] as readonly Item[])[0];
const balancer = (id: string) => cloud.ok('GetLoadBalancerAttribute', { LoadBalancerId: id });
const listener = (id: string) => cloud.ok('GetListenerAttribute', { ListenerId: id });
const ruleOf = async (id: string) => first(await cloud.ok('ListRules', { RuleIds: [id] }), 'Rules');
const groupOf = async (id: string) => first(await cloud.ok('ListServerGroups', { ServerGroupIds: [id] }), 'ServerGroups');
const serversOf = async (id: string) => (await cloud.ok('ListServerGroupServers', { ServerGroupId: id }))['Servers'];
const jobOf = async (id: unknown) => first(await cloud.ok('ListAsynJobs', { JobIds: [String(id)] }), 'Jobs');

describe('a load balancer', () => {
  it('is Provisioning for 1.5 s, then Active, with an id and a name of the documented shape', async () => {
    const made = await cloud.ok('CreateLoadBalancer', sample('CreateLoadBalancer'));
    expect(made).toEqual({ LoadBalancerId: expect.stringMatching(/^alb-[a-z0-9]{16}$/), RequestId: expect.any(String) });
    const id = String(made['LoadBalancerId']);
    cloud.clock.advance(1499);
    expect(await balancer(id)).toMatchObject({ LoadBalancerStatus: 'Provisioning', LoadBalancerBussinessStatus: 'Normal' });
    cloud.clock.advance(1);
    expect(await balancer(id)).toMatchObject({
      LoadBalancerStatus: 'Active',
      DNSName: `${id}.cn-local.alb.aliyuncs.com`,
      RegionId: 'cn-local',
      ZoneMappings: [{ ZoneId: 'cn-local-a', Status: 'Active' }, { ZoneId: 'cn-local-b' }],
    });
    expect(first(await cloud.ok('ListLoadBalancers'), 'LoadBalancers')).not.toHaveProperty('ZoneMappings');
    expect(await cloud.ok('ListAsynJobs')).toMatchObject({ Jobs: [] });
  });

  it('whose creation fails is CreateFailed, and can only be deleted', async () => {
    await cloud.put('faults', [{ match: { action: 'CreateLoadBalancer' }, kind: 'failed-job' }]);
    const id = await cloud.loadBalancer();
    expect(await balancer(id)).toMatchObject({ LoadBalancerStatus: 'CreateFailed' });
    expect(await cloud.codeOf('UpdateLoadBalancerAttribute', { LoadBalancerId: id, LoadBalancerName: 'other' })).toBe(
      'IncorrectStatus.LoadBalancer',
    );
    await cloud.ok('DeleteLoadBalancer', { LoadBalancerId: id });
    cloud.settle();
    expect(await cloud.codeOf('GetLoadBalancerAttribute', { LoadBalancerId: id })).toBe('ResourceNotFound.LoadBalancer');
  });

  it('whose creation failed is taken away within a day', async () => {
    await cloud.put('faults', [{ match: { action: 'CreateLoadBalancer' }, kind: 'failed-job' }]);
    const id = await cloud.loadBalancer();
    cloud.clock.advance(86_400_000);
    expect(await cloud.codeOf('GetLoadBalancerAttribute', { LoadBalancerId: id })).toBe('ResourceNotFound.LoadBalancer');
  });

  it('turns its deletion protection on and off at once', async () => {
    const id = await cloud.loadBalancer();
    await cloud.ok('EnableDeletionProtection', { ResourceId: id });
    expect(await balancer(id)).toMatchObject({ LoadBalancerStatus: 'Active', DeletionProtectionConfig: { Enabled: true } });
    await cloud.ok('DisableDeletionProtection', { ResourceId: id });
    expect(await balancer(id)).toMatchObject({ DeletionProtectionConfig: { Enabled: false } });
  });

  it('forgets the reason with the protection', async () => {
    const id = await cloud.loadBalancer();
    await cloud.ok('UpdateLoadBalancerAttribute', {
      LoadBalancerId: id,
      ModificationProtectionConfig: { Status: 'NonProtection', Reason: 'kept' },
    });
    cloud.settle();
    expect((await balancer(id))['ModificationProtectionConfig']).toEqual({ Status: 'NonProtection' });
  });
});

describe('a listener', () => {
  it('is Provisioning, then Running, then Configuring while it changes, and Stopped when told so', async () => {
    const { listenerId } = await cloud.listener();
    const statuses: unknown[] = [];
    const note = async () => statuses.push((await listener(listenerId))['ListenerStatus']);
    await note();
    for (const [action, params] of [
      ['UpdateListenerAttribute', { IdleTimeout: 20 }],
      ['StopListener', {}],
      ['StartListener', {}],
    ] as const) {
      await cloud.ok(action, { ListenerId: listenerId, ...params });
      await note();
      cloud.settle();
      await note();
    }
    expect(statuses).toEqual(['Running', 'Configuring', 'Running', 'Configuring', 'Stopped', 'Configuring', 'Running']);
    expect(await cloud.codeOf('StartListener', { ListenerId: listenerId })).toBe('IncorrectStatus.Listener');
  });

  it('fills in what was not said, and keeps what was', async () => {
    const { listenerId } = await cloud.listener({ IdleTimeout: 33 });
    const shown = await listener(listenerId);
    expect(shown).toMatchObject({
      IdleTimeout: 33,
      RequestTimeout: 60,
      GzipEnabled: true,
      XForwardedForConfig: { XForwardedForEnabled: true },
    });
    expect(shown).not.toHaveProperty('Http2Enabled');
    await cloud.ok('UpdateListenerAttribute', { ListenerId: listenerId, XForwardedForConfig: { XForwardedForProtoEnabled: true } });
    expect((await listener(listenerId))['XForwardedForConfig']).toMatchObject({
      XForwardedForEnabled: true,
      XForwardedForProtoEnabled: true,
    });
  });

  it('returns to what it was when its change fails, and its job says why', async () => {
    const { listenerId } = await cloud.listener();
    await cloud.put('faults', [{ match: { action: 'UpdateListenerAttribute' }, times: 1, kind: 'failed-job', code: 'SystemBusy' }]);
    const { JobId } = await cloud.ok('UpdateListenerAttribute', { ListenerId: listenerId, IdleTimeout: 44 });
    expect(await jobOf(JobId)).toMatchObject({
      Status: 'Processing',
      OperateType: 'Update',
      ResourceType: 'listener',
      ResourceId: listenerId,
    });
    cloud.settle();
    expect(await jobOf(JobId)).toMatchObject({ Status: 'Failed', ErrorCode: 'SystemBusy', ErrorMessage: expect.any(String) });
    expect(await listener(listenerId)).toMatchObject({ IdleTimeout: 15, ListenerStatus: 'Running' });
  });

  it('may lock its load balancer while it comes and goes', async () => {
    await cloud.put('settings', { listenersLockLoadBalancer: true });
    const ids = await cloud.listener();
    await cloud.ok('DeleteListener', { ListenerId: ids.listenerId });
    expect(await balancer(ids.loadBalancerId)).toMatchObject({ LoadBalancerStatus: 'Configuring' });
    cloud.settle();
    expect(await balancer(ids.loadBalancerId)).toMatchObject({ LoadBalancerStatus: 'Active' });
  });
});

describe('rules', () => {
  it('are Provisioning, Available, Configuring, Available, Deleting, gone', async () => {
    const ids = await cloud.listener();
    const made = await cloud.ok('CreateRules', { ListenerId: ids.listenerId, Rules: [rule(10, ids.serverGroupId)] });
    expect(made['RuleIds']).toEqual([{ Priority: 10, RuleId: expect.stringMatching(/^rule-[a-z0-9]{16}$/) }]);
    const ruleId = String(first(made, 'RuleIds')?.['RuleId']);
    const statuses: unknown[] = [];
    const note = async () => statuses.push((await ruleOf(ruleId))?.['RuleStatus']);
    await note();
    cloud.settle();
    await note();
    await cloud.ok('UpdateRulesAttribute', { Rules: [{ RuleId: ruleId, Priority: 20 }] });
    await note();
    cloud.settle();
    await note();
    await cloud.ok('DeleteRules', { RuleIds: [ruleId] });
    await note();
    cloud.settle();
    await note();
    expect(statuses).toEqual(['Provisioning', 'Available', 'Configuring', 'Available', 'Deleting', undefined]);
  });

  const exchange = async () => {
    const ids = await cloud.listener();
    const made = await cloud.ok('CreateRules', {
      ListenerId: ids.listenerId,
      Rules: [rule(1, ids.serverGroupId), rule(2, ids.serverGroupId)],
    });
    cloud.settle();
    const [one, two] = (made['RuleIds'] as readonly Item[]).map((each) => String(each['RuleId']));
    return {
      Rules: [
        { RuleId: one ?? '', Priority: 2 },
        { RuleId: two ?? '', Priority: 1 },
      ],
    };
  };

  it('may exchange their priorities in one batch when it is judged by its end, and not when by every step', async () => {
    expect(await cloud.codeOf('UpdateRulesAttribute', await exchange())).toBe('');
    await cloud.put('settings', { updatePriorityCheck: 'each-step' });
    expect(await cloud.codeOf('UpdateRulesAttribute', await exchange())).toBe('Conflict.Priority');
  });

  it('may have one priority in either direction, and are listed by direction', async () => {
    const ids = await cloud.stack();
    const response = { Type: 'ResponseStatusCode', ResponseStatusCodeConfig: { Values: ['404'] } };
    const header = { Type: 'InsertHeader', Order: 1, InsertHeaderConfig: { Key: 'x-missing', Value: 'yes' } };
    const params = { ...rule(10, ids.serverGroupId), Direction: 'Response', RuleConditions: [response], RuleActions: [header] };
    await cloud.ok('CreateRule', { ListenerId: ids.listenerId, ...params });
    cloud.settle();
    expect((await cloud.ok('ListRules'))['TotalCount']).toBe(1);
    expect(first(await cloud.ok('ListRules', { Direction: 'Response' }), 'Rules')).toMatchObject({
      Priority: 10,
      RuleActions: [{ InsertHeaderConfig: { ValueType: 'UserDefined' } }],
    });
  });

  it('whose creation fails stay as CreateFailed until they are deleted', async () => {
    const ids = await cloud.listener();
    await cloud.put('faults', [{ match: { action: 'CreateRule' }, times: 1, kind: 'failed-job' }]);
    const made = await cloud.ok('CreateRule', { ListenerId: ids.listenerId, ...rule(10, ids.serverGroupId) });
    cloud.settle();
    const ruleId = String(made['RuleId']);
    expect(await ruleOf(ruleId)).toMatchObject({ RuleStatus: 'CreateFailed' });
    expect(cloud.service.view.rules(ids.listenerId)).toEqual([]);
    await cloud.ok('DeleteRule', { RuleId: ruleId });
    cloud.settle();
    expect(await ruleOf(ruleId)).toBeUndefined();
  });
});

describe('servers', () => {
  const statuses = async (id: string) =>
    ((await serversOf(id)) as readonly Item[]).map((one) => `${one['ServerId']} ${one['Status']} ${one['Weight']}`);

  it('are Adding, Available, Configuring, Replacing, Removing, and their group is Configuring meanwhile', async () => {
    const serverGroupId = await cloud.group();
    const steps: [string, WireParams, readonly string[], readonly string[]][] = [
      [
        'AddServersToServerGroup',
        { Servers: [server(1), server(2)] },
        ['eni-1 Adding 100', 'eni-2 Adding 100'],
        ['eni-1 Available 100', 'eni-2 Available 100'],
      ],
      [
        'UpdateServerGroupServersAttribute',
        { Servers: [server(1, { Weight: 5 })] },
        ['eni-1 Configuring 5', 'eni-2 Available 100'],
        ['eni-1 Available 5', 'eni-2 Available 100'],
      ],
      [
        'ReplaceServersInServerGroup',
        { AddedServers: [server(3)], RemovedServers: [server(1)] },
        ['eni-1 Replacing 5', 'eni-2 Available 100', 'eni-3 Adding 100'],
        ['eni-2 Available 100', 'eni-3 Available 100'],
      ],
      ['RemoveServersFromServerGroup', { Servers: [server(2)] }, ['eni-2 Removing 100', 'eni-3 Available 100'], ['eni-3 Available 100']],
    ];
    for (const [action, params, during, after] of steps) {
      await cloud.ok(action, { ServerGroupId: serverGroupId, ...params });
      expect(await statuses(serverGroupId), action).toEqual(during);
      expect(await groupOf(serverGroupId)).toMatchObject({ ServerGroupStatus: 'Configuring' });
      cloud.settle();
      expect(await statuses(serverGroupId), action).toEqual(after);
      expect(await groupOf(serverGroupId)).toMatchObject({ ServerGroupStatus: 'Available', ServerCount: after.length });
    }
  });

  it('are as before when a change of them fails', async () => {
    const serverGroupId = await cloud.group();
    await cloud.ok('AddServersToServerGroup', { ServerGroupId: serverGroupId, Servers: [server(1)] });
    cloud.settle();
    await cloud.put('faults', [{ match: { action: 'ReplaceServersInServerGroup' }, kind: 'failed-job' }]);
    await cloud.ok('ReplaceServersInServerGroup', { ServerGroupId: serverGroupId, AddedServers: [server(2)], RemovedServers: [server(1)] });
    cloud.settle();
    expect(await statuses(serverGroupId)).toEqual(['eni-1 Available 100']);
  });
});

describe('what is in force', () => {
  const targets = (listenerId: string) =>
    cloud.service.view.rules(listenerId).map((one) => one.RuleActions[0]?.ForwardGroupConfig?.ServerGroupTuples[0]?.ServerGroupId);

  it('follows a change when its job has ended', async () => {
    const ids = await cloud.stack();
    const other = await cloud.group();
    expect(targets(ids.listenerId)).toEqual([ids.serverGroupId]);
    await cloud.ok('UpdateRuleAttribute', { RuleId: ids.ruleId, RuleActions: [forward(other)] });
    expect(targets(ids.listenerId)).toEqual([ids.serverGroupId]);
    // Both groups are held until the change is done.
    for (const group of [ids.serverGroupId, other])
      expect(await cloud.codeOf('DeleteServerGroup', { ServerGroupId: group })).toBe('ResourceInUse.ServerGroup');
    cloud.settle();
    expect(targets(ids.listenerId)).toEqual([other]);
  });

  it('never shows a group dark that is being replaced from one server to another', async () => {
    const serverGroupId = await cloud.group();
    const inForce = () => cloud.service.view.group(serverGroupId)?.Servers.map((one) => `${one.ServerIp}:${one.Port} ${one.Weight}`);
    await cloud.ok('AddServersToServerGroup', { ServerGroupId: serverGroupId, Servers: [server(1)] });
    expect(inForce()).toEqual([]);
    cloud.settle();
    expect(inForce()).toEqual(['10.64.0.1:8080 100']);
    await cloud.ok('ReplaceServersInServerGroup', { ServerGroupId: serverGroupId, AddedServers: [server(2)], RemovedServers: [server(1)] });
    expect(inForce()).toEqual(['10.64.0.1:8080 100']);
    cloud.settle();
    expect(inForce()).toEqual(['10.64.0.2:8080 100']);
    await cloud.ok('RemoveServersFromServerGroup', { ServerGroupId: serverGroupId, Servers: [server(2)] });
    expect(inForce()).toEqual([]);
  });

  it('serves a listener from Running until Stopped, with its balancer up, and tells of every change', async () => {
    const loadBalancerId = await cloud.loadBalancer();
    const serverGroupId = await cloud.group();
    let changes = 0;
    const stop = cloud.service.view.onChange(() => {
      changes += 1;
    });
    const made = await cloud.ok('CreateListener', sample('CreateListener', { loadBalancerId, serverGroupId, listenerId: '', ruleId: '' }));
    expect(cloud.service.view.listeners()).toEqual([]);
    cloud.settle();
    expect(changes).toBe(2);
    expect(cloud.service.view.listeners()).toMatchObject([
      { ListenerPort: 80, ListenerProtocol: 'HTTP', DefaultServerGroupId: serverGroupId },
    ]);
    await cloud.ok('StopListener', { ListenerId: String(made['ListenerId']) });
    expect(cloud.service.view.listeners()).toHaveLength(1);
    cloud.settle();
    expect(cloud.service.view.listeners()).toEqual([]);
    stop();
    await cloud.ok('StartListener', { ListenerId: String(made['ListenerId']) });
    expect(changes).toBe(4);
  });

  it('finds the place of an address on this machine', async () => {
    const at = (socket: string) => ({
      networkInterfaceId: 'eni-1',
      privateIp: '10.64.0.1',
      vpcId: 'vpc-local',
      vSwitchId: 'vsw-local-a',
      zoneId: 'cn-local-a',
      instanceId: 'i-1',
      socket,
    });
    await cloud.put('network', [at('127.0.0.1:43123')]);
    expect(cloud.service.view.socketOf('10.64.0.1', 8080)).toEqual({ host: '127.0.0.1', port: 43_123 });
    expect(cloud.service.view.socketOf('10.64.0.2', 8080)).toBeUndefined();
    await cloud.put('network', [at('')]);
    expect(cloud.service.view.socketOf('10.64.0.1', 8080)).toBeUndefined();
  });
});

describe('deletion', () => {
  it('leaves nothing when everything was deleted', async () => {
    const ids = await cloud.stack();
    const { listenerId } = await cloud.listener({ loadBalancerId: ids.loadBalancerId, serverGroupId: ids.serverGroupId, ListenerPort: 81 });
    await cloud.ok('DeleteListener', { ListenerId: listenerId });
    await cloud.ok('DeleteLoadBalancer', { LoadBalancerId: ids.loadBalancerId });
    expect(await cloud.codeOf('DeleteLoadBalancer', { LoadBalancerId: ids.loadBalancerId })).toBe('IncorrectStatus.LoadBalancer');
    cloud.settle();
    await cloud.ok('DeleteServerGroup', { ServerGroupId: ids.serverGroupId });
    cloud.settle();
    const { vSwitches, networkInterfaces, ...held } = await cloud.state();
    expect(held).toEqual({ loadBalancers: [], listeners: [], rules: [], serverGroups: [], jobs: [], dataPlane: [] });
  });

  it('keeps a group in use for a while after the last reference went', async () => {
    const ids = await cloud.listener();
    await cloud.put('settings', { referenceLingerMs: 3000 });
    await cloud.ok('DeleteListener', { ListenerId: ids.listenerId });
    cloud.clock.advance(500);
    expect((await cloud.ok('ListListeners'))['Listeners']).toEqual([]);
    expect(await cloud.codeOf('DeleteServerGroup', { ServerGroupId: ids.serverGroupId })).toBe('ResourceInUse.ServerGroup');
    cloud.clock.advance(3000);
    expect(await cloud.codeOf('DeleteServerGroup', { ServerGroupId: ids.serverGroupId })).toBe('');
  });
});

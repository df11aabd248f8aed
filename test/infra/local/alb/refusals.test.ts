import { afterEach, describe, expect, it } from 'vitest';
import { refusals } from '#infra/local/alb/refusals.ts';
import { type CloudUnderTest, startCloudUnderTest } from './cloud-under-test.ts';
import { provocations } from './provocations.ts';
import { type Ids, nobody, rule, type SampledAction, sample, sampledActions, server } from './samples.ts';

let cloud: CloudUnderTest;
afterEach(() => cloud.service.stop());

describe('a refusal', () => {
  it.each(Object.entries(provocations))('%s is given, with its status, and nothing is changed', async (code, { settings, when }) => {
    cloud = await startCloudUnderTest(settings);
    const [action, params] = await when(cloud);
    const before = await cloud.state();
    const answered = await cloud.call(action, params);
    expect(answered.body['Code'], String(answered.body['Message'])).toBe(code);
    expect(answered.status).toBe(code.startsWith('ResourceNotFound.') ? 404 : 400);
    expect(await cloud.state()).toEqual(before);
    expect((await cloud.journal()).at(-1)).toMatchObject({ action, code, status: answered.status });
  });

  it('has a provocation for every row, and a row for every provocation', async () => {
    cloud = await startCloudUnderTest();
    expect(Object.keys(provocations).sort()).toEqual([...new Set(refusals.map((row) => row.code))].sort());
    for (const row of refusals) for (const action of row.actions) expect(sampledActions, row.code).toContain(action);
  });
});

const rowActions = (code: string): readonly SampledAction[] =>
  sampledActions.filter((action) => refusals.some((row) => row.code === code && row.actions.includes(action)));

/** What of a sample does not exist, by the code that says so. Rows about servers and vSwitches are provoked one by one above. */
const absences: readonly (readonly [code: string, missing: keyof Ids])[] = [
  ['ResourceNotFound.LoadBalancer', 'loadBalancerId'],
  ['ResourceNotFound.Listener', 'listenerId'],
  ['ResourceNotFound.Rule', 'ruleId'],
  ['ResourceNotFound.ServerGroup', 'serverGroupId'],
];

describe.each(absences)('%s', (code, missing) => {
  it('is said by every action that names one', async () => {
    cloud = await startCloudUnderTest();
    const ids = { ...(await cloud.stack()), [missing]: nobody[missing] };
    for (const action of rowActions(code)) {
      const kind = code === 'ResourceNotFound.LoadBalancer' ? 'loadbalancer' : 'servergroup';
      const params = sample(action, ids);
      const tagging = 'ResourceType' in params ? { ResourceType: kind, ResourceId: [nobody[missing]] } : {};
      expect(
        await cloud.codeOf(action, { ...params, ...tagging, ...(action === 'CreateListener' ? { ListenerPort: 81 } : {}) }),
        action,
      ).toBe(code);
    }
  });
});

describe('one change at a time', () => {
  it('keeps every write away from a load balancer that is changing, and from its listeners and rules', async () => {
    cloud = await startCloudUnderTest();
    const ids = await cloud.stack();
    await cloud.ok('UpdateLoadBalancerAttribute', sample('UpdateLoadBalancerAttribute', ids));
    for (const code of ['IncorrectStatus.LoadBalancer', 'VipStatusNotSupport']) {
      for (const action of rowActions(code)) expect(await cloud.codeOf(action, sample(action, ids)), action).toBe(code);
    }
    cloud.settle();
    expect(await cloud.codeOf('DeleteRule', { RuleId: ids.ruleId })).toBe('');
  });

  it.each(['Running', 'Configuring'])('locks a listener whole while one of its rules changes, shown as %s', async (status) => {
    cloud = await startCloudUnderTest({ listenerStatusDuringRules: status });
    const ids = await cloud.stack();
    await cloud.ok('UpdateRuleAttribute', { RuleId: ids.ruleId, Priority: 11 });
    expect(await cloud.ok('GetListenerAttribute', { ListenerId: ids.listenerId })).toMatchObject({ ListenerStatus: status });
    for (const action of rowActions('ResourceInConfiguring.Listener')) {
      expect(await cloud.codeOf(action, sample(action, ids)), action).toBe('ResourceInConfiguring.Listener');
    }
    cloud.settle();
    expect(await cloud.ok('GetListenerAttribute', { ListenerId: ids.listenerId })).toMatchObject({ ListenerStatus: 'Running' });
  });

  it('keeps every write away from a group that is changing', async () => {
    cloud = await startCloudUnderTest();
    const serverGroupId = await cloud.group();
    await cloud.ok('AddServersToServerGroup', { ServerGroupId: serverGroupId, Servers: [server(1)] });
    const own = rowActions('IncorrectStatus.ServerGroup').filter((action) => /ServerGroup/.test(action));
    expect(own.length).toBeGreaterThanOrEqual(6);
    for (const action of own) {
      expect(await cloud.codeOf(action, sample(action, { ...nobody, serverGroupId })), action).toBe('IncorrectStatus.ServerGroup');
    }
  });

  it('can be told that a group takes no references, or takes servers, while it is being created', async () => {
    cloud = await startCloudUnderTest({ creatingGroupMayBeReferred: false, creatingGroupAcceptsServers: true });
    const ids = await cloud.listener();
    const made = await cloud.ok('CreateServerGroup', sample('CreateServerGroup'));
    const serverGroupId = String(made['ServerGroupId']);
    const naming = { ListenerId: ids.listenerId, ...rule(10, serverGroupId) };
    expect(await cloud.codeOf('CreateRule', naming)).toBe('IncorrectStatus.ServerGroup');
    cloud.clock.advance(300);
    expect(await cloud.codeOf('AddServersToServerGroup', { ServerGroupId: serverGroupId, Servers: [server(1)] })).toBe('');
    cloud.clock.advance(300);
    expect((await cloud.state())['serverGroups']?.find((one) => one['ServerGroupId'] === serverGroupId)).toMatchObject({
      ServerGroupStatus: 'Configuring',
      Servers: [{ Status: 'Adding' }],
    });
    cloud.settle();
    expect(await cloud.codeOf('CreateRule', naming)).toBe('');
  });
});

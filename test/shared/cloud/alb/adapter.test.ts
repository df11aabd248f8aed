import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAlb } from '#shared/cloud/alb/adapter.ts';
import type { Alb, Server } from '#shared/cloud/alb/port.ts';
import { groupSettings, listenerSettings } from '../../../support/alb-settings.ts';
import { type CloudWire, startCloudWire } from '../../../support/cloud-wire.ts';

let wire: CloudWire;
let alb: Alb;
beforeEach(async () => {
  wire = await startCloudWire();
  alb = createAlb(wire.options);
});
afterEach(async () => {
  alb.close();
  await wire.stop();
});

const server: Server = { serverType: 'Eni', serverId: 'eni-1', serverIp: '10.64.0.1', port: 8080, weight: 100 };

describe('the ALB adapter on the wire', () => {
  it('sends rules in the form and their parent and token in the query', async () => {
    wire.answer(() => ({ body: { RequestId: 'R', JobId: 'job-1', RuleIds: [{ Priority: 10, RuleId: 'rule-1' }] } }));
    const rule = {
      ruleName: 'tea',
      priority: 10,
      direction: 'Request',
      ruleConditions: [{ type: 'Host', hostConfig: { values: ['a.example.com', 'b.example.com'] } }],
      ruleActions: [
        { type: 'ForwardGroup', order: 1, forwardGroupConfig: { serverGroupTuples: [{ serverGroupId: 'sgp-1', weight: 100 }] } },
      ],
      tags: { b: '2', a: '1' },
    } as const;
    expect(await alb.createRules('lsn-1', [rule], 'token-1')).toEqual({ jobId: 'job-1', ruleIds: [{ priority: 10, ruleId: 'rule-1' }] });
    const [call] = wire.calls;
    expect(call?.action).toBe('CreateRules');
    expect(call?.form).toEqual({
      'Rules.1.RuleName': 'tea',
      'Rules.1.Priority': '10',
      'Rules.1.Direction': 'Request',
      'Rules.1.RuleConditions.1.Type': 'Host',
      'Rules.1.RuleConditions.1.HostConfig.Values.1': 'a.example.com',
      'Rules.1.RuleConditions.1.HostConfig.Values.2': 'b.example.com',
      'Rules.1.RuleActions.1.Type': 'ForwardGroup',
      'Rules.1.RuleActions.1.Order': '1',
      'Rules.1.RuleActions.1.ForwardGroupConfig.ServerGroupTuples.1.ServerGroupId': 'sgp-1',
      'Rules.1.RuleActions.1.ForwardGroupConfig.ServerGroupTuples.1.Weight': '100',
      'Rules.1.Tag.1.Key': 'a',
      'Rules.1.Tag.1.Value': '1',
      'Rules.1.Tag.2.Key': 'b',
      'Rules.1.Tag.2.Value': '2',
    });
    expect(call?.params).toMatchObject({ ListenerId: 'lsn-1', ClientToken: 'token-1' });
  });

  it('asks for rules of one direction, page by page', async () => {
    const rule = (index: number) => ({
      RuleId: `rule-${index}`,
      ListenerId: 'lsn-1',
      RuleStatus: 'Available',
      Priority: index,
      RuleName: `r-${index}`,
    });
    wire.answer((call) =>
      call.params['NextToken'] === 'page-2'
        ? { body: { RequestId: 'R', Rules: [rule(2)], NextToken: '' } }
        : { body: { RequestId: 'R', Rules: [rule(1)], NextToken: 'page-2' } },
    );
    const rules = await alb.listRules('alb-1', 'Response');
    expect(rules.map((one) => one.ruleId)).toEqual(['rule-1', 'rule-2']);
    expect(wire.calls.map((call) => call.params)).toEqual([
      { 'LoadBalancerIds.1': 'alb-1', Direction: 'Response', MaxResults: '100' },
      { 'LoadBalancerIds.1': 'alb-1', Direction: 'Response', MaxResults: '100', NextToken: 'page-2' },
    ]);
  });

  it('fails rather than to give half a list', async () => {
    wire.answer((call) =>
      call.params['NextToken'] === 'page-2'
        ? { status: 503, body: { Code: 'ServiceUnavailable', Message: 'away', RequestId: 'R' } }
        : { body: { RequestId: 'R', ServerGroups: [], NextToken: 'page-2' } },
    );
    await expect(alb.findServerGroups({ a: 'b' })).rejects.toMatchObject({ failure: 'transport' });
  });

  it('takes absent lists for empty ones', async () => {
    wire.answer(() => ({ body: { RequestId: 'R' } }));
    expect(await alb.findLoadBalancers({})).toEqual([]);
    expect(await alb.listListeners('alb-1')).toEqual([]);
    expect(await alb.listServers('sgp-1')).toEqual([]);
    expect(await alb.zones()).toEqual([]);
  });

  it('fills in the defaults that the service leaves out, and keeps its word for what it does not know', async () => {
    wire.answer(() => ({
      body: {
        RequestId: 'R',
        ServerGroups: [
          { ServerGroupId: 'sgp-1', ServerGroupStatus: 'Available', ServerGroupName: 'group', Protocol: 'GRPC', VpcId: 'vpc-1' },
        ],
      },
    }));
    const [group] = await alb.getServerGroups(['sgp-1']);
    expect(group?.settings).toEqual(groupSettings({ serviceName: '', upstreamKeepaliveEnabled: false }));
    expect(group?.fixed).toEqual({ serverGroupType: 'Instance', protocol: 'gRPC', vpcId: 'vpc-1' });
    wire.answer(() => ({
      body: {
        RequestId: 'R',
        Rules: [
          {
            RuleId: 'rule-1',
            ListenerId: 'lsn-1',
            RuleStatus: 'Available',
            Priority: 1,
            RuleConditions: [
              { Type: 'Method', MethodConfig: { Values: ['GET'] }, HostConfig: {} },
              { Type: 'Cookie', CookieConfig: { Values: [{ Key: 'beta' }] } },
              { Type: 'Weather', WeatherConfig: { Values: ['sun'] } },
            ],
            RuleActions: [
              { Type: 'ForwardGroup', Order: 2, ForwardGroupConfig: { ServerGroupTuples: [{ ServerGroupId: 'sgp-1' }] } },
              { Type: 'Rewrite', Order: 1, RewriteConfig: { Path: '/x' } },
            ],
          },
        ],
      },
    }));
    const [rule] = await alb.listRules('alb-1', 'Request');
    expect(rule?.ruleConditions).toEqual([
      { type: 'Method', methodConfig: { values: ['GET'] } },
      { type: 'Cookie', cookieConfig: { values: [{ key: 'beta', value: '' }] } },
      { type: 'Weather' },
    ]);
    expect(rule?.ruleActions).toEqual([
      { type: 'Rewrite', order: 1, rewriteConfig: { host: `\${host}`, path: '/x', query: `\${query}` } },
      { type: 'ForwardGroup', order: 2, forwardGroupConfig: { serverGroupTuples: [{ serverGroupId: 'sgp-1', weight: 100 }] } },
    ]);
  });

  it('names the field that an answer lacks', async () => {
    wire.answer(() => ({ body: { RequestId: 'R', JobId: 'job-1' } }));
    const creation = alb.createServerGroup({
      settings: groupSettings(),
      fixed: { serverGroupType: 'Instance', protocol: 'HTTP', vpcId: 'vpc-1' },
      tags: {},
      clientToken: 't',
    });
    await expect(creation).rejects.toMatchObject({ failure: 'transport', facts: { detail: 'the answer lacks ServerGroupId' } });
  });

  it('sends only what was set: no empty description, no address of an ECS server', async () => {
    wire.answer(() => ({ body: { RequestId: 'R', JobId: 'job-1', ListenerId: 'lsn-1' } }));
    await alb.createListener({
      loadBalancerId: 'alb-1',
      protocol: 'HTTP',
      port: 80,
      defaultServerGroupId: 'sgp-1',
      settings: listenerSettings({ listenerDescription: '', xForwardedForConfig: { XForwardedForProtoEnabled: false } }),
      tags: {},
      clientToken: 't',
    });
    await alb.addServers('sgp-1', [{ ...server, serverType: 'Ecs', serverIp: '' }], 't');
    expect(wire.calls.map((call) => call.params)).toEqual([
      {
        LoadBalancerId: 'alb-1',
        ListenerProtocol: 'HTTP',
        ListenerPort: '80',
        'DefaultActions.1.Type': 'ForwardGroup',
        'DefaultActions.1.ForwardGroupConfig.ServerGroupTuples.1.ServerGroupId': 'sgp-1',
        IdleTimeout: '15',
        RequestTimeout: '60',
        GzipEnabled: 'true',
        'XForwardedForConfig.XForwardedForProtoEnabled': 'false',
        ClientToken: 't',
      },
      {
        ServerGroupId: 'sgp-1',
        'Servers.1.ServerType': 'Ecs',
        'Servers.1.ServerId': 'eni-1',
        'Servers.1.Port': '8080',
        'Servers.1.Weight': '100',
        ClientToken: 't',
      },
    ]);
  });

  it('sends of what is off only that it is off, and of what is on only what belongs to it', async () => {
    wire.answer(() => ({ body: { RequestId: 'R', JobId: 'job-1' } }));
    await alb.updateServerGroup('sgp-1', groupSettings(), 't');
    const settings = groupSettings({
      scheduler: 'Uch',
      uchConfig: { type: 'QueryString', value: 'user' },
      healthCheckConfig: { healthCheckEnabled: true, healthCheckProtocol: 'TCP' },
      stickySessionConfig: { stickySessionEnabled: true, stickySessionType: 'Server', cookie: 'JSESSIONID', cookieTimeout: 1000 },
      connectionDrainConfig: { connectionDrainEnabled: true, connectionDrainTimeout: 0 },
    });
    await alb.updateServerGroup('sgp-1', settings, 't');
    const plain = { ServerGroupId: 'sgp-1', ServerGroupName: 'group', ServiceName: 'service', CrossZoneEnabled: 'true', ClientToken: 't' };
    expect(wire.calls.map((call) => call.params)).toEqual([
      {
        ...plain,
        Scheduler: 'Wrr',
        'HealthCheckConfig.HealthCheckEnabled': 'false',
        'StickySessionConfig.StickySessionEnabled': 'false',
        'ConnectionDrainConfig.ConnectionDrainEnabled': 'false',
        'SlowStartConfig.SlowStartEnabled': 'false',
      },
      {
        ...plain,
        Scheduler: 'Uch',
        'UchConfig.Type': 'QueryString',
        'UchConfig.Value': 'user',
        'HealthCheckConfig.HealthCheckEnabled': 'true',
        'HealthCheckConfig.HealthCheckProtocol': 'TCP',
        'HealthCheckConfig.HealthCheckConnectPort': '0',
        'HealthCheckConfig.HealthCheckInterval': '2',
        'HealthCheckConfig.HealthCheckTimeout': '5',
        'HealthCheckConfig.HealthyThreshold': '3',
        'HealthCheckConfig.UnhealthyThreshold': '3',
        'StickySessionConfig.StickySessionEnabled': 'true',
        'StickySessionConfig.StickySessionType': 'Server',
        'StickySessionConfig.Cookie': 'JSESSIONID',
        'ConnectionDrainConfig.ConnectionDrainEnabled': 'true',
        'ConnectionDrainConfig.ConnectionDrainTimeout': '0',
        'SlowStartConfig.SlowStartEnabled': 'false',
      },
    ]);
  });

  it('believes nothing that stands beside a switch that is off', async () => {
    const leftovers = {
      ServerGroupId: 'sgp-1',
      ServerGroupStatus: 'Available',
      ServerGroupName: 'group',
      ServiceName: 'service',
      Scheduler: 'Wrr',
      UchConfig: { Type: 'QueryString', Value: 'former' },
      HealthCheckConfig: { HealthCheckEnabled: false, HealthCheckPath: '/former', HealthCheckInterval: 9 },
      StickySessionConfig: { StickySessionEnabled: false, StickySessionType: 'Server', Cookie: 'former', CookieTimeout: 5 },
      ConnectionDrainConfig: { ConnectionDrainEnabled: false, ConnectionDrainTimeout: 7 },
      SlowStartConfig: { SlowStartEnabled: false, SlowStartDuration: 77 },
    };
    wire.answer(() => ({ body: { RequestId: 'R', ServerGroups: [leftovers] } }));
    const [group] = await alb.getServerGroups(['sgp-1']);
    expect(group?.settings).toEqual(groupSettings({ upstreamKeepaliveEnabled: false }));
  });

  it('asks for health with the rules, thirty a page, and takes a server for ailing that any rule sees ailing', async () => {
    const server = { ServerId: 'eni-1', ServerIp: '10.64.0.1', Port: 8080, Status: 'Unhealthy' };
    const info = (ServerGroupId: string, servers: readonly object[]) => ({
      ServerGroupId,
      HealthCheckEnabled: 'on',
      NonNormalServers: servers,
    });
    const ofRule = (RuleId: string, ...ServerGroupInfos: readonly object[]) => ({ RuleId, ServerGroupInfos });
    wire.answer((call) =>
      call.params['NextToken'] === 'page-2'
        ? { body: { RequestId: 'R', ListenerHealthStatus: [], RuleHealthStatus: [ofRule('rule-3', info('sgp-1', []))] } }
        : {
            body: {
              RequestId: 'R',
              NextToken: 'page-2',
              ListenerHealthStatus: [{ ServerGroupInfos: [{ ...info('sgp-0', []), HealthCheckEnabled: 'off' }] }],
              RuleHealthStatus: [ofRule('rule-1', info('sgp-1', [])), ofRule('rule-2', info('sgp-1', [server]), info('sgp-2', []))],
            },
          },
    );
    expect(await alb.listenerHealth('lsn-1')).toEqual([
      { serverGroupId: 'sgp-0', checked: false, ailing: [] },
      { serverGroupId: 'sgp-1', checked: true, ailing: [{ serverId: 'eni-1', serverIp: '10.64.0.1', port: 8080, status: 'Unhealthy' }] },
      { serverGroupId: 'sgp-2', checked: true, ailing: [] },
    ]);
    expect(wire.calls.map((call) => call.params)).toEqual([
      { ListenerId: 'lsn-1', IncludeRule: 'true', MaxResults: '30' },
      { ListenerId: 'lsn-1', IncludeRule: 'true', MaxResults: '30', NextToken: 'page-2' },
    ]);
  });

  it('looks up ten jobs a call', async () => {
    wire.answer(() => ({ body: { RequestId: 'R', Jobs: [] } }));
    await alb.getJobs(Array.from({ length: 23 }, (_, index) => `job-${index}`));
    expect(wire.calls.map((call) => Object.keys(call.params).filter((name) => name.startsWith('JobIds.')).length)).toEqual([10, 10, 3]);
  });

  it('makes parallel first calls with one load of the SDK', async () => {
    wire.answer(() => ({ body: { RequestId: 'R', Zones: [{ ZoneId: 'z-a' }] } }));
    expect(await Promise.all([alb.zones(), alb.zones(), alb.zones()])).toEqual([['z-a'], ['z-a'], ['z-a']]);
  });
});

/** A valid request of every action, on the wire's own terms. */

/** Parameters before they are flattened. */
export type Wire = string | number | boolean | readonly Wire[] | { readonly [name: string]: Wire };
export type WireParams = { readonly [name: string]: Wire };

/** What the requests are about. The defaults exist nowhere. */
export interface Ids {
  readonly loadBalancerId: string;
  readonly listenerId: string;
  readonly ruleId: string;
  readonly serverGroupId: string;
}

export const nobody: Ids = { loadBalancerId: 'alb-none', listenerId: 'lsn-none', ruleId: 'rule-none', serverGroupId: 'sgp-none' };

/** As the SDK flattens: lists from 1, objects with dots. */
export const flatten = (value: Wire, name = ''): readonly (readonly [string, string])[] => {
  if (typeof value !== 'object') return [[name, String(value)]];
  const at = (key: string | number) => (name === '' ? String(key) : `${name}.${key}`);
  if (Array.isArray(value)) return value.flatMap((one: Wire, index) => flatten(one, at(index + 1)));
  return Object.entries(value).flatMap(([key, one]) => flatten(one, at(key)));
};

export const forward = (serverGroupId: string, order = 1): WireParams => ({
  Type: 'ForwardGroup',
  Order: order,
  ForwardGroupConfig: { ServerGroupTuples: [{ ServerGroupId: serverGroupId, Weight: 100 }] },
});

export const rule = (priority: number, serverGroupId: string, more: WireParams = {}): WireParams => ({
  RuleName: `rule-${priority}`,
  Priority: priority,
  RuleConditions: [{ Type: 'Path', PathConfig: { Values: ['/tea'] } }],
  RuleActions: [forward(serverGroupId)],
  ...more,
});

export const server = (index: number, more: WireParams = {}): WireParams => ({
  ServerType: 'Eni',
  ServerId: `eni-${index}`,
  ServerIp: `10.64.0.${index}`,
  Port: 8080,
  ...more,
});

const tag: Wire = [{ Key: 'owner', Value: 'test' }];

const namedServer = (index: number): WireParams => ({
  ServerType: 'Eni',
  ServerId: `eni-${index}`,
  ServerIp: `10.64.0.${index}`,
  Port: 8080,
});

const samples = (ids: Ids) =>
  ({
    CreateLoadBalancer: {
      VpcId: 'vpc-local',
      AddressType: 'Intranet',
      AddressAllocatedMode: 'Fixed',
      AddressIpVersion: 'IPv4',
      LoadBalancerName: 'cafe',
      LoadBalancerEdition: 'Standard',
      LoadBalancerBillingConfig: { PayType: 'PostPay' },
      ModificationProtectionConfig: { Status: 'ConsoleProtection', Reason: 'managed' },
      SecurityGroupIds: [{ SecurityGroupId: 'sg-1' }],
      ZoneMappings: ['a', 'b'].map((zone) => ({ ZoneId: `cn-local-${zone}`, VSwitchId: `vsw-local-${zone}`, EipType: 'Common' })),
      Tag: tag,
    },
    UpdateLoadBalancerAttribute: {
      LoadBalancerId: ids.loadBalancerId,
      LoadBalancerName: 'cafe-2',
      ModificationProtectionConfig: { Status: 'ConsoleProtection', Reason: 'managed' },
    },
    DeleteLoadBalancer: { LoadBalancerId: ids.loadBalancerId },
    EnableDeletionProtection: { ResourceId: ids.loadBalancerId },
    DisableDeletionProtection: { ResourceId: ids.loadBalancerId },
    GetLoadBalancerAttribute: { LoadBalancerId: ids.loadBalancerId },
    ListLoadBalancers: {
      LoadBalancerIds: [ids.loadBalancerId],
      LoadBalancerNames: ['cafe'],
      VpcIds: ['vpc-local'],
      Tag: tag,
      MaxResults: 10,
    },
    CreateListener: {
      LoadBalancerId: ids.loadBalancerId,
      ListenerPort: 80,
      ListenerProtocol: 'HTTP',
      ListenerDescription: 'HTTP_80',
      IdleTimeout: 15,
      RequestTimeout: 60,
      DefaultActions: [{ Type: 'ForwardGroup', ForwardGroupConfig: { ServerGroupTuples: [{ ServerGroupId: ids.serverGroupId }] } }],
      XForwardedForConfig: { XForwardedForProcessingMode: 'append' },
      Tag: tag,
    },
    UpdateListenerAttribute: {
      ListenerId: ids.listenerId,
      ListenerDescription: 'changed',
      IdleTimeout: 20,
      RequestTimeout: 70,
      DefaultActions: [{ Type: 'ForwardGroup', ForwardGroupConfig: { ServerGroupTuples: [{ ServerGroupId: ids.serverGroupId }] } }],
      XForwardedForConfig: { XForwardedForProcessingMode: 'remove' },
    },
    StartListener: { ListenerId: ids.listenerId },
    StopListener: { ListenerId: ids.listenerId },
    DeleteListener: { ListenerId: ids.listenerId },
    GetListenerAttribute: { ListenerId: ids.listenerId },
    GetListenerHealthStatus: { ListenerId: ids.listenerId, IncludeRule: true, MaxResults: 10 },
    ListListeners: { ListenerIds: [ids.listenerId], LoadBalancerIds: [ids.loadBalancerId], Tag: tag, MaxResults: 10 },
    CreateRule: { ListenerId: ids.listenerId, ...rule(500, ids.serverGroupId), Direction: 'Request', Tag: tag },
    CreateRules: { ListenerId: ids.listenerId, Rules: [{ ...rule(501, ids.serverGroupId), Direction: 'Request', Tag: tag }] },
    UpdateRuleAttribute: { RuleId: ids.ruleId, ...rule(502, ids.serverGroupId) },
    UpdateRulesAttribute: { Rules: [{ RuleId: ids.ruleId, ...rule(503, ids.serverGroupId) }] },
    DeleteRule: { RuleId: ids.ruleId },
    DeleteRules: { RuleIds: [ids.ruleId] },
    ListRules: {
      ListenerIds: [ids.listenerId],
      LoadBalancerIds: [ids.loadBalancerId],
      RuleIds: [ids.ruleId],
      Direction: 'Request',
      Tag: tag,
      MaxResults: 10,
    },
    CreateServerGroup: {
      ServerGroupName: 'group',
      ServerGroupType: 'Instance',
      Protocol: 'HTTP',
      VpcId: 'vpc-local',
      ResourceGroupId: 'rg-shop',
      Scheduler: 'Uch',
      HealthCheckConfig: healthCheck,
      ...groupExtras,
      Tag: tag,
    },
    UpdateServerGroupAttribute: {
      ServerGroupId: ids.serverGroupId,
      ServerGroupName: 'group-2',
      Scheduler: 'Uch',
      HealthCheckConfig: healthCheck,
      ...groupExtras,
    },
    DeleteServerGroup: { ServerGroupId: ids.serverGroupId },
    ListServerGroups: { ServerGroupIds: [ids.serverGroupId], ServerGroupNames: ['group'], Tag: tag, MaxResults: 10 },
    AddServersToServerGroup: { ServerGroupId: ids.serverGroupId, Servers: [server(1, { Weight: 10, Description: 'one' })] },
    RemoveServersFromServerGroup: { ServerGroupId: ids.serverGroupId, Servers: [namedServer(1)] },
    ReplaceServersInServerGroup: {
      ServerGroupId: ids.serverGroupId,
      AddedServers: [server(2, { Weight: 10, Description: 'two' })],
      RemovedServers: [namedServer(1)],
    },
    UpdateServerGroupServersAttribute: { ServerGroupId: ids.serverGroupId, Servers: [server(1, { Weight: 10, Description: 'one' })] },
    ListServerGroupServers: { ServerGroupId: ids.serverGroupId, ServerIds: ['eni-1'], MaxResults: 10 },
    TagResources: { ResourceType: 'servergroup', ResourceId: [ids.serverGroupId], Tag: tag },
    UnTagResources: { ResourceType: 'servergroup', ResourceId: [ids.serverGroupId], TagKey: ['owner'], Tag: tag },
    ListTagResources: { ResourceType: 'servergroup', ResourceId: [ids.serverGroupId], Tag: tag, MaxResults: 10 },
    ListAsynJobs: { JobIds: ['none'], ResourceIds: ['none'], MaxResults: 10 },
    DescribeZones: { AcceptLanguage: 'en-US' },
    DescribeRegions: { AcceptLanguage: 'en-US' },
    DescribeVSwitches: { VpcId: 'vpc-local', PageNumber: 1, PageSize: 10 },
    DescribeNetworkInterfaces: {
      RegionId: 'cn-local',
      PrivateIpAddress: ['10.64.0.1'],
      Ipv6Address: ['fd00:64::1'],
      NetworkInterfaceId: ['eni-1'],
      Type: 'Secondary',
      Status: 'InUse',
    },
    DescribeInstances: {
      RegionId: 'cn-local',
      InstanceIds: '["i-1"]',
      PrivateIpAddresses: '["10.64.0.1"]',
      EipAddresses: '["47.0.0.1"]',
      PublicIpAddresses: '["47.0.0.1"]',
      InstanceNetworkType: 'vpc',
      Status: 'Running',
      Tag: tag,
      MaxResults: 10,
    },
  }) as const satisfies Readonly<Record<string, WireParams>>;

const healthCheck: WireParams = {
  HealthCheckEnabled: true,
  HealthCheckProtocol: 'HTTP',
  HealthCheckPath: '/healthy',
  HealthCheckHost: '$SERVER_IP',
  HealthCheckMethod: 'GET',
  HealthCheckCodes: ['http_2xx', 'http_3xx'],
  HealthCheckHttpVersion: 'HTTP1.1',
  HealthCheckConnectPort: 0,
  HealthCheckInterval: 2,
  HealthCheckTimeout: 5,
  HealthyThreshold: 3,
  UnhealthyThreshold: 3,
};

const groupExtras: WireParams = {
  StickySessionConfig: { StickySessionEnabled: true, StickySessionType: 'Insert', Cookie: 'abc', CookieTimeout: 1000 },
  ConnectionDrainConfig: { ConnectionDrainEnabled: true, ConnectionDrainTimeout: 300 },
  SlowStartConfig: { SlowStartEnabled: false, SlowStartDuration: 30 },
  UchConfig: { Type: 'QueryString', Value: 'abc' },
};

export type SampledAction = keyof ReturnType<typeof samples>;

/** A request of the action about these things. */
export const sample = (action: SampledAction, ids: Ids = nobody): WireParams => samples(ids)[action];

/** Every action that is served. */
// The keys of an object literal are exactly those its type names.
export const sampledActions = Object.keys(samples(nobody)) as readonly SampledAction[];

/** Neighbours of ALB, by what they are asked. */
const versions: Readonly<Record<string, string>> = {
  DescribeVSwitches: '2016-04-28',
  DescribeNetworkInterfaces: '2014-05-26',
  DescribeInstances: '2014-05-26',
};

export const versionOf = (action: string): string => versions[action] ?? '2020-06-16';

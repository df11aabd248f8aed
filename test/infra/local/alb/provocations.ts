/** How each refusal of `refusals.ts` is brought about: what to do first, and the call that is then refused. */
import { podInterface } from '../../../support/local-alb.ts';
import { type CloudUnderTest, groupOf } from './cloud-under-test.ts';
import { forward, nobody, rule, sample, server, type WireParams } from './samples.ts';

type Call = readonly [action: string, params: WireParams];
export interface Provocation {
  /** Laid over the default settings. */
  readonly settings?: unknown;
  readonly when: (cloud: CloudUnderTest) => Promise<Call>;
}

const defaultAction = (serverGroupId: string): WireParams => ({
  DefaultActions: [{ Type: 'ForwardGroup', ForwardGroupConfig: { ServerGroupTuples: [{ ServerGroupId: serverGroupId }] } }],
});

/** A rule created on a listener, with parts of its own. */
const creating =
  (parts: (groups: { readonly own: string; readonly other: string }) => WireParams, other: WireParams = {}) =>
  async (cloud: CloudUnderTest): Promise<Call> => {
    // Groups that speak HTTPS stand behind such listeners only.
    const ids = await cloud.listener(other['Protocol'] === 'HTTPS' ? secure : {});
    const groups = { own: ids.serverGroupId, other: await cloud.group(other) };
    return ['CreateRule', { ListenerId: ids.listenerId, ...rule(10, groups.own), ...parts(groups) }];
  };

const secure: WireParams = { ListenerProtocol: 'HTTPS', Certificates: [{ CertificateId: '1-cn-local' }] };

const adding =
  (servers: readonly WireParams[], group: WireParams = {}) =>
  async (cloud: CloudUnderTest): Promise<Call> => [
    'AddServersToServerGroup',
    { ServerGroupId: await cloud.group(group), Servers: servers },
  ];

const mirror = (serverGroupId: string): WireParams => ({
  Type: 'TrafficMirror',
  Order: 1,
  TrafficMirrorConfig: { TargetType: 'ForwardGroupMirror', MirrorGroupConfig: { ServerGroupTuples: [{ ServerGroupId: serverGroupId }] } },
});

const newLoadBalancer = (more: WireParams) => async (): Promise<Call> => [
  'CreateLoadBalancer',
  { ...sample('CreateLoadBalancer'), ...more },
];
const newListener =
  (more: WireParams) =>
  async (cloud: CloudUnderTest): Promise<Call> => {
    const ids = { ...nobody, loadBalancerId: await cloud.loadBalancer(), serverGroupId: await cloud.group() };
    return ['CreateListener', { ...sample('CreateListener', ids), ...more }];
  };
const basic: WireParams = { LoadBalancerEdition: 'Basic' };
const zone = (zoneId: string, vSwitchId: string): WireParams => ({ ZoneId: zoneId, VSwitchId: vSwitchId });
const host = (...values: string[]): WireParams => ({ Type: 'Host', HostConfig: { Values: values } });

const lookups: Readonly<Record<string, Provocation>> = {
  'ResourceNotFound.LoadBalancer': { when: async () => ['DeleteLoadBalancer', sample('DeleteLoadBalancer')] },
  'ResourceNotFound.Listener': { when: async () => ['DeleteListener', sample('DeleteListener')] },
  'ResourceNotFound.Rule': { when: async () => ['DeleteRules', sample('DeleteRules')] },
  'ResourceNotFound.ServerGroup': { when: newListener(defaultAction('sgp-none')) },
  'ResourceNotFound.BackendServer': {
    when: async (cloud) => ['RemoveServersFromServerGroup', { ServerGroupId: await cloud.group(), Servers: [server(1)] }],
  },
  'ResourceNotFound.Certificate': { when: newListener({ ListenerProtocol: 'HTTPS', Certificates: [{ CertificateId: '10741304' }] }) },
  'ResourceNotFound.SecurityPolicy': {
    when: newListener({ ListenerProtocol: 'HTTPS', Certificates: [{ CertificateId: '1-cn-local' }], SecurityPolicyId: 'tls_cipher_none' }),
  },
  'ResourceNotFound.VSwitch': {
    when: newLoadBalancer({ ZoneMappings: [zone('cn-local-a', 'vsw-none'), zone('cn-local-b', 'vsw-local-b')] }),
  },
  'ResourceNotFound.Vpc': { when: newLoadBalancer({ VpcId: 'vpc-none' }) },
  'ResourceNotFound.ResourceGroup': {
    settings: { resourceGroups: ['rg-other'] },
    when: async () => ['CreateServerGroup', sample('CreateServerGroup')],
  },
  'ResourceNotFound.Eni': { when: adding([server(1, { ServerId: 'eni-none' })]) },
  'ResourceNotFound.Ecs': { when: adding([{ ServerType: 'Ecs', ServerId: 'i-none', Port: 80 }]) },
  'ResourceNotFound.Eci': { when: adding([{ ServerType: 'Eci', ServerId: 'eci-none', Port: 80 }]) },
};

const locks: Readonly<Record<string, Provocation>> = {
  'IncorrectStatus.LoadBalancer': {
    when: async (cloud) => {
      const made = await cloud.ok('CreateLoadBalancer', sample('CreateLoadBalancer'));
      return ['DeleteLoadBalancer', { LoadBalancerId: String(made['LoadBalancerId']) }];
    },
  },
  'IncorrectBusinessStatus.LoadBalancer': {
    when: async (cloud) => {
      const ids = await cloud.stack();
      await cloud.put('settings', { businessStatus: 'Abnormal' });
      return ['DeleteRule', { RuleId: ids.ruleId }];
    },
  },
  VipStatusNotSupport: {
    when: async (cloud) => {
      const ids = await cloud.stack();
      await cloud.ok('UpdateLoadBalancerAttribute', sample('UpdateLoadBalancerAttribute', ids));
      return ['DeleteRule', { RuleId: ids.ruleId }];
    },
  },
  'IncorrectStatus.Listener': {
    when: async (cloud) => {
      const ids = { ...nobody, loadBalancerId: await cloud.loadBalancer(), serverGroupId: await cloud.group() };
      const made = await cloud.ok('CreateListener', sample('CreateListener', ids));
      return ['CreateRule', { ListenerId: String(made['ListenerId']), ...rule(10, ids.serverGroupId) }];
    },
  },
  'ResourceInConfiguring.Listener': {
    settings: { listenerStatusDuringRules: 'Running' },
    when: async (cloud) => {
      const ids = await cloud.stack();
      await cloud.ok('CreateRule', { ListenerId: ids.listenerId, ...rule(20, ids.serverGroupId) });
      return ['StopListener', { ListenerId: ids.listenerId }];
    },
  },
  'IncorrectStatus.Rule': {
    when: async (cloud) => {
      const ids = await cloud.listener();
      await cloud.put('faults', [{ match: { action: 'CreateRule' }, times: 1, kind: 'failed-job' }]);
      const made = await cloud.ok('CreateRule', { ListenerId: ids.listenerId, ...rule(10, ids.serverGroupId) });
      cloud.settle();
      return ['UpdateRuleAttribute', { RuleId: String(made['RuleId']), Priority: 20 }];
    },
  },
  'IncorrectStatus.ServerGroup': {
    when: async (cloud) => {
      const made = await cloud.ok('CreateServerGroup', sample('CreateServerGroup'));
      return ['AddServersToServerGroup', { ServerGroupId: String(made['ServerGroupId']), Servers: [server(1)] }];
    },
  },
};

/** A server was removed from a group that drains for 300 s, and is added once more. */
const returning = async (cloud: CloudUnderTest): Promise<Call> => {
  const params = { ServerGroupId: await cloud.group(), Servers: [server(1)] };
  for (const action of ['AddServersToServerGroup', 'RemoveServersFromServerGroup']) {
    await cloud.ok(action, params);
    cloud.settle();
  }
  return ['AddServersToServerGroup', params];
};

const conflicts: Readonly<Record<string, Provocation>> = {
  ResourceInConfiguring: { settings: { readdedServers: 'configuring' }, when: returning },
  'ResourceInConfiguring.BackendServer': {
    settings: { drainingServers: 'listed' },
    when: async (cloud) => ['RemoveServersFromServerGroup', (await returning(cloud))[1]],
  },
  'IncorrectStatus.Eni': {
    when: async (cloud) => {
      await cloud.put('network', [podInterface('eni-1', '10.64.0.1', { instanceId: '' })]);
      return adding([server(1)])(cloud);
    },
  },
  'ResourceInUse.IP': {
    settings: { addressUnderTwoNames: 'refused' },
    when: adding([server(1), { ...server(1), ServerType: 'Eci', ServerId: 'i-eni-1' }]),
  },
  'Mismatch.ServerIpVersion': {
    when: async (cloud) => {
      await cloud.put('network', [podInterface('eni-1', '10.64.0.1'), podInterface('eni-1', 'fd00:64::1')]);
      return adding([server(1, { ServerIp: 'fd00:64::1' })])(cloud);
    },
  },
  'IllegalParam.RemoteIpEnabled': { when: adding([server(1, { RemoteIpEnabled: true })]) },
  'OperationDenied.DeletionProtectionEnabled': {
    when: async (cloud) => ['DeleteLoadBalancer', { LoadBalancerId: await cloud.loadBalancer({ DeletionProtectionEnabled: true }) }],
  },
  'Mismatch.ZoneIdAndVSwitchId': {
    when: newLoadBalancer({ ZoneMappings: [zone('cn-local-a', 'vsw-local-b'), zone('cn-local-b', 'vsw-local-b')] }),
  },
  'Mismatch.VpcId': {
    when: async (cloud) => {
      await cloud.put('network', [podInterface('eni-1', '10.64.0.1', { vpcId: 'vpc-other' })]);
      return ['AddServersToServerGroup', { ServerGroupId: await cloud.group(), Servers: [server(1)] }];
    },
  },
  'DuplicatedParam.ZoneId': {
    when: newLoadBalancer({ ZoneMappings: [zone('cn-local-a', 'vsw-local-a'), zone('cn-local-a', 'vsw-local-a')] }),
  },
  'ResourceAlreadyExist.Listener': { when: async (cloud) => ['CreateListener', sample('CreateListener', await cloud.listener())] },
  'Conflict.Priority': {
    when: async (cloud) => {
      const ids = await cloud.stack();
      return ['CreateRules', { ListenerId: ids.listenerId, Rules: [rule(11, ids.serverGroupId), rule(10, ids.serverGroupId)] }];
    },
  },
  'OperationDenied.ListenerIdInconsistent': {
    when: async (cloud) => {
      const [one, two] = [await cloud.stack(), await cloud.stack()];
      return ['UpdateRulesAttribute', { Rules: [one, two].map((ids, index) => ({ RuleId: ids.ruleId, Priority: 20 + index })) }];
    },
  },
  'OperationDenied.CrossLoadBalancerRules': {
    when: async (cloud) => {
      const [one, two] = [await cloud.stack(), await cloud.stack()];
      return ['DeleteRules', { RuleIds: [one.ruleId, two.ruleId] }];
    },
  },
  'ResourceInUse.ServerGroup': { when: async (cloud) => ['DeleteServerGroup', { ServerGroupId: (await cloud.listener()).serverGroupId }] },
  'Conflict.BackendServer': {
    when: async (cloud) => {
      const params = { ServerGroupId: await cloud.group(), Servers: [server(1)] };
      await cloud.ok('AddServersToServerGroup', params);
      cloud.settle();
      return ['AddServersToServerGroup', { ...params, Servers: [server(2), server(1)] }];
    },
  },
  'DuplicatedParam.BackendServer': { when: adding([server(1), server(1, { Weight: 5 })]) },
  'Mismatch.ServerType': { when: adding([{ ServerType: 'Ip', ServerId: '10.64.0.1', Port: 80 }]) },
  'IllegalParam.ServerIp': { when: adding([server(1, { ServerIp: '10.64.0.2' })]) },
  'IllegalParam.Priority': {
    when: async (cloud) => {
      const ids = await cloud.stack();
      const made = await cloud.ok('CreateRule', { ListenerId: ids.listenerId, ...rule(20, ids.serverGroupId) });
      cloud.settle();
      return ['UpdateRulesAttribute', { Rules: [ids.ruleId, String(made['RuleId'])].map((RuleId) => ({ RuleId, Priority: 30 })) }];
    },
  },
};

/** A group whose sample hashes is one that weighs. */
const weighted: WireParams = { Scheduler: 'Wrr' };
const newGroup = (more: WireParams) => async (): Promise<Call> => ['CreateServerGroup', { ...groupOf(more), ...more }];

const limited = (name: string, value: unknown) => ({ quotas: { [name]: value } });

const quotas: Readonly<Record<string, Provocation>> = {
  'QuotaExceeded.LoadBalancersNum': { settings: limited('loadBalancers', 0), when: newLoadBalancer({}) },
  'QuotaExceeded.ServerGroupsNum': {
    settings: limited('serverGroups', 0),
    when: async () => ['CreateServerGroup', sample('CreateServerGroup')],
  },
  'QuotaExceeded.SlowStartDuration': {
    settings: limited('maxSlowStartDuration', 60),
    when: newGroup({ ...weighted, SlowStartConfig: { SlowStartEnabled: true, SlowStartDuration: 61 } }),
  },
  'QuotaExceeded.ConnectionDrainTimeout': { settings: limited('maxConnectionDrainTimeout', 299), when: newGroup({}) },
  'ResourceQuotaExceeded.LoadBalancerListenersNum': {
    settings: limited('listenersPerLoadBalancer', { Standard: 1 }),
    when: async (cloud) => ['CreateListener', { ...sample('CreateListener', await cloud.listener()), ListenerPort: 81 }],
  },
  'ResourceQuotaExceeded.LoadBalancerRulesNum': {
    settings: limited('rulesPerLoadBalancer', { Standard: 2 }),
    when: async (cloud) => {
      const ids = await cloud.stack();
      return ['CreateRules', { ListenerId: ids.listenerId, Rules: [20, 21].map((priority) => rule(priority, ids.serverGroupId)) }];
    },
  },
  'ResourceQuotaExceeded.ServerGroupAttachedNum': {
    settings: limited('attachmentsPerGroup', 2),
    when: async (cloud) => {
      const ids = await cloud.stack();
      return ['CreateRule', { ListenerId: ids.listenerId, ...rule(20, ids.serverGroupId) }];
    },
  },
  'ResourceQuotaExceeded.LoadBalancerServersNum': {
    // Three references to a group of two servers count six.
    settings: limited('serversPerLoadBalancer', { Standard: 5 }),
    when: async (cloud) => {
      const ids = await cloud.stack();
      await cloud.ok('AddServersToServerGroup', { ServerGroupId: ids.serverGroupId, Servers: [server(1), server(2)] });
      cloud.settle();
      return ['CreateRule', { ListenerId: ids.listenerId, ...rule(20, ids.serverGroupId) }];
    },
  },
  'ResourceQuotaExceeded.ServerAddedNum': {
    settings: limited('groupsPerServer', 1),
    when: async (cloud) => {
      await cloud.ok('AddServersToServerGroup', { ServerGroupId: await cloud.group(), Servers: [server(1)] });
      return ['AddServersToServerGroup', { ServerGroupId: await cloud.group(), Servers: [server(1)] }];
    },
  },
  'ResourceQuotaExceeded.ServerGroupServersNum': { settings: limited('serversPerGroup', 1), when: adding([server(1), server(2)]) },
  'QuotaExceeded.RuleMatchEvaluationsNum': {
    when: creating(() => ({ RuleConditions: [host(...Array.from({ length: 11 }, (_, index) => `h${index}.example.com`))] })),
  },
  'QuotaExceeded.RuleActionsNum': {
    when: creating(({ own }) => ({
      RuleActions: [
        ...Array.from({ length: 5 }, (_, index) => ({
          Type: 'InsertHeader',
          Order: index + 1,
          InsertHeaderConfig: { Key: `x-${index}`, Value: 'v' },
        })),
        forward(own, 9),
      ],
    })),
  },
  'QuotaExceeded.RuleWildcardsNum': {
    settings: limited('wildcardsPerRule', { Standard: 1 }),
    when: creating(() => ({ RuleConditions: [host('*.example.com', 'a?.example.com')] })),
  },
};

/** Neither sticky nor draining. */
const calm: WireParams = {
  StickySessionConfig: { StickySessionEnabled: false },
  ConnectionDrainConfig: { ConnectionDrainEnabled: false },
};
const ofFunctions: WireParams = { ServerGroupType: 'Fc', ...calm };

const restating = (wanted: boolean): Provocation => ({
  settings: { keepaliveRestated: 'refused' },
  when: async (cloud) => {
    const ServerGroupId = await cloud.group({ UpstreamKeepaliveEnabled: wanted });
    return ['UpdateServerGroupAttribute', { ServerGroupId, UpstreamKeepaliveEnabled: wanted }];
  },
});

const contents: Readonly<Record<string, Provocation>> = {
  'OperationDenied.RewriteMissingForwardGroup': {
    when: creating(() => ({
      RuleActions: [
        { Type: 'Rewrite', Order: 1, RewriteConfig: { Path: '/new' } },
        { Type: 'FixedResponse', Order: 2, FixedResponseConfig: { HttpCode: '200', Content: 'ok' } },
      ],
    })),
  },
  'OperationDenied.ServerGroupProtocolNotSupport': {
    when: async (cloud) => {
      const ids = { ...nobody, loadBalancerId: await cloud.loadBalancer(), serverGroupId: await cloud.group({ Protocol: 'HTTPS' }) };
      return ['CreateListener', sample('CreateListener', ids)];
    },
  },
  'OperationDenied.GRPCServerGroup': { when: creating(({ other }) => ({ RuleActions: [forward(other)] }), { Protocol: 'gRPC' }) },
  'OperationDenied.ProtocolMustSameForForwardGroupAction': {
    when: creating(
      ({ own, other }) => ({
        RuleActions: [
          {
            Type: 'ForwardGroup',
            Order: 1,
            ForwardGroupConfig: { ServerGroupTuples: [own, other].map((ServerGroupId) => ({ ServerGroupId, Weight: 50 })) },
          },
        ],
      }),
      { Protocol: 'HTTPS' },
    ),
  },
  'OperationDenied.SameGroupForForwardAndMirrorAction': { when: creating(({ own }) => ({ RuleActions: [mirror(own), forward(own, 2)] })) },
  'OperationDenied.IpGroupCanNotUsedForMirrorAction': {
    when: creating(({ own, other }) => ({ RuleActions: [mirror(other), forward(own, 2)] }), { ServerGroupType: 'Ip' }),
  },
  'OperationDenied.MirrorActionSupportHttpGroupOnly': {
    when: creating(({ own, other }) => ({ RuleActions: [mirror(other), forward(own, 2)] }), { Protocol: 'HTTPS' }),
  },
  'Mismatch.Protocol': {
    when: async (cloud) => {
      const ids = await cloud.listener(secure);
      const redirect = { Type: 'Redirect', Order: 1, RedirectConfig: { Protocol: 'HTTP', HttpCode: '301' } };
      return ['CreateRule', { ListenerId: ids.listenerId, ...rule(10, ids.serverGroupId), RuleActions: [redirect] }];
    },
  },
  'MissingParam.XForwardedForClientSourceIpsTrusted': {
    when: creating(({ own }) => ({
      RuleActions: [{ Type: 'TrafficLimit', Order: 1, TrafficLimitConfig: { PerIpQps: 5 } }, forward(own, 2)],
    })),
  },
  'IllegalParam.RuleConditions': { when: creating(() => ({ RuleConditions: [host('Upper.example.com')] })) },
  'IllegalParam.RuleActions': {
    when: creating(({ own }) => ({
      RuleActions: [forward(own, 1), { Type: 'InsertHeader', Order: 2, InsertHeaderConfig: { Key: 'x', Value: 'v' } }],
    })),
  },
  'UnsupportedFeature.ResponseRule': {
    when: async (cloud) => {
      const serverGroupId = await cloud.group({ ConnectionDrainConfig: { ConnectionDrainEnabled: false } });
      const ids = await cloud.listener({ loadBalancerId: await cloud.loadBalancer(basic), serverGroupId });
      return ['CreateRule', { ListenerId: ids.listenerId, ...rule(10, serverGroupId), Direction: 'Response' }];
    },
  },
  'Mismatch.LoadBalancerEditionAndConnectionDrain': {
    when: async (cloud) => {
      const serverGroupId = await cloud.group({ ConnectionDrainConfig: { ConnectionDrainEnabled: true } });
      return ['CreateListener', sample('CreateListener', { ...nobody, loadBalancerId: await cloud.loadBalancer(basic), serverGroupId })];
    },
  },
  'Mismatch.LoadBalancerEditionAndSlowStartEnable': {
    when: async (cloud) => {
      const serverGroupId = await cloud.group({
        ConnectionDrainConfig: { ConnectionDrainEnabled: false },
        ...weighted,
        SlowStartConfig: { SlowStartEnabled: true },
      });
      return ['CreateListener', sample('CreateListener', { ...nobody, loadBalancerId: await cloud.loadBalancer(basic), serverGroupId })];
    },
  },
  'Mismatch.LoadBalancerEditionAndCrossZone': {
    when: async (cloud) => {
      const serverGroupId = await cloud.group({ ...calm, CrossZoneEnabled: false });
      return ['CreateListener', sample('CreateListener', { ...nobody, loadBalancerId: await cloud.loadBalancer(basic), serverGroupId })];
    },
  },
  'UnsupportedFeature.SlowStart': { when: newGroup({ ...ofFunctions, ...weighted, SlowStartConfig: { SlowStartEnabled: true } }) },
  'UnsupportedFeature.ConnectionDrain': { when: newGroup({ ...ofFunctions, ConnectionDrainConfig: { ConnectionDrainEnabled: true } }) },
  'Mismatch.ServerGroupType': { when: newGroup({ ...ofFunctions, CrossZoneEnabled: false }) },
  'Mismatch.SchedulerAndSlowStartEnable': { when: newGroup({ Scheduler: 'Wlc', SlowStartConfig: { SlowStartEnabled: true } }) },
  'Mismatch.SchedulerAndUchConfig': { when: newGroup({ ...weighted, UchConfig: { Type: 'QueryString', Value: 'abc' } }) },
  'MissingParam.UchConfig': {
    when: async () => {
      const { UchConfig: _, ...params } = sample('CreateServerGroup');
      return ['CreateServerGroup', params];
    },
  },
  'IllegalParam.Cookie': { when: newGroup({ StickySessionConfig: { StickySessionEnabled: true, StickySessionType: 'Server' } }) },
  'Mismatch.CrossZoneAndStickySession': { when: newGroup({ CrossZoneEnabled: false }) },
  'Mismatch.CrossZoneAndRemoteIp': {
    when: adding([{ ServerType: 'Ip', ServerId: '192.168.7.1', Port: 80, RemoteIpEnabled: true }], {
      ...calm,
      ServerGroupType: 'Ip',
      CrossZoneEnabled: false,
    }),
  },
  'Mismatch.HealthCheckProtocol': { when: newGroup({ HealthCheckConfig: { HealthCheckEnabled: true, HealthCheckCodes: ['0-20'] } }) },
  'OperationDenied.VpcNotSupportIpv6': { settings: { vpcIpv6: false }, when: newGroup({ Ipv6Enabled: true }) },
  'OperationDenied.UpstreamKeepaliveEnabled': restating(true),
  'OperationDenied.UpstreamKeepaliveDisabled': restating(false),
  InvalidParameter: { when: newListener({ SecurityPolicyId: 'tls_cipher_policy_1_2' }) },
  'MissingParam.VpcId': {
    when: async () => {
      const { VpcId: _, ...params } = sample('CreateServerGroup');
      return ['CreateServerGroup', params];
    },
  },
  'MissingParam.Port': { when: adding([{ ServerType: 'Eni', ServerId: 'eni-1', ServerIp: '10.64.0.1' }]) },
  'MissingParam.CaCertificates': {
    when: newListener({ ListenerProtocol: 'HTTPS', Certificates: [{ CertificateId: '1-cn-local' }], CaEnabled: true }),
  },
  'MissingParam.InstanceNetworkType': {
    when: async () => ['DescribeInstances', { RegionId: 'cn-local', PrivateIpAddresses: '["10.64.0.1"]' }],
  },
  'MissingParam.TagKey': {
    when: async (cloud) => ['UnTagResources', { ResourceType: 'servergroup', ResourceId: [await cloud.group()] }],
  },
  'MissingParam.RegionId': { when: async () => ['DescribeVSwitches', { PageNumber: 1 }] },
  'IllegalParam.IdleTimeout': { when: newListener({ IdleTimeout: 61 }) },
  'IllegalParam.RequestTimeout': { when: newListener({ RequestTimeout: 181 }) },
  'IllegalParam.MaxResults': { when: async (cloud) => ['ListServerGroupServers', { ServerGroupId: await cloud.group(), MaxResults: 101 }] },
};

/** By code. */
export const provocations: Readonly<Record<string, Provocation>> = { ...lookups, ...locks, ...conflicts, ...quotas, ...contents };

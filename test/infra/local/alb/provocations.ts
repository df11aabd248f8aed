/** How each refusal of `refusals.ts` is brought about: what to do first, and the call that is then refused. */
import { podInterface } from '../../../support/local-alb.ts';
import type { CloudUnderTest } from './cloud-under-test.ts';
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

const conflicts: Readonly<Record<string, Provocation>> = {
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

const limited = (name: string, value: unknown) => ({ quotas: { [name]: value } });

const quotas: Readonly<Record<string, Provocation>> = {
  'QuotaExceeded.LoadBalancersNum': { settings: limited('loadBalancers', 0), when: newLoadBalancer({}) },
  'QuotaExceeded.ServerGroupsNum': {
    settings: limited('serverGroups', 0),
    when: async () => ['CreateServerGroup', sample('CreateServerGroup')],
  },
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
        SlowStartConfig: { SlowStartEnabled: true },
      });
      return ['CreateListener', sample('CreateListener', { ...nobody, loadBalancerId: await cloud.loadBalancer(basic), serverGroupId })];
    },
  },
  'UnsupportedFeature.SlowStart': {
    when: async () => [
      'CreateServerGroup',
      { ...sample('CreateServerGroup'), Scheduler: 'Wlc', SlowStartConfig: { SlowStartEnabled: true } },
    ],
  },
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
  'MissingParam.RegionId': { when: async () => ['DescribeVSwitches', { PageNumber: 1 }] },
  'IllegalParam.IdleTimeout': { when: newListener({ IdleTimeout: 61 }) },
  'IllegalParam.RequestTimeout': { when: newListener({ RequestTimeout: 181 }) },
  'IllegalParam.MaxResults': { when: async (cloud) => ['ListServerGroupServers', { ServerGroupId: await cloud.group(), MaxResults: 101 }] },
};

/** By code. */
export const provocations: Readonly<Record<string, Provocation>> = { ...lookups, ...locks, ...conflicts, ...quotas, ...contents };

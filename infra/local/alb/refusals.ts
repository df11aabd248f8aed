/**
 * What the emulated ALB refuses because of the state things are in: a row says which action, when, with which code, and where that is
 * known from. An operation can only refuse with a row of its action; the tests provoke every row. What is wrong with a parameter by
 * itself is in `parameter-rows.ts`.
 *
 * Sources: the numbers are sections of the ALB reference; K typed SDK, M API metadata, T Terraform provider, G Go controller, D
 * documentation, E inferred (the fact is known, the exact code is not).
 */
import { ServiceError } from '../openapi/service-error.ts';

interface Row {
  readonly code: string;
  readonly actions: readonly string[];
  readonly when: string;
  readonly source: string;
  /** HTTP status; 400 when absent. */
  readonly status?: number;
}

const loadBalancerWrites = ['UpdateLoadBalancerAttribute', 'DeleteLoadBalancer', 'EnableDeletionProtection', 'DisableDeletionProtection'];
const listenerChanges = ['UpdateListenerAttribute', 'StartListener', 'StopListener', 'DeleteListener'];
const ruleCreations = ['CreateRule', 'CreateRules'];
const ruleUpdates = ['UpdateRuleAttribute', 'UpdateRulesAttribute'];
const ruleDeletions = ['DeleteRule', 'DeleteRules'];
const ruleWrites = [...ruleCreations, ...ruleUpdates, ...ruleDeletions];
const ruleContents = [...ruleCreations, ...ruleUpdates];
const referring = ['CreateListener', 'UpdateListenerAttribute', ...ruleContents];
const serverAdditions = ['AddServersToServerGroup', 'ReplaceServersInServerGroup'];
const serverRemovals = ['RemoveServersFromServerGroup', 'ReplaceServersInServerGroup'];
const serverWrites = [...new Set([...serverAdditions, ...serverRemovals, 'UpdateServerGroupServersAttribute'])];
const groupWrites = ['UpdateServerGroupAttribute', 'DeleteServerGroup', ...serverWrites];
const groupContents = ['CreateServerGroup', 'UpdateServerGroupAttribute'];
const tagActions = ['TagResources', 'UnTagResources'];

const notFound: readonly Row[] = [
  {
    code: 'ResourceNotFound.LoadBalancer',
    actions: [...loadBalancerWrites, 'GetLoadBalancerAttribute', 'CreateListener', ...tagActions],
    when: 'there is no such load balancer',
    source: '6.1, 6.2, 6.8',
    status: 404,
  },
  {
    code: 'ResourceNotFound.Listener',
    actions: [...listenerChanges, 'GetListenerAttribute', 'GetListenerHealthStatus', ...ruleCreations],
    when: 'there is no such listener',
    source: '6.2, 6.5',
    status: 404,
  },
  { code: 'ResourceNotFound.Rule', actions: [...ruleUpdates, ...ruleDeletions], when: 'there is no such rule', source: '6.5', status: 404 },
  {
    code: 'ResourceNotFound.ServerGroup',
    actions: [...referring, ...groupWrites, 'ListServerGroupServers', ...tagActions],
    when: 'there is no such server group, or it is being deleted',
    source: '6.2, 6.5-6.8',
    status: 404,
  },
  {
    code: 'ResourceNotFound.BackendServer',
    actions: [...serverRemovals, 'UpdateServerGroupServersAttribute'],
    when: 'the group has no such server',
    source: '6.7',
    status: 404,
  },
  {
    code: 'ResourceNotFound.Certificate',
    actions: ['CreateListener', 'UpdateListenerAttribute'],
    when: 'the id is not one of the certificate service: a number and a region',
    source: '6.2, 6.3',
    status: 404,
  },
  {
    code: 'ResourceNotFound.SecurityPolicy',
    actions: ['CreateListener', 'UpdateListenerAttribute'],
    when: 'there is no such policy among those of the service',
    source: '6.2, 6.4',
    status: 404,
  },
  { code: 'ResourceNotFound.VSwitch', actions: ['CreateLoadBalancer'], when: 'there is no such vSwitch', source: '6.1', status: 404 },
  {
    code: 'ResourceNotFound.Vpc',
    actions: ['CreateLoadBalancer', 'CreateServerGroup'],
    when: 'there is no such VPC',
    source: '6.6',
    status: 404,
  },
  {
    code: 'ResourceNotFound.ResourceGroup',
    actions: ['CreateServerGroup'],
    when: 'the account has no such resource group',
    source: '6.6 (code E)',
    status: 404,
  },
  {
    code: 'ResourceNotFound.Eni',
    actions: serverAdditions,
    when: 'a server of type Eni names an interface that is not there',
    source: '6.7',
    status: 404,
  },
  {
    code: 'ResourceNotFound.Ecs',
    actions: serverAdditions,
    when: 'a server of type Ecs names an instance that is not there',
    source: '6.7',
    status: 404,
  },
  {
    code: 'ResourceNotFound.Eci',
    actions: serverAdditions,
    when: 'a server of type Eci names a container group that is not there',
    source: '6.7',
    status: 404,
  },
];

const locks: readonly Row[] = [
  {
    code: 'IncorrectStatus.LoadBalancer',
    actions: [...loadBalancerWrites, 'CreateListener', ...listenerChanges],
    when: 'the load balancer is not Active',
    source: '3.6, 6.1, 6.2',
  },
  {
    code: 'IncorrectBusinessStatus.LoadBalancer',
    actions: [...loadBalancerWrites, 'CreateListener', ...listenerChanges, ...ruleWrites],
    when: 'the load balancer is locked, for instance by debt',
    source: '5, 7.1',
  },
  { code: 'VipStatusNotSupport', actions: ruleWrites, when: 'the load balancer is changing while rules are to change', source: '3.6 T' },
  {
    code: 'IncorrectStatus.Listener',
    actions: [...listenerChanges, ...ruleWrites],
    when: 'the listener is in no state that allows it',
    source: '3.6, 6.2, 6.5',
  },
  {
    code: 'ResourceInConfiguring.Listener',
    actions: [...listenerChanges, ...ruleWrites],
    when: 'the listener or any of its rules is changing',
    source: '3.6, 6.2, 6.5',
  },
  {
    code: 'IncorrectStatus.Rule',
    actions: [...ruleUpdates, ...ruleDeletions],
    when: 'the rule is in no state that allows it',
    source: '6.5',
  },
  {
    code: 'IncorrectStatus.ServerGroup',
    actions: [...groupWrites, ...referring],
    when: 'the group is changing, or is still Creating where the settings forbid its use',
    source: '3.6, 6.6, 6.7',
  },
];

const conflicts: readonly Row[] = [
  {
    code: 'ResourceInConfiguring',
    actions: serverAdditions,
    when: 'the server still ends the connections it had, where the settings forbid its return',
    source: '6.7',
  },
  {
    code: 'ResourceInConfiguring.BackendServer',
    actions: [...serverRemovals, 'UpdateServerGroupServersAttribute'],
    when: 'the server is being removed already',
    source: '6.7',
  },
  { code: 'IncorrectStatus.Eni', actions: serverAdditions, when: 'the interface is attached to nothing', source: '6.7' },
  {
    code: 'ResourceInUse.IP',
    actions: serverAdditions,
    when: 'the address and port stand in the group under another name, where the settings forbid it',
    source: '6.7, other 13',
  },
  {
    code: 'Mismatch.ServerIpVersion',
    actions: serverAdditions,
    when: 'an IPv6 address and a group without IPv6',
    source: '6.6, 6.7 (code E)',
  },
  {
    code: 'IllegalParam.RemoteIpEnabled',
    actions: serverAdditions,
    when: 'a remote address can only be one of type Ip',
    source: '6.7 (code E)',
  },
  { code: 'OperationDenied.DeletionProtectionEnabled', actions: ['DeleteLoadBalancer'], when: 'deletion protection is on', source: '6.1' },
  { code: 'Mismatch.ZoneIdAndVSwitchId', actions: ['CreateLoadBalancer'], when: 'the vSwitch is in another zone', source: '6.1' },
  {
    code: 'Mismatch.VpcId',
    actions: ['CreateLoadBalancer', ...referring, ...serverAdditions],
    when: 'the parts belong to different VPCs',
    source: '6.2, 6.5, 6.7',
  },
  { code: 'DuplicatedParam.ZoneId', actions: ['CreateLoadBalancer'], when: 'one zone is given twice', source: '6.1' },
  { code: 'ResourceAlreadyExist.Listener', actions: ['CreateListener'], when: 'the port is taken on this load balancer', source: '6.2' },
  {
    code: 'Conflict.Priority',
    actions: ruleContents,
    when: 'another rule of the listener and direction has the priority',
    source: '4.2, 6.5',
  },
  {
    code: 'OperationDenied.ListenerIdInconsistent',
    actions: ['UpdateRulesAttribute'],
    when: 'the rules are of different listeners',
    source: '4.1, 6.5',
  },
  {
    code: 'OperationDenied.CrossLoadBalancerRules',
    actions: ['DeleteRules'],
    when: 'the rules are of different load balancers',
    source: '4.1, 6.5',
  },
  {
    code: 'ResourceInUse.ServerGroup',
    actions: ['DeleteServerGroup'],
    when: 'a listener or rule refers to the group, or did until a moment ago',
    source: '6.6',
  },
  { code: 'Conflict.BackendServer', actions: serverAdditions, when: 'the group has the server already', source: '6.7' },
  { code: 'DuplicatedParam.BackendServer', actions: serverWrites, when: 'a server is given twice in the call', source: '6.7' },
  { code: 'Mismatch.ServerType', actions: serverAdditions, when: 'the type of server does not fit the type of group', source: '6.7' },
  {
    code: 'IllegalParam.ServerIp',
    actions: serverAdditions,
    when: 'the address is none, or does not belong to the interface or instance',
    source: '6.7',
  },
  { code: 'IllegalParam.Priority', actions: ['UpdateRulesAttribute'], when: 'a priority is given twice in the call', source: '6.5' },
];

const quotas: readonly Row[] = [
  {
    code: 'QuotaExceeded.LoadBalancersNum',
    actions: ['CreateLoadBalancer'],
    when: 'the account has its load balancers',
    source: '4.3, 6.1',
  },
  { code: 'QuotaExceeded.ServerGroupsNum', actions: ['CreateServerGroup'], when: 'the region has its groups', source: '4.3, 6.6' },
  { code: 'QuotaExceeded.SlowStartDuration', actions: groupContents, when: 'a slower start than the account may have', source: '6.6' },
  {
    code: 'QuotaExceeded.ConnectionDrainTimeout',
    actions: groupContents,
    when: 'longer draining than the account may have',
    source: '6.6',
  },
  {
    code: 'ResourceQuotaExceeded.LoadBalancerListenersNum',
    actions: ['CreateListener'],
    when: 'the load balancer has its listeners',
    source: '4.3, 6.2',
  },
  {
    code: 'ResourceQuotaExceeded.LoadBalancerRulesNum',
    actions: ruleCreations,
    when: 'the load balancer has its rules',
    source: '4.3, 6.5',
  },
  {
    code: 'ResourceQuotaExceeded.ServerGroupAttachedNum',
    actions: referring,
    when: 'too many listeners and rules refer to a group',
    source: '6.5, Quota Center',
  },
  {
    code: 'ResourceQuotaExceeded.LoadBalancerServersNum',
    actions: [...referring, ...serverAdditions],
    when: 'servers times references exceed what the load balancer may have',
    source: '4.3',
  },
  {
    code: 'ResourceQuotaExceeded.ServerAddedNum',
    actions: serverAdditions,
    when: 'a server is in groups too many times',
    source: '6.7, Quota Center',
  },
  {
    code: 'ResourceQuotaExceeded.ServerGroupServersNum',
    actions: serverAdditions,
    when: 'the group has its servers',
    source: '4.3 (code E)',
  },
  { code: 'QuotaExceeded.RuleMatchEvaluationsNum', actions: ruleContents, when: 'a rule has too many match values', source: '4.2' },
  { code: 'QuotaExceeded.RuleActionsNum', actions: ruleContents, when: 'a rule has too many actions', source: '4.2' },
  { code: 'QuotaExceeded.RuleWildcardsNum', actions: ruleContents, when: 'a rule has too many values with wildcards', source: '4.2' },
];

const contents: readonly Row[] = [
  {
    code: 'OperationDenied.RewriteMissingForwardGroup',
    actions: ruleContents,
    when: 'Rewrite stands without ForwardGroup',
    source: '4.2, 6.5',
  },
  {
    code: 'OperationDenied.GRPCServerGroup',
    actions: referring,
    when: 'a gRPC group is used on a listener without HTTP/2',
    source: '6.2, 6.5',
  },
  {
    code: 'OperationDenied.ServerGroupProtocolNotSupport',
    actions: ['CreateListener', 'UpdateListenerAttribute'],
    when: 'the default group speaks HTTPS and the listener does not',
    source: '6.2, annotations 1.3.1',
  },
  {
    code: 'OperationDenied.ProtocolMustSameForForwardGroupAction',
    actions: ruleContents,
    when: 'groups of one action speak different protocols',
    source: '6.5',
  },
  {
    code: 'OperationDenied.SameGroupForForwardAndMirrorAction',
    actions: ruleContents,
    when: 'a group is forwarded to and mirrored to',
    source: '6.5',
  },
  {
    code: 'OperationDenied.IpGroupCanNotUsedForMirrorAction',
    actions: ruleContents,
    when: 'a group of type Ip is mirrored to',
    source: '6.5',
  },
  {
    code: 'OperationDenied.MirrorActionSupportHttpGroupOnly',
    actions: ruleContents,
    when: 'a group mirrored to does not speak HTTP',
    source: '6.5',
  },
  {
    code: 'Mismatch.Protocol',
    actions: ruleContents,
    when: 'an HTTPS listener redirects to plain HTTP, a QUIC listener is to limit clients one by one, or an HTTPS group is used on another listener than HTTPS',
    source: '4.2, 6.5, annotations 1.3.1 and 7',
  },
  {
    code: 'MissingParam.XForwardedForClientSourceIpsTrusted',
    actions: ruleContents,
    when: 'clients are limited one by one, and the listener does not know them behind proxies',
    source: 'annotations 7 (code E)',
  },
  {
    code: 'IllegalParam.RuleConditions',
    actions: ruleContents,
    when: 'a condition is not one that the direction or type allows',
    source: '4.2, 6.5 (code E)',
  },
  {
    code: 'IllegalParam.RuleActions',
    actions: ruleContents,
    when: 'an action has not its form, the direction or its neighbours do not allow it, or not exactly one final action comes last',
    source: '4.2, annotations 9.2 and 11 (code E)',
  },
  {
    code: 'UnsupportedFeature.ResponseRule',
    actions: ruleCreations,
    when: 'a response rule on a Basic load balancer',
    source: '6.5 (code E)',
  },
  {
    code: 'Mismatch.LoadBalancerEditionAndConnectionDrain',
    actions: [...referring, 'UpdateServerGroupAttribute'],
    when: 'a Basic load balancer and a group that drains connections',
    source: '6.2, 6.6',
  },
  {
    code: 'Mismatch.LoadBalancerEditionAndSlowStartEnable',
    actions: [...referring, 'UpdateServerGroupAttribute'],
    when: 'a Basic load balancer and a group with slow start',
    source: '6.2, 6.6',
  },
  {
    code: 'Mismatch.LoadBalancerEditionAndCrossZone',
    actions: [...referring, 'UpdateServerGroupAttribute'],
    when: 'a Basic load balancer and a group that keeps to zones',
    source: '6.6 K (code E)',
  },
  { code: 'UnsupportedFeature.SlowStart', actions: groupContents, when: 'slow start of functions', source: '6.6 K' },
  { code: 'UnsupportedFeature.ConnectionDrain', actions: groupContents, when: 'draining of functions', source: '6.6 K' },
  {
    code: 'Mismatch.ServerGroupType',
    actions: groupContents,
    when: 'functions with stickiness or without cross-zone forwarding',
    source: '6.6 K, annotations 1.4 (code E)',
  },
  {
    code: 'Mismatch.SchedulerAndSlowStartEnable',
    actions: groupContents,
    when: 'slow start with a scheduler other than Wrr',
    source: '6.6, annotations 1.3 (code E)',
  },
  {
    code: 'Mismatch.SchedulerAndUchConfig',
    actions: groupContents,
    when: 'something to hash for a scheduler other than Uch',
    source: '6.6, annotations 1.3 (code E)',
  },
  { code: 'MissingParam.UchConfig', actions: groupContents, when: 'scheduler Uch with nothing to hash', source: '6.6, annotations 1.3' },
  {
    code: 'IllegalParam.Cookie',
    actions: groupContents,
    when: 'stickiness of type Server without the cookie that it rewrites',
    source: 'annotations 1.4 (code E)',
  },
  {
    code: 'Mismatch.CrossZoneAndStickySession',
    actions: groupContents,
    when: 'stickiness without cross-zone forwarding',
    source: '6.6 K, annotations 1.3 (code E)',
  },
  {
    code: 'Mismatch.CrossZoneAndRemoteIp',
    actions: [...serverAdditions, 'UpdateServerGroupAttribute'],
    when: 'remote addresses without cross-zone forwarding',
    source: 'annotations 1.3 (code E)',
  },
  {
    code: 'Mismatch.HealthCheckProtocol',
    actions: groupContents,
    when: 'a method or codes that checks of the protocol do not have',
    source: 'annotations 1.2 (code E)',
  },
  {
    code: 'OperationDenied.VpcNotSupportIpv6',
    actions: ['CreateServerGroup'],
    when: 'a group with IPv6 in a VPC without',
    source: '6.6',
  },
  {
    code: 'OperationDenied.UpstreamKeepaliveEnabled',
    actions: ['UpdateServerGroupAttribute'],
    when: 'persistent connections are on already, where the settings forbid to say so again',
    source: '6.6 (meaning E)',
  },
  {
    code: 'OperationDenied.UpstreamKeepaliveDisabled',
    actions: ['UpdateServerGroupAttribute'],
    when: 'persistent connections are off already, where the settings forbid to say so again',
    source: '6.6 (meaning E)',
  },
  {
    code: 'InvalidParameter',
    actions: ['CreateListener', 'UpdateListenerAttribute'],
    when: 'a setting that the protocol of the listener does not have',
    source: '6.2',
  },
  {
    code: 'IllegalParam.IdleTimeout',
    actions: ['CreateListener', 'UpdateListenerAttribute'],
    when: 'longer than the quota allows',
    source: '4.3',
  },
  {
    code: 'IllegalParam.RequestTimeout',
    actions: ['CreateListener', 'UpdateListenerAttribute'],
    when: 'longer than the quota allows',
    source: '4.3',
  },
  { code: 'MissingParam.VpcId', actions: ['CreateServerGroup'], when: 'a group of servers or addresses without its VPC', source: '6.6' },
  { code: 'MissingParam.Port', actions: serverAdditions, when: 'a server other than a function without its port', source: '6.7' },
  {
    code: 'MissingParam.CaCertificates',
    actions: ['CreateListener', 'UpdateListenerAttribute'],
    when: 'clients are to be verified against no authority',
    source: '6.2',
  },
  { code: 'MissingParam.RegionId', actions: ['DescribeVSwitches'], when: 'neither RegionId nor VpcId is given', source: 'other 4' },
  {
    code: 'MissingParam.InstanceNetworkType',
    actions: ['DescribeInstances'],
    when: 'private addresses are asked for without saying that they are of a VPC',
    source: 'other 2 (code E)',
  },
  { code: 'MissingParam.TagKey', actions: ['UnTagResources'], when: 'nothing says which tags', source: '6.8 (code E)' },
  { code: 'IllegalParam.MaxResults', actions: ['ListServerGroupServers'], when: 'more than the settings allow', source: '3.4, 10' },
];

/** Every refusal by state. */
export const refusals: readonly Row[] = [...notFound, ...locks, ...conflicts, ...quotas, ...contents];

/** The refusal of an action with a code of its rows. A code without a row is a mistake in the emulator and fails loudly. */
export function refuse(action: string, code: string, detail: string): ServiceError {
  const row = refusals.find((one) => one.code === code && one.actions.includes(action));
  if (row === undefined) throw new Error(`no row says that ${action} refuses with ${code}`);
  return new ServiceError(code, `${detail} (${row.when}).`, row.status === undefined ? {} : { status: row.status });
}

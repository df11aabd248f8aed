/**
 * What the emulated ALB refuses because of a parameter by itself: a row says of which actions, which parameter (`[]` stands for every
 * element of a list), and what must hold. `required` means present wherever its parent is. Missing ones are refused with
 * `MissingParam.<name>`, others with `IllegalParam.<name>`. Sources as in `refusals.ts`.
 */
import { between, type Check, count, jsonTexts, not, oneOf, oneOfAnyCase, resourceName, text } from './parameter-checks.ts';

export interface ParameterRow {
  readonly actions: readonly string[];
  readonly parameter: string;
  readonly must: 'required' | Check;
  readonly source: string;
}

type Rows = readonly (readonly [parameter: string, must: ParameterRow['must'], source: string])[];
const rowsOf = (actions: readonly string[], rows: Rows): readonly ParameterRow[] =>
  rows.map(([parameter, must, source]) => ({ actions, parameter, must, source }));
const under = (prefix: string, rows: Rows): Rows =>
  rows.map(([parameter, must, source]) => [`${prefix}${parameter}`, must, source] as const);

const tagRows: Rows = [
  ['Tag', count(1, 20), '3.5'],
  ['Tag[].Key', 'required', '3.5'],
  ['Tag[].Key', text(1, 128), '3.5'],
  ['Tag[].Key', not(/^(acs:|aliyun)|https?:\/\//, 'not begin with acs: or aliyun, nor hold http:// or https://'), '3.5'],
  ['Tag[].Value', text(0, 128), '3.5'],
  ['Tag[].Value', not(/^(acs:|aliyun)|https?:\/\//, 'not begin with acs: or aliyun, nor hold http:// or https://'), '3.5 K, other 11'],
];

const pageRows: Rows = [['MaxResults', between(1, 100), '3.4']];
const billing: Rows = [
  ['LoadBalancerBillingConfig', 'required', '6.1'],
  ['LoadBalancerBillingConfig.PayType', 'required', '6.1'],
  ['LoadBalancerBillingConfig.PayType', oneOf('PostPay'), '6.1'],
];
const modificationProtection: Rows = [
  ['ModificationProtectionConfig.Status', oneOf('NonProtection', 'ConsoleProtection'), '6.1'],
  ['ModificationProtectionConfig.Reason', text(2, 128, /^\p{L}[\p{L}\p{N}._-]*$/u), '6.1'],
];

const loadBalancers: readonly ParameterRow[] = [
  ...rowsOf(
    ['CreateLoadBalancer'],
    [
      ['VpcId', 'required', '6.1'],
      ['AddressType', 'required', '6.1'],
      ['AddressType', oneOf('Internet', 'Intranet'), '6.1'],
      ['LoadBalancerEdition', 'required', '6.1'],
      ['LoadBalancerEdition', oneOf('Basic', 'Standard', 'StandardWithWaf'), '6.1'],
      ...billing,
      ['ZoneMappings', 'required', '6.1'],
      // Two or more, since the local region has two zones.
      ['ZoneMappings', count(2, 10), '4.1'],
      ['ZoneMappings[].ZoneId', 'required', '6.1'],
      ['ZoneMappings[].VSwitchId', 'required', '6.1'],
      ['ZoneMappings[].EipType', oneOf('Common', 'Anycast'), '6.1'],
      ['AddressAllocatedMode', oneOf('Fixed', 'Dynamic'), '6.1'],
      ['AddressIpVersion', oneOf('IPv4', 'DualStack'), '6.1'],
      ['SecurityGroupIds', count(1, 4), '4.1'],
      ...tagRows,
    ],
  ),
  ...rowsOf(['CreateLoadBalancer', 'UpdateLoadBalancerAttribute'], [['LoadBalancerName', resourceName, '6.1'], ...modificationProtection]),
  ...rowsOf(['UpdateLoadBalancerAttribute', 'DeleteLoadBalancer', 'GetLoadBalancerAttribute'], [['LoadBalancerId', 'required', '6.1']]),
  ...rowsOf(['EnableDeletionProtection', 'DisableDeletionProtection'], [['ResourceId', 'required', '6.1']]),
  ...rowsOf(
    ['ListLoadBalancers'],
    [
      ['LoadBalancerIds', count(1, 20), '4.1'],
      ['LoadBalancerNames', count(1, 10), '4.1'],
      ['VpcIds', count(1, 10), '4.1'],
      ...tagRows,
      ...pageRows,
    ],
  ),
];

const listenerContents: Rows = [
  ['DefaultActions', count(1, 1), '6.2'],
  ['DefaultActions[].Type', 'required', '6.2'],
  ['DefaultActions[].Type', oneOf('ForwardGroup'), '6.2'],
  ['DefaultActions[].ForwardGroupConfig', 'required', '6.2'],
  ['DefaultActions[].ForwardGroupConfig.ServerGroupTuples', 'required', '6.2'],
  ['DefaultActions[].ForwardGroupConfig.ServerGroupTuples', count(1, 1), '6.2'],
  ['DefaultActions[].ForwardGroupConfig.ServerGroupTuples[].ServerGroupId', 'required', '6.2'],
  ['ListenerDescription', text(2, 256), '6.2'],
  // The upper ends are quotas (settings), which can be raised to these.
  ['IdleTimeout', between(1, 3600), '4.3'],
  ['RequestTimeout', between(1, 3600), '4.3'],
  ['Certificates', count(1, 1), '4.1'],
  ['Certificates[].CertificateId', 'required', '6.2'],
  ['CaCertificates', count(1, 1), '4.1'],
  ['CaCertificates[].CertificateId', 'required', '6.2'],
  ['XForwardedForConfig.XForwardedForProcessingMode', oneOf('append', 'remove'), '6.2'],
  ...['ClientVerify', 'Fingerprint', 'IssuerDN', 'SubjectDN'].map(
    (name) => [`XForwardedForConfig.XForwardedForClientCert${name}Alias`, text(1, 40, /^[a-z0-9_-]+$/), '6.2'] as const,
  ),
];

const listeners: readonly ParameterRow[] = [
  ...rowsOf(
    ['CreateListener'],
    [
      ['LoadBalancerId', 'required', '6.2'],
      ['ListenerPort', 'required', '6.2'],
      ['ListenerPort', between(1, 65_535), '6.2'],
      ['ListenerProtocol', 'required', '6.2'],
      ['ListenerProtocol', oneOf('HTTP', 'HTTPS', 'QUIC'), '6.2'],
      ['DefaultActions', 'required', '6.2'],
      ...tagRows,
    ],
  ),
  ...rowsOf(['CreateListener', 'UpdateListenerAttribute'], listenerContents),
  ...rowsOf(
    ['UpdateListenerAttribute', 'StartListener', 'StopListener', 'DeleteListener', 'GetListenerAttribute', 'GetListenerHealthStatus'],
    [['ListenerId', 'required', '6.2']],
  ),
  ...rowsOf(['GetListenerHealthStatus'], [['MaxResults', between(1, 30), '3.4']]),
  ...rowsOf(['ListListeners'], [['ListenerIds', count(1, 20), '4.1'], ['LoadBalancerIds', count(1, 20), '4.1'], ...tagRows, ...pageRows]),
];

/** Contents of conditions and actions by type are in rule-conditions.ts and rule-actions.ts. */
const ruleContents: Rows = [
  ['RuleName', resourceName, '4.2'],
  ['Priority', between(1, 10_000), '4.2'],
  ['RuleConditions[].Type', 'required', '6.5'],
  ['RuleActions[].Type', 'required', '6.5'],
  ['RuleActions[].Order', 'required', '6.5'],
  ['RuleActions[].Order', between(1, 50_000), '4.2'],
];
const newRule: Rows = [
  ['RuleName', 'required', '6.5'],
  ['Priority', 'required', '6.5'],
  ['RuleConditions', 'required', '6.5'],
  ['RuleActions', 'required', '6.5'],
  ['Direction', oneOf('Request', 'Response'), '6.5'],
  ...tagRows,
  ...ruleContents,
];

const rules: readonly ParameterRow[] = [
  ...rowsOf(['CreateRule', 'CreateRules'], [['ListenerId', 'required', '6.5']]),
  ...rowsOf(['CreateRule'], newRule),
  ...rowsOf(['CreateRules'], [['Rules', 'required', '6.5'], ['Rules', count(1, 100), '4.1'], ...under('Rules[].', newRule)]),
  ...rowsOf(['UpdateRuleAttribute'], [['RuleId', 'required', '6.5'], ...ruleContents]),
  ...rowsOf(
    ['UpdateRulesAttribute'],
    [
      ['Rules', 'required', '6.5'],
      ['Rules', count(1, 100), '4.1'],
      ['Rules[].RuleId', 'required', '6.5'],
      ...under('Rules[].', ruleContents),
    ],
  ),
  ...rowsOf(['DeleteRule'], [['RuleId', 'required', '6.5']]),
  ...rowsOf(
    ['DeleteRules'],
    [
      ['RuleIds', 'required', '6.5'],
      ['RuleIds', count(1, 100), '4.1'],
    ],
  ),
  ...rowsOf(
    ['ListRules'],
    [
      ['ListenerIds', count(1, 20), '4.1'],
      ['LoadBalancerIds', count(1, 20), '4.1'],
      ['RuleIds', count(1, 20), '4.1'],
      ['Direction', oneOf('Request', 'Response'), '6.5'],
      ...tagRows,
      ...pageRows,
    ],
  ),
];

const healthCheck: Rows = under('HealthCheckConfig.', [
  ['HealthCheckProtocol', oneOf('HTTP', 'HTTPS', 'TCP', 'gRPC', 'GRPC'), '6.6'],
  ['HealthCheckPath', text(1, 80, /^\/[\w\-./%?#&=;~!()*[\]@$^:'\\",+]*$/), '6.6 K'],
  ['HealthCheckHost', text(1, 80, /^(\$SERVER_IP|[a-z0-9]([a-z0-9.-]*\.)[a-z]+)$/), '6.6 K'],
  ['HealthCheckMethod', oneOf('HEAD', 'GET', 'POST'), '6.6'],
  ['HealthCheckHttpVersion', oneOf('HTTP1.0', 'HTTP1.1'), '6.6'],
  ['HealthCheckConnectPort', between(0, 65_535), '6.6'],
  // Twenty for gRPC; which ones go with which protocol is in group-checks.ts.
  ['HealthCheckCodes', count(1, 20), 'annotations 1.2'],
  ['HealthCheckCodes[]', text(1, 20, /^(http_[2-5]xx|\d{1,2}(-\d{1,2})?)$/), '6.6, annotations 1.2'],
  ['HealthCheckInterval', between(1, 50), '6.6'],
  ['HealthCheckTimeout', between(1, 300), '6.6'],
  ['HealthyThreshold', between(2, 10), '6.6'],
  ['UnhealthyThreshold', between(2, 10), '6.6'],
]);
const groupContents: Rows = [
  ['ServerGroupName', resourceName, '6.6'],
  ['Scheduler', oneOf('Wrr', 'Wlc', 'Sch', 'Uch'), '6.6'],
  ...healthCheck,
  ['StickySessionConfig.StickySessionType', oneOf('Insert', 'Server'), '6.6'],
  // Printable ASCII; the text that allows letters and digits only goes on to forbid four others.
  ['StickySessionConfig.Cookie', text(1, 200, /^(?![$])[!-+\--:<-~]+$/), '6.6 K'],
  ['StickySessionConfig.CookieTimeout', between(1, 86_400), '6.6'],
  ['ConnectionDrainConfig.ConnectionDrainTimeout', between(0, 900), '6.6'],
  ['SlowStartConfig.SlowStartDuration', between(30, 900), '6.6'],
  ['UchConfig.Type', 'required', '6.6 K'],
  ['UchConfig.Type', oneOf('QueryString'), '6.6'],
  ['UchConfig.Value', 'required', '6.6 K'],
];

const groups: readonly ParameterRow[] = [
  ...rowsOf(
    ['CreateServerGroup'],
    [
      ['ServerGroupName', 'required', '6.6'],
      ['ServerGroupType', oneOf('Instance', 'Ip', 'Fc'), '6.6'],
      ['Protocol', oneOf('HTTP', 'HTTPS', 'gRPC', 'GRPC'), '6.6'],
      ['HealthCheckConfig', 'required', '6.6'],
      ['HealthCheckConfig.HealthCheckEnabled', 'required', '6.6'],
      ['ResourceGroupId', text(4, 64, /^rg-[a-z0-9-]+$/), '6.6 K (form E)'],
      ...tagRows,
    ],
  ),
  ...rowsOf(['CreateServerGroup', 'UpdateServerGroupAttribute'], groupContents),
  ...rowsOf(['UpdateServerGroupAttribute', 'DeleteServerGroup'], [['ServerGroupId', 'required', '6.6']]),
  ...rowsOf(
    ['ListServerGroups'],
    [
      ['ServerGroupIds', count(1, 20), '4.1'],
      ['ServerGroupNames', count(1, 10), '4.1'],
      ['Tag', count(1, 10), '4.1'],
      ...tagRows.slice(1),
      ...pageRows,
    ],
  ),
];

const named: Rows = [
  ['ServerType', 'required', '6.7'],
  ['ServerType', oneOf('Ecs', 'Eni', 'Eci', 'Ip', 'Fc'), '6.7'],
  ['ServerId', 'required', '6.7'],
  ['Port', between(1, 65_535), '6.7'],
];
const weighted: Rows = [...named, ['Weight', between(0, 100), '6.7'], ['Description', text(2, 256, /^(?!https?:\/\/)/), '6.7']];
const serverList = (name: string, most: number, rows: Rows): Rows => [
  [name, 'required', '6.7'],
  [name, count(1, most), '4.1'],
  ...under(`${name}[].`, rows),
];

const servers: readonly ParameterRow[] = [
  ...rowsOf(
    ['AddServersToServerGroup', 'RemoveServersFromServerGroup', 'ReplaceServersInServerGroup', 'UpdateServerGroupServersAttribute'],
    [['ServerGroupId', 'required', '6.7']],
  ),
  ...rowsOf(['AddServersToServerGroup'], serverList('Servers', 200, weighted)),
  ...rowsOf(['RemoveServersFromServerGroup'], serverList('Servers', 200, named)),
  // 200 in the metadata, 40 in the text: the stricter one.
  ...rowsOf(['UpdateServerGroupServersAttribute'], serverList('Servers', 40, weighted)),
  ...rowsOf(['ReplaceServersInServerGroup'], [...serverList('AddedServers', 200, weighted), ...serverList('RemovedServers', 200, named)]),
  ...rowsOf(
    ['ListServerGroupServers'],
    [
      ['ServerIds', count(1, 20), '4.1'],
      ['MaxResults', between(1, 1000), '3.4'],
    ],
  ),
];

const others: readonly ParameterRow[] = [
  ...rowsOf(
    ['TagResources', 'UnTagResources', 'ListTagResources'],
    [
      ['ResourceType', 'required', '6.8'],
      ['ResourceType', oneOfAnyCase('loadbalancer', 'servergroup'), '3.5'],
      ['ResourceId', count(1, 50), '3.5'],
      ...tagRows,
    ],
  ),
  ...rowsOf(['TagResources', 'UnTagResources'], [['ResourceId', 'required', '6.8']]),
  ...rowsOf(['TagResources'], [['Tag', 'required', '6.8']]),
  ...rowsOf(['UnTagResources'], [['TagKey', count(1, 20), '3.5']]),
  ...rowsOf(['ListTagResources'], pageRows),
  ...rowsOf(['ListAsynJobs'], [['JobIds', count(1, 10), '4.1'], ['ResourceIds', count(1, 10), '4.1'], ...pageRows]),
  ...rowsOf(['DescribeZones', 'DescribeRegions'], [['AcceptLanguage', oneOf('zh-CN', 'en-US', 'ja'), '6.1']]),
  ...rowsOf(
    ['DescribeVSwitches'],
    [
      ['PageNumber', between(1, 100_000), 'other 4'],
      ['PageSize', between(1, 50), 'other 4'],
    ],
  ),
  ...rowsOf(
    ['DescribeNetworkInterfaces'],
    [
      ['RegionId', 'required', 'other 2'],
      ['PrivateIpAddress', count(1, 100), 'other 2'],
      ['Ipv6Address', count(1, 100), 'other 2'],
      ['NetworkInterfaceId', count(1, 100), 'other 2'],
      ['Type', oneOf('Primary', 'Secondary'), 'other 2'],
      ['Status', oneOf('Available', 'Attaching', 'InUse', 'Detaching', 'Deleting'), 'other 2'],
    ],
  ),
  ...rowsOf(
    ['DescribeInstances'],
    [
      ['RegionId', 'required', 'other 2'],
      ['InstanceIds', jsonTexts(1, 100), 'other 2'],
      ['PrivateIpAddresses', jsonTexts(1, 100), 'other 2'],
      ['EipAddresses', jsonTexts(1, 100), 'other 2'],
      ['PublicIpAddresses', jsonTexts(1, 100), 'other 2'],
      ['InstanceNetworkType', oneOf('vpc', 'classic'), 'other 2 E'],
      ['Status', oneOf('Pending', 'Running', 'Starting', 'Stopping', 'Stopped'), 'other 2 E'],
      ['Tag', count(1, 20), 'other 2'],
      ['MaxResults', between(10, 100), 'other 2'],
    ],
  ),
];

/** Every refusal by parameter. */
export const parameterRows: readonly ParameterRow[] = [...loadBalancers, ...listeners, ...rules, ...groups, ...servers, ...others];

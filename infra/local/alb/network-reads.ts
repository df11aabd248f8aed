/** The two look-ups beside ALB: vSwitches (VPC) and network interfaces (ECS). Both services nest every list twice. */
import { cutPage } from '../openapi/pages.ts';
import type { Acting } from './cloud.ts';
import { isAmong, isEqual } from './listing.ts';
import { readOf } from './operations.ts';
import type { VSwitch } from './records.ts';
import { refuse } from './refusals.ts';
import { networkInterfacesShape, versions, vSwitchesShape } from './shapes.ts';
import type { LocalInterface } from './view.ts';

interface VSwitchRequest {
  readonly RegionId?: string;
  readonly VpcId?: string;
  readonly VSwitchId?: string;
  readonly VSwitchName?: string;
  readonly ZoneId?: string;
  readonly IsDefault?: boolean;
  readonly Tag?: readonly unknown[];
  readonly PageNumber?: number;
  readonly PageSize?: number;
}

/** The local vSwitches have no tags and are no default ones. */
const isWanted = (one: VSwitch, wanted: VSwitchRequest): boolean =>
  isEqual(wanted.VpcId, one.VpcId) &&
  isEqual(wanted.VSwitchId, one.VSwitchId) &&
  isEqual(wanted.VSwitchName, one.VSwitchName) &&
  isEqual(wanted.ZoneId, one.ZoneId) &&
  wanted.IsDefault !== true &&
  wanted.Tag === undefined;

function describeVSwitches(parameters: VSwitchRequest, { action, cloud }: Acting) {
  if (parameters.RegionId === undefined && parameters.VpcId === undefined) throw refuse(action, 'MissingParam.RegionId', 'One of both');
  const { PageNumber = 1, PageSize = 10 } = parameters;
  const found = cloud.state.vSwitches.filter((one) => isWanted(one, parameters));
  const page = found.slice((PageNumber - 1) * PageSize, PageNumber * PageSize);
  const show = ({ seq, ...facts }: VSwitch) => ({ ...facts, Ipv6CidrBlock: '', Status: 'Available', IsDefault: false, Tags: { Tag: [] } });
  return { VSwitches: { VSwitch: page.map(show) }, TotalCount: found.length, PageNumber, PageSize };
}

interface InterfaceRequest {
  readonly PrivateIpAddress?: readonly string[];
  readonly PrimaryIpAddress?: string;
  readonly NetworkInterfaceId?: readonly string[];
  readonly VpcId?: string;
  readonly VSwitchId?: string;
  readonly InstanceId?: string;
  readonly Type?: string;
  readonly Status?: string;
  readonly Tag?: readonly unknown[];
  readonly ServiceManaged?: boolean;
  readonly MaxResults?: number;
  readonly NextToken?: string;
}

/** Entries of one interface id are the addresses of one interface; the first is the primary one. */
function grouped(
  entries: readonly LocalInterface[],
): readonly { readonly seq: number; readonly first: LocalInterface; readonly addresses: readonly string[] }[] {
  const byId = new Map<string, LocalInterface[]>();
  for (const entry of entries) byId.set(entry.networkInterfaceId, [...(byId.get(entry.networkInterfaceId) ?? []), entry]);
  return [...byId.values()].flatMap((mine, index) => {
    const [first] = mine;
    return first === undefined ? [] : [{ seq: index + 1, first, addresses: mine.map((one) => one.privateIp) }];
  });
}

type Interface = ReturnType<typeof grouped>[number];

const isMeant = ({ first, addresses }: Interface, wanted: InterfaceRequest): boolean =>
  isEqual(wanted.VpcId, first.vpcId) &&
  isEqual(wanted.VSwitchId, first.vSwitchId) &&
  isEqual(wanted.InstanceId, first.instanceId) &&
  isEqual(wanted.Status, 'InUse') &&
  isEqual(wanted.Type, 'Secondary') &&
  isEqual(wanted.PrimaryIpAddress, first.privateIp) &&
  isAmong(wanted.NetworkInterfaceId, first.networkInterfaceId) &&
  wanted.ServiceManaged !== true &&
  wanted.Tag === undefined &&
  (wanted.PrivateIpAddress === undefined || addresses.some((address) => wanted.PrivateIpAddress?.includes(address)));

const showInterface = ({ first, addresses }: Interface) => ({
  NetworkInterfaceId: first.networkInterfaceId,
  Type: 'Secondary',
  Status: 'InUse',
  PrivateIpAddress: first.privateIp,
  PrivateIpSets: { PrivateIpSet: addresses.map((address, index) => ({ PrivateIpAddress: address, Primary: index === 0 })) },
  Ipv6Sets: { Ipv6Set: [] },
  Ipv4PrefixSets: { Ipv4PrefixSet: [] },
  InstanceId: first.instanceId,
  VpcId: first.vpcId,
  VSwitchId: first.vSwitchId,
  ZoneId: first.zoneId,
  SecurityGroupIds: { SecurityGroupId: [] },
  ServiceManaged: false,
  Attachment: { InstanceId: first.instanceId },
  Tags: { Tag: [] },
});

/** Out of range is clamped, not refused. */
const pageSize = (wanted: number | undefined): number => Math.min(500, Math.max(10, wanted ?? 10));

function describeInterfaces(parameters: InterfaceRequest, { cloud }: Acting) {
  const { MaxResults, NextToken, ...question } = parameters;
  const found = grouped(cloud.state.interfaces()).filter((one) => isMeant(one, parameters));
  const page = cutPage(found, { maxResults: pageSize(MaxResults), nextToken: NextToken, question });
  return {
    NetworkInterfaceSets: { NetworkInterfaceSet: page.items.map(showInterface) },
    NextToken: page.nextToken ?? '',
    TotalCount: page.total,
    PageNumber: 1,
    PageSize: pageSize(MaxResults),
  };
}

/** DescribeVSwitches and DescribeNetworkInterfaces. */
export const networkOperations = [
  readOf({ action: 'DescribeVSwitches', version: versions.vpc, shape: vSwitchesShape }, describeVSwitches),
  readOf({ action: 'DescribeNetworkInterfaces', version: versions.ecs, shape: networkInterfacesShape }, describeInterfaces),
];

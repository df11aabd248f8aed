/** The look-up of network interfaces (ECS), which nests every list twice. */
import { cutPage } from '../openapi/pages.ts';
import type { Acting, Cloud } from './cloud.ts';
import { isAmong, isEqual } from './listing.ts';
import { canonical, isIpv6 } from './network.ts';
import { readOf } from './operations.ts';
import { networkInterfacesShape, versions } from './shapes.ts';
import type { LocalInterface } from './view.ts';

interface InterfaceRequest {
  readonly PrivateIpAddress?: readonly string[];
  readonly PrimaryIpAddress?: string;
  readonly Ipv6Address?: readonly string[];
  readonly NetworkInterfaceId?: readonly string[];
  readonly VpcId?: string;
  readonly VSwitchId?: string;
  readonly InstanceId?: string;
  readonly Type?: string;
  readonly Status?: string;
  readonly ServiceManaged?: boolean;
  /** The local interfaces have none of the rest. */
  readonly NetworkInterfaceName?: string;
  readonly SecurityGroupId?: string;
  readonly ResourceGroupId?: string;
  readonly Tag?: readonly unknown[];
  readonly MaxResults?: number;
  readonly NextToken?: string;
}

/** Entries of one interface id are the addresses of one interface; the first of a family is the primary one. */
interface Interface {
  readonly seq: number;
  readonly first: LocalInterface;
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
}

const interfacesOf = (cloud: Cloud): readonly Interface[] => {
  const network = cloud.state.network();
  return network.interfaceIds.flatMap((id, index) => {
    const mine = network.ofInterface(id);
    const [first] = mine;
    if (first === undefined) return [];
    const addresses = mine.map((one) => one.privateIp);
    return [{ seq: index + 1, first, ipv4: addresses.filter((one) => !isIpv6(one)), ipv6: addresses.filter(isIpv6).map(canonical) }];
  });
};

/** An interface that is the instance's own is primary; those of its pods are not. */
const typeOf = ({ first }: Interface): string => (first.primary === true ? 'Primary' : 'Secondary');

/** One that no instance has is there for whoever wants it. */
const statusOf = ({ first }: Interface): string => (first.instanceId === '' ? 'Available' : 'InUse');

const hasAny = (wanted: readonly string[] | undefined, addresses: readonly string[]): boolean =>
  wanted === undefined || wanted.some((one) => addresses.includes(canonical(one)));

const asksForNothing = (wanted: InterfaceRequest): boolean =>
  wanted.ServiceManaged === true ||
  [wanted.Tag, wanted.NetworkInterfaceName, wanted.SecurityGroupId, wanted.ResourceGroupId].some((one) => one !== undefined);

const isMeant = (one: Interface, wanted: InterfaceRequest): boolean =>
  isEqual(wanted.VpcId, one.first.vpcId) &&
  isEqual(wanted.VSwitchId, one.first.vSwitchId) &&
  isEqual(wanted.InstanceId, one.first.instanceId) &&
  isEqual(wanted.Status, statusOf(one)) &&
  isEqual(wanted.Type, typeOf(one)) &&
  isEqual(wanted.PrimaryIpAddress, one.ipv4[0] ?? '') &&
  isAmong(wanted.NetworkInterfaceId, one.first.networkInterfaceId) &&
  hasAny(wanted.PrivateIpAddress, one.ipv4) &&
  hasAny(wanted.Ipv6Address, one.ipv6) &&
  !asksForNothing(wanted);

const showInterface = (one: Interface) => ({
  NetworkInterfaceId: one.first.networkInterfaceId,
  Type: typeOf(one),
  Status: statusOf(one),
  PrivateIpAddress: one.ipv4[0] ?? '',
  PrivateIpSets: { PrivateIpSet: one.ipv4.map((address, index) => ({ PrivateIpAddress: address, Primary: index === 0 })) },
  Ipv6Sets: { Ipv6Set: one.ipv6.map((address) => ({ Ipv6Address: address })) },
  Ipv4PrefixSets: { Ipv4PrefixSet: [] },
  InstanceId: one.first.instanceId,
  VpcId: one.first.vpcId,
  VSwitchId: one.first.vSwitchId,
  ZoneId: one.first.zoneId,
  SecurityGroupIds: { SecurityGroupId: [] },
  ServiceManaged: false,
  Attachment: { InstanceId: one.first.instanceId },
  Tags: { Tag: [] },
});

/** Out of range is clamped, not refused. */
const pageSize = (wanted: number | undefined): number => Math.min(500, Math.max(10, wanted ?? 10));

function describeInterfaces(parameters: InterfaceRequest, { cloud }: Acting) {
  const { MaxResults, NextToken, ...question } = parameters;
  const found = interfacesOf(cloud).filter((one) => isMeant(one, parameters));
  const page = cutPage(found, { maxResults: pageSize(MaxResults), nextToken: NextToken, question });
  return {
    NetworkInterfaceSets: { NetworkInterfaceSet: page.items.map(showInterface) },
    NextToken: page.nextToken ?? '',
    TotalCount: page.total,
    PageNumber: 1,
    PageSize: pageSize(MaxResults),
  };
}

/** DescribeNetworkInterfaces. */
export const networkInterfaceOperations = [
  readOf({ action: 'DescribeNetworkInterfaces', version: versions.ecs, shape: networkInterfacesShape }, describeInterfaces),
];

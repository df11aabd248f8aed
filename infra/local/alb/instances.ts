/** The look-up of instances (ECS): the machines that have an interface of their own on the local network. */
import { cutPage } from '../openapi/pages.ts';
import type { Acting, Cloud } from './cloud.ts';
import { isAmong, isEqual } from './listing.ts';
import { isIpv6 } from './network.ts';
import { readOf } from './operations.ts';
import { refuse } from './refusals.ts';
import { instancesShape, versions } from './shapes.ts';
import type { LocalInterface } from './view.ts';

interface InstanceRequest {
  /** Each is one text that holds a JSON array. */
  readonly InstanceIds?: string;
  readonly PrivateIpAddresses?: string;
  readonly EipAddresses?: string;
  readonly PublicIpAddresses?: string;
  readonly InstanceNetworkType?: string;
  readonly VpcId?: string;
  readonly VSwitchId?: string;
  readonly ZoneId?: string;
  readonly Status?: string;
  readonly Tag?: readonly unknown[];
  readonly MaxResults?: number;
  readonly NextToken?: string;
}

interface Instance {
  readonly seq: number;
  readonly id: string;
  /** The instance's own interface. */
  readonly own: LocalInterface;
  readonly ipv4: string;
  readonly attached: readonly LocalInterface[];
}

const instancesOf = (cloud: Cloud): readonly Instance[] => {
  const network = cloud.state.network();
  return network.instanceIds.flatMap((id, index) => {
    const attached = network.ofInstance(id);
    const primary = attached.filter((one) => one.primary === true);
    const own = primary.find((one) => !isIpv6(one.privateIp)) ?? primary[0];
    return own === undefined ? [] : [{ seq: index + 1, id, own, ipv4: isIpv6(own.privateIp) ? '' : own.privateIp, attached }];
  });
};

/** The rows have seen that it is an array of texts. */
const namesIn = (text: string | undefined): readonly string[] | undefined => (text === undefined ? undefined : JSON.parse(text));

const isMeant = ({ id, own, ipv4 }: Instance, wanted: InstanceRequest): boolean =>
  isAmong(namesIn(wanted.InstanceIds), id) &&
  isAmong(namesIn(wanted.PrivateIpAddresses), ipv4) &&
  isEqual(wanted.VpcId, own.vpcId) &&
  isEqual(wanted.VSwitchId, own.vSwitchId) &&
  isEqual(wanted.ZoneId, own.zoneId) &&
  isEqual(wanted.Status, 'Running') &&
  isEqual(wanted.InstanceNetworkType, 'vpc') &&
  // The local instances have no address outside and no tags.
  [wanted.EipAddresses, wanted.PublicIpAddresses, wanted.Tag].every((one) => one === undefined);

function showInterfaces(attached: readonly LocalInterface[]) {
  const ids = [...new Set(attached.map((one) => one.networkInterfaceId))];
  return ids.map((id) => {
    const mine = attached.filter((one) => one.networkInterfaceId === id);
    const ipv4 = mine.map((one) => one.privateIp).filter((one) => !isIpv6(one));
    return {
      NetworkInterfaceId: id,
      Type: mine.some((one) => one.primary === true) ? 'Primary' : 'Secondary',
      PrimaryIpAddress: ipv4[0] ?? '',
      PrivateIpSets: { PrivateIpSet: ipv4.map((address, index) => ({ PrivateIpAddress: address, Primary: index === 0 })) },
    };
  });
}

const showInstance = ({ id, own, ipv4, attached }: Instance) => ({
  InstanceId: id,
  Status: 'Running',
  InstanceNetworkType: 'vpc',
  ZoneId: own.zoneId,
  VpcAttributes: { VpcId: own.vpcId, VSwitchId: own.vSwitchId, PrivateIpAddress: { IpAddress: ipv4 === '' ? [] : [ipv4] } },
  NetworkInterfaces: { NetworkInterface: showInterfaces(attached) },
  SecurityGroupIds: { SecurityGroupId: [] },
  Tags: { Tag: [] },
});

function describeInstances(parameters: InstanceRequest, { action, cloud }: Acting) {
  if (parameters.PrivateIpAddresses !== undefined && parameters.InstanceNetworkType !== 'vpc') {
    throw refuse(action, 'MissingParam.InstanceNetworkType', 'PrivateIpAddresses');
  }
  const { MaxResults = 10, NextToken, ...question } = parameters;
  const found = instancesOf(cloud).filter((one) => isMeant(one, parameters));
  const page = cutPage(found, { maxResults: MaxResults, nextToken: NextToken, question });
  return { Instances: { Instance: page.items.map(showInstance) }, NextToken: page.nextToken ?? '', TotalCount: page.total };
}

/** DescribeInstances. */
export const instanceOperations = [
  readOf({ action: 'DescribeInstances', version: versions.ecs, shape: instancesShape }, describeInstances),
];

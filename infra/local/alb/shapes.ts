/** Request shapes: of ALB from the models of its SDK, of the look-ups beside it (no SDK of theirs is installed) by hand. */
import * as sdk from '@alicloud/alb20200616';
import { isSdkModel, shapeOfModel } from '../openapi/sdk-shape.ts';
import type { ObjectShape } from '../openapi/shape.ts';

/** Under Node the models are named exports of a CommonJS module, which the loader also offers as members of the default export. */
const models: Readonly<Record<string, unknown>> = { ...sdk.default, ...sdk };

/** API versions served, by which products are told apart. */
export const versions = { alb: '2020-06-16', vpc: '2016-04-28', ecs: '2014-05-26' } as const;

/** The parameters of an ALB action. Throws when the SDK has no such action. */
export function albShape(action: string): ObjectShape {
  const model = models[`${action}Request`];
  if (!isSdkModel(model)) throw new Error(`the SDK has no action ${action}`);
  return shapeOfModel(model, action);
}

const tag = { list: { members: { Key: 'string', Value: 'string' } } } as const;

/** DescribeVSwitches (other-openapi 4). */
export const vSwitchesShape: ObjectShape = {
  members: {
    RegionId: 'string',
    VpcId: 'string',
    VSwitchId: 'string',
    VSwitchName: 'string',
    ZoneId: 'string',
    IsDefault: 'boolean',
    ResourceGroupId: 'string',
    Tag: tag,
    PageNumber: 'number',
    PageSize: 'number',
  },
};

/** DescribeNetworkInterfaces (other-openapi 2). */
export const networkInterfacesShape: ObjectShape = {
  members: {
    RegionId: 'string',
    PrivateIpAddress: { list: 'string' },
    PrimaryIpAddress: 'string',
    Ipv6Address: { list: 'string' },
    NetworkInterfaceId: { list: 'string' },
    NetworkInterfaceName: 'string',
    VpcId: 'string',
    VSwitchId: 'string',
    InstanceId: 'string',
    SecurityGroupId: 'string',
    ResourceGroupId: 'string',
    Type: 'string',
    Status: 'string',
    ServiceManaged: 'boolean',
    Tag: tag,
    MaxResults: 'number',
    NextToken: 'string',
    PageNumber: 'number',
    PageSize: 'number',
  },
};

/** DescribeInstances (other-openapi 2). */
export const instancesShape: ObjectShape = {
  members: {
    RegionId: 'string',
    InstanceIds: 'string',
    PrivateIpAddresses: 'string',
    EipAddresses: 'string',
    PublicIpAddresses: 'string',
    InstanceNetworkType: 'string',
    VpcId: 'string',
    VSwitchId: 'string',
    ZoneId: 'string',
    Status: 'string',
    Tag: tag,
    MaxResults: 'number',
    NextToken: 'string',
  },
};

/** The look-up of vSwitches (VPC), which nests every list twice. */
import type { Acting } from './cloud.ts';
import { isEqual } from './listing.ts';
import { readOf } from './operations.ts';
import type { VSwitch } from './records.ts';
import { refuse } from './refusals.ts';
import { versions, vSwitchesShape } from './shapes.ts';

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
  const { vpcIpv6 } = cloud.settings();
  const show = ({ seq, ...facts }: VSwitch) => ({
    ...facts,
    Ipv6CidrBlock: vpcIpv6 ? `fd00:64:0:${seq}::/64` : '',
    Status: 'Available',
    IsDefault: false,
    Tags: { Tag: [] },
  });
  return { VSwitches: { VSwitch: page.map(show) }, TotalCount: found.length, PageNumber, PageSize };
}

/** DescribeVSwitches. */
export const vSwitchOperations = [readOf({ action: 'DescribeVSwitches', version: versions.vpc, shape: vSwitchesShape }, describeVSwitches)];

/** Where ALB is offered: the zones of the local VPC, in the one region there is. */
import { read } from './operations.ts';

/** DescribeZones and DescribeRegions. */
export const zoneOperations = [
  read('DescribeZones', (_parameters, { cloud }) => ({
    Zones: [...new Set(cloud.state.vSwitches.map((one) => one.ZoneId))].map((ZoneId) => ({ ZoneId, LocalName: ZoneId })),
  })),
  read('DescribeRegions', (_parameters, { cloud }) => ({
    Regions: [{ RegionId: cloud.region, RegionEndpoint: `alb.${cloud.region}.aliyuncs.com`, LocalName: cloud.region }],
  })),
];

/** Where a new ALB stands: the vSwitches that the AlbConfig names, or one in each of two zones, with the most free addresses. */
import type { ZoneMapping } from '#shared/cloud/alb/port.ts';
import type { VSwitch } from '#shared/cloud/vpc/port.ts';
import { AlbeitError } from '#shared/errors.ts';
import type { LoadBalancerSpec } from '#shared/model/stack.ts';
import type { Scene } from '#shared/step/scene.ts';

/** An ALB takes addresses of its own from each vSwitch; fewer free ones than this and it cannot grow. */
const freeAddresses = 8;
/** CreateLoadBalancer: two zones or more where the region has two. */
const zonesWanted = 2;

/** Throws VSWITCH-NOT-FOUND or VSWITCH-TOO-FEW; asks the VPC only for what the AlbConfig leaves open. */
export async function chooseZones(wanted: LoadBalancerSpec['zones'], scene: Scene): Promise<readonly ZoneMapping[]> {
  const complete = wanted.flatMap(({ zoneId, vSwitchId }) => (zoneId === undefined ? [] : [{ zoneId, vSwitchId }]));
  if (wanted.length > 0 && complete.length === wanted.length) return complete;
  const { vpcId } = scene.site;
  const known = await scene.cloud.vpc.listVSwitches(vpcId);
  if (wanted.length === 0) return choose(known, new Set(await scene.cloud.alb.zones()), vpcId);
  const byId = new Map(known.map((one) => [one.vSwitchId, one]));
  return wanted.map(({ zoneId, vSwitchId }) => {
    const found = zoneId ?? byId.get(vSwitchId)?.zoneId;
    if (found === undefined) throw new AlbeitError('VSWITCH-NOT-FOUND', { vswitch: vSwitchId, vpc: vpcId });
    return { zoneId: found, vSwitchId };
  });
}

function choose(known: readonly VSwitch[], offered: ReadonlySet<string>, vpcId: string): readonly ZoneMapping[] {
  const best = new Map<string, VSwitch>();
  const usable = known.filter((one) => offered.has(one.zoneId) && one.availableIpAddressCount >= freeAddresses);
  for (const one of [...usable].sort((a, b) => (a.vSwitchId < b.vSwitchId ? -1 : 1))) {
    const former = best.get(one.zoneId);
    if (former === undefined || one.availableIpAddressCount > former.availableIpAddressCount) best.set(one.zoneId, one);
  }
  const zones = [...best.keys()].sort().slice(0, zonesWanted);
  if (zones.length < Math.min(zonesWanted, offered.size))
    throw new AlbeitError('VSWITCH-TOO-FEW', { vpc: vpcId, zones: String(zones.length) });
  return zones.flatMap((zoneId) => {
    const one = best.get(zoneId);
    return one === undefined ? [] : [{ zoneId, vSwitchId: one.vSwitchId }];
  });
}

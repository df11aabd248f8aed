/** How many servers a group, a load balancer and the account's groups may have. */
import type { Acting } from './cloud.ts';
import type { ServerGroupRecord, ServerRecord } from './records.ts';
import { references, referencesTo, serversByLoadBalancer } from './references.ts';
import { refuse } from './refusals.ts';
import { machineOf } from './server-identity.ts';
import { registeredServers } from './servers-now.ts';

/** A group as it is to be. */
interface After {
  readonly staying: readonly ServerRecord[];
  readonly arriving: readonly ServerRecord[];
}

function checkLoadBalancers(acting: Acting, group: ServerGroupRecord, growth: number): void {
  const { cloud } = acting;
  const mine = referencesTo(cloud, group.id);
  const counts = serversByLoadBalancer(cloud, references(cloud));
  for (const loadBalancerId of new Set(mine.map((one) => one.loadBalancerId))) {
    const edition = cloud.state.loadBalancers.get(loadBalancerId)?.shown.LoadBalancerEdition ?? 'Standard';
    const limit = cloud.settings().quotas.serversPerLoadBalancer[edition];
    const times = mine.filter((one) => one.loadBalancerId === loadBalancerId).length;
    if (growth > 0 && (counts.get(loadBalancerId) ?? 0) + growth * times > limit) {
      throw refuse(acting.action, 'ResourceQuotaExceeded.LoadBalancerServersNum', `${loadBalancerId} may have ${limit} servers`);
    }
  }
}

/** Every entry of a machine counts, whatever the group and the port. */
function checkMachines(acting: Acting, group: ServerGroupRecord, { staying, arriving }: After): void {
  const limit = acting.cloud.settings().quotas.groupsPerServer;
  const others = acting.cloud.state.serverGroups.all().filter((one) => one.id !== group.id);
  const counts = new Map<string, number>();
  const count = (server: ServerRecord): number => {
    const times = (counts.get(machineOf(server)) ?? 0) + 1;
    counts.set(machineOf(server), times);
    return times;
  };
  for (const server of [...others.flatMap(registeredServers), ...staying]) count(server);
  const over = arriving.find((server) => count(server) > limit);
  if (over !== undefined)
    throw refuse(acting.action, 'ResourceQuotaExceeded.ServerAddedNum', `${machineOf(over)} may be there ${limit} times`);
}

/** Refuses when the group as it is to be would exceed a quota. */
export function checkServerQuotas(acting: Acting, group: ServerGroupRecord, after: After): void {
  const limit = acting.cloud.settings().quotas.serversPerGroup;
  const size = after.staying.length + after.arriving.length;
  if (size > limit) throw refuse(acting.action, 'ResourceQuotaExceeded.ServerGroupServersNum', `${group.id} may have ${limit} servers`);
  checkLoadBalancers(acting, group, size - registeredServers(group).length);
  checkMachines(acting, group, after);
}

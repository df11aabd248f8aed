/** How many servers a group, a load balancer and the account's groups may have. */
import type { Acting } from './cloud.ts';
import type { ServerGroupRecord, ServerRecord } from './records.ts';
import { references, serversByLoadBalancer } from './references.ts';
import { refuse } from './refusals.ts';
import { machineOf } from './server-identity.ts';

function checkLoadBalancers(acting: Acting, group: ServerGroupRecord, growth: number): void {
  const { cloud } = acting;
  const all = references(cloud);
  const mine = all.filter((one) => one.groupId === group.id);
  for (const loadBalancerId of new Set(mine.map((one) => one.loadBalancerId))) {
    const edition = cloud.state.loadBalancers.get(loadBalancerId)?.shown.LoadBalancerEdition ?? 'Standard';
    const limit = cloud.settings().quotas.serversPerLoadBalancer[edition];
    const times = mine.filter((one) => one.loadBalancerId === loadBalancerId).length;
    if ((serversByLoadBalancer(cloud, all).get(loadBalancerId) ?? 0) + growth * times > limit) {
      throw refuse(acting.action, 'ResourceQuotaExceeded.LoadBalancerServersNum', `${loadBalancerId} may have ${limit} servers`);
    }
  }
}

function checkMachines(acting: Acting, group: ServerGroupRecord, after: readonly ServerRecord[]): void {
  const limit = acting.cloud.settings().quotas.groupsPerServer;
  const others = acting.cloud.state.serverGroups.all().filter((one) => one.id !== group.id);
  const counts = new Map<string, number>();
  for (const other of others) {
    for (const machine of new Set(other.servers.map(machineOf))) counts.set(machine, (counts.get(machine) ?? 0) + 1);
  }
  const over = after.find((server) => server.Status === 'Adding' && (counts.get(machineOf(server)) ?? 0) + 1 > limit);
  if (over !== undefined)
    throw refuse(acting.action, 'ResourceQuotaExceeded.ServerAddedNum', `${machineOf(over)} may be in ${limit} groups`);
}

/** Refuses when the group as it is to be would exceed a quota. */
export function checkServerQuotas(acting: Acting, group: ServerGroupRecord, after: readonly ServerRecord[]): void {
  const limit = acting.cloud.settings().quotas.serversPerGroup;
  if (after.length > limit)
    throw refuse(acting.action, 'ResourceQuotaExceeded.ServerGroupServersNum', `${group.id} may have ${limit} servers`);
  checkLoadBalancers(acting, group, after.length - group.servers.length);
  checkMachines(acting, group, after);
}

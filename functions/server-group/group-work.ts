/** What is wanted and what is known of one group of a Service, before anything is written. */
import type { ObservedServer } from '#shared/cloud/alb/port.ts';
import type { Endpoint } from '#shared/model/endpoint.ts';
import { type Address, wantedAddresses } from '#shared/step/member-digest.ts';
import type { GroupMembers, RememberedServer, ServiceGroup } from '#shared/step/record.ts';
import type { Workshop } from '#shared/step/workshop.ts';

export interface GroupWork {
  readonly group: string;
  readonly facts: ServiceGroup;
  readonly wanted: readonly Address[];
  /** Servers as listed now, or as verified last. */
  readonly observed: readonly ObservedServer[];
}

/** What of a lane is needed here. */
interface LaneView {
  readonly ledger: { readonly members: Readonly<Record<string, GroupMembers>> };
  readonly endpoints: readonly Endpoint[];
}

/** Every pod counts the same. */
export const weight = 100;

const asServer = (one: RememberedServer): ObservedServer => ({
  serverType: 'Eni',
  serverId: one.serverId,
  serverIp: one.ip,
  port: one.port,
  weight,
  status: 'Available',
});

/** Lists the servers only when we do not know them, or the service counts others: a new group is empty, the last verified state is remembered. */
export async function lookAtGroup(question: {
  readonly group: string;
  readonly facts: ServiceGroup;
  readonly lane: LaneView;
  readonly at: Workshop;
}): Promise<GroupWork> {
  const { group, facts, lane, at } = question;
  const remembered = lane.ledger.members[group];
  const wanted = wantedAddresses(lane.endpoints, facts.portName);
  const doubted = facts.doubtedAt !== undefined && facts.doubtedAt !== remembered?.doubtedAt;
  if (remembered?.servers !== undefined && !doubted) return { group, facts, wanted, observed: remembered.servers.map(asServer) };
  if (remembered === undefined && facts.made === true) return { group, facts, wanted, observed: [] };
  return { group, facts, wanted, observed: await at.cloud.alb.listServers(group) };
}

/** Addresses whose network interface is not known from the servers that are there. */
export function missingAddresses({ wanted, observed }: GroupWork): readonly string[] {
  const known = new Set(observed.map((one) => one.serverIp));
  return wanted.map((one) => one.ip).filter((ip) => !known.has(ip));
}

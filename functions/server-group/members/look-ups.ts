/** Ids in the cloud of what is wanted: asked once for all Services of a batch, and only for what the servers that are there do not tell. */
import type { Server } from '#shared/cloud/alb/port.ts';
import type { WantedServer } from '#shared/model/wanted-servers.ts';
import { isRemoving } from '#shared/plan/members.ts';
import type { Workshop } from '#shared/step/workshop.ts';
import type { GroupWork } from './group-work.ts';

/** By address. */
export interface FoundIds {
  readonly interfaces: ReadonlyMap<string, string>;
  readonly instances: ReadonlyMap<string, string>;
  /** Why nobody could be asked. */
  readonly failure?: { readonly error: unknown };
}

/**
 * Interfaces of addresses that are servers of this group. An address that left the group is looked up again when it comes back: meanwhile
 * it may have been given to a pod on another interface.
 */
const knownInterfaces = ({ observed }: GroupWork): ReadonlyMap<string, string> =>
  new Map(observed.flatMap((one) => (one.serverType === 'Eni' && !isRemoving(one) ? [[one.serverIp, one.serverId]] : [])));

function missing(work: GroupWork): { readonly interfaces: readonly string[]; readonly instances: readonly string[] } {
  const known = knownInterfaces(work);
  return {
    interfaces: work.wanted.flatMap((one) => (one.kind === 'interface' && !known.has(one.ip) ? [one.ip] : [])),
    // Never remembered: a machine that replaces another may have its address.
    instances: work.wanted.flatMap((one) => (one.kind === 'instance' && one.instanceId === '' && one.ip !== '' ? [one.ip] : [])),
  };
}

/** Something is wanted whose id must be asked for. */
export function isUnidentified(work: GroupWork): boolean {
  const { interfaces, instances } = missing(work);
  return interfaces.length + instances.length > 0;
}

/** What cannot be asked for is not there: whoever needs no answer goes on, and so does what needs none in a group that lacks one. */
export const lookUp = (works: readonly GroupWork[], at: Workshop): Promise<FoundIds> =>
  ask(works, at).catch((error: unknown) => ({ interfaces: new Map(), instances: new Map(), failure: { error } }));

/** At most two questions, however many groups and Services: the existing controllers ask one a group and pass. */
async function ask(works: readonly GroupWork[], at: Workshop): Promise<FoundIds> {
  const sought = works.filter((work) => work.state !== 'settled').map(missing);
  const [ips, hosts] = [new Set(sought.flatMap((one) => one.interfaces)), new Set(sought.flatMap((one) => one.instances))];
  const [interfaces, instances] = await Promise.all([
    ips.size === 0 ? [] : at.cloud.ecs.findNetworkInterfaces(at.site.vpcId, [...ips]),
    hosts.size === 0 ? [] : at.cloud.ecs.findInstances(at.site.vpcId, [...hosts]),
  ]);
  return {
    interfaces: new Map(
      interfaces.flatMap((one) => [...one.privateIps, ...one.ipv6Ips].map((ip) => [ip, one.networkInterfaceId] as const)),
    ),
    instances: new Map(instances.flatMap((one) => one.privateIps.map((ip) => [ip, one.instanceId] as const))),
  };
}

export interface Resolved {
  readonly servers: readonly Server[];
  /** Left out, told, and looked up again; by address. */
  readonly without: { readonly interfaces: readonly string[]; readonly instances: readonly string[] };
  /** Something is left out because nobody could be asked for it. */
  readonly unasked: boolean;
}

type Identity = Pick<Server, 'serverType' | 'serverId' | 'serverIp'>;

/** An empty id: it is not known. */
function identify(want: WantedServer, known: ReadonlyMap<string, string>, { interfaces, instances }: FoundIds): Identity {
  const { ip } = want;
  if (want.kind === 'instance') {
    return { serverType: 'Ecs', serverId: want.instanceId === '' ? (instances.get(ip) ?? '') : want.instanceId, serverIp: '' };
  }
  if (want.kind === 'address') return { serverType: 'Ip', serverId: ip, serverIp: ip };
  return { serverType: 'Eni', serverId: known.get(ip) ?? interfaces.get(ip) ?? '', serverIp: ip };
}

/** What is wanted, as servers of the service. */
export function resolve(work: GroupWork, found: FoundIds): Resolved {
  const known = knownInterfaces(work);
  const named = work.wanted.map((want) => ({ want, server: identify(want, known, found) }));
  const unknown = (kind: WantedServer['kind']) =>
    named.flatMap(({ want, server }) => (want.kind === kind && server.serverId === '' ? [want.ip] : []));
  const [interfaces, instances] = [unknown('interface'), unknown('instance')];
  const failed = found.failure !== undefined;
  return {
    unasked: failed && interfaces.length + instances.length > 0,
    servers: named.flatMap(({ want, server }) => (server.serverId === '' ? [] : [{ ...server, port: want.port, weight: want.weight }])),
    without: failed ? { interfaces: [], instances: [] } : { interfaces, instances },
  };
}

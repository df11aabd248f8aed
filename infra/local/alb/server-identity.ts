/** Which server is meant: type, id, address and port together name one server of a group. */
import { isIP } from 'node:net';
import type { Acting, Cloud } from './cloud.ts';
import { canonical, isIpv6 } from './network.ts';
import type { ServerGroupRecord, ServerRecord } from './records.ts';
import { refuse } from './refusals.ts';
import type { LocalInterface } from './view.ts';

/** A server as the calls name it. */
export interface ServerRequest {
  readonly ServerType: string;
  readonly ServerId: string;
  readonly ServerIp?: string;
  readonly Port?: number;
  readonly Weight?: number;
  readonly Description?: string;
  readonly RemoteIpEnabled?: boolean;
}

/** The types of servers that each type of group takes. */
const fitting: Readonly<Record<ServerGroupRecord['type'], readonly string[]>> = { Instance: ['Ecs', 'Eni', 'Eci'], Ip: ['Ip'], Fc: ['Fc'] };

/** What a server is on the network: an interface with its addresses, an instance with those of its own interface, a container group. */
function interfacesOf(cloud: Cloud, server: ServerRequest): readonly LocalInterface[] {
  const network = cloud.state.network();
  if (server.ServerType === 'Eni') return network.ofInterface(server.ServerId);
  const attached = network.ofInstance(server.ServerId);
  return server.ServerType === 'Ecs' ? attached.filter((one) => one.primary === true) : attached;
}

/** The address a server is known by: what was said, else the first of its interface; an Ip server is its own address. */
export function addressOf(cloud: Cloud, server: ServerRequest): string {
  if (server.ServerType === 'Ecs' || server.ServerType === 'Fc') return '';
  if (server.ServerIp !== undefined && server.ServerIp !== '') return canonical(server.ServerIp);
  return canonical(server.ServerType === 'Ip' ? server.ServerId : (interfacesOf(cloud, server)[0]?.privateIp ?? ''));
}

/** What a server is called; one that is called by its address has one name, however that is written. */
export const idOf = ({ ServerType, ServerId }: ServerRequest): string => (ServerType === 'Ip' ? canonical(ServerId) : ServerId);

/** One text for one server. */
export const serverKey = (cloud: Cloud, server: ServerRequest): string =>
  `${server.ServerType} ${idOf(server)} ${addressOf(cloud, server)} ${server.Port ?? 0}`;

/** As `serverKey`, of one that is there. */
export const keyOf = (server: ServerRecord): string => `${server.ServerType} ${server.ServerId} ${server.ServerIp} ${server.Port}`;

/** What quotas count as one server in several groups: its address, or its id where it has none. */
export const machineOf = (server: Pick<ServerRecord, 'ServerId' | 'ServerIp'>): string => server.ServerIp || server.ServerId;

function checkFamily(acting: Acting, group: ServerGroupRecord, address: string): void {
  if (isIpv6(address) && !group.ipv6Enabled) throw refuse(acting.action, 'Mismatch.ServerIpVersion', `${address} in ${group.id}`);
}

/** An address of its own accord: anywhere, but an address. */
function checkAddress(acting: Acting, group: ServerGroupRecord, server: ServerRequest): void {
  const { ServerId, ServerIp = '' } = server;
  if (isIP(ServerId) === 0) throw refuse(acting.action, 'IllegalParam.ServerIp', `${ServerId} is no address`);
  if (ServerIp !== '' && canonical(ServerIp) !== canonical(ServerId)) {
    throw refuse(acting.action, 'IllegalParam.ServerIp', `${ServerIp} is not ${ServerId}`);
  }
  checkFamily(acting, group, ServerId);
  if (server.RemoteIpEnabled === true && !group.shown.CrossZoneEnabled) {
    throw refuse(acting.action, 'Mismatch.CrossZoneAndRemoteIp', `${group.id} keeps to zones`);
  }
}

/** An interface, instance or container group: of the group's VPC, in use, with the address that was said. */
function checkMachine(acting: Acting, group: ServerGroupRecord, server: ServerRequest): void {
  const mine = interfacesOf(acting.cloud, server);
  const [first] = mine;
  if (first === undefined) throw refuse(acting.action, `ResourceNotFound.${server.ServerType}`, server.ServerId);
  const foreign = mine.find((one) => one.vpcId !== group.vpcId);
  if (foreign !== undefined) throw refuse(acting.action, 'Mismatch.VpcId', `${server.ServerId} is in ${foreign.vpcId}`);
  if (server.ServerType === 'Eni' && first.instanceId === '') throw refuse(acting.action, 'IncorrectStatus.Eni', server.ServerId);
  const said = server.ServerIp ?? '';
  if (said !== '' && !mine.some((one) => canonical(one.privateIp) === canonical(said))) {
    throw refuse(acting.action, 'IllegalParam.ServerIp', `${said} is no address of ${server.ServerId}`);
  }
  checkFamily(acting, group, said === '' ? first.privateIp : said);
}

/** Refuses a server that the network does not know, or that does not fit the group. */
export function checkServer(acting: Acting, group: ServerGroupRecord, server: ServerRequest): void {
  if (!fitting[group.type].includes(server.ServerType)) {
    throw refuse(acting.action, 'Mismatch.ServerType', `A group of type ${group.type} takes no ${server.ServerType}`);
  }
  if (server.RemoteIpEnabled === true && server.ServerType !== 'Ip') {
    throw refuse(acting.action, 'IllegalParam.RemoteIpEnabled', server.ServerId);
  }
  if (server.ServerType === 'Fc') return;
  if (server.Port === undefined) throw refuse(acting.action, 'MissingParam.Port', server.ServerId);
  if (server.ServerType === 'Ip') checkAddress(acting, group, server);
  else checkMachine(acting, group, server);
}

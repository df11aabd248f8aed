/** Which server is meant: type, id, address and port together name one server of a group. */
import type { Acting, Cloud } from './cloud.ts';
import type { ServerGroupRecord, ServerRecord } from './records.ts';
import { refuse } from './refusals.ts';

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

const addressesOf = (cloud: Cloud, server: ServerRequest): readonly string[] => {
  const mine = cloud.state
    .interfaces()
    .filter((one) => (server.ServerType === 'Eni' ? one.networkInterfaceId : one.instanceId) === server.ServerId);
  return mine.map((one) => one.privateIp);
};

/** The address a server is known by: what was said, else the first of its interface; an Ip server is its own address. */
export function addressOf(cloud: Cloud, server: ServerRequest): string {
  if (server.ServerType === 'Ecs' || server.ServerType === 'Fc') return '';
  if (server.ServerIp !== undefined && server.ServerIp !== '') return server.ServerIp;
  return server.ServerType === 'Ip' ? server.ServerId : (addressesOf(cloud, server)[0] ?? '');
}

/** One text for one server. */
export const serverKey = (cloud: Cloud, server: ServerRequest): string =>
  `${server.ServerType} ${server.ServerId} ${addressOf(cloud, server)} ${server.Port ?? 0}`;

/** What quotas count as one server in several groups: its address, or its id where it has none. */
export const machineOf = (server: Pick<ServerRecord, 'ServerId' | 'ServerIp'>): string => server.ServerIp || server.ServerId;

/** Refuses a server that the network does not know, or that does not fit the group. */
export function checkServer(acting: Acting, group: ServerGroupRecord, server: ServerRequest): void {
  const { cloud } = acting;
  if (!fitting[group.type].includes(server.ServerType)) {
    throw refuse(acting.action, 'Mismatch.ServerType', `A group of type ${group.type} takes no ${server.ServerType}`);
  }
  if (server.Port === undefined && server.ServerType !== 'Fc') throw refuse(acting.action, 'MissingParam.Port', server.ServerId);
  if (server.ServerType === 'Ip' || server.ServerType === 'Fc') return;
  const addresses = addressesOf(cloud, server);
  if (addresses.length === 0) throw refuse(acting.action, `ResourceNotFound.${server.ServerType}`, server.ServerId);
  if (server.ServerIp !== undefined && server.ServerIp !== '' && !addresses.includes(server.ServerIp)) {
    throw refuse(acting.action, 'IllegalParam.ServerIp', `${server.ServerIp} is no address of ${server.ServerId}`);
  }
  const foreign = cloud.state.interfaces().find((one) => addresses.includes(one.privateIp) && one.vpcId !== group.vpcId);
  if (foreign !== undefined) throw refuse(acting.action, 'Mismatch.VpcId', `${server.ServerId} is in ${foreign.vpcId}`);
}

/** Servers of a group. */
import { canonicalAddress } from '#shared/address.ts';
import { required } from '../caller.ts';
import { started } from './answers.ts';
import type { AlbClient, AnswerOf } from './client.ts';
import type { Alb, ObservedServer, Server } from './port.ts';

type Listed = NonNullable<AnswerOf<'ListServerGroupServers'>['servers']>[number];
const listing = 'ListServerGroupServers';

/** What names a server. The address is left out where there is none (Ecs): an empty one would be sent as such. */
const identityOf = (server: Server) => ({
  serverType: server.serverType,
  serverId: server.serverId,
  port: server.port,
  ...(server.serverIp === '' ? {} : { serverIp: server.serverIp }),
});

const wantedOf = (server: Server) => ({
  ...identityOf(server),
  weight: server.weight,
  ...(server.description ? { description: server.description } : {}),
});

const serverOf = (found: Listed): ObservedServer => ({
  // The service's own value; one that we do not know is kept, so that comparing finds it.
  serverType: required(found.serverType, listing, 'ServerType') as Server['serverType'],
  serverId: canonicalAddress(required(found.serverId, listing, 'ServerId')),
  serverIp: canonicalAddress(found.serverIp ?? ''),
  port: required(found.port, listing, 'Port'),
  weight: found.weight ?? 100,
  ...(found.description ? { description: found.description } : {}),
  status: required(found.status, listing, 'Status'),
});

export type ServerCalls = Pick<Alb, 'listServers' | 'addServers' | 'removeServers' | 'replaceServers' | 'updateServers'>;

export const serverCalls = (client: AlbClient): ServerCalls => ({
  listServers: async (serverGroupId) => {
    const found = await client.list(listing, { serverGroupId }, (answer) => answer.servers);
    return found.map(serverOf);
  },

  addServers: async (serverGroupId, servers, clientToken) => {
    const answer = await client.call('AddServersToServerGroup', { serverGroupId, servers: servers.map(wantedOf), clientToken });
    return started('AddServersToServerGroup', answer);
  },

  removeServers: async (serverGroupId, servers, clientToken) => {
    const answer = await client.call('RemoveServersFromServerGroup', { serverGroupId, servers: servers.map(identityOf), clientToken });
    return started('RemoveServersFromServerGroup', answer);
  },

  replaceServers: async (serverGroupId, added, removed, clientToken) => {
    const addedServers = added.map(wantedOf);
    const removedServers = removed.map(identityOf);
    const answer = await client.call('ReplaceServersInServerGroup', { serverGroupId, addedServers, removedServers, clientToken });
    return started('ReplaceServersInServerGroup', answer);
  },

  updateServers: async (serverGroupId, servers, clientToken) => {
    const answer = await client.call('UpdateServerGroupServersAttribute', { serverGroupId, servers: servers.map(wantedOf), clientToken });
    return started('UpdateServerGroupServersAttribute', answer);
  },
});

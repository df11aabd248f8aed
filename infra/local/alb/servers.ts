/** Servers of a group: Adding, Available, Configuring, Removing, each change by one job that keeps the group Configuring. */
import type { Acting, Cloud } from './cloud.ts';
import { needServerGroup, needServerGroupAtRest } from './gate.ts';
import { hasTags, isAmong, type PageParameters, pageOf, type TagFilter } from './listing.ts';
import { read, write } from './operations.ts';
import type { ServerGroupRecord, ServerRecord } from './records.ts';
import { refuse } from './refusals.ts';
import { addressOf, checkServer, type ServerRequest, serverKey } from './server-identity.ts';
import { checkServerQuotas } from './server-quotas.ts';

const keyOf = (server: ServerRecord): string => `${server.ServerType} ${server.ServerId} ${server.ServerIp} ${server.Port}`;

/** The group, if its servers may be changed now. */
function needGroup(acting: Acting, id: string): ServerGroupRecord {
  const allowed = acting.cloud.settings().creatingGroupAcceptsServers ? ['Available', 'Creating'] : ['Available'];
  return needServerGroupAtRest(acting, id, allowed);
}

function checkTwice(acting: Acting, keys: readonly string[]): void {
  if (new Set(keys).size < keys.length) throw refuse(acting.action, 'DuplicatedParam.BackendServer', 'Servers');
}

function checkAdditions(acting: Acting, group: ServerGroupRecord, added: readonly ServerRequest[], leaving: ReadonlySet<string>): void {
  const keys = added.map((server) => serverKey(acting.cloud, server));
  checkTwice(acting, keys);
  for (const server of added) checkServer(acting, group, server);
  const there = new Set(group.servers.map(keyOf).filter((key) => !leaving.has(key)));
  const double = keys.find((key) => there.has(key));
  if (double !== undefined) throw refuse(acting.action, 'Conflict.BackendServer', double);
}

/** Keys of servers that must be there. */
function needServers(acting: Acting, group: ServerGroupRecord, named: readonly ServerRequest[]): readonly string[] {
  const keys = named.map((server) => serverKey(acting.cloud, server));
  checkTwice(acting, keys);
  const there = new Set(group.servers.map(keyOf));
  const missing = keys.find((key) => !there.has(key));
  if (missing !== undefined) throw refuse(acting.action, 'ResourceNotFound.BackendServer', missing);
  return keys;
}

const newServer = (cloud: Cloud, server: ServerRequest): ServerRecord => ({
  ServerType: server.ServerType,
  ServerId: server.ServerId,
  ServerIp: addressOf(cloud, server),
  Port: server.Port ?? 0,
  Weight: server.Weight ?? 100,
  Description: server.Description ?? '',
  RemoteIpEnabled: server.RemoteIpEnabled ?? false,
  Status: 'Adding',
  weightInForce: undefined,
});

const settled = (server: ServerRecord): ServerRecord => ({ ...server, Status: 'Available', weightInForce: server.Weight });

/** One change of the servers of a group: what it looks like at once, and how each server ends (`undefined`: gone). */
function changeServers(
  acting: Acting,
  group: ServerGroupRecord,
  change: { readonly now: readonly ServerRecord[]; readonly end: (server: ServerRecord) => ServerRecord | undefined },
) {
  const { cloud } = acting;
  cloud.state.serverGroups.put({ ...group, status: 'Configuring', servers: change.now });
  const end = (servers: (record: ServerGroupRecord) => readonly ServerRecord[]) => () =>
    cloud.state.serverGroups.change(group.id, (record) => ({
      ...record,
      status: 'Available',
      inForce: record.shown,
      servers: servers(record),
    }));
  const JobId = cloud.jobs.start({
    apiName: acting.action,
    operateType: 'Update',
    resourceType: 'servergroup',
    resourceId: group.id,
    takesMs: cloud.settings().times.serversMs,
    failWith: acting.failJobWith,
    done: end((record) => record.servers.map(change.end).filter((server) => server !== undefined)),
    undone: end(() => group.servers),
  });
  return { JobId };
}

interface Named {
  readonly ServerGroupId: string;
  readonly Servers: readonly ServerRequest[];
}

function add({ ServerGroupId, Servers }: Named, acting: Acting) {
  const group = needGroup(acting, ServerGroupId);
  checkAdditions(acting, group, Servers, new Set());
  const now = [...group.servers, ...Servers.map((server) => newServer(acting.cloud, server))];
  checkServerQuotas(acting, group, now);
  return () => changeServers(acting, group, { now, end: (server) => (server.Status === 'Adding' ? settled(server) : server) });
}

function remove({ ServerGroupId, Servers }: Named, acting: Acting) {
  const group = needGroup(acting, ServerGroupId);
  const leaving = new Set(needServers(acting, group, Servers));
  const now = group.servers.map((server) => (leaving.has(keyOf(server)) ? { ...server, Status: 'Removing' } : server));
  return () => changeServers(acting, group, { now, end: (server) => (leaving.has(keyOf(server)) ? undefined : server) });
}

interface Replacement {
  readonly ServerGroupId: string;
  readonly AddedServers: readonly ServerRequest[];
  readonly RemovedServers: readonly ServerRequest[];
}

/** The old ones serve until the new ones do: both lists take effect in the same instant. */
function replace({ ServerGroupId, AddedServers, RemovedServers }: Replacement, acting: Acting) {
  const group = needGroup(acting, ServerGroupId);
  if (group.type === 'Fc') throw refuse(acting.action, 'Mismatch.ServerType', `${group.id} is a group of functions`);
  const leaving = new Set(needServers(acting, group, RemovedServers));
  checkAdditions(acting, group, AddedServers, leaving);
  const staying = group.servers.filter((server) => !leaving.has(keyOf(server)));
  const arriving = AddedServers.map((server) => newServer(acting.cloud, server));
  checkServerQuotas(acting, group, [...staying, ...arriving]);
  const goingNow = group.servers.filter((server) => leaving.has(keyOf(server))).map((server) => ({ ...server, Status: 'Replacing' }));
  return () =>
    changeServers(acting, group, {
      now: [...staying, ...goingNow, ...arriving],
      end: (server) => (server.Status === 'Replacing' ? undefined : server.Status === 'Adding' ? settled(server) : server),
    });
}

function update({ ServerGroupId, Servers }: Named, acting: Acting) {
  const group = needGroup(acting, ServerGroupId);
  needServers(acting, group, Servers);
  const wanted = new Map(Servers.map((server) => [serverKey(acting.cloud, server), server]));
  const now = group.servers.map((server) => {
    const change = wanted.get(keyOf(server));
    if (change === undefined) return server;
    return {
      ...server,
      Status: 'Configuring',
      Weight: change.Weight ?? server.Weight,
      Description: change.Description ?? server.Description,
    };
  });
  return () => changeServers(acting, group, { now, end: (server) => (server.Status === 'Configuring' ? settled(server) : server) });
}

/** A server as ListServerGroupServers answers it. */
export const showServer = ({ weightInForce: _, ...server }: ServerRecord, serverGroupId: string): Readonly<Record<string, unknown>> => ({
  ...server,
  ServerGroupId: serverGroupId,
});

interface ListRequest extends PageParameters {
  readonly ServerGroupId?: string;
  readonly ServerIds?: readonly string[];
  /** Tags of the groups: servers have none. */
  readonly Tag?: readonly TagFilter[];
}

function list(parameters: ListRequest, acting: Acting) {
  const { state, settings } = acting.cloud;
  if ((parameters.MaxResults ?? 0) > settings().maxResultsServers) {
    throw refuse(acting.action, 'IllegalParam.MaxResults', `At most ${settings().maxResultsServers}`);
  }
  const groups = parameters.ServerGroupId === undefined ? state.serverGroups.all() : [needServerGroup(acting, parameters.ServerGroupId)];
  const servers = groups
    .filter((group) => hasTags(group.tags, parameters.Tag))
    .flatMap((group) => group.servers.map((server) => ({ server, group: group.id })))
    .filter(({ server }) => isAmong(parameters.ServerIds, server.ServerId))
    .map((one, index) => ({ ...one, seq: index + 1 }));
  return pageOf('Servers', servers, parameters, ({ server, group }) => showServer(server, group));
}

/** Actions on servers. */
export const serverOperations = [
  write('AddServersToServerGroup', add),
  write('RemoveServersFromServerGroup', remove),
  write('ReplaceServersInServerGroup', replace),
  write('UpdateServerGroupServersAttribute', update),
  read('ListServerGroupServers', list),
];

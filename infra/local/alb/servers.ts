/** Servers of a group: Adding, Available, Configuring, Replacing, Removing, each change by one job. */
import type { Acting, Cloud } from './cloud.ts';
import { isNew, needServerGroup, needServerGroupAtRest } from './gate.ts';
import { hasTags, isAmong, type PageParameters, pageOf, type TagFilter } from './listing.ts';
import { read, write } from './operations.ts';
import type { ServerGroupRecord, ServerRecord } from './records.ts';
import { refuse } from './refusals.ts';
import { addressOf, checkServer, idOf, keyOf, type ServerRequest, serverKey } from './server-identity.ts';
import { changeServers, departed, registered } from './server-jobs.ts';
import { checkServerQuotas } from './server-quotas.ts';
import { drainingServers, listedServers, registeredServers } from './servers-now.ts';

/** The group, if its servers may be changed now. */
function needGroup(acting: Acting, id: string): ServerGroupRecord {
  const group = needServerGroup(acting, id);
  if (isNew(group) && acting.cloud.settings().creatingGroupAcceptsServers) return group;
  return needServerGroupAtRest(acting, id);
}

function checkTwice(acting: Acting, keys: readonly string[]): void {
  if (new Set(keys).size < keys.length) throw refuse(acting.action, 'DuplicatedParam.BackendServer', 'Servers');
}

/** How one is refused that still drains, by the switch. */
const codesOfReturn = { conflict: 'Conflict.BackendServer', configuring: 'ResourceInConfiguring' } as const;

function checkReturn(acting: Acting, group: ServerGroupRecord, keys: readonly string[]): void {
  const { readdedServers } = acting.cloud.settings();
  if (readdedServers === 'accepted') return;
  const draining = new Set(drainingServers(acting.cloud, group).map(keyOf));
  const back = keys.find((key) => draining.has(key));
  if (back !== undefined) throw refuse(acting.action, codesOfReturn[readdedServers], `${back} still drains`);
}

const placeOf = ({ ServerIp, Port }: Pick<ServerRecord, 'ServerIp' | 'Port'>): string => `${ServerIp} ${Port}`;

/** Refuses an address and port that stands in the group, or in the call, under another name. */
function checkPlaces(acting: Acting, staying: readonly ServerRecord[], arriving: readonly ServerRecord[]): void {
  if (acting.cloud.settings().addressUnderTwoNames === 'accepted') return;
  const taken = new Set(staying.map(placeOf));
  for (const server of arriving.filter((one) => one.ServerIp !== '')) {
    if (taken.has(placeOf(server))) throw refuse(acting.action, 'ResourceInUse.IP', placeOf(server));
    taken.add(placeOf(server));
  }
}

/** New records of servers that may join those which stay. */
function admitted(
  acting: Acting,
  group: ServerGroupRecord,
  added: readonly ServerRequest[],
  staying: readonly ServerRecord[],
): readonly ServerRecord[] {
  const keys = added.map((server) => serverKey(acting.cloud, server));
  checkTwice(acting, keys);
  for (const server of added) checkServer(acting, group, server);
  const there = new Set(staying.map(keyOf));
  const double = keys.find((key) => there.has(key));
  if (double !== undefined) throw refuse(acting.action, 'Conflict.BackendServer', double);
  checkReturn(acting, group, keys);
  const arriving = added.map((server) => newServer(acting.cloud, server));
  checkPlaces(acting, staying, arriving);
  checkServerQuotas(acting, group, { staying, arriving });
  return arriving;
}

/** Keys of servers that must be there. One that is leaving already cannot be named once more. */
function needServers(acting: Acting, group: ServerGroupRecord, named: readonly ServerRequest[]): readonly string[] {
  const keys = named.map((server) => serverKey(acting.cloud, server));
  checkTwice(acting, keys);
  const there = new Set(registeredServers(group).map(keyOf));
  const draining = new Set(listedServers(acting.cloud, group).map(keyOf));
  for (const key of keys.filter((one) => !there.has(one))) {
    if (draining.has(key)) throw refuse(acting.action, 'ResourceInConfiguring.BackendServer', key);
    throw refuse(acting.action, 'ResourceNotFound.BackendServer', key);
  }
  return keys;
}

const newServer = (cloud: Cloud, server: ServerRequest): ServerRecord => ({
  seq: cloud.state.nextSeq(),
  ServerType: server.ServerType,
  ServerId: idOf(server),
  ServerIp: addressOf(cloud, server),
  Port: server.Port ?? 0,
  Weight: server.Weight ?? 100,
  Description: server.Description ?? '',
  RemoteIpEnabled: server.RemoteIpEnabled ?? false,
  Status: 'Adding',
  weightInForce: undefined,
});

/** Those that drain still, but for the ones that come back. */
function stillDraining(cloud: Cloud, group: ServerGroupRecord, arriving: readonly ServerRecord[]): readonly ServerRecord[] {
  const back = new Set(arriving.map(keyOf));
  return drainingServers(cloud, group).filter((server) => !back.has(keyOf(server)));
}

interface Named {
  readonly ServerGroupId: string;
  readonly Servers: readonly ServerRequest[];
}

function add({ ServerGroupId, Servers }: Named, acting: Acting) {
  const group = needGroup(acting, ServerGroupId);
  const staying = registeredServers(group);
  const arriving = admitted(acting, group, Servers, staying);
  const now = [...staying, ...stillDraining(acting.cloud, group, arriving), ...arriving];
  return () => changeServers(acting, group, { now, about: arriving.map(keyOf), end: (server) => registered(acting, server) });
}

function remove({ ServerGroupId, Servers }: Named, acting: Acting) {
  const group = needGroup(acting, ServerGroupId);
  const about = needServers(acting, group, Servers);
  const leaving = new Set(about);
  const now = registeredServers(group).map((server) => (leaving.has(keyOf(server)) ? { ...server, Status: 'Removing' } : server));
  const draining = drainingServers(acting.cloud, group);
  return () => changeServers(acting, group, { now: [...now, ...draining], about, end: (server) => departed(acting, group, server) });
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
  const staying = registeredServers(group).filter((server) => !leaving.has(keyOf(server)));
  const leavers = new Map(
    registeredServers(group).flatMap((server) => (leaving.has(keyOf(server)) ? [[keyOf(server), server] as const] : [])),
  );
  // One that is named on both sides serves as before until it is what it is to be.
  const arriving = admitted(acting, group, AddedServers, staying).map((server) => ({
    ...server,
    weightInForce: leavers.get(keyOf(server))?.weightInForce,
  }));
  for (const server of arriving) leavers.delete(keyOf(server));
  const going = [...leavers.values()].map((server) => ({ ...server, Status: 'Replacing' }));
  return () =>
    changeServers(acting, group, {
      now: [...staying, ...going, ...stillDraining(acting.cloud, group, arriving), ...arriving],
      about: [...arriving.map(keyOf), ...going.map(keyOf)],
      end: (server) => (server.Status === 'Replacing' ? departed(acting, group, server) : registered(acting, server)),
    });
}

function update({ ServerGroupId, Servers }: Named, acting: Acting) {
  const group = needGroup(acting, ServerGroupId);
  const about = needServers(acting, group, Servers);
  const wanted = new Map(Servers.map((server, index) => [about[index], server]));
  const now = group.servers.map((server) => {
    const change = server.drainsUntil === undefined ? wanted.get(keyOf(server)) : undefined;
    if (change === undefined) return server;
    return {
      ...server,
      Status: 'Configuring',
      Weight: change.Weight ?? server.Weight,
      Description: change.Description ?? server.Description,
    };
  });
  return () => changeServers(acting, group, { now, about, end: (server) => registered(acting, server) });
}

/** A server as ListServerGroupServers answers it. */
export const showServer = (server: ServerRecord, serverGroupId: string): Readonly<Record<string, unknown>> => {
  const { seq: _seq, weightInForce: _weight, inForceSince: _since, drainsUntil: _until, ...told } = server;
  return { ...told, ServerGroupId: serverGroupId };
};

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
    .flatMap((group) => listedServers(acting.cloud, group).map((server) => ({ server, group: group.id, seq: server.seq })))
    .filter(({ server }) => isAmong(parameters.ServerIds, server.ServerId));
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

/** Server groups and their servers. */

import type { AlbAction } from '#shared/cloud/alb/actions.ts';
import { canonicalFeatures } from '#shared/cloud/alb/group-features.ts';
import type { HealthCheckSettings, Server, ServerGroup, ServerGroupSettings } from '#shared/cloud/alb/port.ts';
import type { ServerGroupCalls } from '#shared/cloud/alb/server-groups.ts';
import type { ServerCalls } from '#shared/cloud/alb/servers.ts';
import { checkBatch, checkRange, checkStatus, checkTags, found, hasTags } from './checks.ts';
import { type FakeCore, refuse } from './core.ts';
import { type FakeState, type HeldGroup, type HeldServer, references } from './state.ts';

const isGroup = 'ServerGroup';

function checkHealth(action: AlbAction, health: HealthCheckSettings): void {
  checkRange(action, 'HealthCheckInterval', health.healthCheckInterval, 1, 50);
  checkRange(action, 'HealthCheckTimeout', health.healthCheckTimeout, 1, 300);
  checkRange(action, 'HealthCheckConnectPort', health.healthCheckConnectPort, 0, 65_535);
  checkRange(action, 'HealthyThreshold', health.healthyThreshold, 2, 10);
  checkRange(action, 'UnhealthyThreshold', health.unhealthyThreshold, 2, 10);
  if (health.healthCheckPath.length < 1 || health.healthCheckPath.length > 80) refuse(action, 'IllegalParam.HealthCheckPath');
}

function checkSettings(action: AlbAction, settings: ServerGroupSettings): void {
  if (!/^[A-Za-z\u4e00-\u9fa5][\w.-]{1,127}$/.test(settings.serverGroupName)) refuse(action, 'IllegalParam.ServerGroupName');
  checkHealth(action, settings.healthCheckConfig);
  if (settings.slowStartConfig.slowStartEnabled && settings.scheduler !== 'Wrr') refuse(action, 'UnsupportedFeature.SlowStart');
}

/** As read: what means nothing has the defaults, and what was never said is off. */
const canonical = ({ uchConfig, ...settings }: ServerGroupSettings, former?: ServerGroupSettings): ServerGroupSettings => ({
  upstreamKeepaliveEnabled: former?.upstreamKeepaliveEnabled ?? false,
  ...settings,
  ...canonicalFeatures(settings),
  ...(settings.scheduler === 'Uch' && uchConfig !== undefined ? { uchConfig } : {}),
});

const seen = ({ servers, ...group }: HeldGroup): ServerGroup => ({ ...group, serverCount: servers.length });

export const fakeGroups = (core: FakeCore, state: FakeState): ServerGroupCalls => ({
  findServerGroups: (tags) =>
    core.list('ListServerGroups', { tags }, () => [...state.groups.values()].filter((one) => hasTags(one.tags, tags)).map(seen)),

  getServerGroups: async (ids) => {
    const groups: ServerGroup[] = [];
    for (let from = 0; from < ids.length; from += 20) {
      const batch = ids.slice(from, from + 20);
      const page = () => batch.flatMap((id) => [state.groups.get(id)].flatMap((one) => (one ? [seen(one)] : [])));
      groups.push(...(await core.read('ListServerGroups', { serverGroupIds: batch }, page)));
    }
    return groups;
  },

  createServerGroup: ({ clientToken, ...request }) =>
    core.write('CreateServerGroup', request, clientToken, () => {
      checkTags('CreateServerGroup', request.tags);
      checkSettings('CreateServerGroup', request.settings);
      if (request.fixed.vpcId !== state.settings.vpcId) refuse('CreateServerGroup', 'ResourceNotFound.Vpc', '', 404);
      const serverGroupId = core.id('sgp');
      const { fixed, tags } = request;
      const held = { serverGroupId, fixed, tags, settings: canonical(request.settings), status: '', serverCount: 0, servers: [] };
      state.groups.set(serverGroupId, held);
      core.change(held, 'Creating', 'Available');
      return { serverGroupId, ...core.job('servergroup', serverGroupId) };
    }),

  updateServerGroup: (serverGroupId, settings, clientToken) =>
    core.write('UpdateServerGroupAttribute', { serverGroupId, settings }, clientToken, () => {
      const held = found('UpdateServerGroupAttribute', isGroup, state.groups.get(serverGroupId));
      checkStatus('UpdateServerGroupAttribute', isGroup, held, 'Available');
      checkSettings('UpdateServerGroupAttribute', settings);
      held.settings = canonical(settings, held.settings);
      core.change(held, 'Configuring', 'Available');
      return core.job('servergroup', serverGroupId);
    }),

  deleteServerGroup: (serverGroupId, clientToken) =>
    core.write('DeleteServerGroup', { serverGroupId }, clientToken, () => {
      const held = state.groups.get(serverGroupId);
      if (held === undefined) return undefined;
      checkStatus('DeleteServerGroup', isGroup, held, 'Available');
      if (references(state, serverGroupId) > 0) refuse('DeleteServerGroup', 'ResourceInUse.ServerGroup');
      core.change(held, 'Deleting', 'Deleted', () => state.groups.delete(serverGroupId));
      return core.job('servergroup', serverGroupId);
    }),
});

const identity = (server: Server): string => [server.serverType, server.serverId, server.serverIp, server.port].join(' ');

class FakeServers {
  private readonly core: FakeCore;
  private readonly state: FakeState;
  private readonly action: AlbAction;
  private readonly group: HeldGroup;

  constructor(core: FakeCore, state: FakeState, action: AlbAction, serverGroupId: string) {
    this.core = core;
    this.state = state;
    this.action = action;
    this.group = found(action, isGroup, state.groups.get(serverGroupId));
    checkStatus(action, isGroup, this.group, 'Available');
  }

  checkAdded(servers: readonly Server[], parameter: string): void {
    checkBatch(this.action, parameter, servers);
    const there = new Set(this.group.servers.map(identity));
    const asked = new Set<string>();
    for (const server of servers) {
      checkRange(this.action, 'Port', server.port, 1, 65_535);
      checkRange(this.action, 'Weight', server.weight, 0, 100);
      if (there.has(identity(server))) refuse(this.action, 'Conflict.BackendServer', identity(server));
      if (asked.has(identity(server))) refuse(this.action, 'DuplicatedParam.BackendServer', identity(server));
      asked.add(identity(server));
    }
    const total = this.group.servers.length + servers.length;
    if (total > this.state.settings.quota.serversPerGroup) refuse(this.action, 'QuotaExceeded.ServersNum');
  }

  checkThere(servers: readonly Server[], parameter: string): readonly HeldServer[] {
    checkBatch(this.action, parameter, servers);
    const there = new Map(this.group.servers.map((one) => [identity(one), one]));
    return servers.map((server) => found(this.action, 'BackendServer', there.get(identity(server))));
  }

  add(servers: readonly Server[]): void {
    for (const server of servers) {
      const held: HeldServer = { ...server, status: 'Adding' };
      this.group.servers.push(held);
      this.core.change(held, 'Adding', 'Available');
    }
  }

  remove(servers: readonly HeldServer[]): void {
    for (const server of servers) {
      this.core.change(server, 'Removing', 'Removed', () => {
        this.group.servers = this.group.servers.filter((one) => one !== server);
      });
    }
  }

  update(servers: readonly Server[], held: readonly HeldServer[]): void {
    held.forEach((one, index) => {
      const wanted = servers[index];
      if (wanted === undefined) return;
      checkRange(this.action, 'Weight', wanted.weight, 0, 100);
      one.weight = wanted.weight;
      if (wanted.description !== undefined) one.description = wanted.description;
      this.core.change(one, 'Configuring', 'Available');
    });
  }

  done(): { readonly jobId: string } {
    this.core.change(this.group, 'Configuring', 'Available');
    return this.core.job('servergroup', this.group.serverGroupId);
  }
}

export const fakeServers = (core: FakeCore, state: FakeState): ServerCalls => ({
  listServers: (serverGroupId) =>
    core.list('ListServerGroupServers', { serverGroupId }, () => {
      return found('ListServerGroupServers', isGroup, state.groups.get(serverGroupId)).servers;
    }),

  addServers: (serverGroupId, servers, clientToken) =>
    core.write('AddServersToServerGroup', { serverGroupId, servers }, clientToken, () => {
      const group = new FakeServers(core, state, 'AddServersToServerGroup', serverGroupId);
      group.checkAdded(servers, 'Servers');
      group.add(servers);
      return group.done();
    }),

  removeServers: (serverGroupId, servers, clientToken) =>
    core.write('RemoveServersFromServerGroup', { serverGroupId, servers }, clientToken, () => {
      const group = new FakeServers(core, state, 'RemoveServersFromServerGroup', serverGroupId);
      group.remove(group.checkThere(servers, 'Servers'));
      return group.done();
    }),

  replaceServers: (serverGroupId, added, removed, clientToken) =>
    core.write('ReplaceServersInServerGroup', { serverGroupId, added, removed }, clientToken, () => {
      const group = new FakeServers(core, state, 'ReplaceServersInServerGroup', serverGroupId);
      group.checkAdded(added, 'AddedServers');
      const there = group.checkThere(removed, 'RemovedServers');
      group.add(added);
      group.remove(there);
      return group.done();
    }),

  updateServers: (serverGroupId, servers, clientToken) =>
    core.write('UpdateServerGroupServersAttribute', { serverGroupId, servers }, clientToken, () => {
      const group = new FakeServers(core, state, 'UpdateServerGroupServersAttribute', serverGroupId);
      group.update(servers, group.checkThere(servers, 'Servers'));
      return group.done();
    }),
});

/** Server groups and their settings; their servers are in `servers.ts`. */
import { required } from '../caller.ts';
import { fromTags, inBatches, protocolName, started, toTags, unlessGone } from './answers.ts';
import type { AlbClient, AnswerOf } from './client.ts';
import { connectionDrainDefaults, healthCheckDefaults, slowStartDefaults, stickySessionDefaults } from './defaults.ts';
import { canonicalFeatures, meaningful } from './group-features.ts';
import type { Alb, HealthCheckSettings, ServerGroup, ServerGroupKind, ServerGroupSettings } from './port.ts';

type Listed = NonNullable<AnswerOf<'ListServerGroups'>['serverGroups']>[number];

/** The members that the answer sets, over the defaults; strangers are left out. */
function over<T extends object>(defaults: T, found: object | undefined): T {
  const set = Object.keys(defaults).flatMap((name) => {
    const value = (found as Readonly<Record<string, unknown>> | undefined)?.[name];
    return value === undefined || value === null ? [] : [[name, value]];
  });
  return { ...defaults, ...Object.fromEntries(set) }; // the service's own values; one that we do not know is kept, so that comparing finds it
}

/** The features that have a switch, with the service's defaults where it is silent. */
function featuresOf(found: Listed) {
  const healthCheck = over(healthCheckDefaults, found.healthCheckConfig);
  const healthCheckProtocol = protocolName(healthCheck.healthCheckProtocol) as HealthCheckSettings['healthCheckProtocol'];
  return canonicalFeatures({
    healthCheckConfig: { ...healthCheck, healthCheckProtocol },
    stickySessionConfig: over(stickySessionDefaults, found.stickySessionConfig),
    connectionDrainConfig: over(connectionDrainDefaults, found.connectionDrainConfig),
    slowStartConfig: over(slowStartDefaults, found.slowStartConfig),
  });
}

const serverGroupOf = (found: Listed): ServerGroup => ({
  serverGroupId: required(found.serverGroupId, 'ListServerGroups', 'ServerGroupId'),
  settings: {
    serverGroupName: found.serverGroupName ?? '',
    serviceName: found.serviceName ?? '',
    scheduler: (found.scheduler ?? 'Wrr') as ServerGroupSettings['scheduler'],
    ...(found.scheduler === 'Uch' && found.uchConfig?.value ? { uchConfig: { type: 'QueryString', value: found.uchConfig.value } } : {}),
    ...featuresOf(found),
    crossZoneEnabled: found.crossZoneEnabled ?? true,
    upstreamKeepaliveEnabled: found.upstreamKeepaliveEnabled ?? false,
  },
  fixed: {
    serverGroupType: (found.serverGroupType ?? 'Instance') as ServerGroupKind['serverGroupType'],
    protocol: protocolName(found.protocol ?? 'HTTP') as ServerGroupKind['protocol'],
    vpcId: found.vpcId ?? '',
    ...(found.ipv6Enabled === true ? { ipv6Enabled: true } : {}),
    ...(found.resourceGroupId ? { resourceGroupId: found.resourceGroupId } : {}),
  },
  status: required(found.serverGroupStatus, 'ListServerGroups', 'ServerGroupStatus'),
  serverCount: found.serverCount ?? 0,
  tags: fromTags(found.tags),
});

/** Absent members are not sent, and neither is an empty text: the API takes 1 character at least. */
const settingsFor = ({ serviceName, uchConfig, ...settings }: ServerGroupSettings) => ({
  ...settings,
  ...meaningful(settings),
  ...(settings.scheduler === 'Uch' && uchConfig !== undefined ? { uchConfig } : {}),
  ...(serviceName === '' ? {} : { serviceName }),
});

export type ServerGroupCalls = Pick<
  Alb,
  'findServerGroups' | 'getServerGroups' | 'createServerGroup' | 'updateServerGroup' | 'deleteServerGroup'
>;

export const serverGroupCalls = (client: AlbClient): ServerGroupCalls => ({
  findServerGroups: async (tags) => {
    const found = await client.list('ListServerGroups', { tag: toTags(tags) }, (answer) => answer.serverGroups);
    return found.map(serverGroupOf);
  },

  getServerGroups: async (serverGroupIds) => {
    const groups: ServerGroup[] = [];
    for (const ids of inBatches('ListServerGroups', serverGroupIds)) {
      const found = await client.list('ListServerGroups', { serverGroupIds: ids }, (answer) => answer.serverGroups);
      groups.push(...found.map(serverGroupOf));
    }
    return groups;
  },

  createServerGroup: async ({ settings, fixed, tags, clientToken }) => {
    const answer = await client.call('CreateServerGroup', { ...settingsFor(settings), ...fixed, tag: toTags(tags), clientToken });
    return {
      serverGroupId: required(answer.serverGroupId, 'CreateServerGroup', 'ServerGroupId'),
      ...started('CreateServerGroup', answer),
    };
  },

  updateServerGroup: async (serverGroupId, settings, clientToken) => {
    const answer = await client.call('UpdateServerGroupAttribute', { serverGroupId, ...settingsFor(settings), clientToken });
    return started('UpdateServerGroupAttribute', answer);
  },

  deleteServerGroup: async (serverGroupId, clientToken) => {
    const answer = await unlessGone(client.call('DeleteServerGroup', { serverGroupId, clientToken }));
    return answer === undefined ? undefined : started('DeleteServerGroup', answer);
  },
});

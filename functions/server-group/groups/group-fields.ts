/** What of a server group is compared with what is wanted: settings, which can be changed, and its kind, which cannot. */
import type { ServerGroup, ServerGroupKind } from '#shared/cloud/alb/port.ts';
import { changedFields, type Field, ifWanted, scalar } from '#shared/plan/fields.ts';

type Settings = ServerGroup['settings'];

const settingFields: readonly Field<Settings>[] = [
  scalar('serverGroupName'),
  scalar('serviceName'),
  scalar('scheduler'),
  scalar('uchConfig'),
  scalar('healthCheckConfig'),
  scalar('stickySessionConfig'),
  scalar('connectionDrainConfig'),
  scalar('slowStartConfig'),
  scalar('crossZoneEnabled'),
  // Newer than the groups of some users: who says nothing keeps what his group has.
  ifWanted('upstreamKeepaliveEnabled'),
];

/** The resource group is not among them: who moved a group to another one had his reasons, and no request goes elsewhere for it. */
const kindFields: readonly Field<ServerGroupKind>[] = [
  scalar('serverGroupType'),
  scalar('protocol'),
  scalar('vpcId'),
  scalar('ipv6Enabled'),
];

/** Names of settings that differ. */
export const changedSettings = (want: Settings, have: Settings): readonly string[] => changedFields(settingFields, want, have);

/** Names of what differs and cannot be changed. */
export const changedKind = (want: ServerGroupKind, have: ServerGroupKind): readonly string[] => changedFields(kindFields, want, have);

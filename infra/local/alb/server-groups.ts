/** Server groups: they belong to the account, not to a load balancer, and their names are not unique. */
import { type Acting, type Cloud, isoSeconds } from './cloud.ts';
import { needServerGroupAtRest } from './gate.ts';
import { checkEdition, checkSettings } from './group-checks.ts';
import { changedAttributes, type GroupRequest, isChecked, newAttributes } from './group-settings.ts';
import { newId } from './ids.ts';
import { hasTags, isAmong, isEqual, type PageParameters, pageOf, type TagFilter } from './listing.ts';
import { keptTags } from './load-balancers.ts';
import { read, write } from './operations.ts';
import type { ServerGroupAttributes, ServerGroupRecord, ServerRecord } from './records.ts';
import { isInUse, referencesTo } from './references.ts';
import { refuse } from './refusals.ts';
import { listedServers } from './servers-now.ts';

interface CreateRequest extends GroupRequest {
  readonly ServerGroupName: string;
  readonly ServerGroupType?: ServerGroupRecord['type'];
  readonly Protocol?: 'HTTP' | 'HTTPS' | 'gRPC' | 'GRPC';
  readonly VpcId?: string;
  readonly Ipv6Enabled?: boolean;
  readonly ResourceGroupId?: string;
  readonly Tag?: readonly { readonly Key: string; readonly Value?: string }[];
}

/** Refuses what the account does not have: the VPC, IPv6 in it, the resource group. */
function checkPlace(acting: Acting, type: ServerGroupRecord['type'], parameters: CreateRequest): void {
  const { action, cloud } = acting;
  const { vpcIpv6, resourceGroups } = cloud.settings();
  if (type !== 'Fc' && parameters.VpcId === undefined) throw refuse(action, 'MissingParam.VpcId', `A group of type ${type}`);
  if (type !== 'Fc' && !cloud.state.vSwitches.some((one) => one.VpcId === parameters.VpcId)) {
    throw refuse(action, 'ResourceNotFound.Vpc', parameters.VpcId ?? '');
  }
  if (parameters.Ipv6Enabled === true && !vpcIpv6) throw refuse(action, 'OperationDenied.VpcNotSupportIpv6', parameters.VpcId ?? '');
  const resourceGroup = parameters.ResourceGroupId;
  if (resourceGroup !== undefined && resourceGroups?.includes(resourceGroup) === false) {
    throw refuse(action, 'ResourceNotFound.ResourceGroup', resourceGroup);
  }
}

function create(parameters: CreateRequest, acting: Acting) {
  const { cloud } = acting;
  const type = parameters.ServerGroupType ?? 'Instance';
  checkPlace(acting, type, parameters);
  const limit = cloud.settings().quotas.serverGroups;
  if (cloud.state.serverGroups.all().length >= limit)
    throw refuse(acting.action, 'QuotaExceeded.ServerGroupsNum', `${limit} groups are allowed`);
  const shown = newAttributes(parameters);
  checkSettings(acting, { type, shown, servers: [] });
  return () => {
    const id = newId('sgp');
    cloud.state.serverGroups.put({
      id,
      seq: cloud.state.nextSeq(),
      createdAt: cloud.clock.now(),
      status: cloud.settings().newGroupStatus,
      tags: keptTags(parameters.Tag),
      type,
      protocol: protocolOf(parameters.Protocol),
      vpcId: type === 'Fc' ? '' : (parameters.VpcId ?? ''),
      ipv6Enabled: parameters.Ipv6Enabled ?? false,
      resourceGroupId: parameters.ResourceGroupId ?? 'rg-default',
      shown,
      inForce: undefined,
      servers: [],
    });
    const JobId = startJob(acting, id, {
      operateType: 'Create',
      takesMs: cloud.settings().times.serverGroupMs,
      done: () => cloud.state.serverGroups.change(id, (one) => ({ ...one, status: statusWith(one.servers), inForce: shown })),
      undone: () => cloud.state.serverGroups.remove(id),
    });
    return { ServerGroupId: id, JobId };
  };
}

/** A group that took servers while it was being created is not at rest before they are in. */
const statusWith = (servers: readonly ServerRecord[]): string =>
  servers.every((server) => server.Status === 'Available' || server.drainsUntil !== undefined) ? 'Available' : 'Configuring';

/** gRPC is given as `gRPC` and answered as `GRPC`. */
const protocolOf = (wanted: CreateRequest['Protocol']): ServerGroupRecord['protocol'] =>
  wanted === 'gRPC' || wanted === 'GRPC' ? 'GRPC' : (wanted ?? 'HTTP');

/** Starts asynchronous work on a group. */
const startJob = (
  acting: Acting,
  resourceId: string,
  work: {
    readonly operateType: 'Create' | 'Update' | 'Delete';
    readonly takesMs: number;
    readonly done: () => void;
    readonly undone: () => void;
  },
): string =>
  acting.cloud.jobs.start({ apiName: acting.action, resourceType: 'servergroup', resourceId, failWith: acting.failJobWith, ...work });

function checkKeepalive({ action, cloud }: Acting, record: ServerGroupRecord, { UpstreamKeepaliveEnabled: wanted }: GroupRequest): void {
  if (wanted === undefined || wanted !== record.shown.UpstreamKeepaliveEnabled) return;
  if (cloud.settings().keepaliveRestated === 'accepted') return;
  throw refuse(action, `OperationDenied.UpstreamKeepalive${wanted ? 'Enabled' : 'Disabled'}`, record.id);
}

/** A group in use can get no setting that a load balancer in front of it does not serve. */
function checkEditions(acting: Acting, group: ServerGroupRecord): void {
  const holders = referencesTo(acting.cloud, group.id);
  for (const id of new Set(holders.map((one) => one.loadBalancerId))) {
    const loadBalancer = acting.cloud.state.loadBalancers.get(id);
    if (loadBalancer !== undefined) checkEdition(acting, group, loadBalancer);
  }
}

/** Since when servers that served unchecked are checked. */
const checkedSince = (acting: Acting, before: ServerGroupRecord, now: ServerGroupAttributes) => {
  if (!isChecked(now)) return {};
  if (!isChecked(before.shown)) return { checkedSince: acting.cloud.clock.now() };
  return before.checkedSince === undefined ? {} : { checkedSince: before.checkedSince };
};

function update(parameters: GroupRequest & { readonly ServerGroupId: string }, acting: Acting) {
  const { cloud } = acting;
  const record = needServerGroupAtRest(acting, parameters.ServerGroupId);
  checkKeepalive(acting, record, parameters);
  const shown = changedAttributes(record.shown, parameters);
  checkSettings(acting, { ...record, shown });
  checkEditions(acting, { ...record, shown });
  return () => {
    cloud.state.serverGroups.put({ ...record, status: 'Configuring', shown });
    const settle = (attributes: ServerGroupAttributes) => () =>
      cloud.state.serverGroups.change(record.id, ({ checkedSince: _, ...one }) => ({
        ...one,
        ...checkedSince(acting, record, attributes),
        status: 'Available',
        shown: attributes,
        inForce: attributes,
      }));
    const JobId = startJob(acting, record.id, {
      operateType: 'Update',
      takesMs: cloud.settings().times.serverGroupMs,
      done: settle(shown),
      undone: settle(record.shown),
    });
    return { JobId };
  };
}

function remove({ ServerGroupId }: { readonly ServerGroupId: string }, acting: Acting) {
  const { cloud } = acting;
  const record = needServerGroupAtRest(acting, ServerGroupId);
  if (isInUse(cloud, record.id)) throw refuse(acting.action, 'ResourceInUse.ServerGroup', record.id);
  return () => {
    cloud.state.serverGroups.put({ ...record, status: 'Deleting' });
    const JobId = startJob(acting, record.id, {
      operateType: 'Delete',
      takesMs: cloud.settings().times.deleteMs,
      done: () => {
        cloud.state.serverGroups.remove(record.id);
        cloud.state.lingering.delete(record.id);
      },
      undone: () => cloud.state.serverGroups.change(record.id, (one) => ({ ...one, status: 'Available' })),
    });
    return { JobId };
  };
}

/** A group as ListServerGroups answers it. */
export const showServerGroup = (record: ServerGroupRecord, cloud: Cloud): Readonly<Record<string, unknown>> => ({
  ...record.shown,
  ServerGroupId: record.id,
  ServerGroupStatus: record.status,
  ServerGroupType: record.type,
  Protocol: record.protocol,
  VpcId: record.vpcId,
  Ipv6Enabled: record.ipv6Enabled,
  ResourceGroupId: record.resourceGroupId,
  ServerCount: listedServers(cloud, record).length,
  RelatedLoadBalancerIds: [...new Set(referencesTo(cloud, record.id).map((one) => one.loadBalancerId))],
  ConfigManagedEnabled: false,
  CreateTime: isoSeconds(record.createdAt),
  Tags: record.tags,
});

interface ListRequest extends PageParameters {
  readonly ServerGroupIds?: readonly string[];
  readonly ServerGroupNames?: readonly string[];
  readonly ServerGroupType?: string;
  readonly VpcId?: string;
  readonly ResourceGroupId?: string;
  readonly Tag?: readonly TagFilter[];
}

const matches = (record: ServerGroupRecord, wanted: ListRequest): boolean =>
  isAmong(wanted.ServerGroupIds, record.id) &&
  isAmong(wanted.ServerGroupNames, record.shown.ServerGroupName) &&
  isEqual(wanted.ServerGroupType, record.type) &&
  isEqual(wanted.VpcId, record.vpcId) &&
  isEqual(wanted.ResourceGroupId, record.resourceGroupId) &&
  hasTags(record.tags, wanted.Tag);

/** Actions on server groups. There is no Get for a single one. */
export const serverGroupOperations = [
  write<CreateRequest>('CreateServerGroup', create),
  write('UpdateServerGroupAttribute', update),
  write('DeleteServerGroup', remove),
  read<ListRequest>('ListServerGroups', (parameters, { cloud }) =>
    pageOf(
      'ServerGroups',
      cloud.state.serverGroups.all().filter((record) => matches(record, parameters)),
      parameters,
      (record) => showServerGroup(record, cloud),
    ),
  ),
];

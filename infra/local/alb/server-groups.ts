/** Server groups: they belong to the account, not to a load balancer, and their names are not unique. */
import { type Acting, type Cloud, isoSeconds } from './cloud.ts';
import { needServerGroupAtRest } from './gate.ts';
import { newId } from './ids.ts';
import { hasTags, isAmong, isEqual, type PageParameters, pageOf, type TagFilter } from './listing.ts';
import { keptTags } from './load-balancers.ts';
import { read, write } from './operations.ts';
import type { ServerGroupAttributes, ServerGroupRecord, ServerRecord } from './records.ts';
import { isInUse, references } from './references.ts';
import { refuse } from './refusals.ts';

type Config = Readonly<Record<string, unknown>>;

/** What CreateServerGroup and UpdateServerGroupAttribute have in common. */
interface GroupRequest {
  readonly ServerGroupName?: string;
  readonly Scheduler?: string;
  readonly HealthCheckConfig?: Config;
  readonly StickySessionConfig?: Config;
  readonly ConnectionDrainConfig?: Config;
  readonly SlowStartConfig?: Config;
  readonly UchConfig?: Config;
  readonly CrossZoneEnabled?: boolean;
  readonly UpstreamKeepaliveEnabled?: boolean;
  readonly IpVersionAffinityMode?: string;
  readonly ServiceName?: string;
}

interface CreateRequest extends GroupRequest {
  readonly ServerGroupName: string;
  readonly ServerGroupType?: ServerGroupRecord['type'];
  readonly Protocol?: 'HTTP' | 'HTTPS' | 'gRPC' | 'GRPC';
  readonly VpcId?: string;
  readonly Ipv6Enabled?: boolean;
  readonly ResourceGroupId?: string;
  readonly Tag?: readonly { readonly Key: string; readonly Value?: string }[];
}

const healthCheckDefaults: Config = {
  HealthCheckProtocol: 'HTTP',
  HealthCheckPath: '/',
  HealthCheckHost: '$SERVER_IP',
  HealthCheckMethod: 'HEAD',
  HealthCheckCodes: ['http_2xx'],
  HealthCheckHttpVersion: 'HTTP1.1',
  HealthCheckConnectPort: 0,
  HealthCheckInterval: 2,
  HealthCheckTimeout: 5,
  HealthyThreshold: 3,
  UnhealthyThreshold: 3,
};

const newAttributes = (request: CreateRequest): ServerGroupAttributes => ({
  Scheduler: 'Wrr',
  CrossZoneEnabled: true,
  UpstreamKeepaliveEnabled: false,
  ...given(request),
  ServerGroupName: request.ServerGroupName,
  HealthCheckConfig: { ...healthCheckDefaults, ...request.HealthCheckConfig },
  StickySessionConfig: { StickySessionEnabled: false, ...request.StickySessionConfig },
  ConnectionDrainConfig: { ConnectionDrainEnabled: false, ConnectionDrainTimeout: 300, ...request.ConnectionDrainConfig },
  SlowStartConfig: { SlowStartEnabled: false, SlowStartDuration: 30, ...request.SlowStartConfig },
});

const scalars = [
  'ServerGroupName',
  'Scheduler',
  'CrossZoneEnabled',
  'UpstreamKeepaliveEnabled',
  'IpVersionAffinityMode',
  'ServiceName',
  'UchConfig',
] as const satisfies readonly (keyof GroupRequest)[];

const given = (request: GroupRequest): GroupRequest =>
  Object.fromEntries(scalars.filter((name) => request[name] !== undefined).map((name) => [name, request[name]]));

/** Members of the configurations are laid over what is there, one by one; lists in them are replaced whole. */
const changedAttributes = (shown: ServerGroupAttributes, request: GroupRequest): ServerGroupAttributes => ({
  ...shown,
  ...given(request),
  HealthCheckConfig: { ...shown.HealthCheckConfig, ...request.HealthCheckConfig },
  StickySessionConfig: { ...shown.StickySessionConfig, ...request.StickySessionConfig },
  ConnectionDrainConfig: { ...shown.ConnectionDrainConfig, ...request.ConnectionDrainConfig },
  SlowStartConfig: { ...shown.SlowStartConfig, ...request.SlowStartConfig },
});

function checkScheduler(acting: Acting, attributes: ServerGroupAttributes): void {
  if (attributes.SlowStartConfig['SlowStartEnabled'] === true && attributes.Scheduler !== 'Wrr') {
    throw refuse(acting.action, 'UnsupportedFeature.SlowStart', `The scheduler is ${attributes.Scheduler}`);
  }
}

function create(parameters: CreateRequest, acting: Acting) {
  const { cloud } = acting;
  const type = parameters.ServerGroupType ?? 'Instance';
  if (type !== 'Fc' && parameters.VpcId === undefined) throw refuse(acting.action, 'MissingParam.VpcId', `A group of type ${type}`);
  if (type !== 'Fc' && !cloud.state.vSwitches.some((one) => one.VpcId === parameters.VpcId)) {
    throw refuse(acting.action, 'ResourceNotFound.Vpc', parameters.VpcId ?? '');
  }
  const limit = cloud.settings().quotas.serverGroups;
  if (cloud.state.serverGroups.all().length >= limit)
    throw refuse(acting.action, 'QuotaExceeded.ServerGroupsNum', `${limit} groups are allowed`);
  const shown = newAttributes(parameters);
  checkScheduler(acting, shown);
  return () => {
    const id = newId('sgp');
    cloud.state.serverGroups.put({
      id,
      seq: cloud.state.nextSeq(),
      createdAt: cloud.clock.now(),
      status: 'Creating',
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
  servers.every((server) => server.Status === 'Available') ? 'Available' : 'Configuring';

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

function update(parameters: GroupRequest & { readonly ServerGroupId: string }, acting: Acting) {
  const { cloud } = acting;
  const record = needServerGroupAtRest(acting, parameters.ServerGroupId);
  const shown = changedAttributes(record.shown, parameters);
  checkScheduler(acting, shown);
  return () => {
    cloud.state.serverGroups.put({ ...record, status: 'Configuring', shown });
    const settle = (attributes: ServerGroupAttributes) => () =>
      cloud.state.serverGroups.change(record.id, (one) => ({ ...one, status: 'Available', shown: attributes, inForce: attributes }));
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
  ServerCount: record.servers.length,
  RelatedLoadBalancerIds: [
    ...new Set(
      references(cloud)
        .filter((one) => one.groupId === record.id)
        .map((one) => one.loadBalancerId),
    ),
  ],
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

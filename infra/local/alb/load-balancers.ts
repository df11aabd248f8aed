/** Load balancers: created in the background without a job id, changed by jobs, gone with their listeners and rules. */
import { type Acting, type Cloud, isoSeconds } from './cloud.ts';
import { needActive, needLoadBalancer } from './gate.ts';
import { newId } from './ids.ts';
import { hasTags, isAmong, isEqual, type PageParameters, pageOf, type TagFilter } from './listing.ts';
import { read, write } from './operations.ts';
import type { LoadBalancerAttributes, LoadBalancerRecord, Tag, ZoneMapping } from './records.ts';
import { groupsOfListener, groupsOfRule, linger } from './references.ts';
import { refuse } from './refusals.ts';

interface ZoneRequest {
  readonly ZoneId: string;
  readonly VSwitchId: string;
  readonly IntranetAddress?: string;
  readonly AllocationId?: string;
  readonly EipType?: string;
}

interface CreateRequest {
  readonly VpcId: string;
  readonly AddressType: string;
  readonly LoadBalancerEdition: LoadBalancerAttributes['LoadBalancerEdition'];
  readonly LoadBalancerBillingConfig: { readonly PayType: string; readonly BandwidthPackageId?: string };
  readonly ZoneMappings: readonly ZoneRequest[];
  readonly LoadBalancerName?: string;
  readonly AddressAllocatedMode?: string;
  readonly AddressIpVersion?: string;
  readonly DeletionProtectionEnabled?: boolean;
  readonly ModificationProtectionConfig?: ModificationProtection;
  readonly ResourceGroupId?: string;
  readonly SecurityGroupIds?: readonly { readonly SecurityGroupId: string }[];
  readonly Tag?: readonly { readonly Key: string; readonly Value?: string }[];
}

interface ModificationProtection {
  readonly Status?: string;
  readonly Reason?: string;
}

const protectionOf = (wanted: ModificationProtection | undefined): LoadBalancerAttributes['ModificationProtectionConfig'] =>
  wanted?.Status === 'ConsoleProtection'
    ? { Status: 'ConsoleProtection', ...(wanted.Reason === undefined ? {} : { Reason: wanted.Reason }) }
    : { Status: 'NonProtection' };

const deletionProtection = (cloud: Cloud, enabled: boolean): LoadBalancerAttributes['DeletionProtectionConfig'] =>
  enabled ? { Enabled: true, EnabledTime: isoSeconds(cloud.clock.now()) } : { Enabled: false };

/** Tags as kept: a tag without a value has an empty one. */
export const keptTags = (tags: readonly { readonly Key: string; readonly Value?: string }[] | undefined): readonly Tag[] =>
  (tags ?? []).map(({ Key, Value }) => ({ Key, Value: Value ?? '' }));

function checkZones(parameters: CreateRequest, acting: Acting): void {
  const zones = parameters.ZoneMappings.map((one) => one.ZoneId);
  if (new Set(zones).size < zones.length) throw refuse(acting.action, 'DuplicatedParam.ZoneId', 'ZoneMappings');
  const { vSwitches } = acting.cloud.state;
  if (!vSwitches.some((one) => one.VpcId === parameters.VpcId)) throw refuse(acting.action, 'ResourceNotFound.Vpc', parameters.VpcId);
  for (const zone of parameters.ZoneMappings) {
    const vSwitch = vSwitches.find((one) => one.VSwitchId === zone.VSwitchId);
    if (vSwitch === undefined) throw refuse(acting.action, 'ResourceNotFound.VSwitch', zone.VSwitchId);
    if (vSwitch.VpcId !== parameters.VpcId) throw refuse(acting.action, 'Mismatch.VpcId', zone.VSwitchId);
    if (vSwitch.ZoneId !== zone.ZoneId)
      throw refuse(acting.action, 'Mismatch.ZoneIdAndVSwitchId', `${zone.VSwitchId} is in ${vSwitch.ZoneId}`);
  }
}

/** Addresses from the blocks reserved for documentation: they lead nowhere, traffic goes to the data plane's ports. */
const zoneOf = (zone: ZoneRequest, index: number, seq: number, isPublic: boolean): ZoneMapping => ({
  ZoneId: zone.ZoneId,
  VSwitchId: zone.VSwitchId,
  Status: 'Active',
  LoadBalancerAddresses: [
    {
      IntranetAddress: zone.IntranetAddress ?? `192.0.2.${((seq * 2 + index) % 250) + 1}`,
      ...(isPublic ? { Address: `203.0.113.${((seq * 2 + index) % 250) + 1}`, EipType: zone.EipType ?? 'Common' } : {}),
      ...(zone.AllocationId === undefined ? {} : { AllocationId: zone.AllocationId }),
    },
  ],
});

const attributesOf = (parameters: CreateRequest, cloud: Cloud, id: string, seq: number): LoadBalancerAttributes => ({
  LoadBalancerName: parameters.LoadBalancerName ?? id,
  LoadBalancerEdition: parameters.LoadBalancerEdition,
  AddressType: parameters.AddressType,
  AddressAllocatedMode: parameters.AddressAllocatedMode ?? 'Fixed',
  AddressIpVersion: parameters.AddressIpVersion ?? 'IPv4',
  VpcId: parameters.VpcId,
  ResourceGroupId: parameters.ResourceGroupId ?? 'rg-default',
  LoadBalancerBillingConfig: parameters.LoadBalancerBillingConfig,
  DeletionProtectionConfig: deletionProtection(cloud, parameters.DeletionProtectionEnabled ?? false),
  ModificationProtectionConfig: protectionOf(parameters.ModificationProtectionConfig),
  SecurityGroupIds: (parameters.SecurityGroupIds ?? []).map((one) => one.SecurityGroupId),
  ZoneMappings: parameters.ZoneMappings.map((zone, index) => zoneOf(zone, index, seq, parameters.AddressType === 'Internet')),
});

/** One that could not be created is taken away by the service within a day (ALB reference 5). */
const failedKeptMs = 86_400_000;

function create(parameters: CreateRequest, acting: Acting) {
  const { cloud } = acting;
  checkZones(parameters, acting);
  const { loadBalancers } = cloud.settings().quotas;
  if (cloud.state.loadBalancers.all().length >= loadBalancers) {
    throw refuse(acting.action, 'QuotaExceeded.LoadBalancersNum', `The account may have ${loadBalancers} load balancers`);
  }
  return () => {
    const id = newId('alb');
    const seq = cloud.state.nextSeq();
    cloud.state.loadBalancers.put({
      id,
      seq,
      createdAt: cloud.clock.now(),
      status: 'Provisioning',
      tags: keptTags(parameters.Tag),
      shown: attributesOf(parameters, cloud, id, seq),
    });
    const become = (status: string) => () => cloud.state.loadBalancers.change(id, (record) => ({ ...record, status }));
    cloud.jobs.start({
      apiName: acting.action,
      operateType: 'Create',
      resourceType: 'loadbalancer',
      resourceId: id,
      takesMs: cloud.settings().times.loadBalancerMs,
      failWith: acting.failJobWith,
      done: become('Active'),
      undone: () => {
        become('CreateFailed')();
        cloud.clock.after(failedKeptMs, () => cloud.state.loadBalancers.remove(id));
      },
    });
    return { LoadBalancerId: id };
  };
}

interface UpdateRequest {
  readonly LoadBalancerId: string;
  readonly LoadBalancerName?: string;
  readonly ModificationProtectionConfig?: ModificationProtection;
}

function update(parameters: UpdateRequest, acting: Acting) {
  const { cloud } = acting;
  const record = needActive(acting, parameters.LoadBalancerId);
  return () => {
    const shown = {
      ...record.shown,
      LoadBalancerName: parameters.LoadBalancerName ?? record.shown.LoadBalancerName,
      ModificationProtectionConfig:
        parameters.ModificationProtectionConfig === undefined
          ? record.shown.ModificationProtectionConfig
          : protectionOf(parameters.ModificationProtectionConfig),
    };
    cloud.state.loadBalancers.put({ ...record, status: 'Configuring', shown });
    const settle = (attributes: LoadBalancerAttributes) => () =>
      cloud.state.loadBalancers.change(record.id, (one) => ({ ...one, status: 'Active', shown: attributes }));
    const JobId = cloud.jobs.start({
      apiName: acting.action,
      operateType: 'Update',
      resourceType: 'loadbalancer',
      resourceId: record.id,
      takesMs: cloud.settings().times.loadBalancerUpdateMs,
      failWith: acting.failJobWith,
      done: settle(shown),
      undone: settle(record.shown),
    });
    return { JobId };
  };
}

/** Listeners and rules go with the load balancer; server groups stay. */
function vanish(cloud: Cloud, id: string): void {
  const rules = cloud.state.rules.all().filter((rule) => rule.loadBalancerId === id);
  const listeners = cloud.state.listeners.all().filter((listener) => listener.loadBalancerId === id);
  linger(cloud, [...rules.flatMap(groupsOfRule), ...listeners.flatMap(groupsOfListener)]);
  for (const rule of rules) cloud.state.rules.remove(rule.id);
  for (const listener of listeners) cloud.state.listeners.remove(listener.id);
  cloud.state.loadBalancers.remove(id);
}

function remove({ LoadBalancerId }: { readonly LoadBalancerId: string }, acting: Acting) {
  const { cloud } = acting;
  const record = needActive(acting, LoadBalancerId, ['Active', 'Inactive', 'CreateFailed']);
  if (record.shown.DeletionProtectionConfig.Enabled) {
    throw refuse(acting.action, 'OperationDenied.DeletionProtectionEnabled', `${record.id} is protected`);
  }
  return () => {
    cloud.state.loadBalancers.put({ ...record, status: 'Deleting' });
    const JobId = cloud.jobs.start({
      apiName: acting.action,
      operateType: 'Delete',
      resourceType: 'loadbalancer',
      resourceId: record.id,
      takesMs: cloud.settings().times.deleteMs,
      failWith: acting.failJobWith,
      done: () => vanish(cloud, record.id),
      undone: () => cloud.state.loadBalancers.change(record.id, (one) => ({ ...one, status: record.status })),
    });
    return { JobId };
  };
}

const protect = (enabled: boolean) => (parameters: { readonly ResourceId: string }, acting: Acting) => {
  const { cloud } = acting;
  const record = needActive(acting, parameters.ResourceId);
  return () => {
    cloud.state.loadBalancers.put({ ...record, shown: { ...record.shown, DeletionProtectionConfig: deletionProtection(cloud, enabled) } });
    return {};
  };
};

/** A load balancer as ListLoadBalancers answers it: without zones and region. */
export function showLoadBalancer(record: LoadBalancerRecord, cloud: Cloud): Readonly<Record<string, unknown>> {
  const { ZoneMappings, ...shown } = record.shown;
  return {
    ...shown,
    LoadBalancerId: record.id,
    LoadBalancerStatus: record.status,
    LoadBalancerBussinessStatus: cloud.settings().businessStatus,
    DNSName: `${record.id}.${cloud.region}.alb.aliyuncs.com`,
    CreateTime: isoSeconds(record.createdAt),
    LoadBalancerOperationLocks: cloud.settings().businessStatus === 'Abnormal' ? [{ LockType: 'FinancialLocked', LockReason: '' }] : [],
    Tags: record.tags,
  };
}

interface ListRequest extends PageParameters {
  readonly LoadBalancerIds?: readonly string[];
  readonly LoadBalancerNames?: readonly string[];
  readonly VpcIds?: readonly string[];
  readonly LoadBalancerStatus?: string;
  readonly LoadBalancerBussinessStatus?: string;
  readonly AddressType?: string;
  readonly AddressIpVersion?: string;
  readonly DNSName?: string;
  readonly Ipv6AddressType?: string;
  readonly PayType?: string;
  readonly ZoneId?: string;
  readonly ResourceGroupId?: string;
  readonly Tag?: readonly TagFilter[];
}

const matches = (record: LoadBalancerRecord, wanted: ListRequest, cloud: Cloud): boolean =>
  isAmong(wanted.LoadBalancerIds, record.id) &&
  isAmong(wanted.LoadBalancerNames, record.shown.LoadBalancerName) &&
  isAmong(wanted.VpcIds, record.shown.VpcId) &&
  isEqual(wanted.LoadBalancerStatus, record.status) &&
  isEqual(wanted.LoadBalancerBussinessStatus, cloud.settings().businessStatus) &&
  isEqual(wanted.AddressType, record.shown.AddressType) &&
  isEqual(wanted.AddressIpVersion, record.shown.AddressIpVersion) &&
  isEqual(wanted.DNSName, `${record.id}.${cloud.region}.alb.aliyuncs.com`) &&
  isEqual(wanted.ResourceGroupId, record.shown.ResourceGroupId) &&
  isEqual(wanted.PayType, 'PostPay') &&
  // Nothing here has an IPv6 address.
  isEqual(wanted.Ipv6AddressType, '') &&
  (wanted.ZoneId === undefined || record.shown.ZoneMappings.some((zone) => zone.ZoneId === wanted.ZoneId)) &&
  hasTags(record.tags, wanted.Tag);

/** Actions on load balancers. */
export const loadBalancerOperations = [
  write<CreateRequest>('CreateLoadBalancer', create),
  write<UpdateRequest>('UpdateLoadBalancerAttribute', update),
  write('DeleteLoadBalancer', remove),
  write('EnableDeletionProtection', protect(true)),
  write('DisableDeletionProtection', protect(false)),
  read<{ readonly LoadBalancerId: string }>('GetLoadBalancerAttribute', ({ LoadBalancerId }, acting) => {
    const record = needLoadBalancer(acting, LoadBalancerId);
    return { ...showLoadBalancer(record, acting.cloud), RegionId: acting.cloud.region, ZoneMappings: record.shown.ZoneMappings };
  }),
  read<ListRequest>('ListLoadBalancers', (parameters, { cloud }) =>
    pageOf(
      'LoadBalancers',
      cloud.state.loadBalancers.all().filter((record) => matches(record, parameters, cloud)),
      parameters,
      (record) => showLoadBalancer(record, cloud),
    ),
  ),
];

/** Listeners: one port of a load balancer, with a default server group that must exist. */
import type { Acting, Cloud } from './cloud.ts';
import { needActive, needListener, needListenerAtRest } from './gate.ts';
import { type Carrier, checkCarried, needUsableGroup } from './group-use.ts';
import { newId } from './ids.ts';
import { changedAttributes, checkSettings, type ListenerRequest, newAttributes } from './listener-settings.ts';
import { hasTags, isAmong, isEqual, type PageParameters, pageOf, type TagFilter } from './listing.ts';
import { keptTags } from './load-balancers.ts';
import { read, write } from './operations.ts';
import type { DefaultAction, ListenerAttributes, ListenerRecord, LoadBalancerRecord } from './records.ts';
import { checkReferences, groupsOfListener, groupsOfRule, linger } from './references.ts';
import { refuse } from './refusals.ts';

interface CreateRequest extends ListenerRequest {
  readonly LoadBalancerId: string;
  readonly ListenerPort: number;
  readonly ListenerProtocol: ListenerRecord['protocol'];
  readonly DefaultActions: readonly DefaultAction[];
  readonly Tag?: readonly { readonly Key: string; readonly Value?: string }[];
}

/** While a listener comes or goes, the load balancer may be locked as well: a switch, since the documents do not say. */
function lockLoadBalancer(cloud: Cloud, id: string, status: 'Active' | 'Configuring'): void {
  if (!cloud.settings().listenersLockLoadBalancer) return;
  cloud.state.loadBalancers.change(id, (record) => (record.status === 'Deleting' ? record : { ...record, status }));
}

function checkGroups(
  acting: Acting,
  actions: readonly DefaultAction[],
  by: { readonly loadBalancer: LoadBalancerRecord; readonly listener: Carrier; readonly holder: string },
): void {
  const groups = actions.flatMap((action) => action.ForwardGroupConfig.ServerGroupTuples.map((tuple) => tuple.ServerGroupId));
  for (const groupId of groups) needUsableGroup(acting, groupId, by);
  checkReferences(
    acting,
    groups.map((groupId) => ({ groupId, loadBalancerId: by.loadBalancer.id, holder: by.holder })),
  );
}

/** QUIC is UDP: it may stand beside HTTPS. */
const sharesPort = (one: ListenerRecord['protocol'], other: ListenerRecord['protocol']): boolean =>
  [one, other].sort().join() === 'HTTPS,QUIC';

function checkPort(acting: Acting, parameters: CreateRequest, loadBalancer: LoadBalancerRecord): void {
  const siblings = acting.cloud.state.listeners.all().filter((one) => one.loadBalancerId === loadBalancer.id);
  const onPort = siblings.filter((one) => one.port === parameters.ListenerPort);
  if (onPort.some((one) => !sharesPort(one.protocol, parameters.ListenerProtocol))) {
    throw refuse(acting.action, 'ResourceAlreadyExist.Listener', `Port ${parameters.ListenerPort} of ${loadBalancer.id}`);
  }
  const limit = acting.cloud.settings().quotas.listenersPerLoadBalancer[loadBalancer.shown.LoadBalancerEdition];
  if (siblings.length >= limit) {
    throw refuse(acting.action, 'ResourceQuotaExceeded.LoadBalancerListenersNum', `${loadBalancer.id} may have ${limit} listeners`);
  }
}

function create(parameters: CreateRequest, acting: Acting) {
  const { cloud } = acting;
  const loadBalancer = needActive(acting, parameters.LoadBalancerId);
  const listener = { protocol: parameters.ListenerProtocol, shown: parameters };
  checkPort(acting, parameters, loadBalancer);
  checkSettings(acting, parameters, listener.protocol);
  const id = newId('lsn');
  checkGroups(acting, parameters.DefaultActions, { loadBalancer, listener, holder: id });
  return () => {
    const shown = newAttributes(parameters, listener.protocol, parameters.DefaultActions);
    cloud.state.listeners.put({
      id,
      seq: cloud.state.nextSeq(),
      createdAt: cloud.clock.now(),
      status: 'Provisioning',
      tags: keptTags(parameters.Tag),
      loadBalancerId: loadBalancer.id,
      protocol: listener.protocol,
      port: parameters.ListenerPort,
      rulesChanging: false,
      rest: 'Running',
      shown,
      inForce: undefined,
    });
    lockLoadBalancer(cloud, loadBalancer.id, 'Configuring');
    const JobId = cloud.jobs.start({
      apiName: acting.action,
      operateType: 'Create',
      resourceType: 'listener',
      resourceId: id,
      takesMs: cloud.settings().times.listenerMs,
      failWith: acting.failJobWith,
      done: () => {
        lockLoadBalancer(cloud, loadBalancer.id, 'Active');
        cloud.state.listeners.change(id, (one) => ({ ...one, status: 'Running', inForce: shown }));
      },
      undone: () => {
        lockLoadBalancer(cloud, loadBalancer.id, 'Active');
        cloud.state.listeners.remove(id);
      },
    });
    return { ListenerId: id, JobId };
  };
}

/** A change of a listener from here to there; a failed one leaves it as it was. */
function configure(acting: Acting, record: ListenerRecord, to: Partial<Pick<ListenerRecord, 'shown' | 'rest'>>) {
  const { cloud } = acting;
  const shown = to.shown ?? record.shown;
  const settle = (attributes: ListenerAttributes, rest: ListenerRecord['rest']) => () =>
    cloud.state.listeners.change(record.id, (one) => ({ ...one, status: rest, rest, shown: attributes, inForce: attributes }));
  cloud.state.listeners.put({ ...record, status: 'Configuring', shown });
  const JobId = cloud.jobs.start({
    apiName: acting.action,
    operateType: 'Update',
    resourceType: 'listener',
    resourceId: record.id,
    takesMs: cloud.settings().times.listenerMs,
    failWith: acting.failJobWith,
    done: settle(shown, to.rest ?? record.rest),
    undone: settle(record.shown, record.rest),
  });
  return { JobId };
}

interface UpdateRequest extends ListenerRequest {
  readonly ListenerId: string;
  readonly DefaultActions?: readonly DefaultAction[];
}

function update(parameters: UpdateRequest, acting: Acting) {
  const record = needListenerAtRest(acting, parameters.ListenerId);
  checkSettings(acting, parameters, record.protocol);
  const shown = changedAttributes(record.shown, parameters, parameters.DefaultActions);
  if (parameters.DefaultActions !== undefined) {
    const loadBalancer = needActive(acting, record.loadBalancerId);
    checkGroups(acting, parameters.DefaultActions, { loadBalancer, listener: { protocol: record.protocol, shown }, holder: record.id });
  }
  if (parameters.Http2Enabled === false) checkGroupsBehind(acting, { ...record, shown });
  return () => configure(acting, record, { shown });
}

/** Groups that stand behind the listener already, by itself or by its rules, must go on being carried. */
function checkGroupsBehind(acting: Acting, listener: ListenerRecord): void {
  const { state } = acting.cloud;
  const rules = state.rules.all().filter((rule) => rule.listenerId === listener.id);
  for (const groupId of [...groupsOfListener(listener), ...rules.flatMap(groupsOfRule)]) {
    const group = state.serverGroups.get(groupId);
    if (group !== undefined) checkCarried(acting, group, listener);
  }
}

const restIn = (rest: ListenerRecord['rest']) => (parameters: { readonly ListenerId: string }, acting: Acting) => {
  const record = needListenerAtRest(acting, parameters.ListenerId);
  if (record.rest === rest) throw refuse(acting.action, 'IncorrectStatus.Listener', `${record.id} is ${rest} already`);
  return () => configure(acting, record, { rest });
};

/** Its rules go with it. */
function vanish(cloud: Cloud, record: ListenerRecord): void {
  const rules = cloud.state.rules.all().filter((rule) => rule.listenerId === record.id);
  linger(cloud, [...rules.flatMap(groupsOfRule), ...groupsOfListener(record)]);
  for (const rule of rules) cloud.state.rules.remove(rule.id);
  cloud.state.listeners.remove(record.id);
}

function remove({ ListenerId }: { readonly ListenerId: string }, acting: Acting) {
  const { cloud } = acting;
  const record = needListenerAtRest(acting, ListenerId);
  return () => {
    cloud.state.listeners.put({ ...record, status: 'Deleting' });
    lockLoadBalancer(cloud, record.loadBalancerId, 'Configuring');
    const JobId = cloud.jobs.start({
      apiName: acting.action,
      operateType: 'Delete',
      resourceType: 'listener',
      resourceId: record.id,
      takesMs: cloud.settings().times.deleteMs,
      failWith: acting.failJobWith,
      done: () => {
        lockLoadBalancer(cloud, record.loadBalancerId, 'Active');
        if (cloud.state.listeners.get(record.id) !== undefined) vanish(cloud, record);
      },
      undone: () => {
        lockLoadBalancer(cloud, record.loadBalancerId, 'Active');
        cloud.state.listeners.change(record.id, (one) => ({ ...one, status: record.rest }));
      },
    });
    return { JobId };
  };
}

/** A listener as ListListeners answers it: without certificates and access control. */
export function showListener(record: ListenerRecord): Readonly<Record<string, unknown>> {
  const { Certificates, CaCertificates, CaEnabled, ...shown } = record.shown;
  return {
    ...shown,
    ListenerId: record.id,
    LoadBalancerId: record.loadBalancerId,
    ListenerProtocol: record.protocol,
    ListenerPort: record.port,
    ListenerStatus: record.status,
    LogConfig: { AccessLogRecordCustomizedHeadersEnabled: false, AccessLogTracingConfig: { TracingEnabled: false } },
    Tags: record.tags,
  };
}

interface ListRequest extends PageParameters {
  readonly ListenerIds?: readonly string[];
  readonly LoadBalancerIds?: readonly string[];
  readonly ListenerProtocol?: string;
  readonly Tag?: readonly TagFilter[];
}

const matches = (record: ListenerRecord, wanted: ListRequest): boolean =>
  isAmong(wanted.ListenerIds, record.id) &&
  isAmong(wanted.LoadBalancerIds, record.loadBalancerId) &&
  isEqual(wanted.ListenerProtocol, record.protocol) &&
  hasTags(record.tags, wanted.Tag);

/** Actions on listeners. */
export const listenerOperations = [
  write<CreateRequest>('CreateListener', create),
  write<UpdateRequest>('UpdateListenerAttribute', update),
  write('StartListener', restIn('Running')),
  write('StopListener', restIn('Stopped')),
  write('DeleteListener', remove),
  read<{ readonly ListenerId: string }>('GetListenerAttribute', ({ ListenerId }, acting) => {
    const record = needListener(acting, ListenerId);
    const { Certificates = [], CaCertificates = [], CaEnabled = false } = record.shown;
    return { ...showListener(record), Certificates, CaCertificates, CaEnabled, AclConfig: { AclRelations: [] } };
  }),
  read<ListRequest>('ListListeners', (parameters, { cloud }) =>
    pageOf(
      'Listeners',
      cloud.state.listeners.all().filter((record) => matches(record, parameters)),
      parameters,
      showListener,
    ),
  ),
];

/** The columns that `kubectl get` shows for each built-in kind. */
import { type Json, type JsonMap, listAt, mapAt, numberAt, textAt, textsAt } from './json.ts';

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  /** 0: always; 1: with `-o wide`. */
  readonly priority: number;
  readonly cell: (object: JsonMap, now: number) => Json;
}

type Cell = Column['cell'];

const column = (name: string, cell: Cell, type = 'string'): Column => ({
  name,
  type,
  format: name === 'Name' ? 'name' : '',
  priority: 0,
  cell,
});
const wide = (name: string, cell: Cell): Column => ({ ...column(name, cell), priority: 1 });

/** As kubectl writes durations: `5s`, `3m10s`, `4h`, `2d`, `400d`. */
function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [minutes, hours, days] = [Math.floor(seconds / 60), Math.floor(seconds / 3600), Math.floor(seconds / 86_400)];
  const pair = (big: number, unit: string, small: number, smallUnit: string) =>
    small === 0 ? `${big}${unit}` : `${big}${unit}${small}${smallUnit}`;
  if (seconds < 120) return `${seconds}s`;
  if (minutes < 10) return pair(minutes, 'm', seconds % 60, 's');
  if (hours < 3) return `${minutes}m`;
  if (hours < 8) return pair(hours, 'h', minutes % 60, 'm');
  if (days < 2) return `${hours}h`;
  if (days < 8) return pair(days, 'd', hours % 24, 'h');
  return days < 730 ? `${days}d` : pair(Math.floor(days / 365), 'y', days % 365, 'd');
}

/** Time since a timestamp. */
export const age = (since: string, now: number): string => (since === '' ? '<unknown>' : duration(now - Date.parse(since)));

const name = column('Name', (o) => textAt(o, 'metadata', 'name'));
const created = column('Age', (o, now) => age(textAt(o, 'metadata', 'creationTimestamp'), now));
const orNone = (text: string): string => (text === '' ? '<none>' : text);
const joined = (list: readonly Json[]): string => list.map(String).join(',');
const selector = (labels: Readonly<Record<string, string>>): string =>
  orNone(
    Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
  );
const count = (o: JsonMap, ...path: readonly string[]): number => numberAt(o, ...path) ?? 0;

function podStatus(pod: JsonMap): string {
  const waiting = listAt(pod, 'status', 'containerStatuses').map(
    (one) => textAt(one, 'state', 'waiting', 'reason') || textAt(one, 'state', 'terminated', 'reason'),
  );
  const reason = textAt(pod, 'status', 'reason') || waiting.find((one) => one !== '') || textAt(pod, 'status', 'phase');
  return textAt(pod, 'metadata', 'deletionTimestamp') === '' ? reason : 'Terminating';
}

function podReady(pod: JsonMap): string {
  const ready = listAt(pod, 'status', 'containerStatuses').filter((one) => mapAt(one)['ready'] === true).length;
  return `${ready}/${listAt(pod, 'spec', 'containers').length}`;
}

const restarts = (pod: JsonMap): string =>
  String(listAt(pod, 'status', 'containerStatuses').reduce((sum: number, one) => sum + (numberAt(one, 'restartCount') ?? 0), 0));

function gates(pod: JsonMap): string {
  const wanted = listAt(pod, 'spec', 'readinessGates').map((gate) => textAt(gate, 'conditionType'));
  if (wanted.length === 0) return '<none>';
  const met = wanted.filter((type) =>
    listAt(pod, 'status', 'conditions').some((one) => textAt(one, 'type') === type && textAt(one, 'status') === 'True'),
  );
  return `${met.length}/${wanted.length}`;
}

const ingressAddress = (o: JsonMap): string =>
  joined(listAt(o, 'status', 'loadBalancer', 'ingress').map((one) => textAt(one, 'ip') || textAt(one, 'hostname')));

function externalIp(service: JsonMap): string {
  const type = textAt(service, 'spec', 'type');
  if (type === 'ExternalName') return textAt(service, 'spec', 'externalName');
  const fixed = joined(listAt(service, 'spec', 'externalIPs'));
  if (type !== 'LoadBalancer') return orNone(fixed);
  return [ingressAddress(service), fixed].filter((one) => one !== '').join(',') || '<pending>';
}

const servicePorts = (service: JsonMap): string =>
  orNone(
    listAt(service, 'spec', 'ports')
      .map(
        (port) =>
          `${numberAt(port, 'port')}${numberAt(port, 'nodePort') === undefined ? '' : `:${numberAt(port, 'nodePort')}`}/${textAt(port, 'protocol')}`,
      )
      .join(','),
  );

const ingressHosts = (o: JsonMap): string => {
  const hosts = listAt(o, 'spec', 'rules').map((rule) => textAt(rule, 'host') || '*');
  return hosts.length === 0 ? '*' : hosts.length > 3 ? `${hosts.slice(0, 3).join(',')} + ${hosts.length - 3} more...` : hosts.join(',');
};

function nodeStatus(node: JsonMap): string {
  const ready = listAt(node, 'status', 'conditions').find((one) => textAt(one, 'type') === 'Ready');
  const word = ready === undefined ? 'Unknown' : textAt(ready, 'status') === 'True' ? 'Ready' : 'NotReady';
  return mapAt(node, 'spec')['unschedulable'] === true ? `${word},SchedulingDisabled` : word;
}

const roles = (node: JsonMap): string =>
  orNone(
    Object.keys(textsAt(node, 'metadata', 'labels'))
      .filter((key) => key.startsWith('node-role.kubernetes.io/'))
      .map((key) => key.slice(24))
      .join(','),
  );
const nodeAddress = (node: JsonMap, type: string): string =>
  orNone(
    textAt(
      listAt(node, 'status', 'addresses').find((one) => textAt(one, 'type') === type),
      'address',
    ),
  );

const limited = (list: readonly string[], max = 3): string =>
  list.length > max ? `${list.slice(0, max).join(',')} + ${list.length - max} more...` : list.join(',');
const sliceAddresses = (slice: JsonMap): string => {
  const all = listAt(slice, 'endpoints').flatMap((one) => listAt(one, 'addresses').map(String));
  return all.length === 0 ? '<unset>' : limited(all);
};
const slicePorts = (slice: JsonMap): string => {
  const all = listAt(slice, 'ports').map((port) => (numberAt(port, 'port') === undefined ? '*' : String(numberAt(port, 'port'))));
  return all.length === 0 ? '<unset>' : limited(all);
};

const subjects = (binding: JsonMap, kind: string): string =>
  listAt(binding, 'subjects')
    .filter((one) => textAt(one, 'kind') === kind)
    .map((one) => (kind === 'ServiceAccount' ? `${textAt(one, 'namespace')}/` : '') + textAt(one, 'name'))
    .join(', ');

const eventSeen = (o: JsonMap): string =>
  textAt(o, 'lastTimestamp') || textAt(o, 'eventTime') || textAt(o, 'metadata', 'creationTimestamp');
const eventObject = (o: JsonMap): string => `${textAt(o, 'involvedObject', 'kind').toLowerCase()}/${textAt(o, 'involvedObject', 'name')}`;
const containers = (o: JsonMap, key: string): string =>
  joined(listAt(o, 'spec', 'template', 'spec', 'containers').map((one) => textAt(one, key)));
const templateColumns: readonly Column[] = [
  wide('Containers', (o) => containers(o, 'name')),
  wide('Images', (o) => containers(o, 'image')),
  wide('Selector', (o) => selector(textsAt(o, 'spec', 'selector', 'matchLabels'))),
];

/** By kind. Kinds without a row show their name and when they were created. */
export const columns: Readonly<Record<string, readonly Column[]>> = {
  ConfigMap: [name, column('Data', (o) => Object.keys({ ...mapAt(o, 'data'), ...mapAt(o, 'binaryData') }).length, 'integer'), created],
  Secret: [name, column('Type', (o) => textAt(o, 'type')), column('Data', (o) => Object.keys(mapAt(o, 'data')).length, 'integer'), created],
  ServiceAccount: [name, column('Secrets', (o) => listAt(o, 'secrets').length, 'integer'), created],
  Namespace: [name, column('Status', (o) => textAt(o, 'status', 'phase')), created],
  Node: [
    name,
    column('Status', nodeStatus),
    column('Roles', roles),
    created,
    column('Version', (o) => textAt(o, 'status', 'nodeInfo', 'kubeletVersion')),
    wide('Internal-IP', (o) => nodeAddress(o, 'InternalIP')),
    wide('External-IP', (o) => nodeAddress(o, 'ExternalIP')),
  ],
  Pod: [
    name,
    column('Ready', podReady),
    column('Status', podStatus),
    column('Restarts', restarts),
    created,
    wide('IP', (o) => orNone(textAt(o, 'status', 'podIP'))),
    wide('Node', (o) => orNone(textAt(o, 'spec', 'nodeName'))),
    wide('Nominated Node', (o) => orNone(textAt(o, 'status', 'nominatedNodeName'))),
    wide('Readiness Gates', gates),
  ],
  Service: [
    name,
    column('Type', (o) => textAt(o, 'spec', 'type')),
    column('Cluster-IP', (o) => orNone(textAt(o, 'spec', 'clusterIP'))),
    column('External-IP', externalIp),
    column('Port(s)', servicePorts),
    created,
    wide('Selector', (o) => selector(textsAt(o, 'spec', 'selector'))),
  ],
  Deployment: [
    name,
    column('Ready', (o) => `${count(o, 'status', 'readyReplicas')}/${count(o, 'spec', 'replicas')}`),
    column('Up-to-date', (o) => count(o, 'status', 'updatedReplicas'), 'integer'),
    column('Available', (o) => count(o, 'status', 'availableReplicas'), 'integer'),
    created,
    ...templateColumns,
  ],
  ReplicaSet: [
    name,
    column('Desired', (o) => count(o, 'spec', 'replicas'), 'integer'),
    column('Current', (o) => count(o, 'status', 'replicas'), 'integer'),
    column('Ready', (o) => count(o, 'status', 'readyReplicas'), 'integer'),
    created,
    ...templateColumns,
  ],
  Ingress: [
    name,
    column('Class', (o) =>
      orNone(textAt(o, 'spec', 'ingressClassName') || textAt(o, 'metadata', 'annotations', 'kubernetes.io/ingress.class')),
    ),
    column('Hosts', ingressHosts),
    column('Address', ingressAddress),
    column('Ports', (o) => (listAt(o, 'spec', 'tls').length > 0 ? '80, 443' : '80')),
    created,
  ],
  IngressClass: [
    name,
    column('Controller', (o) => textAt(o, 'spec', 'controller')),
    column('Parameters', (o) => {
      const { apiGroup = '', kind = '', name: parameters = '' } = textsAt(o, 'spec', 'parameters');
      return kind === '' ? '<none>' : `${kind}${apiGroup === '' ? '' : `.${apiGroup}`}/${parameters}`;
    }),
    created,
  ],
  EndpointSlice: [
    name,
    column('AddressType', (o) => textAt(o, 'addressType')),
    column('Ports', slicePorts),
    column('Endpoints', sliceAddresses),
    created,
  ],
  RoleBinding: [
    name,
    column('Role', (o) => `${textAt(o, 'roleRef', 'kind')}/${textAt(o, 'roleRef', 'name')}`),
    created,
    wide('Users', (o) => subjects(o, 'User')),
    wide('Groups', (o) => subjects(o, 'Group')),
    wide('ServiceAccounts', (o) => subjects(o, 'ServiceAccount')),
  ],
  Lease: [name, column('Holder', (o) => textAt(o, 'spec', 'holderIdentity')), created],
  Event: [
    column('Last Seen', (o, now) => age(eventSeen(o), now)),
    column('Type', (o) => textAt(o, 'type')),
    column('Reason', (o) => textAt(o, 'reason')),
    column('Object', eventObject),
    wide('Subobject', (o) => textAt(o, 'involvedObject', 'fieldPath')),
    wide('Source', (o) => textAt(o, 'source', 'component') || textAt(o, 'reportingComponent')),
    column('Message', (o) => textAt(o, 'message').trim()),
    wide('First Seen', (o, now) => age(textAt(o, 'firstTimestamp') || eventSeen(o), now)),
    wide('Count', (o) => String(count(o, 'count') || 1)),
    { ...wide('Name', (o) => textAt(o, 'metadata', 'name')), format: 'name' },
  ],
};

/** Annotations of Services that decide how their endpoints become servers. */
import { type Annotation, albPrefix, type Format } from './annotation.ts';
import { choice, listOf, textLike } from './formats.ts';

/** How endpoints are attached. Empty: by the type of the Service. */
export const backendType: Annotation<'eni' | 'ecs' | ''> = {
  keys: ['service.beta.kubernetes.io/backend-type'],
  on: 'Service',
  format: choice<'eni' | 'ecs' | ''>('eni', 'ecs'),
  default: '',
  goesTo: 'Servers.N.ServerType',
  text: '`eni` registers pods by their addresses, `ecs` nodes by their node ports. Without it: pods of ClusterIP Services, nodes for the other types.',
};

/** A server group made elsewhere that gets the Service's endpoints, with or without an Ingress. Empty: none. */
export const serverGroupId: Annotation<string> = {
  keys: [`${albPrefix}server-group-id`],
  on: 'Service',
  format: textLike(/^[A-Za-z0-9-]{1,64}$/, 'the id of a server group'),
  default: '',
  goesTo: 'AddServersToServerGroup.ServerGroupId',
  text: 'Keeps the endpoints of this Service in a server group that exists, without any Ingress. The Service has one port. The group gets tags of this cluster and is never deleted.',
};

const pair =
  /^((?:[a-z0-9.-]{1,253}\/)?[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)=((?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?)$/;

const pairs = listOf(pair, 'labels as k1=v1,k2=v2');

/** One value a label: a node cannot carry two. */
const labels: Format<Readonly<Record<string, string>> | undefined> = {
  ...pairs,
  parse: (text) => {
    const found = pairs.parse(text)?.map((one) => pair.exec(one) ?? []);
    const entries = found?.map(([, key = '', value = '']) => [key, value] as const) ?? [];
    const read = Object.fromEntries(entries);
    return entries.length > 0 && Object.keys(read).length === entries.length ? read : undefined;
  },
};

/** Labels of the nodes that become servers; absent: any node. */
export const backendLabel: Annotation<Readonly<Record<string, string>> | undefined> = {
  keys: ['service.beta.kubernetes.io/alibaba-cloud-loadbalancer-backend-label'],
  on: 'Service',
  format: labels,
  default: undefined,
  goesTo: 'which nodes are servers',
  text: 'With node ports: only nodes that carry all of these labels.',
};

/** Whether cordoned nodes stop being servers. */
export const removeUnscheduled: Annotation<'on' | 'off'> = {
  keys: ['service.beta.kubernetes.io/alibaba-cloud-loadbalancer-remove-unscheduled-backend'],
  on: 'Service',
  format: choice('on', 'off'),
  default: 'off',
  goesTo: 'which nodes are servers',
  text: 'With node ports: `on` leaves out nodes that are cordoned.',
};

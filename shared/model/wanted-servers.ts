/**
 * From endpoints and nodes to the servers that a group wants. Pure, and the same for everybody who asks: the lane applies it, dispatch
 * compares its digest.
 */
import { shortHash } from '#shared/ownership.ts';
import type { Endpoint } from './endpoint.ts';
import type { BackendMode, MembersRule } from './members-source.ts';
import { hostsServers, isServerNode, type NodeFacts } from './nodes.ts';

/** A server that is wanted, before its cloud id is known. */
export type WantedServer = {
  readonly port: number;
  /** 0-100. */
  readonly weight: number;
} & (
  | {
      /** `interface`: registered by the network interface that holds the address (Eni). `address`: as it is (Ip). */
      readonly kind: 'interface' | 'address';
      readonly ip: string;
      /** Empty: no Pod's. */
      readonly podName: string;
      /** It terminates, and is wanted for want of anybody who is ready. */
      readonly ending?: true;
    }
  /** A node by its instance (Ecs); `instanceId` may be empty, then it is to be asked for by `ip`. */
  | { readonly kind: 'instance'; readonly instanceId: string; readonly ip: string }
);

export interface MembersWish {
  /** All of the Service, of every port and family. */
  readonly endpoints: readonly Endpoint[];
  /** All of the cluster; only asked for in node-port modes. */
  readonly nodes: readonly NodeFacts[];
  /** Names of pods that count as ready although their EndpointSlices say otherwise: they wait for a readiness gate of ours. */
  readonly due?: ReadonlySet<string>;
}

/** Every pod, and every node of policy Cluster, counts the same. */
const fullWeight = 100;

/**
 * Those that are to get requests: the ready ones; when there is none, those that still answer while they terminate, as kube-proxy does it,
 * so that the last pods of a rollout go dark only when somebody else answers.
 */
function counting(rule: MembersRule, { endpoints, due }: MembersWish): readonly Endpoint[] {
  const { portName } = rule;
  const family: Endpoint['family'] = rule.family ?? 'IPv4';
  const mine = endpoints.filter((one) => one.portName === portName && one.family === family);
  const arriving = mine.filter((one) => !one.ready && !one.terminating && one.podName !== '' && due?.has(one.podName) === true);
  const ready = mine.filter((one) => one.ready);
  return [...(ready.length > 0 ? ready : mine.filter((one) => one.serving && one.terminating)), ...arriving];
}

const byAddress =
  (kind: 'interface' | 'address') =>
  ({ address, port, podName, ready, terminating }: Endpoint): WantedServer => ({
    ...{ kind, ip: address, port, weight: fullWeight, podName },
    ...(terminating && !ready ? { ending: true as const } : {}),
  });

const instance = ({ instanceId, internalIp }: NodeFacts, port: number, weight: number): WantedServer => ({
  kind: 'instance',
  instanceId,
  ip: internalIp,
  port,
  weight,
});

/** Pods on virtual nodes have no node port, in whichever node-port mode. */
function onVirtualNodes(endpoints: readonly Endpoint[], rule: MembersRule, nodes: readonly NodeFacts[]): readonly WantedServer[] {
  const virtual = new Set(nodes.filter((node) => hostsServers(node, rule)).map((node) => node.name));
  return endpoints.filter((one) => virtual.has(one.nodeName)).map(byAddress('interface'));
}

/** How many pods each node has. While endpoints move from one slice to another they stand in both. */
function podsOf(endpoints: readonly Endpoint[]): ReadonlyMap<string, number> {
  const addresses = new Map<string, Set<string>>();
  for (const { nodeName, address } of endpoints) {
    const before = addresses.get(nodeName);
    if (before === undefined) addresses.set(nodeName, new Set([address]));
    else before.add(address);
  }
  return new Map([...addresses].map(([name, found]) => [name, found.size]));
}

/** Nodes with a pod, weighted by how many: requests that come by a node stay on it. Pods where no request comes by count for nothing. */
function local(rule: MembersRule, wish: MembersWish): readonly WantedServer[] {
  const reached = new Set(wish.nodes.filter((node) => isServerNode(node, rule) || hostsServers(node, rule)).map((node) => node.name));
  const endpoints = counting(rule, { ...wish, endpoints: wish.endpoints.filter((one) => reached.has(one.nodeName)) });
  const pods = podsOf(endpoints);
  const hosts = wish.nodes.filter((node) => pods.has(node.name) && isServerNode(node, rule));
  const servers = hosts.map((node) => instance(node, rule.nodePort ?? 0, Math.min(fullWeight, pods.get(node.name) ?? 0)));
  // A pod on a virtual node is one pod, beside nodes that count theirs.
  return [...servers, ...onVirtualNodes(endpoints, rule, wish.nodes).map((one) => ({ ...one, weight: 1 }))];
}

const rows: Readonly<Record<BackendMode, (rule: MembersRule, wish: MembersWish) => readonly WantedServer[]>> = {
  eni: (rule, wish) => counting(rule, wish).map(byAddress('interface')),
  ip: (rule, wish) => counting(rule, wish).map(byAddress('address')),
  // All nodes, whether or not a pod is on them: any node passes requests on.
  cluster: (rule, wish) => [
    ...wish.nodes.filter((node) => isServerNode(node, rule)).map((node) => instance(node, rule.nodePort ?? 0, fullWeight)),
    ...onVirtualNodes(counting(rule, wish), rule, wish.nodes),
  ],
  local,
};

/** One text for one server, its weight apart. */
export const wantedKey = (one: WantedServer): string =>
  `${one.kind} ${one.kind === 'instance' && one.instanceId !== '' ? one.instanceId : one.ip} ${one.port}`;

/** What tells two entries of one server apart, as text of one order: a named pod before a nameless one, a greater weight before a smaller. */
const rank = (one: WantedServer): string =>
  [one.kind === 'instance' ? '' : one.podName, String(one.weight).padStart(3, '0'), one.ip].join(' ');

/** Each server once, in a fixed order, whichever slice or node comes first: slices may overlap while endpoints move between them. */
export function wantedServers(rule: MembersRule, wish: MembersWish): readonly WantedServer[] {
  const found = new Map<string, WantedServer>();
  for (const one of rows[rule.mode](rule, wish)) {
    const key = wantedKey(one);
    const before = found.get(key);
    if (before === undefined || rank(before) < rank(one)) found.set(key, one);
  }
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

/** The same for the same servers. Pods that wait for a gate are not in it: who only lists EndpointSlices must come to the same. */
export const digestOf = (rule: MembersRule, { endpoints, nodes }: MembersWish): string =>
  shortHash(
    wantedServers(rule, { endpoints, nodes })
      .map((one) => `${wantedKey(one)} ${one.weight}`)
      .join(),
  );

/** Nodes as far as they can be servers: node-port modes register instances, and say which pods stand on virtual nodes. */
import type { KubeObject } from '#shared/kube/port.ts';

export interface Node extends KubeObject {
  readonly spec?: {
    readonly providerID?: string;
    readonly unschedulable?: boolean;
    readonly taints?: readonly { readonly key: string; readonly effect?: string }[];
  };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
  };
}

/** What of a node decides whether, and as what, it becomes a server. */
export interface NodeFacts {
  readonly name: string;
  /** Empty: the node does not say it. Then the cloud is asked by `internalIp`. */
  readonly instanceId: string;
  /** Of IPv4 where it has one, which is what the cloud knows instances by. */
  readonly internalIp: string;
  /** Has no instance: pods on it are reached by their own addresses. */
  readonly virtual: boolean;
  /** Not excluded by a label, nor part of the control plane, hybrid, about to be removed by the autoscaler; and Ready. */
  readonly usable: boolean;
  readonly schedulable: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

/** Either keeps a node from becoming a server in node-port modes; any value. */
export const excludingLabels = ['service.beta.kubernetes.io/exclude-node', 'service.alibabacloud.com/exclude-node'] as const;
/** Of nodes that stand for a container service rather than for a machine. */
export const virtualNodeLabel = { key: 'type', value: 'virtual-kubelet' } as const;
const controlPlaneLabels = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'] as const;
const deletionTaint = 'ToBeDeletedByClusterAutoscaler';
const hybridScheme = 'ack-hybrid://';

/** `cn-hangzhou.i-bp1…`, sometimes with `alicloud://` in front: what stands behind the first dot. Empty: it is in another form. */
export function instanceIdOf(providerId: string): string {
  const text = providerId.replace(/^alicloud:\/\//, '');
  const dot = text.indexOf('.');
  return dot < 0 || text.includes('://') ? '' : text.slice(dot + 1);
}

function internalIpOf(status: NonNullable<Node['status']>): string {
  const addresses = (status.addresses ?? []).filter((one) => one.type === 'InternalIP').map((one) => one.address);
  return addresses.find((one) => !one.includes(':')) ?? addresses[0] ?? '';
}

export function nodeFactsOf(node: Node): NodeFacts {
  const { metadata, spec = {}, status = {} } = node;
  const labels = metadata.labels ?? {};
  const providerId = spec.providerID ?? '';
  const virtual = labels[virtualNodeLabel.key] === virtualNodeLabel.value;
  const excluded = [...excludingLabels, ...controlPlaneLabels].some((label) => labels[label] !== undefined);
  const leaving = (spec.taints ?? []).some((taint) => taint.key === deletionTaint) || metadata.deletionTimestamp !== undefined;
  const ready = (status.conditions ?? []).some((one) => one.type === 'Ready' && one.status === 'True');
  return {
    name: metadata.name,
    instanceId: instanceIdOf(providerId),
    internalIp: internalIpOf(status),
    virtual,
    usable: !excluded && !leaving && !providerId.startsWith(hybridScheme) && (ready || virtual),
    schedulable: spec.unschedulable !== true,
    labels,
  };
}

/** What a Service asks of the nodes that become its servers. */
export interface NodeWish {
  /** Labels that they carry, all of them. Absent: none. */
  readonly nodeLabels?: Readonly<Record<string, string>>;
  /** Cordoned nodes are left out. */
  readonly schedulableOnly?: true;
}

/** Whether a node, virtual or not, has a part in a node-port Service. */
const isEligible = (node: NodeFacts, { nodeLabels = {}, schedulableOnly }: NodeWish): boolean =>
  node.usable &&
  (schedulableOnly !== true || node.schedulable) &&
  Object.entries(nodeLabels).every(([key, value]) => node.labels[key] === value);

/** Whether a node becomes a server of a node-port Service. A virtual one never does, nor one that nothing is known by. */
export const isServerNode = (node: NodeFacts, wish: NodeWish): boolean =>
  !node.virtual && (node.instanceId !== '' || node.internalIp !== '') && isEligible(node, wish);

/** Whether pods on a node become servers of a node-port Service themselves. */
export const hostsServers = (node: NodeFacts, wish: NodeWish): boolean => node.virtual && isEligible(node, wish);

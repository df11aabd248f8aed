/** The Node objects that Pods are bound to. Without them the real endpoint-slice controller passes their Pods over. */
import { arch, platform } from 'node:os';
import type { Kube, KubeObject, ObjectName } from '#shared/kube/port.ts';
import { isVirtual, type LocalNode } from './nodes.ts';
import { timestamp } from './objects.ts';

const conditions = (now: string) =>
  [
    { type: 'MemoryPressure', status: 'False', reason: 'KubeletHasSufficientMemory' },
    { type: 'DiskPressure', status: 'False', reason: 'KubeletHasNoDiskPressure' },
    { type: 'PIDPressure', status: 'False', reason: 'KubeletHasSufficientPID' },
    { type: 'Ready', status: 'True', reason: 'KubeletReady' },
  ].map((condition) => ({ ...condition, message: 'the local node runs', lastHeartbeatTime: now, lastTransitionTime: now }));

const capacity = { cpu: '16', memory: '64Gi', pods: '1000' };

const nodeInfo = {
  architecture: arch(),
  operatingSystem: platform(),
  osImage: 'albeit local node',
  containerRuntimeVersion: 'albeit://1',
  kubeletVersion: 'v1.34.0-albeit',
  ...{ kernelVersion: '', kubeProxyVersion: '', machineID: '', systemUUID: '', bootID: '' },
};

const labels = ({ name, zone, labels: own }: LocalNode, region: string) => ({
  'kubernetes.io/hostname': name,
  'kubernetes.io/os': platform(),
  'topology.kubernetes.io/region': region,
  'topology.kubernetes.io/zone': `${region}-${zone}`,
  ...own,
});

const objectName = ({ name }: LocalNode): ObjectName => ({ kind: 'Node', namespace: '', name });

/** Registers the node again when somebody has deleted it, or an API server has come back empty. */
export async function keepNode(kube: Kube, node: LocalNode, region: string, nowMs: number): Promise<void> {
  if ((await kube.get(objectName(node))) === undefined) await registerNode(kube, node, region, nowMs);
}

/**
 * Registers the node, or says that it is ready again: what people have set on it (labels, cordon) stays. New nodes come tainted as not
 * ready, and nobody else would take that away.
 */
export async function registerNode(kube: Kube, node: LocalNode, region: string, nowMs: number): Promise<void> {
  const { name, address, instanceId } = node;
  const spec = isVirtual(node) ? {} : { providerID: `${region}.${instanceId}` };
  await kube.create<KubeObject>({ apiVersion: 'v1', kind: 'Node', metadata: { name, labels: labels(node, region) }, spec } as KubeObject);
  await takeTaintAway(kube, node);
  const addresses = [
    { type: 'InternalIP', address },
    { type: 'Hostname', address: name },
  ];
  const status = { addresses, capacity, allocatable: capacity, conditions: conditions(timestamp(nowMs)), nodeInfo };
  const written = await kube.mergePatch(objectName(node), { status }, 'status');
  if (written.kind !== 'written') throw new Error(`the status of Node ${name} could not be written: ${written.kind}`);
}

interface Tainted extends KubeObject {
  readonly spec?: { readonly taints?: readonly { readonly key: string; readonly effect?: string }[] };
}

/** Only the taint of nodes that are not ready; those of people stay. */
async function takeTaintAway(kube: Kube, node: LocalNode): Promise<void> {
  const taints = (await kube.get<Tainted>(objectName(node)))?.spec?.taints ?? [];
  const left = taints.filter((taint) => !taint.key.startsWith('node.kubernetes.io/not-ready'));
  if (left.length < taints.length) await kube.mergePatch(objectName(node), { spec: { taints: left.length === 0 ? null : left } });
}

/** The Node object that Pods are bound to. Without it the real endpoint-slice controller passes its Pods over. */
import { arch, platform } from 'node:os';
import type { Kube, KubeObject } from '#shared/kube/port.ts';
import { timestamp } from './objects.ts';

export const nodeName = 'local-node';
/** An address of the machine that runs the Pods; not one of loopback, which the API refuses in places. */
export const nodeAddress = '192.168.64.1';
export const instanceId = 'i-local00000000000001';

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

const labels = (region: string) => ({
  'kubernetes.io/hostname': nodeName,
  'kubernetes.io/os': platform(),
  'topology.kubernetes.io/region': region,
  'topology.kubernetes.io/zone': `${region}-a`,
});

const name = { kind: 'Node', namespace: '', name: nodeName } as const;

/** Registers the node again when somebody has deleted it, or an API server has come back empty. */
export async function keepNode(kube: Kube, region: string, nowMs: number): Promise<void> {
  if ((await kube.get(name)) === undefined) await registerNode(kube, region, nowMs);
}

/** Registers the node, or says that it is ready again. New nodes come tainted as not ready, and nobody else would take that away. */
export async function registerNode(kube: Kube, region: string, nowMs: number): Promise<void> {
  const spec = { providerID: `${region}.${instanceId}`, podCIDR: '10.64.0.0/16', podCIDRs: ['10.64.0.0/16'] };
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName, labels: labels(region) }, spec };
  await kube.create<KubeObject>(node);
  await kube.mergePatch(name, { spec: { taints: null } });
  const addresses = [
    { type: 'InternalIP', address: nodeAddress },
    { type: 'Hostname', address: nodeName },
  ];
  const status = { addresses, capacity, allocatable: capacity, conditions: conditions(timestamp(nowMs)), nodeInfo };
  const written = await kube.mergePatch(name, { status }, 'status');
  if (written.kind !== 'written') throw new Error(`the status of Node ${nodeName} could not be written: ${written.kind}`);
}

/** Plays the nodes: follows the cluster, and has scheduler, kubelet, kube-proxy and (where wanted) workload controllers work on it. */
import { kubeOver } from '#shared/kube/adapter.ts';
import type { Kube, KubeObject } from '#shared/kube/port.ts';
import type { Transport } from '#shared/kube/transport.ts';
import { localCredentials } from '../credentials.ts';
import type { Journal } from '../journal.ts';
import { type Change, type Followed, follow, keyOf } from './follow.ts';
import { Kubelet } from './kubelet.ts';
import { createNetwork, type Network } from './network.ts';
import { keepNode, registerNode } from './node-object.ts';
import type { EndpointSlice, Service } from './node-port-plan.ts';
import { NodePorts } from './node-ports.ts';
import { type LocalNode, localNodes } from './nodes.ts';
import type { Pod } from './objects.ts';
import type { NodeObject } from './placement.ts';
import { createPodCalls } from './pod-calls.ts';
import { Scheduler } from './scheduler.ts';
import type { NodeSettings } from './settings.ts';
import { createWorkQueue, type WorkQueue } from './work-queue.ts';
import { startWorkloads, type Workloads } from './workloads.ts';

export interface PlayOptions {
  /** Base URL of the ALB emulator, which is told addresses; absent: nobody is. */
  readonly albUrl?: string | undefined;
  /** Play Deployment and ReplicaSet controller too: right only where no other one runs. */
  readonly deployments: boolean;
  readonly region?: string | undefined;
  /** Machines to play, 1-20. Absent: one. */
  readonly nodes?: number | undefined;
  /** Play a virtual node, too. Absent: no. */
  readonly virtualNode?: boolean | undefined;
}

interface Site {
  readonly transport: Transport;
  readonly settings: () => NodeSettings;
  readonly journal: Journal;
}

/** What is being played. */
export interface Playing {
  readonly kubelet: Kubelet;
  readonly failures: () => Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
}

/** How often the cloud is told all addresses again, and the Nodes are looked after (ms): who was restarted may have forgotten both. */
const heartbeatMs = 5_000;
/** Pods that are worked on at the same time. */
const parallel = 8;

/** The kinds that are followed, and who is told of what. */
function followAll(transport: Transport, signal: AbortSignal, heard: { pod(change: Change<Pod>): void; node(): void; traffic(): void }) {
  const kind = <T extends KubeObject>(name: 'Pod' | 'Node' | 'Service' | 'EndpointSlice', changed: (change: Change<T>) => void) =>
    follow<T>({ transport, kind: name, signal, changed });
  const all = {
    pods: kind<Pod>('Pod', heard.pod),
    nodes: kind<NodeObject>('Node', heard.node),
    services: kind<Service>('Service', heard.traffic),
    slices: kind<EndpointSlice>('EndpointSlice', heard.traffic),
  };
  return { ...all, synced: Promise.all(Object.values(all).map((one: Followed<KubeObject>) => one.synced)) };
}

/** Keeps telling; what fails is tried again at the next beat. */
function startBeating(kube: Kube, machines: readonly LocalNode[], region: string, network: Network | undefined): () => void {
  const beat = () => {
    void Promise.allSettled([network?.announce(), ...machines.map((node) => keepNode(kube, node, region, Date.now()))]);
  };
  beat();
  const beating = setInterval(beat, heartbeatMs).unref();
  return () => clearInterval(beating);
}

const noteIn =
  (journal: Journal) =>
  (action: string, pod: Pod, facts: Readonly<Record<string, string>> = {}): void => {
    const params = { pod: `${pod.metadata.namespace}/${pod.metadata.name}`, ...facts };
    journal.add({ action, params, ...{ status: 200, code: '', requestId: pod.metadata.uid ?? '', write: true } });
  };

/** Carries on until told to stop. Resolves when the nodes are registered and their Pods known. */
export async function play(options: PlayOptions, { transport, settings, journal }: Site): Promise<Playing> {
  const kube = kubeOver(transport);
  const region = options.region ?? localCredentials.region;
  const machines = localNodes(options.nodes ?? 1, options.virtualNode ?? false);
  const ending = new AbortController();
  await Promise.all(machines.map((node) => registerNode(kube, node, region, Date.now())));
  const network: Network | undefined = options.albUrl === undefined ? undefined : createNetwork(options.albUrl, () => kubelet.interfaces());
  const queue: WorkQueue = createWorkQueue({ run: (key) => kubelet.sync(key), parallel });
  const traffic = createWorkQueue({ run: () => nodePorts.sync(), parallel: 1 });
  let ready = false;
  const followed = followAll(transport, ending.signal, {
    pod: (change) => {
      workloads?.podChanged(change);
      if (ready) queue.add(change.key);
    },
    node: () => {
      if (ready) for (const pod of followed.pods.all()) if (!pod.spec.nodeName) queue.add(keyOf(pod));
    },
    traffic: () => {
      if (ready) traffic.add('node ports');
    },
  });
  const { pods, nodes } = followed;
  const workloads: Workloads | undefined = options.deployments
    ? startWorkloads({ kube, transport, pods, signal: ending.signal })
    : undefined;
  const nodePorts = new NodePorts({
    ...{ nodes: machines, services: followed.services, slices: followed.slices },
    socketOf: (address, port) => kubelet.socketOf(address, port),
    changed: () => void network?.announce().catch(() => undefined),
  });
  const calls = createPodCalls(transport, kube);
  const note = noteIn(journal);
  const kubelet: Kubelet = new Kubelet({
    ...{ kube, calls, pods, machines, network, settings, region, note, now: Date.now },
    scheduler: new Scheduler({ kube, calls, pods, nodes, note, now: Date.now }),
    nodePorts: (node) => nodePorts.socketsOf(node),
    again: (key, delayMs) => queue.add(key, delayMs),
  });
  await followed.synced;
  await kubelet.adopt();
  await nodePorts.sync();
  ready = true;
  traffic.add('node ports');
  for (const pod of pods.all()) queue.add(keyOf(pod));
  const stopBeating = startBeating(kube, machines, region, network);
  const stop = async () => {
    stopBeating();
    ending.abort();
    for (const one of [queue, traffic, workloads, nodePorts]) one?.stop();
    await kubelet.stop();
  };
  return { kubelet, stop, failures: () => ({ ...queue.failures(), ...traffic.failures(), ...workloads?.failures() }) };
}

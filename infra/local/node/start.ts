/**
 * The local node: a client of any Kubernetes API that plays scheduler and kubelet, and Deployment controller where the API has none. Its
 * Pods are echo servers on loopback behind addresses of 10.64.0.0/16, which it tells the cloud.
 */
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { kubeOver } from '#shared/kube/adapter.ts';
import { createTransport, type Transport } from '#shared/kube/transport.ts';
import { localCredentials } from '../credentials.ts';
import { createJournal, type Journal } from '../journal.ts';
import { closeServer, listenOnLoopback } from '../listen.ts';
import { openDoor } from '../openapi/doors.ts';
import type { LocalService } from '../service.ts';
import { follow, keyOf } from './follow.ts';
import { Kubelet } from './kubelet.ts';
import { createNetwork, type Network } from './network.ts';
import { keepNode, registerNode } from './node-object.ts';
import type { Pod } from './objects.ts';
import { createPodCalls } from './pod-calls.ts';
import { defaultNodeSettings, type NodeSettings, nodeSettingsSchema } from './settings.ts';
import { createWorkQueue } from './work-queue.ts';
import { startWorkloads, type Workloads } from './workloads.ts';

export interface NodeOptions {
  /** Path of the kubeconfig. */
  readonly kubeconfig: string;
  /** Base URL of the ALB emulator, which is told addresses; absent: nobody is. */
  readonly albUrl?: string | undefined;
  /** Play Deployment and ReplicaSet controller too: right only where no other one runs. */
  readonly deployments: boolean;
  /** Of the doors. 0 or absent: any free one. */
  readonly port?: number | undefined;
  readonly region?: string | undefined;
  readonly settings?: Partial<NodeSettings> | undefined;
}

/** How often the cloud is told all addresses again, and the Node is looked after (ms): who was restarted may have forgotten both. */
const heartbeatMs = 5_000;
/** Pods that are worked on at the same time. */
const parallel = 8;

interface Running {
  readonly kubelet: Kubelet;
  readonly workloads: Workloads | undefined;
  readonly failures: () => Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
}

/** Follows Pods and carries on until told to stop. */
async function run(options: NodeOptions, transport: Transport, settings: () => NodeSettings, journal: Journal): Promise<Running> {
  const kube = kubeOver(transport);
  const region = options.region ?? localCredentials.region;
  const ending = new AbortController();
  await registerNode(kube, region, Date.now());
  const network: Network | undefined = options.albUrl === undefined ? undefined : createNetwork(options.albUrl, () => kubelet.interfaces());
  const queue = createWorkQueue({ run: (key) => kubelet.sync(key), parallel });
  let ready = false;
  const pods = follow<Pod>({
    transport,
    kind: 'Pod',
    signal: ending.signal,
    changed: (change) => {
      workloads?.podChanged(change);
      if (ready) queue.add(change.key);
    },
  });
  const workloads = options.deployments ? startWorkloads({ kube, transport, pods, signal: ending.signal }) : undefined;
  const note = (action: string, pod: Pod, facts: Readonly<Record<string, string>> = {}) =>
    journal.add({
      action,
      params: { pod: `${pod.metadata.namespace}/${pod.metadata.name}`, ...facts },
      ...{ status: 200, code: '', requestId: pod.metadata.uid ?? '', write: true },
    });
  const kubelet: Kubelet = new Kubelet({
    ...{ kube, calls: createPodCalls(transport, kube), pods, network, settings, region, note },
    now: Date.now,
    again: (key, delayMs) => queue.add(key, delayMs),
  });
  await pods.synced;
  await kubelet.adopt();
  ready = true;
  for (const pod of pods.all()) queue.add(keyOf(pod));
  // What fails here is tried again at the next beat.
  const beat = () => void Promise.allSettled([network?.announce(), keepNode(kube, region, Date.now())]);
  const beating = setInterval(beat, heartbeatMs).unref();
  const stop = async () => {
    clearInterval(beating);
    ending.abort();
    queue.stop();
    workloads?.stop();
    await kubelet.stop();
  };
  return { kubelet, workloads, stop, failures: () => ({ ...queue.failures(), ...workloads?.failures() }) };
}

/** Starts the node and returns once it has registered and knows its Pods. The Kubernetes API must be up. */
export async function startNode(options: NodeOptions): Promise<LocalService> {
  let settings = { ...defaultNodeSettings, ...options.settings };
  const journal = createJournal(Date.now);
  const transport = createTransport({ kubeconfig: { path: options.kubeconfig } });
  const running = await run(options, transport, () => settings, journal).catch((error: unknown) => {
    transport.close();
    throw error;
  });
  const doors = {
    'GET /_/state': () => ({ pods: running.kubelet.state(), failures: running.failures() }),
    'GET /_/journal': (_body: unknown, query: ReadonlyMap<string, string>) => ({
      lines: journal.linesAfter(Number(query.get('after') ?? 0)),
    }),
    'GET /_/settings': () => settings,
    'PUT /_/settings': (body: unknown) => {
      settings = { ...settings, ...withoutAbsent(nodeSettingsSchema.partial().parse(body)) };
      return settings;
    },
  };
  const server = createServer(async (request, response) => {
    const body = Buffer.from(await text(request));
    const url = new URL(request.url ?? '/', 'http://local');
    const incoming = { method: request.method ?? 'GET', path: url.pathname, headers: {}, query: [...url.searchParams], form: [], body };
    const answer = await openDoor(doors, incoming);
    response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.text);
  });
  const stopAll = async () => {
    await running.stop();
    transport.close();
  };
  const url = await listenOnLoopback(server, options.port ?? 0, 'local node').catch(async (error: unknown) => {
    await stopAll();
    throw error;
  });
  let stopped: Promise<unknown> | undefined;
  return {
    url,
    stop: async () => {
      stopped ??= Promise.all([closeServer(server), stopAll()]);
      await stopped;
    },
  };
}

/** Members that are given as undefined are not given. */
const withoutAbsent = (given: object): object => Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));

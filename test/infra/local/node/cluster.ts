/** A cluster for the tests of the local node: an API server, the node, and a cloud that only notes what it is told. */

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { LocalInterface } from '#infra/local/alb/view.ts';
import type { KubernetesService } from '#infra/local/kubernetes/service.ts';
import { closeServer, listenOnLoopback } from '#infra/local/listen.ts';
import { type NodeOptions, startNode } from '#infra/local/node/start.ts';
import type { LocalService } from '#infra/local/service.ts';
import { createKube } from '#shared/kube/adapter.ts';
import type { Kube } from '#shared/kube/port.ts';

/** What a cloud is told about the network. */
export interface NotedNetwork {
  readonly url: string;
  /** The list that is in force. */
  list(): readonly LocalInterface[];
  onList(heard: (list: readonly LocalInterface[]) => void): void;
  stop(): Promise<void>;
}

export async function noteNetwork(): Promise<NotedNetwork> {
  let list: readonly LocalInterface[] = [];
  let heard: (list: readonly LocalInterface[]) => void = () => {};
  const server = createServer(async (request, response) => {
    const told = JSON.parse(await text(request)) as readonly LocalInterface[];
    // As the emulated ALB refuses a whole list for one bad entry.
    if (!told.every(({ socket }) => /^(.+:\d{1,5})?$/.test(socket))) return response.writeHead(400).end('{}');
    list = told;
    heard(list);
    return response.end('{}');
  });
  return {
    url: await listenOnLoopback(server, 0, 'network'),
    list: () => list,
    onList: (wanted) => {
      heard = wanted;
    },
    stop: () => closeServer(server),
  };
}

export interface Cluster {
  readonly kubernetes: KubernetesService;
  readonly kube: Kube;
  readonly network: NotedNetwork;
  /** The node that runs now. */
  readonly node: () => LocalService;
  /** Stops the node and starts it anew, as after a crash. */
  restartNode(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts everything; `start` brings the API server up in a folder of its own. */
export async function startCluster(
  start: (dir: string) => Promise<KubernetesService>,
  options: Pick<NodeOptions, 'deployments' | 'nodes' | 'virtualNode'>,
): Promise<Cluster> {
  const dir = await mkdtemp(join(tmpdir(), 'albeit-node-'));
  const kubernetes = await start(dir);
  const network = await noteNetwork();
  const all = { kubeconfig: kubernetes.kubeconfig, albUrl: network.url, settings: { maximumGraceSeconds: 0.3 }, ...options };
  let node = await startNode(all);
  const kube = createKube({ kubeconfig: { path: kubernetes.kubeconfig } });
  return {
    kubernetes,
    kube,
    network,
    node: () => node,
    restartNode: async () => {
      await node.stop();
      node = await startNode(all);
    },
    stop: async () => {
      await node.stop();
      kube.close();
      await kubernetes.stop();
      await network.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Looks again until what it finds is as wanted; fails with what it found last. */
export async function eventually<T>(look: () => Promise<T> | T, wanted: (found: T) => boolean, withinMs = 15_000): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (wanted(found)) return found;
    if (Date.now() > end) throw new Error(`still not as wanted: ${JSON.stringify(found).slice(0, 2000)}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

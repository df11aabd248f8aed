/**
 * The local node: a client of any Kubernetes API that plays scheduler, kubelet and kube-proxy, and Deployment controller where the API has
 * none. Its Pods are echo servers on loopback behind addresses of 10.64.0.0/16, which it tells the cloud.
 */
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { createTransport } from '#shared/kube/transport.ts';
import { createJournal } from '../journal.ts';
import { closeServer, listenOnLoopback } from '../listen.ts';
import { openDoor } from '../openapi/doors.ts';
import type { LocalService } from '../service.ts';
import { type PlayOptions, play } from './play.ts';
import { defaultNodeSettings, type NodeSettings, nodeSettingsSchema } from './settings.ts';

export interface NodeOptions extends PlayOptions {
  /** Path of the kubeconfig. */
  readonly kubeconfig: string;
  /** Of the doors. 0 or absent: any free one. */
  readonly port?: number | undefined;
  readonly settings?: Partial<NodeSettings> | undefined;
}

/** Starts the node and returns once it has registered and knows its Pods. The Kubernetes API must be up. */
export async function startNode(options: NodeOptions): Promise<LocalService> {
  let settings = { ...defaultNodeSettings, ...options.settings };
  const journal = createJournal(Date.now);
  const transport = createTransport({ kubeconfig: { path: options.kubeconfig } });
  const running = await play(options, { transport, settings: () => settings, journal }).catch((error: unknown) => {
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

/** Real servers on loopback as the pods of Services, each with an address in the local VPC. */
import { createServer, type IncomingMessage } from 'node:http';
import type { LocalInterface } from '#infra/local/alb/view.ts';
import { closeServer, listenOnLoopback } from '#infra/local/listen.ts';
import { type EchoServer, startEcho } from '#infra/local/node/echo.ts';
import type { EndpointSlice } from '#shared/model/wish.ts';
import { anEndpointSlice } from './cafe.ts';
import { podInterface } from './local-alb.ts';

interface Pod {
  readonly name: string;
  readonly service: string;
  readonly namespace: string;
  readonly ip: string;
  readonly server: EchoServer;
}

/** What a pod does with a request: a status, no answer at all, or what every pod does. */
export type Mood = (request: IncomingMessage) => number | 'silence' | 'echo';

export interface RoutedPods {
  /** `count` more servers of a Service, and the slice that names all that it has. */
  start(namespace: string, service: string, count: number, mood?: Mood): Promise<EndpointSlice>;
  /** Of all pods, as the cloud is told of them. */
  interfaces(): readonly LocalInterface[];
  has(namespace: string, service: string): boolean;
  /** Requests that the servers of a Service, or one pod, were asked so far, in any namespace. */
  served(serviceOrPod: string): number;
  stop(): Promise<void>;
}

/** Answers as the echo server does, as far as its mood lets it. */
async function startMoody(identity: () => Readonly<Record<string, string>>, mood: Mood): Promise<EchoServer> {
  const server = createServer((request, response) => {
    const { url: path = '', method = '', headers } = request;
    const body = JSON.stringify({ path, method, host: headers.host ?? '', headers: {}, ...identity() });
    const does = mood(request);
    if (does === 'silence') return;
    response.writeHead(does === 'echo' ? 200 : does).end(does === 'echo' ? body : '');
  });
  const url = await listenOnLoopback(server, 0, 'pod');
  return { socket: new URL(url).host, stop: () => closeServer(server) };
}

export function createPods(): RoutedPods {
  const pods: Pod[] = [];
  const asked = new Map<string, number>();
  const of = (namespace: string, service: string): readonly Pod[] =>
    pods.filter((one) => one.namespace === namespace && one.service === service);
  const startOne = async (namespace: string, service: string, mood: Mood | undefined): Promise<void> => {
    const name = `${service}-${of(namespace, service).length}`;
    // Asked for once a request.
    const identity = () => {
      for (const one of [service, name]) asked.set(one, (asked.get(one) ?? 0) + 1);
      return { namespace, ingress: '', service, pod: name };
    };
    const server = await (mood === undefined ? startEcho(identity) : startMoody(identity, mood));
    pods.push({ name, service, namespace, ip: `10.64.${pods.length >> 8}.${(pods.length & 255) + 1}`, server });
  };
  return {
    start: async (namespace, service, count, mood) => {
      for (let times = 0; times < count; times++) await startOne(namespace, service, mood);
      return anEndpointSlice(
        service,
        of(namespace, service).map((one) => one.ip),
        namespace,
      );
    },
    interfaces: () => pods.map((one) => podInterface(`eni-${one.ip.replaceAll('.', '-')}`, one.ip, { socket: one.server.socket })),
    has: (namespace, service) => of(namespace, service).length > 0,
    served: (serviceOrPod) => asked.get(serviceOrPod) ?? 0,
    stop: async () => {
      await Promise.all(pods.map((one) => one.server.stop(0)));
    },
  };
}

/** Real servers on loopback as the pods of Services, each with an address in the local VPC. */
import type { LocalInterface } from '#infra/local/alb/view.ts';
import type { EndpointSlice } from '#shared/model/wish.ts';
import { anEndpointSlice } from './cafe.ts';
import { podInterface } from './local-alb.ts';
import { type PodDraft, type PodServers, startServers } from './routed-servers.ts';

interface Pod {
  readonly name: string;
  readonly service: string;
  readonly namespace: string;
  readonly ip: string;
  readonly servers: PodServers;
}

export interface RoutedPods {
  /** `count` more servers of a Service, and the slice that names all that it has. */
  start(namespace: string, service: string, count: number, draft?: PodDraft): Promise<EndpointSlice>;
  /** Of all pods, as the cloud is told of them. */
  interfaces(): readonly LocalInterface[];
  has(namespace: string, service: string): boolean;
  /** Requests that the servers of a Service, or one pod, were asked so far, in any namespace. */
  served(serviceOrPod: string): number;
  stop(): Promise<void>;
}

export function createPods(): RoutedPods {
  const pods: Pod[] = [];
  const asked = new Map<string, number>();
  const of = (namespace: string, service: string): readonly Pod[] =>
    pods.filter((one) => one.namespace === namespace && one.service === service);
  const startOne = async (namespace: string, service: string, draft: PodDraft): Promise<void> => {
    const name = `${service}-${of(namespace, service).length}`;
    // Asked for once a request.
    const identity = () => {
      for (const one of [service, name]) asked.set(one, (asked.get(one) ?? 0) + 1);
      return { namespace, ingress: '', service, pod: name };
    };
    const servers = await startServers(identity, draft);
    pods.push({ name, service, namespace, ip: `10.64.${pods.length >> 8}.${(pods.length & 255) + 1}`, servers });
  };
  return {
    start: async (namespace, service, count, draft = {}) => {
      for (let times = 0; times < count; times++) await startOne(namespace, service, draft);
      return anEndpointSlice(
        service,
        of(namespace, service).map((one) => one.ip),
        namespace,
      );
    },
    interfaces: () =>
      pods.map(({ ip, servers: { first, ofPorts } }) => {
        const sockets = Object.fromEntries(Object.entries(ofPorts).map(([port, server]) => [port, server.socket]));
        return podInterface(`eni-${ip.replaceAll('.', '-')}`, ip, { socket: first.socket, sockets });
      }),
    has: (namespace, service) => of(namespace, service).length > 0,
    served: (serviceOrPod) => asked.get(serviceOrPod) ?? 0,
    stop: async () => {
      await Promise.all(pods.flatMap(({ servers: { first, ofPorts } }) => [first, ...Object.values(ofPorts)].map((one) => one.stop(0))));
    },
  };
}

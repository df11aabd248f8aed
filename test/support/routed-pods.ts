/** Real servers on loopback as the pods of Services, each with an address in the local VPC. */
import type { LocalInterface } from '#infra/local/alb/view.ts';
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

export interface RoutedPods {
  /** `count` more servers of a Service, and the slice that names all that it has. */
  start(namespace: string, service: string, count: number): Promise<EndpointSlice>;
  /** Of all pods, as the cloud is told of them. */
  interfaces(): readonly LocalInterface[];
  has(namespace: string, service: string): boolean;
  /** Requests that the servers of a Service were asked so far, in any namespace. */
  served(service: string): number;
  stop(): Promise<void>;
}

export function createPods(): RoutedPods {
  const pods: Pod[] = [];
  const asked = new Map<string, number>();
  const of = (namespace: string, service: string): readonly Pod[] =>
    pods.filter((one) => one.namespace === namespace && one.service === service);
  const startOne = async (namespace: string, service: string): Promise<void> => {
    const name = `${service}-${of(namespace, service).length}`;
    // The identity is asked for once a request.
    const server = await startEcho(() => {
      asked.set(service, (asked.get(service) ?? 0) + 1);
      return { namespace, ingress: '', service, pod: name };
    });
    pods.push({ name, service, namespace, ip: `10.64.${pods.length >> 8}.${(pods.length & 255) + 1}`, server });
  };
  return {
    start: async (namespace, service, count) => {
      for (let times = 0; times < count; times++) await startOne(namespace, service);
      return anEndpointSlice(
        service,
        of(namespace, service).map((one) => one.ip),
        namespace,
      );
    },
    interfaces: () => pods.map((one) => podInterface(`eni-${one.ip.replaceAll('.', '-')}`, one.ip, { socket: one.server.socket })),
    has: (namespace, service) => of(namespace, service).length > 0,
    served: (service) => asked.get(service) ?? 0,
    stop: async () => {
      await Promise.all(pods.map((one) => one.server.stop(0)));
    },
  };
}

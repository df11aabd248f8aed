/** Pods of Services as scenarios need them one by one: on a node, in a zone, of one address family or both, in any condition. */
import type { LocalInterface } from '#infra/local/alb/view.ts';
import type { EndpointSlice } from '#shared/model/wish.ts';
import { podInterface } from './local-alb.ts';
import { type PodDraft, type PodServers, startServers } from './routed-servers.ts';

export type Family = 'IPv4' | 'IPv6';

/** Conditions as EndpointSlices say them. */
export interface Conditions {
  ready: boolean;
  serving: boolean;
  terminating: boolean;
}

export interface WorldPodDraft extends PodDraft {
  readonly namespace?: string;
  /** Absent: not said. */
  readonly node?: string;
  /** Absent: `a`. */
  readonly zone?: 'a' | 'b';
  /** Absent: IPv4 alone. */
  readonly families?: readonly Family[];
  readonly conditions?: Partial<Conditions>;
  /** An address that is no Pod's and that no interface of the VPC has: a machine elsewhere. */
  readonly outside?: string;
  /** No network interface has its address. */
  readonly unknown?: boolean;
}

export interface WorldPod {
  readonly name: string;
  readonly namespace: string;
  readonly service: string;
  readonly node: string;
  readonly zone: 'a' | 'b';
  readonly addresses: readonly { readonly family: Family; readonly ip: string }[];
  readonly conditions: Conditions;
  readonly outside: boolean;
  known: boolean;
  readonly servers: PodServers;
}

const familyOf = (ip: string): Family => (ip.includes(':') ? 'IPv6' : 'IPv4');

/** Addresses of the pod number `index` in the order of its families. */
const addressesOf = (index: number, { families = ['IPv4'], outside }: WorldPodDraft): WorldPod['addresses'] => {
  if (outside !== undefined) return [{ family: familyOf(outside), ip: outside }];
  const of = { IPv4: `10.65.${index >> 8}.${(index & 255) + 1}`, IPv6: `2001:db8::${(index + 1).toString(16)}` };
  return families.map((family) => ({ family, ip: of[family] }));
};

export async function startWorldPod(
  service: string,
  index: number,
  draft: WorldPodDraft,
  asked: (service: string, pod: string) => void,
): Promise<WorldPod> {
  const { namespace = 'shop', node = '', zone = 'a', conditions = {}, outside, unknown = false } = draft;
  const name = `${service}-${index}`;
  const identity = () => {
    asked(service, name);
    return { namespace, ingress: '', service, pod: name };
  };
  return {
    ...{ name, namespace, service, node, zone },
    addresses: addressesOf(index, draft),
    conditions: { ready: true, serving: true, terminating: false, ...conditions },
    outside: outside !== undefined,
    known: !unknown,
    servers: await startServers(identity, draft),
  };
}

/** Of one pod: an entry an address, all of one interface. An address elsewhere is in no VPC that anybody asks for. */
export function interfacesOf({ addresses, zone, outside, known, servers }: WorldPod, instanceId: string): readonly LocalInterface[] {
  const first = addresses[0]?.ip ?? '';
  const id = `eni-${first.replaceAll(/[.:]+/g, '-')}`;
  const place = { zoneId: `cn-local-${zone}`, vSwitchId: `vsw-local-${zone}`, vpcId: outside || !known ? 'vpc-elsewhere' : 'vpc-local' };
  const { first: server, ofPorts } = servers;
  const sockets = Object.fromEntries(Object.entries(ofPorts).map(([port, one]) => [port, one.socket]));
  return addresses.map(({ ip }) => podInterface(id, ip, { ...place, instanceId, socket: server.socket, sockets }));
}

/** The slice of one family that names these pods, in the API's words. */
export const sliceOf = (
  namespace: string,
  service: string,
  family: Family,
  pods: readonly Pick<WorldPod, 'name' | 'node' | 'addresses' | 'conditions' | 'outside'>[],
): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: `${service}-${family.toLowerCase()}`, namespace, labels: { 'kubernetes.io/service-name': service } },
  addressType: family,
  endpoints: pods.flatMap(({ name, node, addresses, conditions, outside }) =>
    addresses
      .filter((one) => one.family === family)
      .map(({ ip }) => ({
        addresses: [ip],
        conditions: { ...conditions },
        ...(outside ? {} : { targetRef: { kind: 'Pod', name, namespace } }),
        ...(node === '' ? {} : { nodeName: node }),
      })),
  ),
  ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
});

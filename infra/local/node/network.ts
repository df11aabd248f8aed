/** What the cloud is told about Pods and nodes: one elastic network interface each, announced as a whole list (`PUT /_/network`). */
import { createHash } from 'node:crypto';
import type { LocalInterface } from '../alb/view.ts';
import type { LocalNode } from './nodes.ts';

export interface PodAddress {
  readonly uid: string;
  readonly address: string;
  /** `127.0.0.1:43123`; empty: nothing listens. */
  readonly socket: string;
  /** Of single ports, by number. */
  readonly sockets?: Readonly<Record<string, string>>;
  readonly node: Pick<LocalNode, 'instanceId' | 'zone' | 'spread'>;
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

const idOf = (owner: string): string => `eni-${digestOf(owner).slice(0, 20)}`;

const placeIn = (zone: string, region: string) => ({ vpcId: 'vpc-local', vSwitchId: `vsw-local-${zone}`, zoneId: `${region}-${zone}` });

/** The interface of a Pod. Where one node stands for all, Pods alternate between the two zones by address. */
export function interfaceOf({ uid, address, socket, sockets = {}, node }: PodAddress, region: string): LocalInterface {
  const byAddress = Number(address.split('.').at(-1)) % 2 === 0 ? 'a' : 'b';
  const place = placeIn(node.spread ? byAddress : node.zone, region);
  // Where there is no machine, a Pod is an instance of the container service by itself.
  const instanceId = node.instanceId === '' ? `eci-local${digestOf(uid).slice(0, 12)}` : node.instanceId;
  return { networkInterfaceId: idOf(uid), privateIp: address, ...place, instanceId, socket, sockets };
}

/** The own interface of a machine: only its node ports answer. */
export function interfaceOfNode(
  { address, zone, instanceId }: LocalNode,
  sockets: Readonly<Record<string, string>>,
  region: string,
): LocalInterface {
  return {
    networkInterfaceId: idOf(instanceId),
    privateIp: address,
    ...placeIn(zone, region),
    instanceId,
    primary: true,
    socket: '',
    sockets,
  };
}

export interface Network {
  /** Resolves once the cloud knows what is there now. Announcements in a row become one call. Rejects when it could not be told. */
  announce(): Promise<void>;
}

/** Announces what `list` says to the cloud at `albUrl`. */
export function createNetwork(albUrl: string, list: () => readonly LocalInterface[]): Network {
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  const put = async () => {
    next = undefined;
    const answer = await fetch(`${albUrl}/_/network`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(list()),
      signal: AbortSignal.timeout(10_000),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`PUT /_/network: HTTP ${answer.status} ${text.slice(0, 200)}`);
  };
  return {
    announce: () => {
      // Whoever asks while a call is under way needs one more: the list was read before.
      if (next === undefined) {
        next = running.catch(() => undefined).then(put);
        running = next;
      }
      return next;
    },
  };
}

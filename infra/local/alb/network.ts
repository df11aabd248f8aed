/** The network as the services look things up in it: by address, by interface, by instance. Built once a change, so that no look-up scans. */
import type { LocalInterface } from './view.ts';

export interface Network {
  readonly all: readonly LocalInterface[];
  /** Whoever has the address, in either family. */
  at(address: string): LocalInterface | undefined;
  /** The addresses of one interface; the first of a family is its primary one. */
  ofInterface(networkInterfaceId: string): readonly LocalInterface[];
  /** What is attached to an instance, its own interface and those of its pods. */
  ofInstance(instanceId: string): readonly LocalInterface[];
  /** Ids of interfaces, in the order they were told. */
  readonly interfaceIds: readonly string[];
  /** Ids of instances: only those with an interface of their own are one. */
  readonly instanceIds: readonly string[];
}

/** IPv6 addresses are written with colons, IPv4 ones never. */
export const isIpv6 = (address: string): boolean => address.includes(':');

/** One text for one address: IPv6 has many. Anything that is no address stays as it is. */
export function canonical(address: string): string {
  if (!isIpv6(address) || !URL.canParse(`http://[${address}]`)) return address;
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

function groupBy(all: readonly LocalInterface[], keyOf: (one: LocalInterface) => string): ReadonlyMap<string, readonly LocalInterface[]> {
  const found = new Map<string, LocalInterface[]>();
  for (const one of all) {
    const mine = found.get(keyOf(one));
    if (mine === undefined) found.set(keyOf(one), [one]);
    else mine.push(one);
  }
  return found;
}

/** The network of a list of interfaces. Of an address that is told twice, the first one counts. */
export function networkOf(all: readonly LocalInterface[]): Network {
  const byAddress = groupBy(all, (one) => canonical(one.privateIp));
  const byInterface = groupBy(all, (one) => one.networkInterfaceId);
  const byInstance = groupBy(all, (one) => one.instanceId);
  return {
    all,
    at: (address) => byAddress.get(canonical(address))?.[0],
    ofInterface: (id) => byInterface.get(id) ?? [],
    ofInstance: (id) => byInstance.get(id) ?? [],
    interfaceIds: [...byInterface.keys()],
    instanceIds: [...byInstance].filter(([id, mine]) => id !== '' && mine.some((one) => one.primary === true)).map(([id]) => id),
  };
}

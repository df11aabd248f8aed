/** ECS in memory: the network interfaces that a test puts there. */
import type { Ecs, NetworkInterface } from '#shared/cloud/ecs/port.ts';
import type { CloudFailure } from '#shared/cloud/failure.ts';

export interface FakeEcs extends Ecs {
  /** One entry a call of the service: 100 addresses each. */
  readonly calls: {
    readonly action: 'DescribeNetworkInterfaces';
    readonly params: { readonly vpcId: string; readonly addresses: readonly string[] };
  }[];
  put(vpcId: string, ...interfaces: readonly NetworkInterface[]): void;
  remove(networkInterfaceId: string): void;
  failNext(failure: CloudFailure): void;
}

export function createFakeEcs(): FakeEcs {
  const calls: FakeEcs['calls'] = [];
  const failures: CloudFailure[] = [];
  const held = new Map<string, NetworkInterface & { readonly vpcId: string }>();
  return {
    calls,
    put: (vpcId, ...interfaces) => {
      for (const one of interfaces) held.set(one.networkInterfaceId, { ...one, vpcId });
    },
    remove: (id) => {
      held.delete(id);
    },
    failNext: (failure) => {
      failures.push(failure);
    },
    findNetworkInterfaces: async (vpcId, addresses) => {
      const asked = [...new Set(addresses)].sort();
      const found = new Map<string, NetworkInterface>();
      for (let from = 0; from < asked.length; from += 100) {
        const batch = asked.slice(from, from + 100);
        calls.push({ action: 'DescribeNetworkInterfaces', params: { vpcId, addresses: batch } });
        const failure = failures.shift();
        if (failure !== undefined) throw failure;
        for (const { vpcId: inVpc, ...one } of held.values()) {
          const matches = inVpc === vpcId && one.status === 'InUse' && one.privateIps.some((address) => batch.includes(address));
          if (matches) found.set(one.networkInterfaceId, structuredClone(one));
        }
      }
      return [...found.values()];
    },
    close: () => undefined,
  };
}

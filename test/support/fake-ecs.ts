/** ECS in memory: the network interfaces that a test puts there. */
import type { Ecs, Instance, NetworkInterface } from '#shared/cloud/ecs/port.ts';
import type { CloudFailure } from '#shared/cloud/failure.ts';

export interface FakeEcs extends Ecs {
  /** One entry a call of the service: 100 addresses each. */
  readonly calls: {
    readonly action: 'DescribeNetworkInterfaces' | 'DescribeInstances';
    readonly params: { readonly vpcId: string; readonly addresses: readonly string[] };
  }[];
  put(vpcId: string, ...interfaces: readonly NetworkInterface[]): void;
  putInstances(vpcId: string, ...instances: readonly Instance[]): void;
  remove(networkInterfaceId: string): void;
  failNext(failure: CloudFailure): void;
}

/** One call each: 100 addresses of one family. */
function inBatches(addresses: readonly string[]): readonly (readonly string[])[] {
  const asked = [...new Set(addresses)].sort();
  const families = [asked.filter((one) => !one.includes(':')), asked.filter((one) => one.includes(':'))];
  return families.flatMap((mine) =>
    Array.from({ length: Math.ceil(mine.length / 100) }, (_, index) => mine.slice(index * 100, (index + 1) * 100)),
  );
}

export function createFakeEcs(): FakeEcs {
  const calls: FakeEcs['calls'] = [];
  const failures: CloudFailure[] = [];
  const held = new Map<string, NetworkInterface & { readonly vpcId: string }>();
  const instances = new Map<string, Instance & { readonly vpcId: string }>();
  return {
    calls,
    put: (vpcId, ...interfaces) => {
      for (const one of interfaces) held.set(one.networkInterfaceId, { ...one, vpcId });
    },
    putInstances: (vpcId, ...added) => {
      for (const one of added) instances.set(one.instanceId, { ...one, vpcId });
    },
    remove: (id) => {
      held.delete(id);
    },
    failNext: (failure) => {
      failures.push(failure);
    },
    findNetworkInterfaces: async (vpcId, addresses) => {
      const found = new Map<string, NetworkInterface>();
      for (const batch of inBatches(addresses)) {
        calls.push({ action: 'DescribeNetworkInterfaces', params: { vpcId, addresses: batch } });
        const failure = failures.shift();
        if (failure !== undefined) throw failure;
        for (const { vpcId: inVpc, ...one } of held.values()) {
          const matches =
            inVpc === vpcId && one.status === 'InUse' && [...one.privateIps, ...one.ipv6Ips].some((address) => batch.includes(address));
          if (matches) found.set(one.networkInterfaceId, structuredClone(one));
        }
      }
      return [...found.values()];
    },
    findInstances: async (vpcId, addresses) => {
      const found: Instance[] = [];
      for (const batch of inBatches(addresses)) {
        calls.push({ action: 'DescribeInstances', params: { vpcId, addresses: batch } });
        const failure = failures.shift();
        if (failure !== undefined) throw failure;
        for (const { vpcId: inVpc, ...one } of instances.values()) {
          if (inVpc === vpcId && one.privateIps.some((address) => batch.includes(address))) found.push(structuredClone(one));
        }
      }
      return found;
    },
    close: () => undefined,
  };
}

/** VPC in memory: by default the one of the local cloud. */
import type { CloudFailure } from '#shared/cloud/failure.ts';
import type { Vpc, VSwitch } from '#shared/cloud/vpc/port.ts';

export interface FakeVpc extends Vpc {
  /** One entry a page of 50. */
  readonly calls: { readonly action: 'DescribeVSwitches'; readonly params: { readonly vpcId: string; readonly page: number } }[];
  put(...vSwitches: readonly VSwitch[]): void;
  failNext(failure: CloudFailure): void;
}

/** `vsw-local-a` and `vsw-local-b` in two zones. */
const localVSwitches: readonly VSwitch[] = ['a', 'b'].map((letter) => ({
  vSwitchId: `vsw-local-${letter}`,
  vpcId: 'vpc-local',
  zoneId: `cn-local-${letter}`,
  status: 'Available',
  availableIpAddressCount: 250,
}));

export function createFakeVpc(initial: readonly VSwitch[] = localVSwitches): FakeVpc {
  const calls: FakeVpc['calls'] = [];
  const failures: CloudFailure[] = [];
  const held = new Map(initial.map((one) => [one.vSwitchId, one]));
  return {
    calls,
    put: (...vSwitches) => {
      for (const one of vSwitches) held.set(one.vSwitchId, one);
    },
    failNext: (failure) => {
      failures.push(failure);
    },
    listVSwitches: async (vpcId) => {
      const all = [...held.values()].filter((one) => one.vpcId === vpcId);
      for (let page = 1; page <= Math.max(1, Math.ceil(all.length / 50)); page += 1) {
        calls.push({ action: 'DescribeVSwitches', params: { vpcId, page } });
        const failure = failures.shift();
        if (failure !== undefined) throw failure;
      }
      return structuredClone(all);
    },
    close: () => undefined,
  };
}

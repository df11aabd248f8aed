/** What every ECS must do: the fake in memory and the adapter over the emulator pass exactly this. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ecs } from '#shared/cloud/ecs/port.ts';

export interface EcsUnderTest {
  readonly ecs: Ecs;
  readonly vpcId: string;
  /** Replaces what the VPC holds: one interface in use for each address. */
  hold(interfaces: readonly { readonly networkInterfaceId: string; readonly address: string }[]): Promise<void>;
  stop(): Promise<void>;
}

const pod = (index: number) => ({ networkInterfaceId: `eni-${index}`, address: `10.64.${Math.floor(index / 250)}.${(index % 250) + 1}` });

export function ecsContract(name: string, make: () => Promise<EcsUnderTest>): void {
  describe(`ECS contract: ${name}`, () => {
    let under: EcsUnderTest;
    beforeEach(async () => {
      under = await make();
    });
    afterEach(async () => {
      under.ecs.close();
      await under.stop();
    });

    it('finds the interface that holds an address', async () => {
      await under.hold([pod(1), pod(2)]);
      const found = await under.ecs.findNetworkInterfaces(under.vpcId, [pod(2).address]);
      expect(found).toEqual([{ networkInterfaceId: 'eni-2', status: 'InUse', privateIps: [pod(2).address], ipv6Ips: [] }]);
    });

    it('leaves out what nobody holds, in this VPC or at all', async () => {
      await under.hold([pod(1)]);
      expect(await under.ecs.findNetworkInterfaces(under.vpcId, ['10.64.9.9'])).toEqual([]);
      expect(await under.ecs.findNetworkInterfaces('vpc-other', [pod(1).address])).toEqual([]);
    });

    it('asks nothing about no address', async () => {
      expect(await under.ecs.findNetworkInterfaces(under.vpcId, [])).toEqual([]);
    });

    it('looks up more addresses than a call takes, each once', async () => {
      const pods = Array.from({ length: 250 }, (_, index) => pod(index));
      await under.hold(pods);
      const addresses = pods.map((one) => one.address);
      const found = await under.ecs.findNetworkInterfaces(under.vpcId, [...addresses, ...addresses]);
      expect(found.map((one) => one.networkInterfaceId).sort()).toEqual(pods.map((one) => one.networkInterfaceId).sort());
    });
  });
}

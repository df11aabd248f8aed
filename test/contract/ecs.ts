/** What every ECS must do: the fake in memory and the adapter over the emulator pass exactly this. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ecs } from '#shared/cloud/ecs/port.ts';

export interface EcsUnderTest {
  readonly ecs: Ecs;
  readonly vpcId: string;
  /**
   * Replaces what the VPC holds: the addresses of interfaces in use, several of one id are one interface's. `instanceId`: the interface is
   * the instance's own, so that the address is the instance's.
   */
  hold(
    interfaces: readonly { readonly networkInterfaceId: string; readonly address: string; readonly instanceId?: string }[],
  ): Promise<void>;
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

    const dual = [
      { networkInterfaceId: 'eni-dual', address: '10.64.8.1' },
      { networkInterfaceId: 'eni-dual', address: 'fd00:64::1' },
    ];

    it('finds an interface by its IPv6 address, together with those that are asked for by IPv4', async () => {
      await under.hold([...dual, pod(1)]);
      const both = { networkInterfaceId: 'eni-dual', status: 'InUse', privateIps: ['10.64.8.1'], ipv6Ips: ['fd00:64::1'] };
      expect(await under.ecs.findNetworkInterfaces(under.vpcId, ['fd00:64::1'])).toEqual([both]);
      const found = await under.ecs.findNetworkInterfaces(under.vpcId, ['fd00:64::1', 'fd00:64::2', pod(1).address, '10.64.8.1']);
      expect([...found].sort((a, b) => (a.networkInterfaceId < b.networkInterfaceId ? -1 : 1))).toEqual([
        { networkInterfaceId: 'eni-1', status: 'InUse', privateIps: [pod(1).address], ipv6Ips: [] },
        both,
      ]);
    });

    it('looks up more IPv6 addresses than a call takes', async () => {
      const pods = Array.from({ length: 120 }, (_, index) => [
        pod(index),
        { networkInterfaceId: `eni-${index}`, address: `fd00:64::${(index + 1).toString(16)}` },
      ]).flat();
      await under.hold(pods);
      const found = await under.ecs.findNetworkInterfaces(
        under.vpcId,
        pods.map((one) => one.address).filter((address) => address.includes(':')),
      );
      expect(found.map((one) => one.networkInterfaceId).sort()).toEqual(Array.from({ length: 120 }, (_, index) => `eni-${index}`).sort());
    });

    const node = (index: number) => ({ ...pod(index), networkInterfaceId: `eni-node-${index}`, instanceId: `i-node-${index}` });

    it('finds the instance that has an address, and leaves out what none has', async () => {
      await under.hold([node(1), node(2), pod(3)]);
      const asked = [node(2).address, pod(3).address, '10.64.9.9'];
      expect(await under.ecs.findInstances(under.vpcId, asked)).toEqual([{ instanceId: 'i-node-2', privateIps: [node(2).address] }]);
      expect(await under.ecs.findInstances('vpc-other', asked)).toEqual([]);
      expect(await under.ecs.findInstances(under.vpcId, [])).toEqual([]);
    });

    it('looks up more instances than a call takes, each once', async () => {
      const nodes = Array.from({ length: 130 }, (_, index) => node(index));
      await under.hold(nodes);
      const addresses = nodes.map((one) => one.address);
      const found = await under.ecs.findInstances(under.vpcId, [...addresses, ...addresses]);
      expect(found.map((one) => one.instanceId).sort()).toEqual(nodes.map((one) => one.instanceId).sort());
    });
  });
}

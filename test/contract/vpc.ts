/** What every VPC must do: the fake in memory and the adapter over the emulator pass exactly this. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Vpc } from '#shared/cloud/vpc/port.ts';

export interface VpcUnderTest {
  readonly vpc: Vpc;
  /** A VPC with a vSwitch in each of two zones at least. */
  readonly vpcId: string;
  stop(): Promise<void>;
}

export function vpcContract(name: string, make: () => Promise<VpcUnderTest>): void {
  describe(`VPC contract: ${name}`, () => {
    let under: VpcUnderTest;
    beforeEach(async () => {
      under = await make();
    });
    afterEach(async () => {
      under.vpc.close();
      await under.stop();
    });

    it('lists the vSwitches of a VPC, with zone and free addresses', async () => {
      const found = await under.vpc.listVSwitches(under.vpcId);
      expect(new Set(found.map((one) => one.zoneId)).size).toBeGreaterThanOrEqual(2);
      for (const one of found) {
        expect(one).toMatchObject({ vpcId: under.vpcId, status: 'Available' });
        expect(one.availableIpAddressCount).toBeGreaterThan(0);
      }
      expect(found.map((one) => one.vSwitchId)).toEqual(expect.arrayContaining(['vsw-local-a', 'vsw-local-b']));
    });

    it('has none for a VPC that is not there', async () => {
      expect(await under.vpc.listVSwitches('vpc-other')).toEqual([]);
    });
  });
}

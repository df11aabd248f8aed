import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVpc } from '#shared/cloud/vpc/adapter.ts';
import { type CloudWire, startCloudWire } from '../../../support/cloud-wire.ts';

let wire: CloudWire;
beforeEach(async () => {
  wire = await startCloudWire();
});
afterEach(() => wire.stop());

const vSwitch = (index: number) => ({
  VSwitchId: `vsw-${index}`,
  VpcId: 'vpc-1',
  ZoneId: 'z-a',
  Status: 'Available',
  AvailableIpAddressCount: 9,
});

describe('the VPC adapter on the wire', () => {
  it('reads as many pages of 50 as there are', async () => {
    const all = Array.from({ length: 101 }, (_, index) => vSwitch(index));
    wire.answer((call) => {
      const from = (Number(call.params['PageNumber']) - 1) * 50;
      return { body: { RequestId: 'R', TotalCount: all.length, VSwitches: { VSwitch: all.slice(from, from + 50) } } };
    });
    const vpc = createVpc(wire.options);
    expect(await vpc.listVSwitches('vpc-1')).toHaveLength(101);
    vpc.close();
    expect(wire.calls.map((call) => call.params)).toEqual(
      ['1', '2', '3'].map((PageNumber) => ({ RegionId: 'cn-local', VpcId: 'vpc-1', PageNumber, PageSize: '50' })),
    );
    expect(wire.calls[0]?.headers['x-acs-version']).toBe('2016-04-28');
  });

  it('takes an absent list for an empty one', async () => {
    wire.answer(() => ({ body: { RequestId: 'R', TotalCount: 0 } }));
    const vpc = createVpc(wire.options);
    expect(await vpc.listVSwitches('vpc-1')).toEqual([]);
    vpc.close();
  });
});

/** The VPC look-ups we need. Adapter over the generic client; fake in `test/support/fake-vpc.ts`; contract in `test/contract/vpc.ts`. */

export interface VSwitch {
  readonly vSwitchId: string;
  readonly vpcId: string;
  readonly zoneId: string;
  readonly status: string;
  readonly availableIpAddressCount: number;
}

export interface Vpc {
  /** DescribeVSwitches of one VPC, all pages (50 a page). */
  listVSwitches(vpcId: string): Promise<readonly VSwitch[]>;
  close(): void;
}

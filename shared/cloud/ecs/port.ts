/** The ECS look-ups we need. Adapter over the generic client; fake in `test/support/fake-ecs.ts`; contract in `test/contract/ecs.ts`. */

export interface NetworkInterface {
  readonly networkInterfaceId: string;
  readonly status: string;
  /** Primary and secondary IPv4 addresses. */
  readonly privateIps: readonly string[];
}

export interface Ecs {
  /** DescribeNetworkInterfaces of one VPC, status InUse, at most 100 addresses a call (the adapter cuts). Unmatched addresses are absent. */
  findNetworkInterfaces(vpcId: string, addresses: readonly string[]): Promise<readonly NetworkInterface[]>;
  close(): void;
}

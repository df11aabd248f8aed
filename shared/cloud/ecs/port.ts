/** The ECS look-ups we need. Adapter over the generic client; fake in `test/support/fake-ecs.ts`; contract in `test/contract/ecs.ts`. */

export interface NetworkInterface {
  readonly networkInterfaceId: string;
  readonly status: string;
  /** Primary and secondary IPv4 addresses. */
  readonly privateIps: readonly string[];
  readonly ipv6Ips: readonly string[];
}

/** A machine that can be a server by itself. */
export interface Instance {
  readonly instanceId: string;
  readonly privateIps: readonly string[];
}

export interface Ecs {
  /**
   * DescribeNetworkInterfaces of one VPC, status InUse, at most 100 addresses of one family a call (the adapter cuts). Unmatched addresses
   * are absent.
   */
  findNetworkInterfaces(vpcId: string, addresses: readonly string[]): Promise<readonly NetworkInterface[]>;
  /** DescribeInstances of one VPC by private IPv4 addresses, at most 100 a call (the adapter cuts). Unmatched addresses are absent. */
  findInstances(vpcId: string, addresses: readonly string[]): Promise<readonly Instance[]>;
  close(): void;
}

/** The ECS port over the generic client. The service nests every list twice. */
import * as z from 'zod/mini';
import { canonicalAddress } from '#shared/address.ts';
import { parseAnswer } from '../answer.ts';
import { CloudFailure } from '../failure.ts';
import { OpenApi } from '../openapi.ts';
import type { CloudOptions } from '../options.ts';
import type { Ecs, Instance, NetworkInterface } from './port.ts';

/** Addresses one call takes, and entries one page holds. */
const addressesPerCall = 100;
const pageSize = 100;
/** Every address has at most one interface or instance, so a batch fits one page; more are tolerated, without end they are not. */
const maxPages = 20;

const token = z.optional(z.nullable(z.string()));

const interfaceSchema = z.object({
  NetworkInterfaceId: z.string(),
  Status: z.optional(z.string()),
  PrivateIpAddress: z.optional(z.string()),
  PrivateIpSets: z.optional(z.object({ PrivateIpSet: z.optional(z.array(z.object({ PrivateIpAddress: z.optional(z.string()) }))) })),
  Ipv6Sets: z.optional(z.object({ Ipv6Set: z.optional(z.array(z.object({ Ipv6Address: z.optional(z.string()) }))) })),
});
const interfacesSchema = z.object({
  NetworkInterfaceSets: z.optional(z.object({ NetworkInterfaceSet: z.optional(z.array(interfaceSchema)) })),
  NextToken: token,
});

const instanceSchema = z.object({
  InstanceId: z.string(),
  VpcAttributes: z.optional(z.object({ PrivateIpAddress: z.optional(z.object({ IpAddress: z.optional(z.array(z.string())) })) })),
});
const instancesSchema = z.object({
  Instances: z.optional(z.object({ Instance: z.optional(z.array(instanceSchema)) })),
  NextToken: token,
});

const isText = (text: string | undefined): text is string => text !== undefined && text !== '';

/** Primary address first, each once: it is usually among the sets too. */
const interfaceOf = (found: z.infer<typeof interfaceSchema>): NetworkInterface => ({
  networkInterfaceId: found.NetworkInterfaceId,
  status: found.Status ?? '',
  privateIps: [
    ...new Set([found.PrivateIpAddress, ...(found.PrivateIpSets?.PrivateIpSet ?? []).map((one) => one.PrivateIpAddress)].filter(isText)),
  ],
  ipv6Ips: (found.Ipv6Sets?.Ipv6Set ?? [])
    .map((one) => one.Ipv6Address)
    .filter(isText)
    .map(canonicalAddress),
});

const instanceOf = (found: z.infer<typeof instanceSchema>): Instance => ({
  instanceId: found.InstanceId,
  privateIps: found.VpcAttributes?.PrivateIpAddress?.IpAddress ?? [],
});

/** One of the two lists: how an answer is read. */
interface Listing<T> {
  readonly action: string;
  read(answer: unknown): { readonly items: readonly T[]; readonly nextToken: string | null | undefined };
}

const interfaces: Listing<NetworkInterface> = {
  action: 'DescribeNetworkInterfaces',
  read: (answer) => {
    const { NetworkInterfaceSets, NextToken } = parseAnswer('DescribeNetworkInterfaces', interfacesSchema, answer);
    return { items: (NetworkInterfaceSets?.NetworkInterfaceSet ?? []).map(interfaceOf), nextToken: NextToken };
  },
};

const instances: Listing<Instance> = {
  action: 'DescribeInstances',
  read: (answer) => {
    const { Instances, NextToken } = parseAnswer('DescribeInstances', instancesSchema, answer);
    return { items: (Instances?.Instance ?? []).map(instanceOf), nextToken: NextToken };
  },
};

/** Every page or a failure. */
async function list<T>(api: OpenApi, { action, read }: Listing<T>, query: Readonly<Record<string, unknown>>): Promise<readonly T[]> {
  const found: T[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < maxPages; page += 1) {
    const answer = read(await api.read(action, { ...query, MaxResults: pageSize, NextToken: nextToken }));
    found.push(...answer.items);
    nextToken = answer.nextToken || undefined;
    if (nextToken === undefined) return found;
  }
  throw new CloudFailure('transport', { action, code: '', detail: `the list does not end after ${maxPages} pages`, requestId: '' });
}

/** Sorted and each once, so that the same question is the same request. */
function inBatches(addresses: readonly string[]): readonly (readonly string[])[] {
  const asked = [...new Set(addresses)].sort();
  return Array.from({ length: Math.ceil(asked.length / addressesPerCall) }, (_, index) =>
    asked.slice(index * addressesPerCall, (index + 1) * addressesPerCall),
  );
}

const isIpv6 = (address: string): boolean => address.includes(':');

/** The parameter that takes addresses of a family. */
const families = [
  { parameter: 'PrivateIpAddress', takes: (address: string) => !isIpv6(address) },
  { parameter: 'Ipv6Address', takes: isIpv6 },
] as const;

/** Nothing is connected or loaded before the first call. `close` ends the connections; the adapter may be used again afterwards. */
export function createEcs(options: CloudOptions): Ecs {
  const api = new OpenApi('ecs', '2014-05-26', options);
  return {
    findNetworkInterfaces: async (vpcId, addresses) => {
      const found = new Map<string, NetworkInterface>();
      for (const { parameter, takes } of families) {
        for (const batch of inBatches(addresses.filter(takes))) {
          const query = { RegionId: options.region, VpcId: vpcId, Status: 'InUse', [parameter]: batch };
          for (const one of await list(api, interfaces, query)) found.set(one.networkInterfaceId, one); // it may hold addresses of two batches
        }
      }
      return [...found.values()];
    },
    findInstances: async (vpcId, addresses) => {
      const found = new Map<string, Instance>();
      for (const batch of inBatches(addresses)) {
        // One text with all of them, and only together with the network type.
        const query = { RegionId: options.region, VpcId: vpcId, InstanceNetworkType: 'vpc', PrivateIpAddresses: JSON.stringify(batch) };
        for (const one of await list(api, instances, query)) found.set(one.instanceId, one);
      }
      return [...found.values()];
    },
    close: () => api.close(),
  };
}

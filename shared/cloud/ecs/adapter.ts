/** The ECS port over the generic client. The service nests every list twice. */
import * as z from 'zod/mini';
import { parseAnswer } from '../answer.ts';
import { CloudFailure } from '../failure.ts';
import { OpenApi } from '../openapi.ts';
import type { CloudOptions } from '../options.ts';
import type { Ecs, Instance, NetworkInterface } from './port.ts';

const action = 'DescribeNetworkInterfaces';

/** Addresses one call takes, and interfaces one page holds. */
const addressesPerCall = 100;
const pageSize = 100;
/** Every address has at most one interface, so a batch fits one page; more are tolerated, without end they are not. */
const maxPages = 20;

const answerSchema = z.object({
  NetworkInterfaceSets: z.optional(
    z.object({
      NetworkInterfaceSet: z.optional(
        z.array(
          z.object({
            NetworkInterfaceId: z.string(),
            Status: z.optional(z.string()),
            PrivateIpAddress: z.optional(z.string()),
            Ipv6Sets: z.optional(z.object({ Ipv6Set: z.optional(z.array(z.object({ Ipv6Address: z.optional(z.string()) }))) })),
            PrivateIpSets: z.optional(
              z.object({ PrivateIpSet: z.optional(z.array(z.object({ PrivateIpAddress: z.optional(z.string()) }))) }),
            ),
          }),
        ),
      ),
    }),
  ),
  NextToken: z.optional(z.nullable(z.string())),
});
type Answer = z.infer<typeof answerSchema>;
type Listed = NonNullable<NonNullable<Answer['NetworkInterfaceSets']>['NetworkInterfaceSet']>[number];

/** Primary address first, each once: it is usually among the sets too. */
function interfaceOf(found: Listed): NetworkInterface {
  const secondary = (found.PrivateIpSets?.PrivateIpSet ?? []).map((one) => one.PrivateIpAddress);
  const addresses = [found.PrivateIpAddress, ...secondary].filter((address) => address !== undefined && address !== '');
  // The filter took the undefined ones out.
  const privateIps = [...new Set(addresses as readonly string[])];
  const ipv6Ips = (found.Ipv6Sets?.Ipv6Set ?? []).flatMap((one) => (one.Ipv6Address ? [one.Ipv6Address] : []));
  return { networkInterfaceId: found.NetworkInterfaceId, status: found.Status ?? '', privateIps, ipv6Ips };
}

const isIpv6 = (address: string): boolean => address.includes(':');

async function findBatch(api: OpenApi, query: Readonly<Record<string, unknown>>): Promise<readonly NetworkInterface[]> {
  const found: NetworkInterface[] = [];
  let token: string | undefined;
  for (let page = 0; page < maxPages; page += 1) {
    const answer = parseAnswer(action, answerSchema, await api.read(action, { ...query, NextToken: token }));
    found.push(...(answer.NetworkInterfaceSets?.NetworkInterfaceSet ?? []).map(interfaceOf));
    token = answer.NextToken || undefined;
    if (token === undefined) return found;
  }
  throw new CloudFailure('transport', { action, code: '', detail: `the list does not end after ${maxPages} pages`, requestId: '' });
}

const instancesAction = 'DescribeInstances';

const instancesSchema = z.object({
  Instances: z.optional(
    z.object({
      Instance: z.optional(
        z.array(
          z.object({
            InstanceId: z.string(),
            VpcAttributes: z.optional(z.object({ PrivateIpAddress: z.optional(z.object({ IpAddress: z.optional(z.array(z.string())) })) })),
          }),
        ),
      ),
    }),
  ),
  NextToken: z.optional(z.nullable(z.string())),
});

async function findInstanceBatch(api: OpenApi, query: Readonly<Record<string, unknown>>): Promise<readonly Instance[]> {
  const found: Instance[] = [];
  let token: string | undefined;
  for (let page = 0; page < maxPages; page += 1) {
    const read = await api.read(instancesAction, { ...query, MaxResults: pageSize, NextToken: token });
    const answer = parseAnswer(instancesAction, instancesSchema, read);
    for (const { InstanceId, VpcAttributes } of answer.Instances?.Instance ?? []) {
      found.push({ instanceId: InstanceId, privateIps: VpcAttributes?.PrivateIpAddress?.IpAddress ?? [] });
    }
    token = answer.NextToken || undefined;
    if (token === undefined) return found;
  }
  throw new CloudFailure('transport', {
    action: instancesAction,
    code: '',
    detail: `the list does not end after ${maxPages} pages`,
    requestId: '',
  });
}

const inBatches = (addresses: readonly string[]): readonly (readonly string[])[] =>
  Array.from({ length: Math.ceil(addresses.length / addressesPerCall) }, (_, index) =>
    addresses.slice(index * addressesPerCall, (index + 1) * addressesPerCall),
  );

/** Nothing is connected or loaded before the first call. `close` ends the connections; the adapter may be used again afterwards. */
export function createEcs(options: CloudOptions): Ecs {
  const api = new OpenApi('ecs', '2014-05-26', options);
  return {
    findNetworkInterfaces: async (vpcId, addresses) => {
      // Sorted and each once, so that the same question is the same request.
      const asked = [...new Set(addresses)].sort();
      const found = new Map<string, NetworkInterface>();
      const families = [
        { parameter: 'PrivateIpAddress', addresses: asked.filter((one) => !isIpv6(one)) },
        { parameter: 'Ipv6Address', addresses: asked.filter(isIpv6) },
      ];
      for (const { parameter, addresses: mine } of families) {
        for (const batch of inBatches(mine)) {
          const query = { RegionId: options.region, VpcId: vpcId, Status: 'InUse', [parameter]: batch, MaxResults: pageSize };
          for (const one of await findBatch(api, query)) found.set(one.networkInterfaceId, one); // one interface may hold addresses of two batches
        }
      }
      return [...found.values()];
    },
    findInstances: async (vpcId, addresses) => {
      const found: Instance[] = [];
      for (const batch of inBatches([...new Set(addresses)].sort())) {
        const query = { RegionId: options.region, VpcId: vpcId, InstanceNetworkType: 'vpc', PrivateIpAddresses: JSON.stringify(batch) };
        found.push(...(await findInstanceBatch(api, query)));
      }
      return found;
    },
    close: () => api.close(),
  };
}

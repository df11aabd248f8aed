/** The VPC port over the generic client. The service nests every list twice and pages by offset only. */
import * as z from 'zod/mini';
import { parseAnswer } from '../answer.ts';
import { CloudFailure } from '../failure.ts';
import { OpenApi } from '../openapi.ts';
import type { CloudOptions } from '../options.ts';
import type { Vpc, VSwitch } from './port.ts';

const action = 'DescribeVSwitches';
/** The most the service gives at once. */
const pageSize = 50;
/** 1 000 vSwitches: far above the quota of a VPC. */
const maxPages = 20;

const answerSchema = z.object({
  VSwitches: z.optional(
    z.object({
      VSwitch: z.optional(
        z.array(
          z.object({
            VSwitchId: z.string(),
            VpcId: z.optional(z.string()),
            ZoneId: z.string(),
            Status: z.optional(z.string()),
            AvailableIpAddressCount: z.optional(z.number()),
          }),
        ),
      ),
    }),
  ),
  TotalCount: z.number(),
});
type Listed = NonNullable<NonNullable<z.infer<typeof answerSchema>['VSwitches']>['VSwitch']>[number];

const vSwitchOf = (found: Listed, vpcId: string): VSwitch => ({
  vSwitchId: found.VSwitchId,
  vpcId: found.VpcId ?? vpcId,
  zoneId: found.ZoneId,
  status: found.Status ?? '',
  availableIpAddressCount: found.AvailableIpAddressCount ?? 0,
});

/** Nothing is connected or loaded before the first call. `close` ends the connections; the adapter may be used again afterwards. */
export function createVpc(options: CloudOptions): Vpc {
  const api = new OpenApi('vpc', '2016-04-28', options);
  return {
    listVSwitches: async (vpcId) => {
      // By id: what shifts from one page to the next while we read is counted once.
      const found = new Map<string, VSwitch>();
      for (let page = 1; page <= maxPages; page += 1) {
        const query = { RegionId: options.region, VpcId: vpcId, PageNumber: page, PageSize: pageSize };
        const answer = parseAnswer(action, answerSchema, await api.read(action, query));
        const listed = answer.VSwitches?.VSwitch ?? [];
        for (const one of listed) found.set(one.VSwitchId, vSwitchOf(one, vpcId));
        if (listed.length < pageSize || page * pageSize >= answer.TotalCount) return [...found.values()];
      }
      throw new CloudFailure('transport', { action, code: '', detail: `the list does not end after ${maxPages} pages`, requestId: '' });
    },
    close: () => api.close(),
  };
}

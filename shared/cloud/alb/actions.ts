/**
 * The ALB actions that this program uses, one row each. Client types, the adapter's pages, the RAM policy of a step and its call budget
 * are derived from the rows. Source of the figures: the service's metadata where it is narrower than its text, else the text.
 */

interface Row {
  readonly write: boolean;
  /** Parameters without which the service refuses the call. */
  readonly required: readonly string[];
  /** Entries one call takes in its list (`Rules`, `Servers`, ids). */
  readonly batch?: number;
  /** Entries a page of the answer holds at most (MaxResults). */
  readonly page?: number;
  /** How to follow the work that goes on after the answer: by job, or by the status of the thing itself. */
  readonly follow?: 'job' | 'status';
  /** Takes a ClientToken: the same token and parameters give the first answer again and do nothing twice. */
  readonly token?: true;
}

const read = (facts: Omit<Row, 'write' | 'required'> & { readonly required?: readonly string[] }) => ({
  ...facts,
  required: facts.required ?? [],
  write: false,
});
const write = <F extends Omit<Row, 'write'>>(facts: F) => ({ ...facts, write: true });

const rows = {
  ListLoadBalancers: read({ page: 100, batch: 20 }),
  GetLoadBalancerAttribute: read({ required: ['LoadBalancerId'] }),
  CreateLoadBalancer: write({
    required: ['VpcId', 'AddressType', 'LoadBalancerEdition', 'LoadBalancerBillingConfig', 'ZoneMappings'],
    batch: 10,
    follow: 'status',
    token: true,
  }),
  UpdateLoadBalancerAttribute: write({ required: ['LoadBalancerId'], follow: 'job', token: true }),
  DisableDeletionProtection: write({ required: ['ResourceId'], token: true }),
  DeleteLoadBalancer: write({ required: ['LoadBalancerId'], follow: 'job', token: true }),
  DescribeZones: read({}),

  ListServerGroups: read({ page: 100, batch: 20 }),
  CreateServerGroup: write({ required: ['ServerGroupName', 'HealthCheckConfig'], follow: 'job', token: true }),
  UpdateServerGroupAttribute: write({ required: ['ServerGroupId'], follow: 'job', token: true }),
  DeleteServerGroup: write({ required: ['ServerGroupId'], follow: 'job', token: true }),

  ListServerGroupServers: read({ required: ['ServerGroupId'], page: 100 }),
  AddServersToServerGroup: write({ required: ['ServerGroupId', 'Servers'], batch: 200, follow: 'job', token: true }),
  RemoveServersFromServerGroup: write({ required: ['ServerGroupId', 'Servers'], batch: 200, follow: 'job', token: true }),
  ReplaceServersInServerGroup: write({
    required: ['ServerGroupId', 'AddedServers', 'RemovedServers'],
    batch: 200,
    follow: 'job',
    token: true,
  }),
  UpdateServerGroupServersAttribute: write({ required: ['ServerGroupId', 'Servers'], batch: 40, follow: 'job', token: true }),

  GetListenerHealthStatus: read({ required: ['ListenerId'], page: 30 }),

  ListListeners: read({ page: 100, batch: 20 }),
  CreateListener: write({
    required: ['LoadBalancerId', 'ListenerPort', 'ListenerProtocol', 'DefaultActions'],
    follow: 'job',
    token: true,
  }),
  UpdateListenerAttribute: write({ required: ['ListenerId'], follow: 'job', token: true }),
  DeleteListener: write({ required: ['ListenerId'], follow: 'job', token: true }),
  GetListenerAttribute: read({ required: ['ListenerId'] }),

  ListRules: read({ page: 100, batch: 20 }),
  CreateRules: write({ required: ['ListenerId', 'Rules'], batch: 100, follow: 'job', token: true }),
  UpdateRulesAttribute: write({ required: ['Rules'], batch: 100, follow: 'job', token: true }),
  DeleteRules: write({ required: ['RuleIds'], batch: 100, follow: 'job', token: true }),

  ListAsynJobs: read({ batch: 10, page: 100 }),
  TagResources: write({ required: ['ResourceType', 'ResourceId', 'Tag'], batch: 50 }),
  UnTagResources: write({ required: ['ResourceType', 'ResourceId'], batch: 50 }),
} as const satisfies Record<string, Row>;

export type AlbAction = keyof typeof rows;

/** Every action in use, by name. */
export const albActions: { readonly [A in AlbAction]: Row & (typeof rows)[A] } = rows;

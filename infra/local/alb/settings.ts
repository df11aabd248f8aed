/**
 * What scripts may change about the emulated ALB (`PUT /_/settings`): how long work takes, quotas, flow control, and the switches for
 * what the service's documents leave open (ALB reference, section 10).
 */
import * as z from 'zod';
import { dataPlaneSettingsSchema } from './data-plane/settings.ts';

const ms = z.int().min(0).max(3_600_000);
const count = z.int().min(0).max(1_000_000);
const perEdition = (basic: number, standard: number) =>
  z
    .strictObject({
      Basic: count.default(basic),
      Standard: count.default(standard),
      StandardWithWaf: count.default(standard),
    })
    .prefault({});

/** Durations of asynchronous work, in ms. */
const times = z.strictObject({
  /** Creation of a load balancer until Active. */
  loadBalancerMs: ms.default(1500),
  /** Changes of a load balancer. */
  loadBalancerUpdateMs: ms.default(500),
  listenerMs: ms.default(500),
  ruleMs: ms.default(500),
  serverGroupMs: ms.default(500),
  serversMs: ms.default(500),
  /** Deletion of anything but servers. */
  deleteMs: ms.default(500),
});

/** Limits of 4.2 and 4.3, and the two that only Quota Center names (attachments). */
const quotas = z.strictObject({
  loadBalancers: count.default(60),
  serverGroups: count.default(3000),
  listenersPerLoadBalancer: perEdition(50, 50),
  rulesPerLoadBalancer: perEdition(40, 100),
  /** Every reference of a listener or rule to a group counts all servers of the group once more. */
  serversPerLoadBalancer: perEdition(200, 1000),
  serversPerGroup: count.default(1000),
  /** How often listeners and rules may refer to one group. */
  attachmentsPerGroup: count.default(50),
  /** How many entries of groups one server may be: what counts is its address, or its id where it has none. */
  groupsPerServer: count.default(200),
  conditionsPerRule: perEdition(5, 10),
  actionsPerRule: perEdition(3, 5),
  wildcardsPerRule: perEdition(5, 10),
  maxIdleTimeout: count.default(60),
  maxRequestTimeout: count.default(180),
  /** Seconds that a group may start slowly, and drain. */
  maxSlowStartDuration: count.default(900),
  maxConnectionDrainTimeout: count.default(900),
});

const rate = z
  .strictObject({ calls: z.int().min(1), perMs: z.int().min(1) })
  .nullable()
  .default(null);

const settings = z.strictObject({
  times: times.prefault({}),
  quotas: quotas.prefault({}),
  /** The published rate is 200 write calls per 60,000 ms and action; null is no flow control. */
  writeRate: rate,
  /** Reads are limited at a rate that nobody has published; by action, whatever the scope of writes. */
  readRate: rate,
  /** Whether the rate holds for each action by itself, as published, or for all of them together. */
  writeRateScope: z.enum(['action', 'account']).default('action'),
  throttleCode: z.string().includes('Throttling').default('Throttling.User'),
  throttleStatus: z.int().min(400).max(599).default(400),
  /** How long the answer to a ClientToken is remembered. */
  clientTokenLifetimeMs: z.int().min(0).default(86_400_000),
  clientTokenScope: z.enum(['action', 'account']).default('action'),
  /** Whether a batch that exchanges priorities is judged by where it ends or after every rule. */
  updatePriorityCheck: z.enum(['end-state', 'each-step']).default('end-state'),
  /** Whether the local VPC has IPv6. */
  vpcIpv6: z.boolean().default(true),
  /** Resource groups of the account; null: every id of the form is one. */
  resourceGroups: z.array(z.string()).nullable().default(null),
  /** What the status of a group says until it is there: texts differ. */
  newGroupStatus: z.enum(['Creating', 'Provisioning']).default('Creating'),
  /** Whether a setting of persistent connections that a group has already may be said again in an update. */
  keepaliveRestated: z.enum(['accepted', 'refused']).default('accepted'),
  /** What becomes of a removed server of a group that drains: listed as Removing until it has drained, or gone when the job has ended. */
  drainingServers: z.enum(['listed', 'gone']).default('gone'),
  /** Whether a server that still drains may be added again, and how it is refused if not. */
  readdedServers: z.enum(['accepted', 'conflict', 'configuring']).default('accepted'),
  /** Whether one address and port may stand in a group under two names (an interface's and an instance's). */
  addressUnderTwoNames: z.enum(['accepted', 'refused']).default('accepted'),
  /** A failed job on servers puts everything back, or leaves what it had got done: the first half of the servers it was about. */
  failedServerJobs: z.enum(['undone', 'half-done']).default('undone'),
  /** How long a group counts as in use after the rule or listener that named it is gone. */
  referenceLingerMs: ms.default(500),
  /** Largest MaxResults of ListServerGroupServers: 100 in the text, 1000 in the metadata. */
  maxResultsServers: z.int().min(1).max(1000).default(100),
  /** Whether servers may be added to a group that is still Creating. */
  creatingGroupAcceptsServers: z.boolean().default(false),
  /** Whether listeners and rules may name a group that is still Creating. */
  creatingGroupMayBeReferred: z.boolean().default(true),
  /** Expressions as hosts are opened account by account. Where they are not, no client can serve such a host; the others it can. */
  hostExpressions: z.enum(['allowed', 'refused']).default('allowed'),
  /** What becomes of an expression that does not compile; one that is accepted matches nothing. */
  brokenExpressions: z.enum(['refused', 'accepted']).default('refused'),
  /** Whether a Cors may come before the TrafficMirror of its rule. */
  mirrorBeforeCors: z.enum(['any-order', 'mirror-first']).default('any-order'),
  /** Whether ListRules repeats a rule as it was sent or says the same in other words (`rule-listing.ts`). */
  listedRules: z.enum(['as-sent', 'spelled-out']).default('as-sent'),
  /** Whether a rule that could not be made can be deleted, or stays (and counts) until its listener goes. */
  failedRules: z.enum(['deletable', 'kept']).default('deletable'),
  /** What a listener's status says while its rules change; it is locked either way. */
  listenerStatusDuringRules: z.enum(['Running', 'Configuring']).default('Configuring'),
  /** Whether creating or deleting a listener makes the load balancer Configuring. */
  listenersLockLoadBalancer: z.boolean().default(false),
  /** Abnormal: every write to a load balancer, its listeners and rules is refused. No client comes to its end under that; it waits. */
  businessStatus: z.enum(['Normal', 'Abnormal']).default('Normal'),
  /** How traffic is routed where the documents are silent (`data-plane/settings.ts`). */
  dataPlane: dataPlaneSettingsSchema.prefault({}),
});

export type Settings = z.infer<typeof settings>;

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Lays a patch over what is set; objects are merged member by member. */
const over = (base: unknown, patch: unknown): unknown =>
  isPlain(base) && isPlain(patch)
    ? Object.fromEntries(
        [...new Set([...Object.keys(base), ...Object.keys(patch)])].map((key) => [
          key,
          key in patch ? over(base[key], patch[key]) : base[key],
        ]),
      )
    : patch;

/** The settings after a patch; an unknown or bad one is refused with a ZodError that names it. */
export const changeSettings = (current: Settings | undefined, patch: unknown): Settings => settings.parse(over(current ?? {}, patch));

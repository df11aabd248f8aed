/**
 * What the forwarder, the functions and the command line say to each other: three message types, each naming a key and never
 * carrying an object. A handler reads the wish from the API server when it runs, so duplicates, reordering and replay are harmless.
 */
import * as z from 'zod/mini';

/** Kubernetes names are at most 253 characters (RFC 1123 subdomain); cluster ids are ours to choose within the same alphabet. */
const name = z.string().check(z.minLength(1), z.maxLength(253), z.regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/));
const attempt = z.int().check(z.nonnegative(), z.maximum(1_000_000));

/** Why an object is worth another look. Only `deleted` and `added` differ for people; every reason causes the same re-read. */
export const reasons = ['added', 'modified', 'deleted', 'resync', 'replay', 'audit'] as const;
export type Reason = (typeof reasons)[number];

/** The steps of the chain, in the order in which things are created. The table with queues and timeouts is `shared/steps.ts`. */
export const chainSteps = ['instance', 'server-group', 'listener', 'rule'] as const;
export type ChainStep = (typeof chainSteps)[number];

/** `apply` creates and updates along the chain, `collect` removes what is no longer wanted, `delete` takes everything of an AlbConfig down. */
export const phases = ['apply', 'collect', 'delete'] as const;
export type Phase = (typeof phases)[number];

const albConfigKey = z.object({ kind: z.literal('AlbConfig'), cluster: name, name });
const clusterKey = z.object({ kind: z.literal('Cluster'), cluster: name });
const serviceKey = z.object({ kind: z.literal('Service'), cluster: name, namespace: name, name });

export type AlbConfigKey = z.infer<typeof albConfigKey>;
type ClusterKey = z.infer<typeof clusterKey>;
export type ServiceKey = z.infer<typeof serviceKey>;
/** What a message is about. Claims, records and settling are by key. */
export type Key = AlbConfigKey | ClusterKey | ServiceKey;

/** An AlbConfig, or the whole cluster (`resync`), may have changed. Sent by forwarder, command line and sweep to queue `ingest`. */
const objectChanged = z.object({
  type: z.literal('albeit.object.changed'),
  version: z.literal(1),
  key: z.union([albConfigKey, clusterKey]),
  reason: z.enum(reasons),
  /** resourceVersion last seen by the sender: opaque, for people and for the stale-read guard only. */
  seen: z.optional(z.string().check(z.maxLength(128))),
  attempt,
});

/** One step of the chain is asked to run for one AlbConfig. Sent by dispatch and by the steps to the step's queue. */
const stepRequested = z.object({
  type: z.literal('albeit.step.requested'),
  version: z.literal(1),
  key: albConfigKey,
  step: z.enum(chainSteps),
  phase: z.enum(phases),
  /** One id for all steps that a change set off, so that a person can follow it. */
  chain: z.string().check(z.minLength(1), z.maxLength(64)),
  attempt,
});

/** The servers of a Service's groups are to be brought in line with its endpoints. Queue `server-group`. */
const membersRequested = z.object({
  type: z.literal('albeit.members.requested'),
  version: z.literal(1),
  key: serviceKey,
  /** The Service itself changed, not its endpoints alone: it is read too, for a server group that it is bound to by annotation. */
  whole: z.optional(z.literal(true)),
  attempt,
});

export const message = z.discriminatedUnion('type', [objectChanged, stepRequested, membersRequested]);

export type ObjectChanged = z.infer<typeof objectChanged>;
export type StepRequested = z.infer<typeof stepRequested>;
export type MembersRequested = z.infer<typeof membersRequested>;
export type Message = z.infer<typeof message>;

/** The first asking for a Service's members; who sends it again counts the attempts. */
export const membersRequest = (key: ServiceKey, { whole = false }: { readonly whole?: boolean } = {}): MembersRequested => ({
  type: 'albeit.members.requested',
  version: 1,
  key,
  ...(whole ? { whole } : {}),
  attempt: 0,
});

/** The first asking for a step of a chain. */
export const stepRequest = (asked: Pick<StepRequested, 'key' | 'step' | 'phase' | 'chain'>): StepRequested => ({
  type: 'albeit.step.requested',
  version: 1,
  ...asked,
  attempt: 0,
});

/** A key as one printable text, unique per key: the subject of an envelope, and what records, logs and metrics name. */
export function keyText(key: Key): string {
  if (key.kind === 'Service') return `${key.cluster}/Service/${key.namespace}/${key.name}`;
  return key.kind === 'Cluster' ? `${key.cluster}/Cluster` : `${key.cluster}/AlbConfig/${key.name}`;
}

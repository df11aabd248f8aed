/** A record as the Lease it is stored in: names, annotations, and what can be read from one that somebody has damaged. */
import { type Key, keyText } from '#events/contract/messages.ts';
import type { KubeObject, ObjectName } from '#shared/kube/port.ts';
import { ownNamespace, shortHash } from '#shared/ownership.ts';
import type { ServiceGroup } from './record.ts';

export interface Lease extends KubeObject {
  readonly spec: {
    readonly holderIdentity?: string | null;
    readonly leaseDurationSeconds?: number | null;
    readonly acquireTime?: string | null;
    readonly renewTime?: string | null;
    readonly leaseTransitions?: number;
  };
}

/** A record as read, whoever holds it. `T` is the ledger of the key's kind. */
export interface StoredRecord<T> {
  readonly key: Key;
  readonly ledger: T;
  /** Differs between a record and the one that is made after it was removed: part of every client token, so that no answer of a former life is replayed. */
  readonly life: string;
  /** Times the claim changed hands. */
  readonly epoch: number;
  /** API server's clock, ms; 0: nobody holds it. */
  readonly claimedUntil: number;
  /** Groups that chains made for this Service, by group id. */
  readonly groups: Readonly<Record<string, ServiceGroup>>;
}

const annotation = { key: 'albeit.io/key', ledger: 'albeit.io/ledger', dirty: 'albeit.io/dirty' } as const;
const label = { kind: 'albeit.io/record', cluster: 'albeit.io/cluster' } as const;
const groupsPrefix = 'groups.albeit.io/';

/** `albconfig-cafe-5c1f…`: readable, unique, and a valid object name for any key. */
function recordName(key: Key): string {
  const readable = key.kind === 'Service' ? `${key.namespace}-${key.name}` : key.kind === 'AlbConfig' ? key.name : 'cluster';
  const prefix = `${key.kind}-${readable}`
    .toLowerCase()
    .slice(0, 60)
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/-+$/, '');
  return `${prefix}-${shortHash(keyText(key))}`;
}

export const leaseName = (key: Key): ObjectName => ({ kind: 'Lease', namespace: ownNamespace, name: recordName(key) });

/** Selects the records of one kind of key. */
export const recordSelector = (kind: Key['kind']): string => `${label.kind}=${kind}`;

/** Selects every record of one cluster. */
export const clusterSelector = (cluster: string): string => `${label.cluster}=${cluster}`;

/** Lease times are RFC 3339 with microseconds. */
const microTime = (ms: number): string => new Date(ms).toISOString().replace('Z', '000Z');

/** The `spec` of a Lease that `holder` has just taken. */
export const heldSpec = (by: { readonly holder: string; readonly claimSeconds: number }, epoch: number, now: number): Lease['spec'] => ({
  holderIdentity: by.holder,
  leaseDurationSeconds: by.claimSeconds,
  acquireTime: microTime(now),
  renewTime: microTime(now),
  leaseTransitions: epoch,
});

// Written by this program alone; what does not parse was damaged by somebody else and counts as lost, which costs reads.
function parsed<T>(text: string | undefined): Partial<T> {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Partial<T>) : {};
  } catch {
    return {};
  }
}

/** Groups that chains made for this Service, by group id, of all AlbConfigs. */
export function groupsOf(lease: Lease): Readonly<Record<string, ServiceGroup>> {
  const all: Record<string, ServiceGroup> = {};
  for (const [name, text] of Object.entries(lease.metadata.annotations ?? {})) {
    if (name.startsWith(groupsPrefix)) Object.assign(all, parsed<Record<string, ServiceGroup>>(text));
  }
  return all;
}

function claimedUntil({ holderIdentity, renewTime, leaseDurationSeconds }: Lease['spec']): number {
  const renewed = Date.parse(renewTime ?? '');
  return holderIdentity && !Number.isNaN(renewed) ? renewed + (leaseDurationSeconds ?? 0) * 1000 : 0;
}

/** Reads a Lease that is known to be the record of `key`. */
export const readLease = <T>(lease: Lease, key: Key, empty: T): StoredRecord<T> => ({
  key,
  ledger: { ...empty, ...parsed<T>(lease.metadata.annotations?.[annotation.ledger]) },
  life: lease.metadata.uid ?? '',
  epoch: lease.spec.leaseTransitions ?? 0,
  claimedUntil: claimedUntil(lease.spec),
  groups: groupsOf(lease),
});

/** The key that a listed Lease is the record of; `undefined`: its key was damaged, or it stands under a name that is not its own. */
export function keyOf(lease: Lease): Key | undefined {
  const key = parsed<Key>(lease.metadata.annotations?.[annotation.key]) as Key; // the name, a hash of the key, proves it
  return key.kind !== undefined && recordName(key) === lease.metadata.name ? key : undefined;
}

/** A Lease that does not exist yet. */
export const freshLease = (key: Key, spec: Lease['spec'], annotations: Readonly<Record<string, string>> = {}): Lease => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: {
    name: recordName(key),
    namespace: ownNamespace,
    labels: { [label.kind]: key.kind, [label.cluster]: key.cluster },
    annotations: { [annotation.key]: JSON.stringify(key), ...annotations },
  },
  spec,
});

export const groupsField = (albConfig: string): string => `${groupsPrefix}${shortHash(albConfig)}`;

/** Left by a contender, who comes back when the claim has run out. */
export interface Mark {
  readonly holder: string;
  /** API server's clock, ms. */
  readonly at: number;
}

/** The last mark since the claim was taken. */
export function markOf(lease: Lease): Mark | undefined {
  const text = lease.metadata.annotations?.[annotation.dirty];
  if (text === undefined) return undefined;
  const { holder = '', at = 0 } = parsed<Mark>(text);
  return { holder, at };
}

/** Merge patch that leaves a mark on exactly this version. */
export const markPatch = (lease: Lease, mark: Mark): object => ({
  metadata: { resourceVersion: lease.metadata.resourceVersion ?? '', annotations: { [annotation.dirty]: JSON.stringify(mark) } },
});

const withAnnotations = (lease: Lease, annotations: Readonly<Record<string, string>>): Lease => ({
  ...lease,
  metadata: { ...lease.metadata, annotations },
});

export function withoutMark(lease: Lease): Lease {
  const { [annotation.dirty]: _mark, ...rest } = lease.metadata.annotations ?? {};
  return withAnnotations(lease, rest);
}

export const withLedger = (lease: Lease, ledger: unknown): Lease =>
  withAnnotations(lease, { ...lease.metadata.annotations, [annotation.ledger]: JSON.stringify(ledger) });

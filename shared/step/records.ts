/**
 * Records in the API server: one `coordination.k8s.io/Lease` per key, changed only by compare-and-swap. The holder's part is claim and
 * ledger; beside it stand a mark that contenders leave (`dirty`) and, on Services, the groups that chains made.
 */
import { type Key, keyText } from '#events/contract/messages.ts';
import type { Kube, KubeObject, ObjectName } from '#shared/kube/port.ts';
import { ownNamespace, shortHash } from '#shared/ownership.ts';
import type { ServiceGroup } from './record.ts';

interface Lease extends KubeObject {
  readonly spec: {
    readonly holderIdentity?: string | null;
    readonly leaseDurationSeconds?: number | null;
    readonly acquireTime?: string | null;
    readonly renewTime?: string | null;
    readonly leaseTransitions?: number;
  };
}

const annotation = { key: 'albeit.io/key', ledger: 'albeit.io/ledger', dirty: 'albeit.io/dirty' } as const;
const label = { kind: 'albeit.io/record', cluster: 'albeit.io/cluster' } as const;
const groupsPrefix = 'groups.albeit.io/';

/** A record as read, whoever holds it. `T` is the ledger of the key's kind. */
export interface StoredRecord<T> {
  readonly key: Key;
  readonly ledger: T;
  /** Times the claim changed hands. */
  readonly epoch: number;
  readonly claimedUntil: number;
  /** Groups that chains made for this Service, by group id. */
  readonly groups: Readonly<Record<string, ServiceGroup>>;
}

/** A claim that we hold. Every method throws `ClaimLost` when somebody else took it. */
export interface Claim<T> {
  readonly record: StoredRecord<T>;
  /** Whether the claim still covers a call of `ms` milliseconds. */
  covers(ms: number): boolean;
  save(ledger: T): Promise<void>;
  /** Ends the claim by the same swap. `again`: a contender left its mark, the key must be put back once. `undefined` removes the record. */
  release(ledger: T | undefined): Promise<{ readonly again: boolean }>;
}

/** Who claims, and for how long. */
export interface Claimant {
  readonly holder: string;
  readonly claimSeconds: number;
}

export class ClaimLost extends Error {
  override readonly name = 'ClaimLost';
}

export interface Records {
  read<T>(key: Key, empty: T): Promise<StoredRecord<T> | undefined>;
  /** All records of one kind of key, by key text. */
  list<T>(kind: Key['kind'], empty: T): Promise<ReadonlyMap<string, StoredRecord<T>>>;
  /** `taken`: somebody holds it; our mark was left, so the holder will put the key back. */
  claim<T>(key: Key, by: Claimant, empty: T): Promise<Claim<T> | 'taken'>;
  /** The same, but a key without a record stays without one: `absent`. */
  claimExisting<T>(key: Key, by: Claimant, empty: T): Promise<Claim<T> | 'taken' | 'absent'>;
  /** Says which groups a chain made for a Service; an empty object takes them back. Needs no claim: it is the chain's own field. */
  setGroups(service: Key, albConfig: string, groups: Readonly<Record<string, ServiceGroup>>): Promise<void>;
}

/** `albconfig-cafe-5c1f…`: readable, unique, and a valid object name for any key. */
export function recordName(key: Key): string {
  const readable = key.kind === 'Service' ? `${key.namespace}-${key.name}` : key.kind === 'AlbConfig' ? key.name : 'cluster';
  const prefix = `${key.kind}-${readable}`
    .toLowerCase()
    .slice(0, 60)
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/-+$/, '');
  return `${prefix}-${shortHash(keyText(key))}`;
}

const leaseName = (key: Key): ObjectName => ({ kind: 'Lease', namespace: ownNamespace, name: recordName(key) });

/** Lease times are RFC 3339 with microseconds. */
const microTime = (ms: number): string => new Date(ms).toISOString().replace('Z', '000Z');

function groupsOf(annotations: Readonly<Record<string, string>>): Record<string, ServiceGroup> {
  const all: Record<string, ServiceGroup> = {};
  for (const [name, text] of Object.entries(annotations)) {
    // Written by setGroups below, and by nobody else: the cast states that.
    if (name.startsWith(groupsPrefix)) Object.assign(all, JSON.parse(text) as Record<string, ServiceGroup>);
  }
  return all;
}

function readLease<T>(lease: Lease, empty: T): StoredRecord<T> {
  const annotations = lease.metadata.annotations ?? {};
  const { holderIdentity, renewTime, leaseDurationSeconds, leaseTransitions } = lease.spec;
  const held = holderIdentity !== undefined && holderIdentity !== null && holderIdentity !== '' && typeof renewTime === 'string';
  return {
    // Written by claim() and setGroups() below: the casts state that. A ledger that does not parse counts as lost.
    key: JSON.parse(annotations[annotation.key] ?? '{}') as Key,
    ledger: parseLedger(annotations[annotation.ledger], empty),
    epoch: leaseTransitions ?? 0,
    claimedUntil: held ? Date.parse(renewTime) + (leaseDurationSeconds ?? 0) * 1000 : 0,
    groups: groupsOf(annotations),
  };
}

function parseLedger<T>(text: string | undefined, empty: T): T {
  if (text === undefined) return empty;
  try {
    return { ...empty, ...(JSON.parse(text) as Partial<T>) };
  } catch {
    return empty;
  }
}

const freshLease = (key: Key, cluster: string, spec: Lease['spec'], annotations: Record<string, string>): Lease => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: {
    name: recordName(key),
    namespace: ownNamespace,
    labels: { [label.kind]: key.kind, [label.cluster]: cluster },
    annotations: { [annotation.key]: JSON.stringify(key), ...annotations },
  },
  spec,
});

/** Tries of one swap against contenders' marks, which change the version too. More than this many in a row is somebody else's bug. */
const swapTries = 8;

export function createRecords(kube: Kube): Records {
  const take = async <T>(key: Key, lease: Lease | undefined, by: Claimant, empty: T): Promise<Claim<T> | 'again'> => {
    const now = kube.now();
    const epoch = (lease?.spec.leaseTransitions ?? 0) + 1;
    const spec = {
      holderIdentity: by.holder,
      leaseDurationSeconds: by.claimSeconds,
      acquireTime: microTime(now),
      renewTime: microTime(now),
      leaseTransitions: epoch,
    };
    const result =
      lease === undefined
        ? await kube.create(freshLease(key, key.cluster, spec, {}))
        : await kube.replace<Lease>({ ...lease, metadata: { ...lease.metadata, annotations: without(lease, annotation.dirty) }, spec });
    return result.kind === 'written' ? holding(kube, result.object, epoch, now + by.claimSeconds * 1000, empty) : 'again';
  };

  const mark = async (lease: Lease): Promise<boolean> => {
    const version = lease.metadata.resourceVersion ?? '';
    const patch = { metadata: { resourceVersion: version, annotations: { [annotation.dirty]: 'true' } } };
    const result = await kube.mergePatch({ kind: 'Lease', namespace: ownNamespace, name: lease.metadata.name }, patch);
    return result.kind === 'written';
  };

  /** One look at the lease: ours, somebody else's (and marked), not there, or changed under our hands. */
  const tryOnce = async <T>(key: Key, by: Claimant, empty: T, create: boolean): Promise<Claim<T> | 'taken' | 'absent' | 'again'> => {
    const lease = await kube.get<Lease>(leaseName(key));
    if (lease === undefined) return create ? take(key, lease, by, empty) : 'absent';
    if (readLease(lease, empty).claimedUntil <= kube.now()) return take(key, lease, by, empty);
    return isMarked(lease) || (await mark(lease)) ? 'taken' : 'again';
  };

  const attempt = async <T>(key: Key, by: Claimant, empty: T, create: boolean): Promise<Claim<T> | 'taken' | 'absent'> => {
    for (let tries = 0; tries < swapTries; tries++) {
      const claim = await tryOnce(key, by, empty, create);
      if (claim !== 'again') return claim;
    }
    throw new ClaimLost('the record would not hold still');
  };

  return {
    async read(key, empty) {
      const lease = await kube.get<Lease>(leaseName(key));
      return lease === undefined ? undefined : readLease(lease, empty);
    },
    async list(kind, empty) {
      const leases = await kube.list<Lease>('Lease', { namespace: ownNamespace, labelSelector: `${label.kind}=${kind}` });
      return new Map(leases.items.map((lease) => readLease(lease, empty)).map((record) => [keyText(record.key), record]));
    },
    async claim(key, by, empty) {
      const claim = await attempt(key, by, empty, true);
      return claim === 'absent' ? 'taken' : claim;
    },
    claimExisting: (key, by, empty) => attempt(key, by, empty, false),
    async setGroups(service, albConfig, groups) {
      const field = `${groupsPrefix}${shortHash(albConfig)}`;
      const text = Object.keys(groups).length === 0 ? null : JSON.stringify(groups);
      const patched = await kube.mergePatch(leaseName(service), { metadata: { annotations: { [field]: text } } });
      if (patched.kind !== 'gone' || text === null) return;
      const created = await kube.create(freshLease(service, service.cluster, {}, { [field]: text }));
      if (created.kind === 'exists') await kube.mergePatch(leaseName(service), { metadata: { annotations: { [field]: text } } });
    },
  };
}

const isMarked = (lease: Lease): boolean => lease.metadata.annotations?.[annotation.dirty] !== undefined;

function without(lease: Lease, name: string): Record<string, string> {
  const { [name]: _dropped, ...rest } = lease.metadata.annotations ?? {};
  return rest;
}

function holding<T>(kube: Kube, first: Lease, epoch: number, until: number, empty: T): Claim<T> {
  let lease = first;
  let record = readLease(first, empty);

  /** A contender's mark or a chain's groups may have changed the version; the epoch tells whether the claim is still ours. */
  const swap = async (change: (current: Lease) => Promise<Lease | 'conflict' | 'gone' | 'removed'>): Promise<void> => {
    for (let tries = 0; tries < swapTries; tries++) {
      const result = await change(lease);
      if (result === 'removed') return;
      if (typeof result !== 'string') {
        lease = result;
        record = readLease(lease, empty);
        return;
      }
      const current =
        result === 'conflict' ? await kube.get<Lease>({ kind: 'Lease', namespace: ownNamespace, name: first.metadata.name }) : undefined;
      if (current === undefined || current.spec.leaseTransitions !== epoch) throw new ClaimLost('the claim was taken by another holder');
      lease = current;
    }
    throw new ClaimLost('the record would not hold still');
  };

  const write = async (next: Lease): Promise<Lease | 'conflict' | 'gone'> => {
    const result = await kube.replace(next);
    return result.kind === 'written' ? result.object : result.kind === 'conflict' ? 'conflict' : 'gone';
  };

  const withLedger = (current: Lease, ledger: T): Lease => ({
    ...current,
    metadata: { ...current.metadata, annotations: { ...current.metadata.annotations, [annotation.ledger]: JSON.stringify(ledger) } },
  });

  return {
    get record() {
      return record;
    },
    covers: (ms) => kube.now() + ms < until,
    save: (ledger) => swap((current) => write(withLedger(current, ledger))),
    async release(ledger) {
      let again = false;
      await swap(async (current) => {
        again = isMarked(current);
        // A chain's groups are the last thing a Service's record holds: while there are any, it stays.
        if (ledger === undefined && Object.keys(groupsOf(current.metadata.annotations ?? {})).length === 0) {
          const removed = await kube.remove(
            { kind: 'Lease', namespace: ownNamespace, name: current.metadata.name },
            current.metadata.resourceVersion,
          );
          return removed === 'conflict' ? 'conflict' : 'removed';
        }
        const next = withLedger(current, ledger ?? empty);
        return write({
          ...next,
          metadata: { ...next.metadata, annotations: without(next, annotation.dirty) },
          spec: { leaseTransitions: epoch },
        });
      });
      return { again };
    },
  };
}

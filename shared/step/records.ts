/**
 * Records in the API server: one `coordination.k8s.io/Lease` per key, changed only by compare-and-swap. The holder's part is claim and
 * ledger; beside it stand a mark that contenders leave and, on Services, the groups that chains made.
 */
import { type Key, keyText } from '#events/contract/messages.ts';
import type { Kube } from '#shared/kube/port.ts';
import { ownNamespace } from '#shared/ownership.ts';
import { type Claim, ClaimLost, holding, swapTries } from './claim.ts';
import {
  freshLease,
  groupsField,
  heldSpec,
  keyOf,
  type Lease,
  leaseName,
  markOf,
  markPatch,
  readLease,
  recordSelector,
  type StoredRecord,
  withoutMark,
} from './lease.ts';
import { done, type Outcome, wait } from './outcome.ts';
import type { ServiceGroup } from './record.ts';

/** Who claims, and for how long. */
interface Claimant {
  readonly holder: string;
  readonly claimSeconds: number;
}

/** Somebody else holds the claim, and a mark tells him to put the key back. */
export interface Taken {
  readonly taken: true;
  /**
   * Seconds until the claim runs out, for whoever left the mark: a holder that has died will never see it, so the first contender comes
   * back then. 0: another contender was first and does. Of a mark that is still there after a while whoever left it may have died too.
   */
  readonly comeBackSeconds: number;
}

export interface Records {
  read<T>(key: Key, empty: T): Promise<StoredRecord<T> | undefined>;
  /** All records of one kind of key, by key text; a Lease that somebody has damaged is left out. */
  list<T>(kind: Key['kind'], empty: T): Promise<ReadonlyMap<string, StoredRecord<T>>>;
  claim<T>(key: Key, by: Claimant, empty: T): Promise<Claim<T> | Taken>;
  /** The same, but a key without a record stays without one: `absent`. */
  claimExisting<T>(key: Key, by: Claimant, empty: T): Promise<Claim<T> | Taken | 'absent'>;
  /** Says which groups a chain made for a Service; an empty object takes them back. Needs no claim: it is the chain's own field. */
  setGroups(service: Key, albConfig: string, groups: Readonly<Record<string, ServiceGroup>>): Promise<void>;
}

/** How a message ends whose key is taken. */
export const outcomeOfTaken = ({ comeBackSeconds }: Taken): Outcome =>
  comeBackSeconds === 0 ? done(false) : wait(comeBackSeconds, 'another invocation holds this key');

export const isTaken = (claim: object | string): claim is Taken => typeof claim === 'object' && 'taken' in claim;

const takenUntil = (until: number, now: number): Taken => ({ taken: true, comeBackSeconds: Math.max(1, Math.ceil((until - now) / 1000)) });

/** Within this time (ms) a contender has settled its message, or the holder has seen the mark: most claims are held for less. */
const markMs = 10_000;

interface Asked<T> {
  readonly key: Key;
  readonly by: Claimant;
  readonly empty: T;
  /** Whether a record is made when there is none. */
  readonly create: boolean;
}

class Claiming {
  readonly #kube: Kube;

  constructor(kube: Kube) {
    this.#kube = kube;
  }

  async claim<T>(asked: Asked<T>): Promise<Claim<T> | Taken | 'absent'> {
    for (let tries = 0; tries < swapTries; tries++) {
      const claim = await this.#tryOnce(asked);
      if (claim !== 'again') return claim;
    }
    throw new ClaimLost('the record would not hold still');
  }

  /** One look at the lease: ours, somebody else's (and marked), not there, or changed under our hands. */
  async #tryOnce<T>(asked: Asked<T>): Promise<Claim<T> | Taken | 'absent' | 'again'> {
    const lease = await this.#kube.get<Lease>(leaseName(asked.key));
    if (lease === undefined) return asked.create ? this.#take(asked, lease) : 'absent';
    const now = this.#kube.now();
    const { claimedUntil } = readLease(lease, asked.key, asked.empty);
    if (claimedUntil <= now) return this.#take(asked, lease);
    const mark = markOf(lease);
    const { holder } = asked.by;
    // Our own mark: this is the same message delivered again, and it is still we who come back.
    if (mark?.holder === holder) return takenUntil(claimedUntil, now);
    if (mark !== undefined && now - mark.at < markMs) return { taken: true, comeBackSeconds: 0 };
    const marked = await this.#kube.mergePatch(leaseName(asked.key), markPatch(lease, { holder, at: Math.floor(now) }));
    return marked.kind === 'written' ? takenUntil(claimedUntil, now) : 'again';
  }

  async #take<T>({ key, by, empty }: Asked<T>, lease: Lease | undefined): Promise<Claim<T> | 'again'> {
    const now = this.#kube.now();
    const spec = heldSpec(by, (lease?.spec.leaseTransitions ?? 0) + 1, now);
    const result =
      lease === undefined
        ? await this.#kube.create(freshLease(key, spec))
        : await this.#kube.replace<Lease>({ ...withoutMark(lease), spec });
    if (result.kind !== 'written') return 'again';
    const takenOver = !!lease?.spec.holderIdentity;
    return holding({ kube: this.#kube, key, lease: result.object, until: now + by.claimSeconds * 1000, takenOver, empty });
  }
}

export function createRecords(kube: Kube): Records {
  const claiming = new Claiming(kube);
  return {
    async read(key, empty) {
      const lease = await kube.get<Lease>(leaseName(key));
      return lease === undefined ? undefined : readLease(lease, key, empty);
    },
    async list(kind, empty) {
      const leases = await kube.list<Lease>('Lease', { namespace: ownNamespace, labelSelector: recordSelector(kind) });
      return new Map(
        leases.items.flatMap((lease) => {
          const key = keyOf(lease);
          return key === undefined ? [] : [[keyText(key), readLease(lease, key, empty)] as const];
        }),
      );
    },
    async claim(key, by, empty) {
      const claim = await claiming.claim({ key, by, empty, create: true });
      // A record is made where there is none, so it is never absent.
      return claim === 'absent' ? { taken: true, comeBackSeconds: 1 } : claim;
    },
    claimExisting: (key, by, empty) => claiming.claim({ key, by, empty, create: false }),
    async setGroups(service, albConfig, groups) {
      const field = groupsField(albConfig);
      const text = Object.keys(groups).length === 0 ? null : JSON.stringify(groups);
      // The lane may remove the record, and another chain may make it, between any two of these calls.
      for (let tries = 0; tries < swapTries; tries++) {
        const patched = await kube.mergePatch(leaseName(service), { metadata: { annotations: { [field]: text } } });
        if (patched.kind === 'written' || text === null) return;
        const created = await kube.create(freshLease(service, {}, { [field]: text }));
        if (created.kind === 'written') return;
      }
      throw new ClaimLost('the record would not hold still');
    },
  };
}

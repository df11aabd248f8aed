/** A claim that is held: what its holder may do with the record, and how it notices that it is the holder no more. */
import type { Key } from '#events/contract/messages.ts';
import type { Kube } from '#shared/kube/port.ts';
import { groupsOf, type Lease, leaseName, markOf, readLease, type StoredRecord, withLedger, withoutMark } from './lease.ts';

/** A claim that we hold. Every method throws `ClaimLost` when somebody else took it, or when we have ended it ourselves. */
export interface Claim<T> {
  readonly record: StoredRecord<T>;
  /**
   * The holder before us never released: it died, and what it last saved may be older than what it last wrote to the cloud. Who saves before
   * a write need not ask; who does not must look at the cloud again.
   */
  readonly takenOver: boolean;
  /** Whether the claim still covers a call of `ms` milliseconds. */
  covers(ms: number): boolean;
  save(ledger: T): Promise<void>;
  /** Ends the claim by the same swap. `again`: a contender left its mark, the key must be put back once. `undefined` removes the record. */
  release(ledger: T | undefined): Promise<{ readonly again: boolean }>;
}

export class ClaimLost extends Error {
  override readonly name = 'ClaimLost';
}

/** Tries of one swap against contenders' marks, which change the version too. More than this many in a row is somebody else's bug. */
export const swapTries = 8;

export interface Held<T> {
  readonly kube: Kube;
  readonly key: Key;
  /** As written when the claim was taken. */
  readonly lease: Lease;
  /** API server's clock, ms. */
  readonly until: number;
  readonly takenOver: boolean;
  readonly empty: T;
}

type Swapped = Lease | 'conflict' | 'removed';

/** Carries out `change` on the version last seen, or on a later one that is still ours. */
class Swapper {
  lease: Lease;
  ended = false;
  readonly #kube: Kube;
  readonly #first: Lease;
  readonly #key: Key;

  constructor({ kube, key, lease }: Held<unknown>) {
    this.#kube = kube;
    this.#key = key;
    this.#first = lease;
    this.lease = lease;
  }

  /** A contender's mark or a chain's groups may have changed the version; uid and epoch tell whether the claim is still ours. */
  async swap(change: (current: Lease) => Promise<Swapped>): Promise<void> {
    if (this.ended) throw new ClaimLost('the claim was released');
    for (let tries = 0; tries < swapTries; tries++) {
      const result = await change(this.lease);
      if (result === 'removed') return;
      if (result !== 'conflict') {
        this.lease = result;
        return;
      }
      this.lease = await this.#current();
    }
    throw new ClaimLost('the record would not hold still');
  }

  async write(next: Lease): Promise<Swapped> {
    const result = await this.#kube.replace(next);
    return result.kind === 'written' ? result.object : 'conflict';
  }

  async remove(current: Lease): Promise<Swapped> {
    return (await this.#kube.remove(leaseName(this.#key), current.metadata.resourceVersion)) === 'conflict' ? 'conflict' : 'removed';
  }

  async #current(): Promise<Lease> {
    const current = await this.#kube.get<Lease>(leaseName(this.#key));
    // The epochs of a record that was removed and made anew begin again: only the uid tells it from ours.
    const same = current?.metadata.uid === this.#first.metadata.uid && current?.spec.leaseTransitions === this.#first.spec.leaseTransitions;
    if (current === undefined || !same || !current.spec.holderIdentity) throw new ClaimLost('the claim was taken by another holder');
    return current;
  }
}

export function holding<T>(held: Held<T>): Claim<T> {
  const { kube, key, until, takenOver, empty } = held;
  const swapper = new Swapper(held);
  return {
    get record() {
      return readLease(swapper.lease, key, empty);
    },
    takenOver,
    covers: (ms) => !swapper.ended && kube.now() + ms < until,
    save: (ledger) => swapper.swap((current) => swapper.write(withLedger(current, ledger))),
    async release(ledger) {
      let again = false;
      await swapper.swap(async (current) => {
        again = markOf(current) !== undefined;
        // A chain's groups are the last thing a Service's record holds: while there are any, it stays.
        if (ledger === undefined && Object.keys(groupsOf(current)).length === 0) return swapper.remove(current);
        const next = withoutMark(withLedger(current, ledger ?? empty));
        return swapper.write({ ...next, spec: { leaseTransitions: current.spec.leaseTransitions ?? 0 } });
      });
      swapper.ended = true;
      return { again };
    },
  };
}

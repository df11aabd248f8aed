/**
 * TrafficLimit: token buckets of a rule, one for all its requests and one a client address. Measured of the service: there is no burst
 * allowance (of 60 requests at once a limit of 5 let 2 pass), so a bucket holds one token, which comes back after 1/rate seconds.
 */

/** Longest list of clients before those whose bucket is full again are forgotten. */
const manyClients = 4096;

/** `burst` is how many requests may come at once after a pause. */
interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** A token bucket, kept as the moment at which it is full again (ms); a bucket never used is full. */
const isOpen = (fullAt: number, { perSecond, burst }: Rate, now: number): boolean => fullAt - now <= ((burst - 1) * 1000) / perSecond;
const afterOne = (fullAt: number, { perSecond }: Rate, now: number): number => Math.max(fullAt, now) + 1000 / perSecond;

export interface Limits {
  readonly total?: number | undefined;
  readonly perClient?: number | undefined;
  readonly burst: number;
}

/** The buckets of one rule. They outlast changes of the limits. */
export class RateLimit {
  #all = 0;
  readonly #clients = new Map<string, number>();

  /** Whether a request may pass; one that may not costs nothing. */
  admit(client: string, { total, perClient, burst }: Limits, now: number): boolean {
    const all = { perSecond: total ?? 0, burst };
    const own = { perSecond: perClient ?? 0, burst };
    const ownFull = this.#clients.get(client) ?? 0;
    if (total !== undefined && !isOpen(this.#all, all, now)) return false;
    if (perClient !== undefined && !isOpen(ownFull, own, now)) return false;
    if (total !== undefined) this.#all = afterOne(this.#all, all, now);
    if (perClient !== undefined) {
      if (this.#clients.size >= manyClients) this.#forget(now);
      this.#clients.set(client, afterOne(ownFull, own, now));
    }
    return true;
  }

  #forget(now: number): void {
    for (const [client, fullAt] of this.#clients) if (fullAt <= now) this.#clients.delete(client);
  }
}

/** Pod addresses, 10.64.0.0/16. They are given out in turn, so that a freed one stays unused for as long as possible. */

const prefix = '10.64.';
/** Below lie the network's own addresses. */
const first = 10;
const last = 65_533;

export class Addresses {
  readonly #byOwner = new Map<string, string>();
  readonly #used = new Set<string>();
  #next = first;

  /** The owner's address; a new one if it has none yet. Throws when all are given out. */
  of(owner: string): string {
    const known = this.#byOwner.get(owner);
    if (known !== undefined) return known;
    for (let tries = first; tries <= last; tries++) {
      const address = `${prefix}${this.#next >> 8}.${this.#next & 255}`;
      this.#next = this.#next === last ? first : this.#next + 1;
      if (!this.#used.has(address)) return this.#give(owner, address);
    }
    throw new Error('no address is left in 10.64.0.0/16');
  }

  /** Takes over an address that the owner had before a restart; not one of another network, or of somebody else. */
  adopt(owner: string, address: string): void {
    if (!address.startsWith(prefix) || this.#used.has(address) || this.#byOwner.has(owner)) return;
    this.#give(owner, address);
  }

  release(owner: string): void {
    const address = this.#byOwner.get(owner);
    if (address === undefined) return;
    this.#byOwner.delete(owner);
    this.#used.delete(address);
  }

  #give(owner: string, address: string): string {
    this.#byOwner.set(owner, address);
    this.#used.add(address);
    const [, , high = '0', low = '0'] = address.split('.');
    this.#next = Math.max(this.#next, Number(high) * 256 + Number(low) + 1);
    if (this.#next > last) this.#next = first;
    return address;
  }
}

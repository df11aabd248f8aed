/** The keys that still have to be told, one entry a key however often it changed: what is held is bounded by the number of keys. */
import { type Key, keyText, type Reason } from '#events/contract/messages.ts';

export interface Entry {
  readonly key: Key;
  readonly reason: Reason;
  /** resourceVersion of the object whose change it was; empty when there is none. */
  readonly seen: string;
  /** Of a Service: it changed itself, not its endpoints alone. */
  readonly whole: boolean;
  /** When the key became dirty, ms of the clock that is handed in. Kept while the entry is told again. */
  readonly since: number;
}

export class Pending {
  readonly #entries = new Map<string, Entry>();

  get size(): number {
    return this.#entries.size;
  }

  /** When the oldest entry became dirty; `undefined` when there is none. */
  get oldest(): number | undefined {
    let oldest: number | undefined;
    for (const { since } of this.#entries.values()) oldest = Math.min(oldest ?? since, since);
    return oldest;
  }

  /** The newest facts count, and the oldest time does. */
  mark(entry: Entry): void {
    const text = keyText(entry.key);
    const known = this.#entries.get(text);
    this.#entries.set(text, known === undefined ? entry : merge(known, entry));
  }

  /** Everything, oldest mark first; nothing is left. */
  take(): readonly Entry[] {
    const all = [...this.#entries.values()];
    this.#entries.clear();
    return all;
  }

  /** Puts back what could not be told, behind the others. A key that was marked again meanwhile keeps its newer facts. */
  restore(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const text = keyText(entry.key);
      const newer = this.#entries.get(text);
      this.#entries.set(text, newer === undefined ? entry : merge(entry, newer));
    }
  }
}

/** Whoever is told of a whole change knows of the endpoints too, but not the other way round. */
const merge = (older: Entry, newer: Entry): Entry => ({ ...newer, since: older.since, whole: older.whole || newer.whole });

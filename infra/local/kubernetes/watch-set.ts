/** The watches that are running, so that a test can cut them. */

export class WatchSet {
  readonly #cuts = new Set<() => void>();

  /** Remembers a watch until `ended` is called. */
  add(cut: () => void): { ended(): void } {
    this.#cuts.add(cut);
    return { ended: () => this.#cuts.delete(cut) };
  }

  get size(): number {
    return this.#cuts.size;
  }

  /** Breaks every connection that a watch runs on. */
  cutAll(): void {
    for (const cut of this.#cuts) cut();
    this.#cuts.clear();
  }
}

/**
 * Which servers of a group are in service, and since when: who came, who left, and how much of its weight a server that starts slowly has
 * reached. It starts slowly only where another one is in service that no longer does, for somebody must carry the rest.
 */

interface Presence {
  readonly sinceMs: number;
  readonly slow: boolean;
}

/** Share of its weight that a server begins with; none at all would never be found out to be working. */
const firstShare = 0.01;

export class Attendance {
  readonly #present = new Map<string, Presence>();

  /** Takes over who is in service now. `slowStartMs`: 0 where nobody starts slowly. */
  update(
    keys: ReadonlySet<string>,
    slowStartMs: number,
    nowMs: number,
  ): { readonly came: readonly string[]; readonly left: readonly string[] } {
    const left = [...this.#present.keys()].filter((key) => !keys.has(key));
    for (const key of left) this.#present.delete(key);
    const came = [...keys].filter((key) => !this.#present.has(key));
    const carried = [...this.#present.keys()].some((key) => this.share(key, slowStartMs, nowMs) === 1);
    for (const key of came) this.#present.set(key, { sinceMs: nowMs, slow: carried && slowStartMs > 0 });
    return { came, left };
  }

  /** Part of its weight that a server has now, above 0 to 1. */
  share(key: string, slowStartMs: number, nowMs: number): number {
    const presence = this.#present.get(key);
    if (presence?.slow !== true || slowStartMs === 0) return 1;
    return Math.min(1, Math.max(firstShare, (nowMs - presence.sinceMs) / slowStartMs));
  }
}

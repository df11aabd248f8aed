/** Timers that a test moves on itself. */
import type { Timers } from '#infra/local/alb/data-plane/timers.ts';

export class ManualTimers implements Timers {
  #now = 0;
  #due: { readonly at: number; readonly run: () => void }[] = [];

  now = () => this.#now;

  after = (ms: number, run: () => void) => {
    const entry = { at: this.#now + ms, run };
    this.#due.push(entry);
    return () => {
      this.#due = this.#due.filter((other) => other !== entry);
    };
  };

  /** Milliseconds until each of those waiting, soonest first. */
  get waits(): readonly number[] {
    return this.#due.map(({ at }) => at - this.#now).toSorted((a, b) => a - b);
  }

  /** Moves on, running what falls due in order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#due.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#now = next.at;
      this.#due = this.#due.filter((other) => other !== next);
      next.run();
    }
    this.#now = end;
  }
}

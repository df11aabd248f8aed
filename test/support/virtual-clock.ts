/** A clock that stands still until a test moves it. It starts at the machine's time, so that dates of signatures stay plausible. */
import type { Clock } from '#infra/local/openapi/clock.ts';

export interface VirtualClock extends Clock {
  /** Moves on and runs what falls due, in order. */
  advance(ms: number): void;
}

export function createVirtualClock(start = Date.now()): VirtualClock {
  let now = start;
  let order = 0;
  const due = new Map<number, { readonly at: number; readonly task: () => void }>();
  const next = (until: number) =>
    [...due]
      .filter(([, one]) => one.at <= until)
      .reduce<[number, { at: number; task: () => void }] | undefined>(
        (first, one) => (first === undefined || one[1].at < first[1].at ? [one[0], one[1]] : first),
        undefined,
      );
  return {
    now: () => now,
    after: (delayMs, task) => {
      order += 1;
      const id = order;
      due.set(id, { at: now + delayMs, task });
      return () => due.delete(id);
    },
    advance: (ms) => {
      const until = now + ms;
      for (let found = next(until); found !== undefined; found = next(until)) {
        due.delete(found[0]);
        now = Math.max(now, found[1].at);
        found[1].task();
      }
      now = until;
    },
  };
}

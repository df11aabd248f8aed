/** Timers that fire when the test says so. */
import type { Timers } from '#shared/kube/timers.ts';

export interface ManualTimers extends Timers {
  /** ms since the start. */
  readonly nowMs: number;
  /** When each waiting timer is due, in ms from now, soonest first. */
  readonly waiting: readonly number[];
  /** Lets time pass and fires what is due, in order. */
  advance(ms: number): void;
}

interface Timer {
  readonly at: number;
  readonly call: () => void;
}

export function createManualTimers(): ManualTimers {
  let nowMs = 0;
  const timers = new Set<Timer>();
  const inOrder = (): readonly Timer[] => [...timers].sort((a, b) => a.at - b.at);
  return {
    get nowMs() {
      return nowMs;
    },
    get waiting() {
      return inOrder().map((one) => one.at - nowMs);
    },
    set: (call, ms) => {
      const timer = { at: nowMs + ms, call };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance: (ms) => {
      const end = nowMs + ms;
      for (let next = inOrder()[0]; next !== undefined && next.at <= end; next = inOrder()[0]) {
        nowMs = next.at;
        timers.delete(next);
        next.call();
      }
      nowMs = end;
    },
  };
}

/** Waiting as something that is handed in, because the clock of tests is not the machine's. */

/** `set` returns how to take it back. */
export interface Timers {
  set(call: () => void, ms: number): () => void;
}

export const machineTimers: Timers = {
  set: (call, ms) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

/** Waits, or stops waiting when the signal fires. */
export const pause = (timers: Timers, ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = timers.set(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });

/**
 * How long to wait before try number `failures` + 1, in ms: doubling from `firstMs` up to `mostMs`, of which a random part between half and
 * the whole is taken, so that many clients that lost the same server do not come back at the same moment.
 */
export function backoffMs(failures: number, firstMs: number, mostMs: number, random: () => number): number {
  const whole = Math.min(mostMs, firstMs * 2 ** Math.min(failures, 30));
  return Math.round(whole * (0.5 + random() / 2));
}

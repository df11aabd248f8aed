/** Time of the data plane: real, or the test's own. */

export interface Timers {
  /** Milliseconds; only differences mean anything. */
  now(): number;
  /** Runs once after so many milliseconds; the result calls it off. */
  after(ms: number, run: () => void): () => void;
}

/** The machine's timers; they keep no process alive. */
export const realTimers: Timers = {
  now: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms).unref();
    return () => clearTimeout(timer);
  },
};

/** Calls back once when nobody has touched it for `ms`. */
export interface IdleWatch {
  touch(): void;
  stop(): void;
}

export function watchIdle(timers: Timers, ms: number, onIdle: () => void): IdleWatch {
  let touched = timers.now();
  // Touching only notes the time: a new timer a chunk would cost more than the chunk.
  const check = (): void => {
    const left = touched + ms - timers.now();
    if (left <= 0) onIdle();
    else cancel = timers.after(left, check);
  };
  let cancel = timers.after(ms, check);
  return {
    touch: () => {
      touched = timers.now();
    },
    stop: () => cancel(),
  };
}

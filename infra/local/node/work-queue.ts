/** Keys with work to do: a key waits once however often it is asked for, runs once at a time, and comes back after a failure. */

export interface WorkQueue {
  /** Asks for a pass over the key, at once or after a delay. */
  add(key: string, delayMs?: number): void;
  /** Keys whose last pass failed, with what was said. */
  failures(): Readonly<Record<string, string>>;
  stop(): void;
}

export interface WorkOptions {
  /** One pass over a key: looks at the state of things, not at what changed. */
  readonly run: (key: string) => Promise<void>;
  /** Passes that run at the same time. */
  readonly parallel: number;
}

/** First and longest pause after a failure, ms. */
const firstPauseMs = 100;
const longestPauseMs = 5_000;

export function createWorkQueue({ run, parallel }: WorkOptions): WorkQueue {
  const waiting = new Set<string>();
  const running = new Set<string>();
  const pauses = new Map<string, { readonly ms: number; readonly said: string }>();
  const timers = new Set<NodeJS.Timeout>();
  let stopped = false;

  const pass = async (key: string) => {
    try {
      await run(key);
      pauses.delete(key);
    } catch (error) {
      const ms = Math.min((pauses.get(key)?.ms ?? firstPauseMs / 2) * 2, longestPauseMs);
      pauses.set(key, { ms, said: error instanceof Error ? error.message : String(error) });
      add(key, ms);
    } finally {
      running.delete(key);
      start();
    }
  };

  const start = () => {
    for (const key of waiting) {
      if (stopped || running.size >= parallel) return;
      if (running.has(key)) continue;
      waiting.delete(key);
      running.add(key);
      void pass(key);
    }
  };

  const add = (key: string, delayMs = 0) => {
    if (stopped) return;
    if (delayMs === 0) {
      waiting.add(key);
      start();
      return;
    }
    const timer = setTimeout(() => {
      timers.delete(timer);
      add(key);
    }, delayMs);
    timers.add(timer);
  };

  return {
    add,
    failures: () => Object.fromEntries([...pauses].map(([key, { said }]) => [key, said])),
    stop: () => {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

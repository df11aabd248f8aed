/** One timer a name, so that setting it again replaces it. */

export interface Alarms {
  /** Runs `work` at a time (Unix ms), or at once when that has passed. */
  set(name: string, at: number, work: () => void): void;
  has(name: string): boolean;
  clear(name: string): void;
  /** Clears all; nothing can be set afterwards. */
  close(): void;
}

/** Longer waits overflow Node's timers and would fire at once. */
const longestMs = 2_000_000_000;

export function createAlarms(): Alarms {
  const timers = new Map<string, NodeJS.Timeout>();
  let closed = false;
  const clear = (name: string) => {
    clearTimeout(timers.get(name));
    timers.delete(name);
  };
  return {
    set(name, at, work) {
      clear(name);
      if (closed) return;
      const waitMs = Math.max(0, Math.min(at - Date.now(), longestMs));
      const ring = () => {
        timers.delete(name);
        work();
      };
      timers.set(name, setTimeout(ring, waitMs));
    },
    has: (name) => timers.has(name),
    clear,
    close() {
      closed = true;
      for (const name of [...timers.keys()]) clear(name);
    },
  };
}

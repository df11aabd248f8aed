/** The API server's clock as far as we can know it: its `Date` header has whole seconds, and our monotonic clock tells what passed since. */

export interface ServerClock {
  /** ms since 1970. Before any answer: our own clock. */
  now(): number;
  /** Takes in the `Date` header of an answer to a request that was sent at `sentMs` (monotonic). */
  learn(date: string | undefined, sentMs: number): void;
}

export interface Clocks {
  /** ms, never going back. */
  readonly monotonicMs: () => number;
  /** ms since 1970. */
  readonly wallMs: () => number;
}

/** The machine's own clocks. */
export const machineClocks: Clocks = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };

/**
 * A clock that moves only as far as an answer proves it wrong: the header was cut to a second and written some time since the request was
 * sent, so the truth lies in [header, header + 1 s + elapsed], and an estimate inside stays as it is. So time does not jump at every answer.
 */
export function createServerClock(clocks: Clocks): ServerClock {
  let offsetMs: number | undefined;
  return {
    now: () => (offsetMs === undefined ? clocks.wallMs() : clocks.monotonicMs() + offsetMs),
    learn: (date, sentMs) => {
      const header = Date.parse(date ?? '');
      if (Number.isNaN(header)) return;
      const received = clocks.monotonicMs();
      const estimate = offsetMs === undefined ? header : received + offsetMs;
      const truth = Math.min(Math.max(estimate, header), header + 1000 + (received - sentMs));
      offsetMs = truth - received;
    },
  };
}

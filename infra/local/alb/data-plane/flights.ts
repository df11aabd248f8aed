/**
 * Requests on their way to servers: how many each has, and what becomes of them when their server leaves. A request lasts until both
 * bodies are through, a switched connection (WebSocket) until it closes.
 */
import type { Timers } from './timers.ts';

/** One request in flight. */
export interface Flight {
  /** Aborted when the server has gone and nobody waits for it any longer. */
  readonly cut: AbortSignal;
  land(): void;
}

export class Flights {
  readonly #timers: Timers;
  readonly #flying = new Map<string, Set<AbortController>>();
  /** Ways to call off what is to happen to the requests of a server that has left, by server. */
  readonly #ends = new Map<string, () => void>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  begin(server: string): Flight {
    const controller = new AbortController();
    const all = this.#flying.get(server) ?? new Set();
    this.#flying.set(server, all.add(controller));
    const land = () => {
      all.delete(controller);
      if (all.size === 0 && this.#flying.get(server) === all) this.#flying.delete(server);
    };
    return { cut: controller.signal, land };
  }

  count(server: string): number {
    return this.#flying.get(server)?.size ?? 0;
  }

  /** The requests that a server has now may last this long (ms). */
  endWithin(server: string, ms: number): void {
    const flying = [...(this.#flying.get(server) ?? [])];
    if (flying.length === 0) return;
    const cut = () => {
      this.#ends.delete(server);
      for (const controller of flying) controller.abort();
    };
    this.keep(server);
    if (ms === 0) cut();
    else this.#ends.set(server, this.#timers.after(ms, cut));
  }

  /** The server is back: its requests may last. */
  keep(server: string): void {
    this.#ends.get(server)?.();
    this.#ends.delete(server);
  }

  stop(): void {
    for (const server of [...this.#ends.keys()]) this.keep(server);
  }
}

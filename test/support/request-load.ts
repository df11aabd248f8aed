/** Clients that never stop asking: some over connections they keep, some over new ones, some for answers that take long. */
import { Agent } from 'node:http';
import type { Routed } from './routed.ts';
import { askListener } from './routed-ask.ts';

export interface Lost {
  readonly kind: 'kept' | 'new' | 'held';
  /** A status, or what broke. */
  readonly what: string;
}

export class RequestLoad {
  readonly #shop: Routed;
  readonly #host: string;
  readonly #kept = Array.from({ length: 3 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  readonly #held: Promise<void>[] = [];
  readonly lost: Lost[] = [];
  /** Answered as they should be. */
  served = 0;
  /** Requests by the pod that answered. */
  readonly byPod = new Map<string, number>();

  constructor(shop: Routed, host: string) {
    this.#shop = shop;
    this.#host = host;
  }

  /** One request of every client, all at once. */
  async round(): Promise<void> {
    await this.#shop.plane.settled();
    await Promise.all([
      ...this.#kept.map((agent) => this.#ask('kept', '/', agent)),
      this.#ask('new', '/', false),
      this.#ask('new', '/', false),
    ]);
  }

  /** A request whose answer takes so much virtual time; it goes on beside the others. */
  hold(ms: number): void {
    this.#held.push(this.#ask('held', `/hold?ms=${ms}`, false));
  }

  /** All that is held has come to an end. Time must have passed. */
  async finish(): Promise<void> {
    await Promise.all(this.#held);
    for (const agent of this.#kept) agent.destroy();
  }

  async #ask(kind: Lost['kind'], path: string, agent: Agent | false): Promise<void> {
    try {
      const { status, pod } = await askListener(this.#shop.urlOf(80), { host: this.#host, path, agent });
      if (status !== 200) this.lost.push({ kind, what: String(status) });
      else {
        this.served += 1;
        this.byPod.set(pod, (this.byPod.get(pod) ?? 0) + 1);
      }
    } catch (error) {
      this.lost.push({ kind, what: error instanceof Error ? error.message : String(error) });
    }
  }
}

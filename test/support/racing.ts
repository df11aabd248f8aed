/**
 * Invocations side by side, of which one call at a time happens: whose is next is decided from outside, and so is what happens between two
 * calls. Calls are those of the ports: what an adapter does for one of them happens as one.
 */
import type { Begun, Passage, Workbench } from './workbench.ts';

/** A call that waits to be let through. */
interface Ticket {
  readonly what: string;
  readonly since: number;
  readonly go: () => Promise<void>;
}

export interface Racer {
  readonly name: string;
  readonly message: Begun['message'];
  /** When it began, ms. */
  readonly since: number;
  readonly tickets: readonly Ticket[];
  readonly ended: boolean;
}

/** A call as it happens: whose, and which method of a port with which arguments. */
export type OnCall = (racer: string, method: string, args: readonly unknown[]) => void;

/** The platform ends a function after this long. */
const functionTimeoutMs = 60_000;

interface Running extends Racer {
  tickets: Ticket[];
  ended: boolean;
  dead: boolean;
}

/** All that goes on without a call being let through has gone on: between two calls there are no timers and no I/O. */
const quiet = async (): Promise<void> => {
  for (let times = 0; times < 3; times++) await new Promise((resolve) => setImmediate(resolve));
};

export class Race {
  readonly #bench: Workbench;
  readonly #onCall: OnCall;
  #running: Running[] = [];
  #begun = 0;
  /** How many have died so far. */
  deaths = 0;

  constructor(bench: Workbench, onCall: OnCall = () => undefined) {
    this.#bench = bench;
    this.#onCall = onCall;
  }

  get racers(): readonly Racer[] {
    return this.#running;
  }

  get #now(): number {
    return this.#bench.alb.clock.now();
  }

  /** Begins with the message that is due first. False: none is. */
  async begin(): Promise<boolean> {
    const name = `handler ${this.#begun + 1}`;
    const state = { name, since: this.#now, tickets: [] as Ticket[], ended: false, dead: false };
    const begun = this.#bench.begin(this.#passage(state));
    if (begun === undefined) return false;
    this.#begun += 1;
    const running: Running = Object.assign(state, { message: begun.message });
    this.#running.push(running);
    begun.ended.then(
      () => {
        running.ended = true;
      },
      (error: unknown) => {
        throw error;
      },
    );
    await this.#settle();
    return true;
  }

  /** Lets one call happen. */
  async step(racer: Racer, ticket: Ticket): Promise<void> {
    const running = this.#running.find((one) => one.name === racer.name);
    if (running === undefined) throw new Error(`${racer.name} is not running`);
    running.tickets = running.tickets.filter((one) => one !== ticket);
    await ticket.go();
    await this.#settle();
  }

  /** Ends one at once; its message is delivered again. `call`: this call of it happens, and nobody is told its answer. */
  async kill(racer: Racer, call?: Ticket): Promise<void> {
    const running = this.#running.find((one) => one.name === racer.name);
    if (running === undefined) return;
    running.dead = true;
    this.deaths += 1;
    running.tickets = [];
    await call?.go();
    this.#running = this.#running.filter((one) => one !== running);
    this.#bench.send(racer.message);
  }

  /** Lets time pass; whoever is older than the platform allows is dead. */
  async pass(ms: number): Promise<void> {
    this.#bench.alb.clock.advance(ms);
    this.#bench.kube.advance(ms);
    for (const one of this.#running.filter(({ since }) => this.#now - since >= functionTimeoutMs)) await this.kill(one);
  }

  async #settle(): Promise<void> {
    await quiet();
    this.#running = this.#running.filter((one) => !one.ended);
  }

  #passage(state: Pick<Running, 'name' | 'since' | 'dead'> & { tickets: Ticket[] }): Passage {
    const queue = <R>(what: string, act: () => R | Promise<R>): Promise<R> =>
      new Promise<R>((resolve, reject) => {
        const go = async (): Promise<void> => {
          try {
            const answer = await act();
            if (!state.dead) resolve(answer);
          } catch (error) {
            if (!state.dead) reject(error);
          }
        };
        if (!state.dead) state.tickets.push({ what, since: this.#now, go });
      });
    return {
      wrap: (target) =>
        new Proxy(target, {
          get: (inner, property, receiver) => {
            const member: unknown = Reflect.get(inner, property, receiver);
            if (typeof member !== 'function' || property === 'now' || property === 'close' || property === 'held') return member;
            return (...args: unknown[]) =>
              queue(String(property), () => {
                this.#onCall(state.name, String(property), args);
                return Reflect.apply(member, inner, args) as unknown;
              });
          },
        }),
      pause: (ms) => queue('pause', () => this.pass(ms)),
      hasTime: (ms) => this.#now + ms < state.since + functionTimeoutMs,
    };
  }
}

/**
 * Tells the queues which keys changed: collects for a moment, sends in batches, and keeps what could not be sent for as long as it takes.
 * At least once: a batch whose answer was lost is sent again.
 */
import { randomBytes } from 'node:crypto';
import { encode } from '#events/contract/envelope.ts';
import { type Key, type Message, membersRequest, type Reason } from '#events/contract/messages.ts';
import type { KeyRing } from '#events/contract/signature.ts';
import type { Queues } from '#shared/cloud/mns/port.ts';
import { backoffMs, type Timers } from '#shared/kube/timers.ts';
import { queueOf } from '#shared/steps.ts';
import { type Entry, Pending } from './pending.ts';

export interface PublisherOptions {
  readonly queues: Pick<Queues, 'send'>;
  readonly ring: KeyRing;
  /** How long changes of one key are collected before it is told, in ms. */
  readonly windowMs: number;
  readonly timers: Timers;
  /** 0 to 1. */
  readonly random: () => number;
  /** ms since 1970. */
  readonly now: () => number;
  readonly sent: (queue: string, keys: readonly Key[]) => void;
  readonly failed: (queue: string, error: unknown) => void;
}

/** One call of MNS takes 16; one message alone costs six times the CPU of one in such a batch. */
const batchSize = 16;
const firstBackoffMs = 500;
const mostBackoffMs = 30_000;
/** After so many failed batches in a row the queue is taken to be away; fewer may be the fault of what is in them. */
const givenUpAfter = 2;

/** Endpoints go straight to the lane that keeps servers, so that pods never wait behind rules. */
const membersQueue = queueOf('server-group');
const chainQueue = queueOf('dispatch');
const inOrder = [membersQueue, chainQueue];
const queueFor = (key: Key): string => (key.kind === 'Service' ? membersQueue : chainQueue);

function messageOf({ key, reason, seen, whole }: Entry): Message {
  if (key.kind === 'Service') return membersRequest(key, { whole });
  return { type: 'albeit.object.changed', version: 1, key, reason, attempt: 0, ...(seen === '' ? {} : { seen }) };
}

/** Every change that is told begins a trace (W3C trace context), which the steps that it sets off go on with. */
const newTrace = (): string => `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;

export class Publisher {
  readonly #options: PublisherOptions;
  readonly #pending = new Pending();
  #cancelTimer: (() => void) | undefined;
  #sending: Promise<void> | undefined;
  #failures = 0;
  #stopped = false;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** Keys that are still to be told; those being sent at the moment are not among them. */
  get pending(): Pending {
    return this.#pending;
  }

  /** Rounds in a row in which something could not be sent. */
  get failures(): number {
    return this.#failures;
  }

  /** Puts a key among those to be told. `whole`: of a Service, not its endpoints alone changed. */
  mark(key: Key, { reason, seen, whole = false }: { readonly reason: Reason; readonly seen: string; readonly whole?: boolean }): void {
    this.#pending.mark({ key, reason, seen, whole, since: this.#options.now() });
    this.#arm(this.#options.windowMs);
  }

  /** Sends what is pending now, once, and no more afterwards. Returns how many keys could not be told. */
  async stop(): Promise<number> {
    this.#stopped = true;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    await this.#sending;
    await this.#round();
    return this.#pending.size;
  }

  #arm(ms: number): void {
    if (this.#cancelTimer !== undefined || this.#sending !== undefined || this.#stopped) return;
    this.#cancelTimer = this.#options.timers.set(() => {
      this.#cancelTimer = undefined;
      this.#sending = this.#round().finally(() => {
        this.#sending = undefined;
        if (this.#pending.size > 0) this.#arm(this.#nextMs());
      });
    }, ms);
  }

  #nextMs(): number {
    if (this.#failures === 0) return this.#options.windowMs;
    return backoffMs(this.#failures - 1, firstBackoffMs, mostBackoffMs, this.#options.random);
  }

  async #round(): Promise<void> {
    const entries = this.#pending.take();
    let unsent = 0;
    // One after the other: pods that come and go are not to wait behind what rules cost.
    for (const queue of inOrder) {
      const own = entries.filter(({ key }) => queueFor(key) === queue);
      unsent += (await this.#sendAll(queue, own)).length;
    }
    this.#failures = unsent > 0 ? this.#failures + 1 : 0;
  }

  /** Sends batch after batch and puts back what did not go. */
  async #sendAll(queue: string, entries: readonly Entry[]): Promise<readonly Entry[]> {
    const unsent: Entry[] = [];
    let failedInARow = 0;
    for (let from = 0; from < entries.length; from += batchSize) {
      const batch = entries.slice(from, from + batchSize);
      const went = failedInARow < givenUpAfter && (await this.#sendBatch(queue, batch));
      failedInARow = went ? 0 : failedInARow + 1;
      if (!went) unsent.push(...batch);
    }
    this.#pending.restore(unsent);
    return unsent;
  }

  async #sendBatch(queue: string, batch: readonly Entry[]): Promise<boolean> {
    const { queues, ring, now } = this.#options;
    try {
      await queues.send(
        queue,
        batch.map((entry) => ({ body: encode(messageOf(entry), { ring, sender: 'forwarder', now: now(), traceparent: newTrace() }) })),
      );
      this.#options.sent(
        queue,
        batch.map((entry) => entry.key),
      );
      return true;
    } catch (error) {
      this.#options.failed(queue, error);
      return false;
    }
  }
}

/** Queues in memory on a clock of their own: what steps and forwarder are tested with. Passes `test/contract/queues.ts`. */
import { CloudFailure } from '#shared/cloud/failure.ts';
import type { Outgoing, Queues, Received } from '#shared/cloud/mns/port.ts';

interface Held {
  readonly id: string;
  readonly body: string;
  readonly enqueuedAt: number;
  visibleAt: number;
  dequeueCount: number;
  receipt: string;
}

interface FakeQueue {
  readonly visibilitySeconds: number;
  readonly retentionSeconds: number;
  messages: Held[];
}

export interface FakeQueues extends Queues {
  /** Lets virtual time pass. */
  advance(seconds: number): void;
  /** Bodies in a queue, delayed and invisible ones included, in the order in which they were sent. */
  bodies(queue: string): readonly string[];
  /** The next `times` calls fail with this. */
  failNext(failure: CloudFailure, times?: number): void;
  /** How many calls the service would have counted: one a batch of 16. */
  readonly calls: { send: number; receive: number; remove: number };
}

const batchLimit = 16;
const bodyLimitBytes = 65_536;

/** Empty; queues are made by `ensureQueue`, and a call on any other fails as the service's does. */
export function createFakeQueues(): FakeQueues {
  const queues = new Map<string, FakeQueue>();
  const calls = { send: 0, receive: 0, remove: 0 };
  const failing: CloudFailure[] = [];
  let now = 0;
  let last = 0;

  const enter = (action: keyof typeof calls, queue: string): FakeQueue => {
    calls[action] += 1;
    const failure = failing.shift();
    if (failure !== undefined) throw failure;
    const found = queues.get(queue);
    if (found === undefined) {
      throw new CloudFailure('not-found', { action, code: 'QueueNotExist', detail: `no queue ${queue}`, requestId: '' });
    }
    found.messages = found.messages.filter((one) => one.enqueuedAt + found.retentionSeconds * 1000 > now);
    return found;
  };
  const next = (): string => {
    last += 1;
    return String(last);
  };
  const check = (message: Outgoing): void => {
    const encoded = Math.ceil(Buffer.byteLength(message.body) / 3) * 4;
    const delay = message.delaySeconds ?? 0;
    const isDelay = Number.isInteger(delay) && delay >= 0 && delay <= 604_800;
    if (encoded > 0 && encoded <= bodyLimitBytes && isDelay) return;
    throw new CloudFailure('invalid', { action: 'send', code: 'InvalidArgument', detail: 'body or delay out of range', requestId: '' });
  };

  return {
    calls,
    async ensureQueue(queue, attributes = {}) {
      const { visibilitySeconds = 30, retentionSeconds = 345_600 } = attributes;
      if (!queues.has(queue)) queues.set(queue, { visibilitySeconds, retentionSeconds, messages: [] });
    },
    async send(queue, messages) {
      for (let at = 0; at < messages.length; at += batchLimit) {
        const found = enter('send', queue);
        for (const message of messages.slice(at, at + batchLimit)) {
          check(message);
          const visibleAt = now + (message.delaySeconds ?? 0) * 1000;
          found.messages.push({ id: next(), body: message.body, enqueuedAt: now, visibleAt, dequeueCount: 0, receipt: '' });
        }
      }
    },
    async receive(queue, max): Promise<readonly Received[]> {
      const found = enter('receive', queue);
      const ready = found.messages.filter((one) => one.visibleAt <= now).slice(0, Math.min(max, batchLimit));
      return ready.map((one) => {
        one.visibleAt = now + found.visibilitySeconds * 1000;
        one.dequeueCount += 1;
        one.receipt = next();
        return { messageId: one.id, receipt: one.receipt, body: one.body, dequeueCount: one.dequeueCount };
      });
    },
    async remove(queue, receipts) {
      for (let at = 0; at < receipts.length; at += batchLimit) {
        const found = enter('remove', queue);
        const batch = receipts.slice(at, at + batchLimit);
        found.messages = found.messages.filter((one) => !(batch.includes(one.receipt) && one.visibleAt > now));
      }
    },
    advance(seconds) {
      now += seconds * 1000;
    },
    bodies: (queue) => (queues.get(queue)?.messages ?? []).map((one) => one.body),
    failNext(failure, times = 1) {
      failing.push(...Array.from({ length: times }, () => failure));
    },
  };
}

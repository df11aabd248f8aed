/** A message on its way: sending, receiving, handles, visibility, retention, and the move to a dead-letter queue. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { type Broker, queueNamed } from './broker.ts';
import { Refusal } from './refusal.ts';
import type { Queue, StoredMessage } from './state.ts';

export interface NewMessage {
  readonly body: string;
  readonly priority: number;
  readonly delaySeconds: number;
}

// Letters, digits and a hyphen only: clients put handles into the request line without encoding them.
const newHandle = (key: number): string => `${key}-${randomBytes(16).toString('hex')}`;

const newId = (): string => randomUUID().replaceAll('-', '').toUpperCase();

/** Stores a message durably. */
export function put(broker: Broker, queue: string, message: NewMessage): StoredMessage {
  const now = broker.now();
  const key = broker.state.nextKey;
  const stored: StoredMessage = {
    key,
    id: newId(),
    body: message.body,
    md5: createHash('md5').update(message.body).digest('hex').toUpperCase(),
    priority: message.priority,
    enqueuedAt: now,
    visibleAt: now + message.delaySeconds * 1000,
    dequeueCount: 0,
    firstDequeuedAt: 0,
    handle: message.delaySeconds > 0 ? newHandle(key) : '',
    copy: false,
  };
  broker.commit({ op: 'message', queue, message: stored });
  return stored;
}

const isExpired = (queue: Queue, message: StoredMessage, now: number): boolean =>
  message.enqueuedAt + queue.head.attributes.MessageRetentionPeriod * 1000 <= now;

/** A queue's policy takes a message that was received as often as it allows and has become receivable once more. */
function isSpent(broker: Broker, queue: Queue, message: StoredMessage, now: number): boolean {
  const policy = queue.head.deadLetterPolicy;
  return (
    policy?.enabled === true &&
    message.visibleAt <= now &&
    message.dequeueCount >= policy.maxReceiveCount &&
    broker.state.queues.has(policy.targetQueue)
  );
}

/** The move keeps id, body and age: the retention clock is not restarted. */
function bury(broker: Broker, queue: Queue, message: StoredMessage, target: string): void {
  const key = broker.state.nextKey;
  const moved: StoredMessage = { ...message, key, visibleAt: broker.now(), dequeueCount: 0, firstDequeuedAt: 0, handle: '', copy: true };
  // Stored at its new place first: a kill between the two leaves it twice, never nowhere.
  broker.commit({ op: 'message', queue: target, message: moved });
  broker.commit({ op: 'message-gone', queue: queue.head.name, key: message.key });
  broker.wake(target);
}

/** Lets time act on a queue: what is too old vanishes, what was received too often moves. */
export function settle(broker: Broker, queue: Queue): void {
  const now = broker.now();
  for (const message of [...queue.messages.values()]) {
    if (isExpired(queue, message, now)) broker.commit({ op: 'message-gone', queue: queue.head.name, key: message.key });
    else if (isSpent(broker, queue, message, now)) bury(broker, queue, message, queue.head.deadLetterPolicy?.targetQueue ?? '');
  }
}

const shuffled = <T>(items: readonly T[]): readonly T[] =>
  items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);

/** Receivable messages: by priority, then oldest first, unless the switch says random. */
function ready(broker: Broker, queue: Queue): readonly StoredMessage[] {
  settle(broker, queue);
  const now = broker.now();
  const found = [...queue.messages.values()].filter((message) => message.visibleAt <= now);
  if (broker.settings().shuffle) return shuffled(found);
  return found.sort((a, b) => a.priority - b.priority || a.visibleAt - b.visibleAt || a.key - b.key);
}

/** Looks at messages without taking them. */
export const peek = (broker: Broker, queue: Queue, count: number): readonly StoredMessage[] => ready(broker, queue).slice(0, count);

/** Takes up to `count` messages; each gets a handle for this delivery and is invisible for the queue's time. */
export function take(broker: Broker, queue: Queue, count: number): readonly StoredMessage[] {
  const now = broker.now();
  return ready(broker, queue)
    .slice(0, count)
    .map((message) => {
      const delivery = {
        handle: newHandle(message.key),
        visibleAt: now + queue.head.attributes.VisibilityTimeout * 1000,
        dequeueCount: message.dequeueCount + 1,
        firstDequeuedAt: message.firstDequeuedAt === 0 ? now : message.firstDequeuedAt,
      };
      broker.commit({ op: 'delivery', queue: queue.head.name, key: message.key, delivery });
      duplicate(broker, queue, message, delivery);
      return { ...message, ...delivery };
    });
}

/** The switch `deliverTwice`: the first delivery leaves a copy that is receivable at once. */
function duplicate(
  broker: Broker,
  queue: Queue,
  message: StoredMessage,
  delivery: Pick<StoredMessage, 'dequeueCount' | 'firstDequeuedAt'>,
) {
  if (!broker.settings().deliverTwice || message.copy || message.dequeueCount > 0) return;
  const { dequeueCount, firstDequeuedAt } = delivery;
  const copy = { ...message, key: broker.state.nextKey, dequeueCount, firstDequeuedAt, handle: '', copy: true };
  broker.commit({ op: 'message', queue: queue.head.name, message: copy });
}

/** The message that a handle stands for now. Malformed: `ReceiptHandleError`; well-formed but no longer (or never) valid: `MessageNotExist`. */
function held(broker: Broker, queue: Queue, handle: string): StoredMessage {
  const key = /^(\d+)-[0-9a-f]{32}$/.exec(handle)?.[1];
  if (key === undefined) throw new Refusal('ReceiptHandleError', 'the receipt handle is not one');
  const now = broker.now();
  const message = queue.messages.get(Number(key));
  if (message === undefined || message.handle !== handle || message.visibleAt <= now || isExpired(queue, message, now)) {
    throw new Refusal('MessageNotExist', 'the receipt handle is no longer valid');
  }
  return message;
}

/** Deletes the message that a handle stands for. */
export function remove(broker: Broker, queueName: string, handle: string): void {
  const message = held(broker, queueNamed(broker, queueName), handle);
  broker.commit({ op: 'message-gone', queue: queueName, key: message.key });
}

/** Sets how long a received message stays invisible from now; only the new handle works afterwards. */
export function changeVisibility(broker: Broker, queueName: string, handle: string, seconds: number): StoredMessage {
  const message = held(broker, queueNamed(broker, queueName), handle);
  const { dequeueCount, firstDequeuedAt } = message;
  const delivery = { handle: newHandle(message.key), visibleAt: broker.now() + seconds * 1000, dequeueCount, firstDequeuedAt };
  broker.commit({ op: 'delivery', queue: queueName, key: message.key, delivery });
  broker.wake(queueName);
  return { ...message, ...delivery };
}

/** Approximate counts, as in `GetQueueAttributes`. */
export function countMessages(
  broker: Broker,
  queue: Queue,
): { readonly active: number; readonly inactive: number; readonly delayed: number } {
  settle(broker, queue);
  const now = broker.now();
  const counts = { active: 0, inactive: 0, delayed: 0 };
  for (const message of queue.messages.values()) {
    if (message.visibleAt <= now) counts.active += 1;
    else if (message.dequeueCount > 0) counts.inactive += 1;
    else counts.delayed += 1;
  }
  return counts;
}

/** When the next message of a queue becomes receivable or too old; `undefined` when nothing is under way. Unix ms. */
export function nextChangeAt(broker: Broker, queue: Queue): number | undefined {
  const now = broker.now();
  const times = [...queue.messages.values()].filter((message) => message.visibleAt > now).map((message) => message.visibleAt);
  return times.length === 0 ? undefined : times.reduce((a, b) => Math.min(a, b));
}

/**
 * Everything the queue service holds, and the entries of its log. A change is an entry: applied to the state and written to the log, so
 * that replaying the log after a kill gives the same state.
 */
import type { QueueAttributes } from './queue-attributes.ts';

export interface StoredMessage {
  /** Unique in the service; part of the handle. Two deliveries of one message by the switch have two keys and one id. */
  readonly key: number;
  readonly id: string;
  readonly body: string;
  readonly md5: string;
  readonly priority: number;
  /** Unix ms, as the other times. */
  readonly enqueuedAt: number;
  readonly visibleAt: number;
  readonly dequeueCount: number;
  /** 0 before the first delivery. */
  readonly firstDequeuedAt: number;
  /** The one handle that works now; empty when none was given out. */
  readonly handle: string;
  /** This is the second copy of the switch `deliverTwice`. */
  readonly copy: boolean;
}

interface DeadLetterPolicy {
  readonly enabled: boolean;
  readonly targetQueue: string;
  readonly maxReceiveCount: number;
}

interface QueueHead {
  readonly name: string;
  readonly attributes: QueueAttributes;
  /** Unix seconds. */
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly deadLetterPolicy: DeadLetterPolicy | undefined;
}

export interface Queue {
  readonly head: QueueHead;
  readonly messages: Map<number, StoredMessage>;
}

export interface Subscription {
  readonly name: string;
  readonly endpoint: string;
  readonly filterTag: string;
  readonly notifyStrategy: string;
  readonly notifyContentFormat: string;
}

export interface TopicHead {
  readonly name: string;
  readonly maximumMessageSize: number;
  readonly loggingEnabled: boolean;
  readonly createdAt: number;
  readonly modifiedAt: number;
}

export interface Topic {
  readonly head: TopicHead;
  readonly subscriptions: Map<string, Subscription>;
}

export interface State {
  readonly queues: Map<string, Queue>;
  readonly topics: Map<string, Topic>;
  /** When a queue of that name was deleted, Unix ms. */
  readonly deletedQueues: Map<string, number>;
  nextKey: number;
}

type Delivery = Pick<StoredMessage, 'visibleAt' | 'dequeueCount' | 'firstDequeuedAt' | 'handle'>;

export type LogEntry =
  | { readonly op: 'queue'; readonly head: QueueHead }
  | { readonly op: 'queue-gone'; readonly name: string; readonly at: number }
  | { readonly op: 'message'; readonly queue: string; readonly message: StoredMessage }
  | { readonly op: 'delivery'; readonly queue: string; readonly key: number; readonly delivery: Delivery }
  | { readonly op: 'message-gone'; readonly queue: string; readonly key: number }
  | { readonly op: 'topic'; readonly head: TopicHead }
  | { readonly op: 'topic-gone'; readonly name: string }
  | { readonly op: 'subscription'; readonly topic: string; readonly subscription: Subscription }
  | { readonly op: 'subscription-gone'; readonly topic: string; readonly name: string }
  | { readonly op: 'next-key'; readonly key: number };

export const emptyState = (): State => ({ queues: new Map(), topics: new Map(), deletedQueues: new Map(), nextKey: 1 });

type Apply = { readonly [Op in LogEntry['op']]: (state: State, entry: Extract<LogEntry, { op: Op }>) => void };

const appliers: Apply = {
  queue: (state, { head }) => {
    state.queues.set(head.name, { head, messages: state.queues.get(head.name)?.messages ?? new Map() });
    state.deletedQueues.delete(head.name);
  },
  'queue-gone': (state, { name, at }) => {
    state.queues.delete(name);
    state.deletedQueues.set(name, at);
  },
  message: (state, { queue, message }) => {
    state.queues.get(queue)?.messages.set(message.key, message);
    state.nextKey = Math.max(state.nextKey, message.key + 1);
  },
  delivery: (state, { queue, key, delivery }) => {
    const messages = state.queues.get(queue)?.messages;
    const message = messages?.get(key);
    if (message !== undefined) messages?.set(key, { ...message, ...delivery });
  },
  'message-gone': (state, { queue, key }) => {
    state.queues.get(queue)?.messages.delete(key);
  },
  topic: (state, { head }) => {
    state.topics.set(head.name, { head, subscriptions: state.topics.get(head.name)?.subscriptions ?? new Map() });
  },
  'topic-gone': (state, { name }) => {
    state.topics.delete(name);
  },
  subscription: (state, { topic, subscription }) => {
    state.topics.get(topic)?.subscriptions.set(subscription.name, subscription);
  },
  'subscription-gone': (state, { topic, name }) => {
    state.topics.get(topic)?.subscriptions.delete(name);
  },
  'next-key': (state, { key }) => {
    state.nextKey = Math.max(state.nextKey, key);
  },
};

/** Takes one entry into the state. */
export function applyEntry(state: State, entry: LogEntry): void {
  // The table holds for each operation the function of exactly its entry; TypeScript cannot follow that through the index.
  (appliers[entry.op] as (state: State, entry: LogEntry) => void)(state, entry);
}

/** The fewest entries that rebuild the state. */
export function snapshotOf(state: State): readonly LogEntry[] {
  const queues = [...state.queues.values()].flatMap(({ head, messages }): LogEntry[] => [
    { op: 'queue', head },
    ...[...messages.values()].map((message): LogEntry => ({ op: 'message', queue: head.name, message })),
  ]);
  const topics = [...state.topics.values()].flatMap(({ head, subscriptions }): LogEntry[] => [
    { op: 'topic', head },
    ...[...subscriptions.values()].map((subscription): LogEntry => ({ op: 'subscription', topic: head.name, subscription })),
  ]);
  const gone = [...state.deletedQueues].map(([name, at]): LogEntry => ({ op: 'queue-gone', name, at }));
  return [...gone, ...queues, ...topics, { op: 'next-key', key: state.nextKey }];
}

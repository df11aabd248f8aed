/** What the operations of the service work on: the state, the way to change it durably, the clock, the switches and the waiting polls. */
import { Refusal } from './refusal.ts';
import type { MnsSettings } from './settings.ts';
import type { LogEntry, Queue, State, Topic } from './state.ts';

export interface Broker {
  readonly state: State;
  /** Applies an entry and writes it to the log. */
  commit(entry: LogEntry): void;
  /** Unix ms, the service's own clock. */
  now(): number;
  settings(): MnsSettings;
  /** Serves waiting polls of a queue whose messages changed. */
  wake(queue: string): void;
  /** Starts or ends what delivers to HTTP addresses. */
  subscriptionsChanged(): void;
  readonly accountId: string;
  readonly region: string;
}

export function queueNamed(broker: Broker, name: string): Queue {
  const queue = broker.state.queues.get(name);
  if (queue === undefined) throw new Refusal('QueueNotExist', 'the queue does not exist');
  return queue;
}

export function topicNamed(broker: Broker, name: string): Topic {
  const topic = broker.state.topics.get(name);
  if (topic === undefined) throw new Refusal('TopicNotExist', 'the topic does not exist');
  return topic;
}

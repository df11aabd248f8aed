/** Delivery to HTTP addresses: a POST that must be answered with 2xx within 5 s, tried again by the strategy of the subscription. */
import type { Broker } from './broker.ts';
import { changeVisibility, remove } from './deliveries.ts';
import { isAddress, pushQueue } from './endpoints.ts';
import type { Polls } from './polls.ts';
import type { StoredMessage, Subscription } from './state.ts';

export interface Pushes {
  /** Brings what runs in line with the subscriptions. */
  follow(): void;
  close(): void;
}

const answerLimitMs = 5000;
const pollSeconds = 30;

/** How often, and the wait after the nth try in seconds (MNS reference, 9). */
const strategies: Readonly<Record<string, { readonly tries: number; readonly waitSeconds: (tried: number) => number }>> = {
  BACKOFF_RETRY: { tries: 3, waitSeconds: () => 10 + Math.floor(Math.random() * 11) },
  EXPONENTIAL_DECAY_RETRY: { tries: 176, waitSeconds: (tried) => Math.min(2 ** (tried - 1), 512) },
};

async function isTaken(subscription: Subscription, message: StoredMessage, signal: AbortSignal): Promise<boolean> {
  const type = subscription.notifyContentFormat === 'XML' ? 'text/xml;charset=utf-8' : 'text/plain;charset=utf-8';
  try {
    const answer = await fetch(subscription.endpoint, {
      method: 'POST',
      headers: { 'content-type': type, 'x-mns-version': '2015-06-06', 'x-mns-request-id': message.id },
      body: message.body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerLimitMs)]),
    });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}

async function push(broker: Broker, queue: string, subscription: Subscription, message: StoredMessage, signal: AbortSignal): Promise<void> {
  const taken = await isTaken(subscription, message, signal);
  if (signal.aborted || !broker.state.queues.has(queue)) return;
  const strategy = strategies[subscription.notifyStrategy];
  if (taken || strategy === undefined || message.dequeueCount >= strategy.tries) remove(broker, queue, message.handle);
  else changeVisibility(broker, queue, message.handle, strategy.waitSeconds(message.dequeueCount));
}

async function run(broker: Broker, polls: Polls, topic: string, name: string, signal: AbortSignal): Promise<void> {
  const queueName = pushQueue(topic, name);
  while (!signal.aborted) {
    const queue = broker.state.queues.get(queueName);
    const subscription = broker.state.topics.get(topic)?.subscriptions.get(name);
    if (queue === undefined || subscription === undefined) return;
    for (const message of await polls.receive(queue, 1, pollSeconds, signal)) {
      // A handle that expired in between is the only refusal possible, and means that the push is due again.
      await push(broker, queueName, subscription, message, signal).catch(() => {});
    }
  }
}

/** The subscriptions with an address, by the name of their queue. */
function addressed(broker: Broker): ReadonlyMap<string, { readonly topic: string; readonly name: string }> {
  const found = [...broker.state.topics.values()].flatMap(({ head, subscriptions }) =>
    [...subscriptions.values()].filter((one) => isAddress(one.endpoint)).map(({ name }) => ({ topic: head.name, name })),
  );
  return new Map(found.map((one) => [pushQueue(one.topic, one.name), one]));
}

export function createPushes(broker: Broker, polls: Polls): Pushes {
  const running = new Map<string, AbortController>();
  const end = (id: string) => {
    running.get(id)?.abort();
    running.delete(id);
  };
  const begin = (id: string, { topic, name }: { readonly topic: string; readonly name: string }) => {
    const stopping = new AbortController();
    running.set(id, stopping);
    void run(broker, polls, topic, name, stopping.signal);
  };
  return {
    follow() {
      const wanted = addressed(broker);
      for (const id of [...running.keys()].filter((one) => !wanted.has(one))) end(id);
      for (const [id, one] of wanted) if (!running.has(id)) begin(id, one);
    },
    close() {
      for (const id of [...running.keys()]) end(id);
    },
  };
}

/** The doors of the queue service: the common ones, its state and switches, and dead-letter policies, which its HTTP API cannot set. */
import * as z from 'zod';
import type { FaultBook } from '../fault-book.ts';
import type { Journal } from '../journal.ts';
import { commonDoors, type Doors } from '../openapi/doors.ts';
import type { Broker } from './broker.ts';
import { countMessages } from './deliveries.ts';
import type { Polls } from './polls.ts';
import { changeSettings, type MnsSettings } from './settings.ts';

const policySchema = z.strictObject({
  queue: z.string(),
  enabled: z.boolean(),
  targetQueue: z.string(),
  maxReceiveCount: z.int().min(1).max(1000),
});

function stateOf(broker: Broker, polls: Polls): unknown {
  const iso = (ms: number) => new Date(ms).toISOString();
  return {
    queues: [...broker.state.queues.values()].map((queue) => ({
      ...queue.head,
      ...countMessages(broker, queue),
      waiting: polls.waiting(queue.head.name),
      messages: [...queue.messages.values()].map(({ handle: _handle, copy: _copy, ...message }) => ({
        ...message,
        enqueuedAt: iso(message.enqueuedAt),
        visibleAt: iso(message.visibleAt),
      })),
    })),
    topics: [...broker.state.topics.values()].map(({ head, subscriptions }) => ({ ...head, subscriptions: [...subscriptions.values()] })),
    settings: broker.settings(),
  };
}

function setPolicy(broker: Broker, body: unknown): unknown {
  const { queue: name, ...policy } = policySchema.parse(body);
  const queue = broker.state.queues.get(name);
  const problems = [
    ...(queue === undefined ? [`there is no queue ${name}`] : []),
    ...(broker.state.queues.has(policy.targetQueue) ? [] : [`there is no queue ${policy.targetQueue}`]),
    ...(policy.targetQueue === name ? ['a queue cannot be its own dead-letter queue'] : []),
  ];
  if (queue === undefined || problems.length > 0) {
    throw new z.ZodError(problems.map((message) => ({ code: 'custom', path: [], message, input: body })));
  }
  broker.commit({ op: 'queue', head: { ...queue.head, deadLetterPolicy: policy } });
  broker.wake(name);
  return policy;
}

/** The doors by method and path. */
export const mnsDoors = (parts: {
  readonly broker: Broker;
  readonly polls: Polls;
  readonly journal: Journal;
  readonly faults: FaultBook;
  readonly set: (settings: MnsSettings) => void;
}): Doors => ({
  ...commonDoors(parts.journal, parts.faults),
  'GET /_/state': () => stateOf(parts.broker, parts.polls),
  'GET /_/settings': () => parts.broker.settings(),
  'PUT /_/settings': (body) => {
    parts.set(changeSettings(parts.broker.settings(), body));
    return parts.broker.settings();
  },
  'PUT /_/dead-letter-policy': (body) => setPolicy(parts.broker, body),
});

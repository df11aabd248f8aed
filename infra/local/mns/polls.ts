/**
 * Long polls: held until a message comes, its time is up, or the client has gone. A poll whose client has gone is forgotten before a
 * message could be handed to it, because a message handed to nobody stays invisible until its timeout.
 */
import type { Broker } from './broker.ts';
import { nextChangeAt, settle, take } from './deliveries.ts';
import type { Queue, StoredMessage } from './state.ts';

interface Poll {
  readonly count: number;
  readonly end: (messages: readonly StoredMessage[]) => void;
}

export interface Polls {
  /** Messages at once when there are some, else within `waitSeconds`; empty when the time is up or `gone` fires. */
  receive(queue: Queue, count: number, waitSeconds: number, gone: AbortSignal): Promise<readonly StoredMessage[]>;
  /** Serves those who wait on a queue; without a name, on every queue. */
  wake(queueName?: string): void;
  waiting(queueName: string): number;
  /** Ends every poll empty-handed. */
  close(): void;
}

/** A timer never sleeps longer than this, so that a change of the service's clock is noticed. */
const longestSleepMs = 1000;

export function createPolls(broker: () => Broker): Polls {
  const polls = new Map<string, Poll[]>();
  const timers = new Map<string, NodeJS.Timeout>();

  const wakeOne = (name: string): void => {
    clearTimeout(timers.get(name));
    timers.delete(name);
    const queue = broker().state.queues.get(name);
    for (const poll of [...(polls.get(name) ?? [])]) {
      const messages = queue === undefined ? [] : take(broker(), queue, poll.count);
      if (messages.length > 0 || queue === undefined) poll.end(messages);
    }
    if (queue !== undefined) schedule(queue);
  };

  // A queue with a dead-letter policy moves messages by itself; any other needs the timer only while somebody waits.
  const schedule = (queue: Queue): void => {
    const name = queue.head.name;
    const wanted = (polls.get(name)?.length ?? 0) > 0 || queue.head.deadLetterPolicy?.enabled === true;
    const at = wanted ? nextChangeAt(broker(), queue) : undefined;
    if (at === undefined || timers.has(name)) return;
    const sleepMs = Math.min(Math.max(at - broker().now(), 1), longestSleepMs);
    timers.set(
      name,
      setTimeout(() => {
        timers.delete(name);
        settle(broker(), queue);
        wakeOne(name);
      }, sleepMs).unref(),
    );
  };

  const hold = (queue: Queue, count: number, waitSeconds: number, gone: AbortSignal) =>
    new Promise<readonly StoredMessage[]>((resolve) => {
      const name = queue.head.name;
      const end = (messages: readonly StoredMessage[]) => {
        clearTimeout(timer);
        gone.removeEventListener('abort', leave);
        polls.set(
          name,
          (polls.get(name) ?? []).filter((one) => one !== poll),
        );
        resolve(messages);
      };
      const leave = () => end([]);
      const poll: Poll = { count, end };
      const timer = setTimeout(leave, waitSeconds * 1000);
      gone.addEventListener('abort', leave, { once: true });
      polls.set(name, [...(polls.get(name) ?? []), poll]);
      schedule(queue);
    });

  return {
    async receive(queue, count, waitSeconds, gone) {
      const name = queue.head.name;
      const messages = gone.aborted ? [] : take(broker(), queue, count);
      schedule(queue);
      if (messages.length > 0 || waitSeconds === 0 || gone.aborted) return messages;
      const most = broker().settings().maximumLongPolls;
      if (most > 0 && (polls.get(name)?.length ?? 0) >= most) return [];
      return hold(queue, count, waitSeconds, gone);
    },
    wake(queueName) {
      for (const name of queueName === undefined ? [...broker().state.queues.keys()] : [queueName]) wakeOne(name);
    },
    waiting: (queueName) => polls.get(queueName)?.length ?? 0,
    close() {
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
      for (const poll of [...polls.values()].flat()) poll.end([]);
    },
  };
}

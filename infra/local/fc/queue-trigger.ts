/**
 * A queue trigger: polls its queue, gathers a batch, delivers it. It outlives an MNS that is away, and never polls faster than the wait
 * it asked for when answers come back empty at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createQueues } from '#shared/cloud/mns/adapter.ts';
import type { Queues, Received } from '#shared/cloud/mns/port.ts';
import { type DeliveryParts, deliver, pause, type TriggerFacts } from './delivery.ts';
import type { QueueTrigger } from './function-spec.ts';
import { afterEmpty, afterFailure, uneven } from './pacing.ts';

export interface TriggerParts extends Omit<DeliveryParts, 'queues' | 'stopping' | 'facts'> {
  readonly mnsEndpoint: string;
}

export interface RunningTrigger {
  readonly state: () => Readonly<TriggerFacts>;
  stop(): void;
}

/** A single receive gives at most this many. */
const receiveLimit = 16;

/** Gathers a batch: until it is full or its window is over. An empty array when nothing came during the first poll. */
async function gather(queues: Queues, trigger: QueueTrigger, pollSeconds: number): Promise<readonly Received[]> {
  const batch = [...(await queues.receive(trigger.queue, Math.min(trigger.batch, receiveLimit), pollSeconds))];
  const windowEnd = Date.now() + trigger.windowSeconds * 1000;
  while (batch.length > 0 && batch.length < trigger.batch) {
    const leftMs = windowEnd - Date.now();
    // Without a window a full answer is the only sign that there is more.
    if (leftMs <= 0 && batch.length % receiveLimit !== 0) break;
    const wanted = Math.min(trigger.batch - batch.length, receiveLimit);
    // What was received must be delivered, whatever becomes of the next poll.
    const more = await queues.receive(trigger.queue, wanted, Math.ceil(Math.max(leftMs, 0) / 1000)).catch(() => undefined);
    if (more === undefined || (more.length === 0 && leftMs <= 0)) break;
    if (more.length === 0) await sleep(50); // answered as empty before its time
    batch.push(...more);
  }
  return batch;
}

/** One poll and what came of it; returns how long to rest before the next (ms). */
async function round(parts: DeliveryParts, restedMs: number): Promise<number> {
  const { facts, queues, trigger } = parts;
  const { pollSeconds } = parts.settings();
  const from = Date.now();
  facts.polls += 1;
  try {
    const messages = await gather(queues, trigger, pollSeconds);
    facts.lastError = '';
    if (messages.length === 0) return afterEmpty(Date.now() - from, pollSeconds * 1000);
    await deliver(parts, messages);
    return 0;
  } catch (error) {
    facts.lastError = error instanceof Error ? error.message : String(error);
    return afterFailure(restedMs);
  }
}

async function poll(parts: DeliveryParts): Promise<void> {
  let restMs = 0;
  while (!parts.stopping.aborted) {
    restMs = await round(parts, restMs);
    if (restMs > 0) await pause(uneven(restMs, Math.random()), parts.stopping);
  }
}

/** Polls until stopped; a poll under way ends with the connection, so that no message is taken by a trigger that has stopped. */
export function startQueueTrigger(parts: TriggerParts): RunningTrigger {
  const queues = createQueues({ ...parts.credentials, endpoint: parts.mnsEndpoint, receivedBodies: 'as-sent' });
  const stopping = new AbortController();
  const facts: TriggerFacts = { queue: parts.trigger.queue, polls: 0, delivered: 0, lastError: '', blocked: false };
  void poll({ ...parts, queues, stopping: stopping.signal, facts });
  return {
    state: () => ({ ...facts }),
    stop() {
      stopping.abort();
      queues.close();
    },
  };
}

/**
 * A queue trigger: polls its queue, gathers a batch, hands it to the function, deletes what is handed over. It outlives an MNS that is
 * away, and never polls faster than the wait it asked for when answers come back empty at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClosableQueues, createQueues } from '#shared/cloud/mns/adapter.ts';
import type { Received } from '#shared/cloud/mns/port.ts';
import type { LocalCredentials } from '../service.ts';
import { decodedBody, type Payload, payloadsOf, type TriggerEvent } from './event-shape.ts';
import type { QueueTrigger } from './function-spec.ts';
import type { FcSettings } from './settings.ts';

export interface TriggerParts {
  readonly trigger: QueueTrigger;
  readonly functionName: string;
  readonly credentials: LocalCredentials;
  readonly mnsEndpoint: string;
  readonly settings: () => FcSettings;
  /** Accepts an event durably; resolves to a wait for its end. */
  readonly handOver: (event: Buffer) => { readonly ended: () => Promise<void> };
  /** Runs the function and waits. False: it failed or could not be run. */
  readonly push: (event: Buffer) => Promise<boolean>;
}

export interface RunningTrigger {
  readonly state: () => {
    readonly queue: string;
    readonly polls: number;
    readonly delivered: number;
    readonly lastError: string;
    readonly blocked: boolean;
  };
  stop(): void;
}

const asyncLimitBytes = 128 * 1024;
const syncLimitBytes = 32 * 1024 * 1024;
/** A single receive gives at most this many. */
const receiveLimit = 16;
/** Waits while MNS is away: doubled from the first to the last, each with jitter. */
const awayFirstMs = 100;
const awayLastMs = 5000;

const shuffled = <T>(items: readonly T[]): readonly T[] =>
  items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);

/** Gathers a batch: until it is full or its window is over. An empty array when nothing came during the first poll. */
async function gather(queues: ClosableQueues, trigger: QueueTrigger, pollSeconds: number): Promise<readonly Received[]> {
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

export function startQueueTrigger(parts: TriggerParts): RunningTrigger {
  const { trigger, settings } = parts;
  const queues = createQueues({ ...parts.credentials, endpoint: parts.mnsEndpoint, receivedBodies: 'as-sent' });
  const stopping = new AbortController();
  const facts = { queue: trigger.queue, polls: 0, delivered: 0, lastError: '', blocked: false };
  const pause = (ms: number) => sleep(ms, undefined, { signal: stopping.signal }).catch(() => {});

  const acknowledge = async (events: readonly TriggerEvent[]): Promise<void> => {
    const receipts = events.map((event) => event.message.receipt);
    // A deletion that does not get through leaves the messages to come again, which at-least-once allows for.
    await queues.remove(trigger.queue, receipts).catch((error: unknown) => {
      facts.lastError = error instanceof Error ? error.message : String(error);
    });
  };

  const deliverAsync = async (payload: Payload): Promise<void> => {
    if (payload.bytes.length > asyncLimitBytes) return giveUp(payload);
    const { ended } = parts.handOver(payload.bytes);
    if (settings().acknowledge === 'before') await acknowledge(payload.events);
    else void ended().then(() => (stopping.signal.aborted ? undefined : acknowledge(payload.events)));
  };

  /** The data as it came, to the dead-letter queue if there is one; else it is dropped. */
  const giveUp = async (payload: Payload): Promise<void> => {
    const target = trigger.deadLetterQueue;
    while (target !== undefined && !stopping.signal.aborted) {
      const bodies = payload.events.map((event) => ({ body: decodedBody(event.message.body) }));
      const sent = await queues.send(target, bodies).then(
        () => true,
        () => false,
      );
      if (sent) break;
      await pause(awayLastMs);
    }
    await acknowledge(payload.events);
  };

  const deliverSync = async (payload: Payload): Promise<void> => {
    if (settings().acknowledge === 'before') await acknowledge(payload.events);
    for (let tries = 1; !stopping.signal.aborted; tries += 1) {
      if (await parts.push(payload.bytes)) {
        facts.blocked = false;
        return acknowledge(payload.events);
      }
      const spent = tries >= settings().pushTries;
      if (spent && trigger.errorsTolerance === 'ALL') return giveUp(payload);
      facts.blocked = spent; // tolerance NONE: the stream stands still until this push succeeds
      const { pushWaitMinMs: least, pushWaitMaxMs: most } = settings();
      await pause(least + Math.random() * Math.max(0, most - least));
    }
  };

  const deliver = async (messages: readonly Received[]): Promise<void> => {
    const at = new Date().toISOString();
    const ordered = settings().shuffle ? shuffled(messages) : messages;
    const events = ordered.map((message) => ({ message, body: trigger.base64Decode ? decodedBody(message.body) : message.body, at }));
    const limit = trigger.asyncInvocation ? asyncLimitBytes : syncLimitBytes;
    const payloads = payloadsOf(events, parts, limit);
    for (const payload of settings().duplicate ? [...payloads, ...payloads] : payloads) {
      await (trigger.asyncInvocation ? deliverAsync(payload) : deliverSync(payload));
      facts.delivered += 1;
    }
  };

  /** One poll and what came of it; returns how long to wait before the next. */
  const round = async (away: number): Promise<number> => {
    const { pollSeconds } = settings();
    const from = Date.now();
    facts.polls += 1;
    try {
      const messages = await gather(queues, trigger, pollSeconds);
      facts.lastError = '';
      if (messages.length > 0) {
        await deliver(messages);
        return 0;
      }
      // Too many polls on one queue are answered at once as empty: without this the loop would spin.
      return Date.now() - from < pollSeconds * 500 ? awayFirstMs * 2 : 0;
    } catch (error) {
      facts.lastError = error instanceof Error ? error.message : String(error);
      return Math.min(Math.max(away * 2, awayFirstMs), awayLastMs);
    }
  };

  const loop = async (): Promise<void> => {
    let waitMs = 0;
    while (!stopping.signal.aborted) {
      waitMs = await round(waitMs);
      if (waitMs > 0) await pause(waitMs * (0.5 + Math.random() / 2));
    }
  };
  void loop();

  return {
    state: () => ({ ...facts }),
    stop() {
      stopping.abort();
      queues.close();
    },
  };
}

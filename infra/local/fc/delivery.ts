/** How a batch reaches the function: handed over or pushed, acknowledged, given up. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Queues, Received } from '#shared/cloud/mns/port.ts';
import type { LocalCredentials } from '../service.ts';
import { decodedBody, type Payload, payloadsOf, type TriggerEvent } from './event-shape.ts';
import type { QueueTrigger } from './function-spec.ts';
import type { FcSettings } from './settings.ts';

export interface DeliveryParts {
  readonly trigger: QueueTrigger;
  readonly functionName: string;
  readonly credentials: LocalCredentials;
  readonly settings: () => FcSettings;
  /** Accepts an event durably; `ended` waits for its end. */
  readonly handOver: (event: Buffer) => { readonly ended: () => Promise<void> };
  /** Runs the function and waits. False: it failed or could not be run. */
  readonly push: (event: Buffer) => Promise<boolean>;
  readonly queues: Queues;
  readonly stopping: AbortSignal;
  readonly facts: TriggerFacts;
}

/** What the state door shows of a trigger. */
export interface TriggerFacts {
  readonly queue: string;
  polls: number;
  /** Pushes made. */
  delivered: number;
  lastError: string;
  /** Without tolerance for errors: it stands still until its push succeeds. */
  blocked: boolean;
}

const asyncLimitBytes = 128 * 1024;
const syncLimitBytes = 32 * 1024 * 1024;
/** Wait before a dead-letter queue that could not be reached is tried again. */
const deadLetterRetryMs = 1000;

export const pause = (ms: number, stopping: AbortSignal): Promise<void> => sleep(ms, undefined, { signal: stopping }).catch(() => {});

const shuffled = <T>(items: readonly T[]): readonly T[] =>
  items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);

/** Deletes the messages. A deletion that does not get through leaves them to come again, which at-least-once allows for. */
async function acknowledge(parts: DeliveryParts, events: readonly TriggerEvent[]): Promise<void> {
  try {
    await parts.queues.remove(
      parts.trigger.queue,
      events.map((event) => event.message.receipt),
    );
  } catch (error) {
    parts.facts.lastError = error instanceof Error ? error.message : String(error);
  }
}

/** The data as it came, to the dead-letter queue if there is one; else it is dropped. */
async function giveUp(parts: DeliveryParts, payload: Payload): Promise<void> {
  const target = parts.trigger.deadLetterQueue;
  while (target !== undefined && !parts.stopping.aborted) {
    const bodies = payload.events.map((event) => ({ body: decodedBody(event.message.body) }));
    try {
      await parts.queues.send(target, bodies);
      break;
    } catch (error) {
      parts.facts.lastError = error instanceof Error ? error.message : String(error);
      await pause(deadLetterRetryMs, parts.stopping);
    }
  }
  if (!parts.stopping.aborted) await acknowledge(parts, payload.events);
}

async function handOver(parts: DeliveryParts, payload: Payload): Promise<void> {
  if (payload.bytes.length > asyncLimitBytes) return giveUp(parts, payload);
  const { ended } = parts.handOver(payload.bytes);
  if (parts.settings().acknowledge === 'before') return acknowledge(parts, payload.events);
  void ended().then(() => (parts.stopping.aborted ? undefined : acknowledge(parts, payload.events)));
}

async function pushUntilDone(parts: DeliveryParts, payload: Payload): Promise<void> {
  const { facts, stopping, trigger } = parts;
  if (parts.settings().acknowledge === 'before') await acknowledge(parts, payload.events);
  for (let tries = 1; !stopping.aborted; tries += 1) {
    if (await parts.push(payload.bytes)) {
      facts.blocked = false;
      return acknowledge(parts, payload.events);
    }
    const spent = tries >= parts.settings().pushTries;
    if (spent && trigger.errorsTolerance === 'ALL') return giveUp(parts, payload);
    facts.blocked = spent;
    const { pushWaitMinMs: least, pushWaitMaxMs: most } = parts.settings();
    await pause(least + Math.random() * Math.max(0, most - least), stopping);
  }
}

/** Delivers a batch in as many pushes as its size needs. */
export async function deliver(parts: DeliveryParts, messages: readonly Received[]): Promise<void> {
  const { trigger, settings, facts } = parts;
  const at = new Date().toISOString();
  const ordered = settings().shuffle ? shuffled(messages) : messages;
  const events = ordered.map((message) => ({ message, body: trigger.base64Decode ? decodedBody(message.body) : message.body, at }));
  const payloads = payloadsOf(events, parts, trigger.asyncInvocation ? asyncLimitBytes : syncLimitBytes);
  for (const payload of settings().duplicate ? [...payloads, ...payloads] : payloads) {
    await (trigger.asyncInvocation ? handOver(parts, payload) : pushUntilDone(parts, payload));
    facts.delivered += 1;
  }
}

/** What was delivered, opened: messages that can be trusted, and why the others cannot. */
import type { Delivery } from '#events/contract/deliveries.ts';
import { decode } from '#events/contract/envelope.ts';
import type { Message } from '#events/contract/messages.ts';
import type { Settings } from './environment.ts';
import { type Refused, refusal } from './settle.ts';

/** A message as it came. */
interface Original {
  readonly text: string;
  readonly traceparent: string | undefined;
}

export interface OpenedBatch {
  readonly messages: ReadonlyMap<Message, Original>;
  readonly refused: readonly Refused[];
  /** Timers that fired. */
  readonly timers: number;
}

/** Nothing is dropped: every delivery is a message, a timer, or a dead letter with its reason. */
export function openBatch(deliveries: readonly Delivery[], { ring, site }: Pick<Settings, 'ring' | 'site'>, now: number): OpenedBatch {
  const messages = new Map<Message, Original>();
  const refused: Refused[] = [];
  let timers = 0;
  for (const delivery of deliveries) {
    if (delivery.kind === 'timer') {
      timers += 1;
      continue;
    }
    if (delivery.kind === 'unreadable') {
      refused.push(refusal(delivery.raw, 'MESSAGE-MALFORMED', { detail: delivery.detail }, now));
      continue;
    }
    const decoded = decode(delivery.text, ring, site.cluster);
    if (decoded.kind === 'ok') messages.set(decoded.message, { text: delivery.text, traceparent: decoded.traceparent });
    else refused.push(refusal(delivery.text, decoded.code, decoded.facts, now));
  }
  return { messages, refused, timers };
}

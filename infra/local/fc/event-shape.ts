/** What a queue trigger delivers (Function Compute reference, 11). */
import { randomUUID } from 'node:crypto';
import type { Received } from '#shared/cloud/mns/port.ts';
import type { LocalCredentials } from '../service.ts';
import type { QueueTrigger } from './function-spec.ts';

/** One message of a batch, before it takes the trigger's form. */
export interface TriggerEvent {
  readonly message: Received;
  /** Decoded, when the trigger decodes. */
  readonly body: string;
  /** ISO 8601. */
  readonly at: string;
}

/** Base64 as the trigger decodes it; what is no base64 text goes on as it is. */
export function decodedBody(body: string): string {
  const bytes = Buffer.from(body, 'base64');
  return bytes.toString('base64').replace(/=+$/, '') === body.trim().replace(/=+$/, '') ? bytes.toString('utf8') : body;
}

function element(event: TriggerEvent, trigger: QueueTrigger, functionName: string, credentials: LocalCredentials): unknown {
  const { accountId, region } = credentials;
  const data = { requestId: randomUUID().toUpperCase(), messageId: event.message.messageId, messageBody: event.body };
  if (trigger.eventSchema === 'RawData') return data;
  return {
    id: randomUUID(),
    source: `MNS-Function-${functionName}-${trigger.queue}`,
    specversion: '1.0',
    type: 'mns:Queue:SendMessage',
    datacontenttype: 'application/json; charset=utf-8',
    subject: `acs:mns:${region}:${accountId}:queues/${trigger.queue}`,
    time: event.at,
    aliyunaccountid: accountId,
    aliyunoriginalaccountid: accountId,
    aliyunpublishtime: event.at,
    aliyunpublishaddr: '127.0.0.1',
    aliyunregionid: region,
    aliyuneventbusname: `MNS-Function-${functionName}-${trigger.queue}`,
    data,
  };
}

export interface Payload {
  readonly bytes: Buffer;
  readonly events: readonly TriggerEvent[];
}

/** The push that carries these events: always an array when streaming, one object each when event-driven. */
function payloadOf(events: readonly TriggerEvent[], trigger: QueueTrigger, functionName: string, credentials: LocalCredentials): Buffer {
  const elements = events.map((event) => element(event, trigger, functionName, credentials));
  return Buffer.from(JSON.stringify(trigger.mode === 'event-streaming' ? elements : elements[0]));
}

/** Cuts a batch into pushes that each stay under the size limit. A single event over the limit is a push by itself. */
export function payloadsOf(
  events: readonly TriggerEvent[],
  target: { readonly trigger: QueueTrigger; readonly functionName: string; readonly credentials: LocalCredentials },
  limitBytes: number,
): readonly Payload[] {
  if (events.length === 0) return [];
  if (target.trigger.mode === 'event-driven' && events.length > 1) {
    return events.flatMap((event) => payloadsOf([event], target, limitBytes));
  }
  const bytes = payloadOf(events, target.trigger, target.functionName, target.credentials);
  if (bytes.length <= limitBytes || events.length === 1) return [{ bytes, events }];
  const half = Math.ceil(events.length / 2);
  return [...payloadsOf(events.slice(0, half), target, limitBytes), ...payloadsOf(events.slice(half), target, limitBytes)];
}

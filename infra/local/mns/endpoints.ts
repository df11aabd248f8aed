/** Where a subscription delivers to, and where its deliveries wait. */
import type { Broker } from './broker.ts';
import { defaultAttributes } from './queue-attributes.ts';

/** The queue that an endpoint names: `acs:mns:<region>:<account>:queues/<q>`. */
export const endpointQueue = (endpoint: string): string | undefined => /^acs:mns:[^:]*:[^:]*:\/?queues\/([^/]+)$/.exec(endpoint)?.[1];

/** An address that the local service pushes to: this machine only. */
export const isAddress = (endpoint: string): boolean => /^http:\/\/127\.0\.0\.1(:\d+)?(\/|$)/.test(endpoint);

/**
 * Pushes that are due wait in a queue of the service's own, so that they survive a kill as messages do. No client can name it: names
 * begin with a letter or a digit.
 */
export const pushQueue = (topic: string, subscription: string): string => `.${topic}.${subscription}`;

export const isPushQueue = (name: string): boolean => name.startsWith('.');

/** A topic keeps what it could not deliver for a day. */
const keptSeconds = 86_400;

export function makePushQueue(broker: Broker, topic: string, subscription: string): void {
  const name = pushQueue(topic, subscription);
  if (broker.state.queues.has(name)) return;
  const attributes = { ...defaultAttributes, MessageRetentionPeriod: keptSeconds };
  broker.commit({ op: 'queue', head: { name, attributes, createdAt: 0, modifiedAt: 0, deadLetterPolicy: undefined } });
}

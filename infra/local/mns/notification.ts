/** What a subscription gets of a published message (MNS reference, 9): a document around it, or the bare body. */
import type { Subscription } from './state.ts';
import { documentXml, type Fields, fieldsXml } from './xml.ts';

export interface Published {
  readonly topic: string;
  readonly owner: string;
  readonly id: string;
  readonly md5: string;
  readonly body: string;
  /** Empty when there is none. */
  readonly tag: string;
  /** Unix ms. */
  readonly at: number;
}

/** The text that is delivered, in the format that the subscription asked for. */
export function notification(published: Published, subscription: Subscription): string {
  if (subscription.notifyContentFormat === 'SIMPLIFIED') return published.body;
  const fields: Fields = {
    TopicOwner: published.owner,
    TopicName: published.topic,
    Subscriber: published.owner,
    SubscriptionName: subscription.name,
    MessageId: published.id,
    MessageMD5: published.md5,
    Message: published.body,
    PublishTime: published.at,
    MessageTag: published.tag === '' ? undefined : published.tag,
  };
  return subscription.notifyContentFormat === 'JSON' ? JSON.stringify(fields) : documentXml('Notification', fieldsXml(fields));
}

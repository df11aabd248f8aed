/** Names of queues, topics and subscriptions: letters, digits and `-`, beginning with a letter or digit, at most 120 characters. */
import { Refusal, type RefusalCode } from './refusal.ts';

const codes = {
  queue: { alphabet: 'InvalidQueueName', length: 'QueueNameLengthError' },
  topic: { alphabet: 'TopicNameInvalid', length: 'TopicNameLengthError' },
  subscription: { alphabet: 'SubscriptionNameInvalid', length: 'SubscriptionNameLengthError' },
} as const satisfies Record<string, { readonly alphabet: RefusalCode; readonly length: RefusalCode }>;

const longest = 120;

/** Refuses a name that the service would not take. */
export function checkName(what: keyof typeof codes, name: string): void {
  if (name.length > longest) throw new Refusal(codes[what].length, `the name of a ${what} has at most ${longest} characters`);
  if (!/^[A-Za-z0-9][A-Za-z0-9-]*$/.test(name)) {
    throw new Refusal(codes[what].alphabet, `the name of a ${what} has letters, digits and hyphens, and begins with a letter or digit`);
  }
}

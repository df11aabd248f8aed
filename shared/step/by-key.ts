/** The messages of a batch, by key: one key is worked on by one message at a time, or they would only find the key taken by each other. */
import { keyText, type Message } from '#events/contract/messages.ts';

/** In the order in which the keys first occur; within a key in the order of the batch. */
export function byKey<M extends Message>(messages: readonly M[]): readonly (readonly M[])[] {
  const keys = new Map<string, M[]>();
  for (const message of messages) {
    const key = keyText(message.key);
    keys.set(key, [...(keys.get(key) ?? []), message]);
  }
  return [...keys.values()];
}

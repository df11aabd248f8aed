/**
 * A queue in our own words. Bodies are bytes of UTF-8 text; the adapter encodes them as base64 (the SDK does not escape XML, and the
 * queue trigger decodes base64). Adapter: `adapter.ts` over `@alicloud/mns`; fake: `test/support/fake-queues.ts`; contract: `test/contract/queues.ts`.
 */

export interface Outgoing {
  readonly body: string;
  /** 0 - 604800, whole seconds. */
  readonly delaySeconds?: number;
}

export interface Received {
  readonly messageId: string;
  readonly receipt: string;
  readonly body: string;
  readonly dequeueCount: number;
}

export interface Queues {
  /** Sends in batches of 16. Throws `CloudFailure` naming how many were not sent; what was sent may be sent again (at least once). */
  send(queue: string, messages: readonly Outgoing[]): Promise<void>;
  /** At most 16; empty when there is none. `waitSeconds` 0 - 20. */
  receive(queue: string, max: number, waitSeconds?: number): Promise<readonly Received[]>;
  remove(queue: string, receipts: readonly string[]): Promise<void>;
  /** Creates a queue that may exist already. For the local cloud and tests; real queues come from infrastructure code. */
  ensureQueue(queue: string, attributes?: { readonly visibilitySeconds?: number; readonly retentionSeconds?: number }): Promise<void>;
}

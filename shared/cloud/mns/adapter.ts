/** The queue port over `@alicloud/mns`: batches of 16, base64 bodies, every result code checked, every error classified. */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import Client from '@alicloud/mns';
import { CloudFailure } from '../failure.ts';
import { decodeBody, encodeBody } from './body.ts';
import { classify, failureOf } from './classify.ts';
import type { Outgoing, Queues, Received } from './port.ts';

export interface QueuesOptions {
  readonly accountId: string;
  /** Scheme, host and port; no path, no trailing slash (a path would be sent but not signed). */
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string | undefined;
  /** `as-sent` leaves received bodies encoded, for whoever passes them on. Decoded when absent. */
  readonly receivedBodies?: 'decoded' | 'as-sent';
}

/** Queues whose connections can be closed: a function does so before it returns, and a poll under way ends at once. */
export interface ClosableQueues extends Queues {
  close(): void;
}

/** Most entries of any batch. */
const batchLimit = 16;
/** The SDK's connect timeout also fires while a long poll waits, and its default of 30 s is the length of the longest poll. */
const connectTimeoutMs = 35_000;
const readTimeoutMs = 40_000;

/** The SDK with an agent of our own, because its shared one cannot be closed. */
class OwnConnections extends Client {
  readonly #agent: HttpAgent;
  #closed = false;

  constructor(options: QueuesOptions) {
    const { accountId, endpoint, accessKeyId, accessKeySecret, securityToken = '' } = options;
    const token = securityToken === '' ? {} : { securityToken };
    const timeouts = { connectTimeout: connectTimeoutMs, readTimeout: readTimeoutMs };
    super(accountId, { endpoint, accessKeyId, accessKeySecret, ...token, ...timeouts });
    this.#agent = options.endpoint.startsWith('https:') ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  }

  override async request(
    ...[method, resource, type, body, attentions, opts]: Parameters<Client['request']>
  ): ReturnType<Client['request']> {
    // An agent that was destroyed opens new connections when asked to.
    if (this.#closed) throw new Error('the queue client is closed');
    return super.request(method, resource, type, body, attentions, { ...opts, agent: this.#agent });
  }

  close(): void {
    this.#closed = true;
    this.#agent.destroy();
  }
}

const inBatches = <T>(items: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / batchLimit) }, (_, index) => items.slice(index * batchLimit, (index + 1) * batchLimit));

interface Answer {
  readonly code: number;
  readonly body?: readonly Readonly<Record<string, string>>[];
}

/** Runs one call; what it throws becomes a `CloudFailure`. */
async function ask<T>(action: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw failureOf(action, error);
  }
}

/** An answer with another status that was not thrown: an HTML page of a proxy, or a batch that failed in part. */
function badAnswer(action: string, answer: Answer, sent: number): CloudFailure {
  const entries = answer.body ?? [];
  const failed = entries.filter((entry) => entry['ErrorCode'] !== undefined);
  const [first] = failed;
  if (first === undefined) {
    return new CloudFailure('transport', { action, code: '', detail: `HTTP ${answer.code} without a document`, requestId: '' });
  }
  const code = first['ErrorCode'] ?? '';
  const detail = `${failed.length} of ${sent} failed: ${first['ErrorMessage'] ?? ''}`;
  return new CloudFailure(classify(code), { action, code, detail, requestId: '' });
}

function outgoing(message: Outgoing): Readonly<Record<string, string | number>> {
  const body = { MessageBody: encodeBody(message.body) };
  return message.delaySeconds === undefined ? body : { ...body, DelaySeconds: message.delaySeconds };
}

async function send(client: Client, queue: string, messages: readonly Outgoing[]): Promise<void> {
  let sent = 0;
  for (const batch of inBatches(messages)) {
    try {
      const answer = await ask('BatchSendMessage', () => client.batchSendMessage(queue, batch.map(outgoing)));
      if (answer.code !== 201) throw badAnswer('BatchSendMessage', answer, batch.length);
      sent += batch.length;
    } catch (error) {
      throw unsent(error, messages.length - sent);
    }
  }
}

/** Names how many messages of the whole call may not have been sent. */
function unsent(error: unknown, count: number): unknown {
  if (!(error instanceof CloudFailure)) return error;
  const { action = '', code = '', detail = '', requestId = '' } = error.facts;
  return new CloudFailure(error.failure, { action, code, detail: `up to ${count} not sent: ${detail}`, requestId }, { cause: error });
}

type ReadBody = (body: string) => string;

const received = (fields: Readonly<Record<string, string>>, readBody: ReadBody): Received => ({
  messageId: fields['MessageId'] ?? '',
  receipt: fields['ReceiptHandle'] ?? '',
  body: readBody(fields['MessageBody'] ?? ''),
  dequeueCount: Number(fields['DequeueCount'] ?? '1'),
});

async function receive(
  client: Client,
  asked: { readonly queue: string; readonly max: number; readonly waitSeconds: number },
  readBody: ReadBody,
): Promise<readonly Received[]> {
  const { queue, max, waitSeconds } = asked;
  try {
    const answer = await client.batchReceiveMessage(queue, Math.min(max, batchLimit), waitSeconds);
    if (answer.code !== 200) throw badAnswer('BatchReceiveMessage', answer, max);
    return (answer.body ?? []).map((fields) => received(fields, readBody));
  } catch (error) {
    const failure = failureOf('BatchReceiveMessage', error);
    if (failure.facts['code'] === 'MessageNotExist') return [];
    throw failure;
  }
}

/** A handle that is no longer valid is not an error of the caller: its message comes again, which at-least-once allows for. */
const staleHandle = ['MessageNotExist', 'ReceiptHandleError'];

async function remove(client: Client, queue: string, receipts: readonly string[]): Promise<void> {
  for (const batch of inBatches(receipts)) {
    try {
      const answer = await ask('BatchDeleteMessage', () => client.batchDeleteMessage(queue, batch));
      const failed = (answer.body ?? []).filter((entry) => !staleHandle.includes(entry['ErrorCode'] ?? ''));
      if (answer.code !== 204 && (failed.length > 0 || answer.body === undefined)) {
        throw badAnswer('BatchDeleteMessage', { code: answer.code, body: failed }, batch.length);
      }
    } catch (error) {
      if (!(error instanceof CloudFailure && staleHandle.includes(error.facts['code'] ?? ''))) throw error;
    }
  }
}

/** A queue client for one set of credentials; it is cheap, so make one per invocation where credentials change. */
export function createQueues(options: QueuesOptions): ClosableQueues {
  const client = new OwnConnections(options);
  const readBody: ReadBody = options.receivedBodies === 'as-sent' ? (body) => body : decodeBody;
  return {
    send: (queue, messages) => send(client, queue, messages),
    receive: (queue, max, waitSeconds = 0) => receive(client, { queue, max, waitSeconds }, readBody),
    remove: (queue, receipts) => remove(client, queue, receipts),
    async ensureQueue(queue, attributes = {}) {
      const wanted = {
        ...(attributes.visibilitySeconds === undefined ? {} : { VisibilityTimeout: attributes.visibilitySeconds }),
        ...(attributes.retentionSeconds === undefined ? {} : { MessageRetentionPeriod: attributes.retentionSeconds }),
      };
      try {
        const answer = await client.createQueue(queue, wanted);
        if (![201, 204].includes(answer.code)) throw badAnswer('CreateQueue', { code: answer.code }, 1);
      } catch (error) {
        const failure = failureOf('CreateQueue', error);
        if (failure.facts['code'] !== 'QueueAlreadyExist') throw failure;
      }
    },
    close: () => client.close(),
  };
}

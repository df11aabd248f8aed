/** Which call a request is: by method and path, then by query and document, as clients of every kind write them. */
import type { IncomingMessage } from 'node:http';
import Router from 'find-my-way';
import type { Answer, Call } from './call.ts';
import { changeMessageVisibility, deleteMessage, deleteMessages, peekMessages, receiveMessages, sendMessages } from './message-calls.ts';
import { createQueue, deleteQueue, getQueueAttributes, listQueues, setQueueAttributes } from './queue-calls.ts';
import {
  createTopic,
  deleteTopic,
  getSubscriptionAttributes,
  getTopicAttributes,
  listSubscriptions,
  listTopics,
  publishMessage,
  setSubscriptionAttributes,
  setTopicAttributes,
  subscribe,
  unsubscribe,
} from './topic-calls.ts';

export interface Operation {
  /** The name in the service's documentation, for faults and the journal. */
  readonly action: string;
  readonly write: boolean;
  readonly run: (call: Call) => Answer | Promise<Answer>;
}

type Query = Readonly<Record<string, string>>;
/** A route leads to one operation, or to one of several by what the query and the body say. */
type Route = (query: Query, body: string) => Operation;

const write = (action: string, run: Operation['run']): Operation => ({ action, write: true, run });
const read = (action: string, run: Operation['run']): Operation => ({ action, write: false, run });

const always =
  (operation: Operation): Route =>
  () =>
    operation;

const createOrSet =
  (create: Operation, set: Operation): Route =>
  (query) =>
    query['metaoverride']?.toLowerCase() === 'true' ? set : create;

const receive: Route = (query) => {
  const many = query['numofmessages'] === undefined ? '' : 'Batch';
  const peeks = query['peekonly']?.toLowerCase() === 'true';
  return peeks ? read(`${many}PeekMessage`, peekMessages) : write(`${many}ReceiveMessage`, receiveMessages);
};

const send: Route = (_query, body) => write(/<Messages[\s>/]/.test(body) ? 'BatchSendMessage' : 'SendMessage', sendMessages);

const removal: Route = (query) =>
  query['receipthandle'] === undefined ? write('BatchDeleteMessage', deleteMessages) : write('DeleteMessage', deleteMessage);

const routes: readonly (readonly ['GET' | 'PUT' | 'POST' | 'DELETE', string, Route])[] = [
  ['GET', '/queues', always(read('ListQueue', listQueues))],
  ['PUT', '/queues/:queue', createOrSet(write('CreateQueue', createQueue), write('SetQueueAttributes', setQueueAttributes))],
  ['GET', '/queues/:queue', always(read('GetQueueAttributes', getQueueAttributes))],
  ['DELETE', '/queues/:queue', always(write('DeleteQueue', deleteQueue))],
  ['POST', '/queues/:queue/messages', send],
  ['GET', '/queues/:queue/messages', receive],
  ['DELETE', '/queues/:queue/messages', removal],
  ['PUT', '/queues/:queue/messages', always(write('ChangeMessageVisibility', changeMessageVisibility))],
  ['GET', '/topics', always(read('ListTopic', listTopics))],
  ['PUT', '/topics/:topic', createOrSet(write('CreateTopic', createTopic), write('SetTopicAttributes', setTopicAttributes))],
  ['GET', '/topics/:topic', always(read('GetTopicAttributes', getTopicAttributes))],
  ['DELETE', '/topics/:topic', always(write('DeleteTopic', deleteTopic))],
  ['POST', '/topics/:topic/messages', always(write('PublishMessage', publishMessage))],
  ['GET', '/topics/:topic/subscriptions', always(read('ListSubscriptionByTopic', listSubscriptions))],
  [
    'PUT',
    '/topics/:topic/subscriptions/:subscription',
    createOrSet(write('Subscribe', subscribe), write('SetSubscriptionAttributes', setSubscriptionAttributes)),
  ],
  ['GET', '/topics/:topic/subscriptions/:subscription', always(read('GetSubscriptionAttributes', getSubscriptionAttributes))],
  ['DELETE', '/topics/:topic/subscriptions/:subscription', always(write('Unsubscribe', unsubscribe))],
];

const router = Router({ maxParamLength: 300 });
const noop = () => {};
for (const [method, path, route] of routes) router.on(method, path, noop, route);

/** The operation and the names in the path; `undefined` when the service has no such address. */
export function findOperation(
  method: string,
  path: string,
  query: Query,
  body: string,
): { readonly operation: Operation; readonly path: Readonly<Record<string, string>> } | undefined {
  const known = (['GET', 'PUT', 'POST', 'DELETE'] as const).find((one) => one === method);
  const found = known === undefined ? null : router.find(known, path);
  if (found === null) return undefined;
  const names = Object.fromEntries(Object.entries(found.params).map(([name, value]) => [name, value ?? '']));
  // The store of each route is what the loop above put there.
  return { operation: (found.store as Route)(query, body), path: names };
}

/** Query by lower-case name. Values stay as sent, because a receipt handle travels without encoding. */
export function readQuery(target: string): Query {
  const at = target.indexOf('?');
  const pairs = at === -1 ? [] : target.slice(at + 1).split('&');
  return Object.fromEntries(
    pairs
      .filter((pair) => pair !== '')
      .map((pair) => {
        const equals = pair.indexOf('=');
        return equals === -1 ? [pair.toLowerCase(), ''] : [pair.slice(0, equals).toLowerCase(), pair.slice(equals + 1)];
      }),
  );
}

/** The whole body as bytes; refuses to read more than `limit`. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

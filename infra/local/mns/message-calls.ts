/** The calls on the messages of a queue (MNS reference, 4.2). */
import { queueNamed } from './broker.ts';
import { type Answer, type Call, noContent } from './call.ts';
import { changeVisibility, type NewMessage, peek, put, remove } from './deliveries.ts';
import { wholeNumber } from './queue-attributes.ts';
import { Refusal } from './refusal.ts';
import type { Queue, StoredMessage } from './state.ts';
import { documentXml, elementXml, type Fields, fieldsXml, readDocument } from './xml.ts';

/** Most entries of any batch. */
const batchLimit = 16;
const longestDelaySeconds = 604_800;
const longestWaitSeconds = 30;

const queueName = (call: Call): string => call.path['queue'] ?? '';

const has = (call: Call, name: string): boolean => call.query[name] !== undefined;

/** A message as a client describes it. Unknown elements are refused, and so is a body over the queue's limit (counted as sent). */
function readMessage(queue: Queue, fields: Readonly<Record<string, string>>): NewMessage {
  const { MessageBody: body, DelaySeconds: delay, Priority: priority, ...unknown } = fields;
  const [stranger] = Object.keys(unknown);
  if (stranger !== undefined) throw new Refusal('InvalidArgument', `${stranger} is not an element of a message`);
  if (body === undefined || body === '') throw new Refusal('InvalidArgument', 'MessageBody is missing or empty');
  const { MaximumMessageSize: limit, DelaySeconds: queueDelay } = queue.head.attributes;
  if (Buffer.byteLength(body) > limit) throw new Refusal('InvalidArgument', `the body is larger than ${limit} bytes`);
  return {
    body,
    priority: priority === undefined ? 8 : wholeNumber('Priority', priority, 1, 16),
    delaySeconds: delay === undefined ? queueDelay : wholeNumber('DelaySeconds', delay, 0, longestDelaySeconds),
  };
}

const sentFields = (message: StoredMessage): Fields => ({
  MessageId: message.id,
  MessageBodyMD5: message.md5,
  ReceiptHandle: message.handle === '' ? undefined : message.handle,
});

type Entry = { readonly fields: Fields; readonly failed: string };

/** The outcome of one entry of a batch: what is wrong with one does not keep the others from being sent. */
function sendEntry(call: Call, queue: Queue, fields: Readonly<Record<string, string>>, ordinal: number): Entry {
  const every = call.broker.settings().failEveryNthOfBatch;
  try {
    if (every > 0 && ordinal % every === 0) throw new Refusal('InternalError', 'the switch failEveryNthOfBatch says so');
    return { fields: sentFields(put(call.broker, queue.head.name, readMessage(queue, fields))), failed: '' };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { fields: { ErrorCode: error.code, ErrorMessage: error.message }, failed: error.code };
  }
}

/** One message or up to 16. A batch that fails in part is a 500 with the outcome of each; all failed alike is one error. */
export function sendMessages(call: Call): Answer {
  const queue = queueNamed(call.broker, queueName(call));
  const document = readDocument(call.body, ['Message', 'Messages']);
  if (document.root === 'Message') {
    const message = put(call.broker, queue.head.name, readMessage(queue, document.fields));
    call.broker.wake(queue.head.name);
    return { status: 201, xml: documentXml('Message', fieldsXml(sentFields(message))) };
  }
  const size = document.entries.length;
  if (size < 1 || size > batchLimit) throw new Refusal('InvalidArgument', `a batch has 1 to ${batchLimit} messages`);
  if (document.entries.some((one) => one.name !== 'Message')) throw new Refusal('MalformedXML', 'only Message may stand in Messages');
  const outcomes = document.entries.map((one, index) => sendEntry(call, queue, one.fields, index + 1));
  call.broker.wake(queue.head.name);
  const failed = outcomes.filter((one) => one.failed !== '').map((one) => one.failed);
  if (failed.length === size && new Set(failed).size === 1) {
    throw new Refusal(failed[0] === 'InternalError' ? 'InternalError' : 'InvalidArgument', 'every message of the batch was refused');
  }
  const xml = documentXml('Messages', outcomes.map((one) => elementXml('Message', one.fields)).join(''));
  return failed.length > 0 ? { status: 500, xml, code: failed[0] ?? '' } : { status: 201, xml };
}

const peekedFields = (message: StoredMessage): Fields => ({
  MessageId: message.id,
  MessageBodyMD5: message.md5,
  MessageBody: message.body,
  EnqueueTime: message.enqueuedAt,
  FirstDequeueTime: message.firstDequeuedAt === 0 ? message.enqueuedAt : message.firstDequeuedAt,
  DequeueCount: message.dequeueCount,
  Priority: message.priority,
});

const receivedFields = (message: StoredMessage): Fields => ({
  ...peekedFields(message),
  ReceiptHandle: message.handle,
  NextVisibleTime: message.visibleAt,
});

/** One message stands alone; when a number was asked for, even one stands in a list. */
function answerMessages(call: Call, messages: readonly StoredMessage[], fields: (message: StoredMessage) => Fields): Answer {
  const [first] = messages;
  if (first === undefined) throw new Refusal('MessageNotExist', 'there is no message');
  if (!has(call, 'numofmessages')) return { status: 200, xml: documentXml('Message', fieldsXml(fields(first))) };
  return { status: 200, xml: documentXml('Messages', messages.map((one) => elementXml('Message', fields(one))).join('')) };
}

const countOf = (call: Call): number => wholeNumber('numOfMessages', call.query['numofmessages'] ?? '1', 1, batchLimit);

export function peekMessages(call: Call): Answer {
  const queue = queueNamed(call.broker, queueName(call));
  return answerMessages(call, peek(call.broker, queue, countOf(call)), peekedFields);
}

export async function receiveMessages(call: Call): Promise<Answer> {
  const queue = queueNamed(call.broker, queueName(call));
  const asked = call.query['waitseconds'];
  const wait = asked === undefined ? queue.head.attributes.PollingWaitSeconds : wholeNumber('waitseconds', asked, 0, longestWaitSeconds);
  const messages = await call.polls.receive(queue, countOf(call), wait, call.gone);
  if (!call.broker.state.queues.has(queue.head.name)) throw new Refusal('QueueNotExist', 'the queue was deleted');
  return answerMessages(call, messages, receivedFields);
}

export function deleteMessage(call: Call): Answer {
  const handle = call.query['receipthandle'] ?? '';
  if (handle === '') throw new Refusal('MissingReceiptHandle', 'ReceiptHandle is not given');
  remove(call.broker, queueName(call), handle);
  return noContent;
}

/** A batch deletion that fails in part is a 404 that lists what failed. */
export function deleteMessages(call: Call): Answer {
  queueNamed(call.broker, queueName(call));
  if (call.body === '') throw new Refusal('MissingReceiptHandle', 'neither ReceiptHandle nor a list of them is given');
  const { entries } = readDocument(call.body, ['ReceiptHandles']);
  if (entries.length < 1 || entries.length > batchLimit) throw new Refusal('InvalidArgument', `a batch has 1 to ${batchLimit} handles`);
  const failures = entries.flatMap(({ text }) => {
    try {
      remove(call.broker, queueName(call), text);
      return [];
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return [{ ErrorCode: error.code, ErrorMessage: error.message, ReceiptHandle: text }];
    }
  });
  if (failures.length === 0) return noContent;
  const xml = documentXml('Errors', failures.map((one) => elementXml('Error', one)).join(''));
  return { status: 404, xml, code: failures[0]?.ErrorCode ?? '' };
}

export function changeMessageVisibility(call: Call): Answer {
  const { receipthandle: handle = '', visibilitytimeout: timeout } = call.query;
  if (handle === '') throw new Refusal('MissingReceiptHandle', 'receiptHandle is not given');
  if (timeout === undefined) throw new Refusal('MissingVisibilityTimeout', 'visibilityTimeout is not given');
  const seconds = wholeNumber('visibilityTimeout', timeout, 1, 43_200);
  const message = changeVisibility(call.broker, queueName(call), handle, seconds);
  const xml = fieldsXml({ ReceiptHandle: message.handle, NextVisibleTime: message.visibleAt });
  return { status: 200, xml: documentXml('ChangeVisibility', xml) };
}

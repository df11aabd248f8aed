/** The calls on topics and subscriptions (MNS reference, 4.3 and 9). A subscription delivers into a queue of this service. */
import { createHash, randomUUID } from 'node:crypto';
import { type Broker, topicNamed } from './broker.ts';
import { type Answer, type Call, noContent } from './call.ts';
import { put } from './deliveries.ts';
import { endpointQueue, isAddress, makePushQueue, pushQueue } from './endpoints.ts';
import { checkName } from './names.ts';
import { notification, type Published } from './notification.ts';
import { truth, wholeNumber } from './queue-attributes.ts';
import { pageOf } from './queue-calls.ts';
import { Refusal } from './refusal.ts';
import type { Subscription, TopicHead } from './state.ts';
import { documentXml, elementXml, fieldsXml, readDocument } from './xml.ts';

const seconds = (broker: Broker): number => Math.floor(broker.now() / 1000);
const topicName = (call: Call): string => call.path['topic'] ?? '';
const subscriptionName = (call: Call): string => call.path['subscription'] ?? '';

type TopicAttributes = Pick<TopicHead, 'maximumMessageSize' | 'loggingEnabled'>;

function readTopic(call: Call, base: TopicAttributes): TopicAttributes {
  const { MaximumMessageSize: size, LoggingEnabled: logging, ...unknown } = readDocument(call.body, ['Topic']).fields;
  const [stranger] = Object.keys(unknown);
  if (stranger !== undefined) throw new Refusal('InvalidArgument', `${stranger} is not an attribute of a topic that can be set`);
  return {
    maximumMessageSize: size === undefined ? base.maximumMessageSize : wholeNumber('MaximumMessageSize', size, 1024, 65_536),
    loggingEnabled: logging === undefined ? base.loggingEnabled : truth('LoggingEnabled', logging),
  };
}

export function createTopic(call: Call): Answer {
  const { broker } = call;
  const name = topicName(call);
  checkName('topic', name);
  const wanted = readTopic(call, { maximumMessageSize: 65_536, loggingEnabled: false });
  const location = `${call.base}/topics/${name}`;
  const present = broker.state.topics.get(name)?.head;
  if (present !== undefined) {
    const same = present.maximumMessageSize === wanted.maximumMessageSize && present.loggingEnabled === wanted.loggingEnabled;
    if (same) return { ...noContent, location };
    throw new Refusal('TopicAlreadyExist', 'the topic exists with other attributes');
  }
  broker.commit({ op: 'topic', head: { name, ...wanted, createdAt: seconds(broker), modifiedAt: seconds(broker) } });
  return { status: 201, xml: '', location };
}

export function setTopicAttributes(call: Call): Answer {
  const { head } = topicNamed(call.broker, topicName(call));
  call.broker.commit({ op: 'topic', head: { ...head, ...readTopic(call, head), modifiedAt: seconds(call.broker) } });
  return noContent;
}

export function getTopicAttributes(call: Call): Answer {
  const { head } = topicNamed(call.broker, topicName(call));
  const xml = fieldsXml({
    TopicName: head.name,
    CreateTime: head.createdAt,
    LastModifyTime: head.modifiedAt,
    MaximumMessageSize: head.maximumMessageSize,
    MessageRetentionPeriod: 86_400,
    MessageCount: 0,
    LoggingEnabled: head.loggingEnabled ? 'True' : 'False',
  });
  return { status: 200, xml: documentXml('Topic', xml) };
}

export function deleteTopic(call: Call): Answer {
  const topic = call.broker.state.topics.get(topicName(call));
  if (topic === undefined) return noContent;
  for (const name of [...topic.subscriptions.keys()]) dropSubscription(call.broker, topic.head.name, name);
  call.broker.commit({ op: 'topic-gone', name: topic.head.name });
  return noContent;
}

export function listTopics(call: Call): Answer {
  const { page, next } = pageOf(call, call.broker.state.topics.keys());
  const topics = page.map((name) => elementXml('Topic', { TopicURL: `${call.base}/topics/${name}` })).join('');
  return { status: 200, xml: documentXml('Topics', topics + fieldsXml({ NextMarker: next })) };
}

const strategies = ['BACKOFF_RETRY', 'EXPONENTIAL_DECAY_RETRY'];
const formats = ['XML', 'JSON', 'SIMPLIFIED'];

function oneOf(name: string, value: string | undefined, allowed: readonly string[], otherwise: string): string {
  if (value === undefined) return otherwise;
  if (!allowed.includes(value)) throw new Refusal('InvalidArgument', `${name} must be one of ${allowed.join(', ')}`);
  return value;
}

function readSubscription(call: Call, base: Subscription): Subscription {
  const fields = readDocument(call.body, ['Subscription']).fields;
  const subscription: Subscription = {
    name: base.name,
    endpoint: fields['Endpoint'] ?? base.endpoint,
    filterTag: fields['FilterTag'] ?? base.filterTag,
    notifyStrategy: oneOf('NotifyStrategy', fields['NotifyStrategy'], strategies, base.notifyStrategy),
    notifyContentFormat: oneOf('NotifyContentFormat', fields['NotifyContentFormat'], formats, base.notifyContentFormat),
  };
  if (subscription.filterTag.length > 16) throw new Refusal('InvalidArgument', 'FilterTag has at most 16 characters');
  if (endpointQueue(subscription.endpoint) === undefined && !isAddress(subscription.endpoint)) {
    throw new Refusal(
      'EndpointInvalid',
      'the local service delivers to queues (acs:mns:<region>:<account>:queues/<name>) and to http://127.0.0.1',
    );
  }
  return subscription;
}

const sameSubscription = (a: Subscription, b: Subscription): boolean => JSON.stringify(a) === JSON.stringify(b);

/** A topic takes at most this many subscriptions. */
const subscriptionLimit = 100;

export function subscribe(call: Call): Answer {
  const topic = topicNamed(call.broker, topicName(call));
  const name = subscriptionName(call);
  checkName('subscription', name);
  const empty = { name, endpoint: '', filterTag: '', notifyStrategy: 'BACKOFF_RETRY', notifyContentFormat: 'XML' };
  const subscription = readSubscription(call, empty);
  const location = `${call.base}/topics/${topic.head.name}/subscriptions/${name}`;
  const present = topic.subscriptions.get(name);
  if (present !== undefined) {
    if (sameSubscription(present, subscription)) return { ...noContent, location };
    throw new Refusal('SubscriptionAlreadyExist', 'the subscription exists with other attributes');
  }
  if (topic.subscriptions.size >= subscriptionLimit) throw new Refusal('InvalidArgument', 'the topic has as many subscriptions as it may');
  keep(call.broker, topic.head.name, subscription);
  return { status: 201, xml: '', location };
}

function keep(broker: Broker, topic: string, subscription: Subscription): void {
  if (isAddress(subscription.endpoint)) makePushQueue(broker, topic, subscription.name);
  broker.commit({ op: 'subscription', topic, subscription });
  broker.subscriptionsChanged();
}

/** What was not pushed yet goes with its subscription. */
function dropSubscription(broker: Broker, topic: string, name: string): void {
  const pending = pushQueue(topic, name);
  if (broker.state.queues.has(pending)) broker.commit({ op: 'queue-gone', name: pending, at: broker.now() });
  broker.commit({ op: 'subscription-gone', topic, name });
  broker.subscriptionsChanged();
}

function subscriptionOf(call: Call): Subscription {
  const found = topicNamed(call.broker, topicName(call)).subscriptions.get(subscriptionName(call));
  if (found === undefined) throw new Refusal('SubscriptionNotExist', 'the subscription does not exist');
  return found;
}

export function setSubscriptionAttributes(call: Call): Answer {
  const base = subscriptionOf(call);
  keep(call.broker, topicName(call), readSubscription(call, base));
  return noContent;
}

export function getSubscriptionAttributes(call: Call): Answer {
  const found = subscriptionOf(call);
  const xml = fieldsXml({
    SubscriptionName: found.name,
    TopicName: topicName(call),
    TopicOwner: call.broker.accountId,
    Subscriber: call.broker.accountId,
    Endpoint: found.endpoint,
    FilterTag: found.filterTag === '' ? undefined : found.filterTag,
    NotifyStrategy: found.notifyStrategy,
    NotifyContentFormat: found.notifyContentFormat,
  });
  return { status: 200, xml: documentXml('Subscription', xml) };
}

export function listSubscriptions(call: Call): Answer {
  const topic = topicNamed(call.broker, topicName(call));
  const { page, next } = pageOf(call, topic.subscriptions.keys());
  const url = (name: string) => `${call.base}/topics/${topic.head.name}/subscriptions/${name}`;
  const found = page.map((name) => elementXml('Subscription', { SubscriptionURL: url(name) })).join('');
  return { status: 200, xml: documentXml('Subscriptions', found + fieldsXml({ NextMarker: next })) };
}

export function unsubscribe(call: Call): Answer {
  const topic = topicNamed(call.broker, topicName(call));
  const name = subscriptionName(call);
  if (topic.subscriptions.has(name)) dropSubscription(call.broker, topic.head.name, name);
  return noContent;
}

/**
 * Delivers to a subscription whose tag fits. A queue that is too small drops the message; what goes to an address is kept until it was
 * taken or given up.
 */
function deliver(broker: Broker, published: Published, subscription: Subscription): void {
  if (subscription.filterTag !== '' && subscription.filterTag !== published.tag) return;
  const body = notification(published, subscription);
  const target = endpointQueue(subscription.endpoint);
  const name = target ?? pushQueue(published.topic, subscription.name);
  const queue = broker.state.queues.get(name);
  if (queue === undefined) return;
  const { MaximumMessageSize: limit, DelaySeconds: delaySeconds } = queue.head.attributes;
  if (target !== undefined && Buffer.byteLength(body) > limit) return;
  put(broker, name, { body, priority: 8, delaySeconds });
  broker.wake(name);
}

export function publishMessage(call: Call): Answer {
  const { broker } = call;
  const topic = topicNamed(broker, topicName(call));
  const { MessageBody: body, MessageTag: tag = '' } = readDocument(call.body, ['Message']).fields;
  if (body === undefined || body === '') throw new Refusal('InvalidArgument', 'MessageBody is missing or empty');
  if (tag.length > 16) throw new Refusal('InvalidArgument', 'MessageTag has at most 16 characters');
  const limit = topic.head.maximumMessageSize;
  if (Buffer.byteLength(body) > limit) throw new Refusal('InvalidArgument', `the body is larger than ${limit} bytes`);
  const md5 = createHash('md5').update(body).digest('hex').toUpperCase();
  const id = randomUUID().replaceAll('-', '').toUpperCase();
  const published = { topic: topic.head.name, owner: broker.accountId, id, md5, body, tag, at: broker.now() };
  for (const subscription of topic.subscriptions.values()) deliver(broker, published, subscription);
  return { status: 201, xml: documentXml('Message', fieldsXml({ MessageId: id, MessageBodyMD5: md5 })) };
}

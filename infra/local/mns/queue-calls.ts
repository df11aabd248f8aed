/** The calls on queues themselves (MNS reference, 4.1). */
import { type Broker, queueNamed } from './broker.ts';
import { type Answer, type Call, noContent } from './call.ts';
import { countMessages } from './deliveries.ts';
import { isPushQueue } from './endpoints.ts';
import { checkName } from './names.ts';
import { defaultAttributes, readAttributes, sameAttributes, wholeNumber } from './queue-attributes.ts';
import { Refusal } from './refusal.ts';
import { documentXml, elementXml, fieldsXml, readDocument } from './xml.ts';

const seconds = (broker: Broker): number => Math.floor(broker.now() / 1000);

const nameOf = (call: Call): string => call.path['queue'] ?? '';

function refuseDeletedRecently(broker: Broker, name: string): void {
  const at = broker.state.deletedQueues.get(name);
  const pauseMs = broker.settings().queueDeletedRecentlySeconds * 1000;
  if (at !== undefined && broker.now() - at < pauseMs) throw new Refusal('QueueDeletedRecently', 'a queue of this name was just deleted');
}

export function createQueue(call: Call): Answer {
  const { broker } = call;
  const name = nameOf(call);
  checkName('queue', name);
  const attributes = readAttributes(readDocument(call.body, ['Queue']).fields, defaultAttributes);
  const location = `${call.base}/queues/${name}`;
  const present = broker.state.queues.get(name);
  if (present !== undefined) {
    if (sameAttributes(present.head.attributes, attributes)) return { ...noContent, location };
    throw new Refusal('QueueAlreadyExist', 'the queue exists with other attributes');
  }
  refuseDeletedRecently(broker, name);
  const now = seconds(broker);
  broker.commit({ op: 'queue', head: { name, attributes, createdAt: now, modifiedAt: now, deadLetterPolicy: undefined } });
  return { status: 201, xml: '', location };
}

export function setQueueAttributes(call: Call): Answer {
  const { head } = queueNamed(call.broker, nameOf(call));
  const attributes = readAttributes(readDocument(call.body, ['Queue']).fields, head.attributes);
  call.broker.commit({ op: 'queue', head: { ...head, attributes, modifiedAt: seconds(call.broker) } });
  return noContent;
}

export function getQueueAttributes(call: Call): Answer {
  const queue = queueNamed(call.broker, nameOf(call));
  const counts = countMessages(call.broker, queue);
  const { LoggingEnabled, ...numbers } = queue.head.attributes;
  const xml = fieldsXml({
    QueueName: queue.head.name,
    CreateTime: queue.head.createdAt,
    LastModifyTime: queue.head.modifiedAt,
    ...numbers,
    LoggingEnabled: LoggingEnabled ? 'True' : 'False',
    ActiveMessages: counts.active,
    InactiveMessages: counts.inactive,
    DelayMessages: counts.delayed,
  });
  return { status: 200, xml: documentXml('Queue', xml) };
}

export function deleteQueue(call: Call): Answer {
  const name = nameOf(call);
  if (call.broker.state.queues.has(name)) call.broker.commit({ op: 'queue-gone', name, at: call.broker.now() });
  call.broker.wake(name);
  return noContent;
}

/** One page of names by the three list headers, and the marker of the next. */
export function pageOf(call: Call, names: Iterable<string>): { readonly page: readonly string[]; readonly next: string | undefined } {
  const limit = call.header('x-mns-ret-number') === '' ? 1000 : wholeNumber('x-mns-ret-number', call.header('x-mns-ret-number'), 1, 1000);
  const found = [...names].sort().filter((name) => name.startsWith(call.header('x-mns-prefix')) && name >= call.header('x-mns-marker'));
  return { page: found.slice(0, limit), next: found[limit] };
}

export function listQueues(call: Call): Answer {
  const { page, next } = pageOf(
    call,
    [...call.broker.state.queues.keys()].filter((name) => !isPushQueue(name)),
  );
  const queues = page.map((name) => elementXml('Queue', { QueueURL: `${call.base}/queues/${name}` })).join('');
  return { status: 200, xml: documentXml('Queues', queues + fieldsXml({ NextMarker: next })) };
}

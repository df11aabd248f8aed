/** A topic trigger: a subscription of the topic that pushes each message to the host, which runs the function asynchronously. */
import { setTimeout as sleep } from 'node:timers/promises';
import { sign } from '../mns/signature.ts';
import { documentXml, fieldsXml } from '../mns/xml.ts';
import type { LocalCredentials } from '../service.ts';
import type { TopicTrigger } from './function-spec.ts';

/** Where the queue service pushes what is for a function. */
export const pushAddress = (hostUrl: string, functionName: string): string => `${hostUrl}/_/topic/${functionName}`;

/** The function that a push is for; `undefined` for any other path. */
export const pushedTo = (path: string): string | undefined => /^\/_\/topic\/([^/]+)$/.exec(path)?.[1];

export interface TopicTriggerParts {
  readonly trigger: TopicTrigger;
  readonly functionName: string;
  readonly credentials: LocalCredentials;
  readonly mnsEndpoint: string;
  readonly address: string;
}

/** Wait before a subscription that failed is tried again: the topic may be made later, the service may be away. */
const againMs = 500;

/** The SDK's `subscribe` does nothing, so the request is signed here. Returns the HTTP status. */
async function put({ credentials, mnsEndpoint }: TopicTriggerParts, target: string, body: string): Promise<number> {
  const headers = { 'x-mns-version': '2015-06-06', 'x-mns-date': new Date().toUTCString(), 'content-type': 'text/xml' };
  const signature = sign({ method: 'PUT', target, headers, body: Buffer.from(body) }, credentials.accessKeySecret);
  const authorization = `MNS ${credentials.accessKeyId}:${signature}`;
  const answer = await fetch(`${mnsEndpoint}${target}`, { method: 'PUT', headers: { ...headers, authorization }, body });
  await answer.arrayBuffer();
  return answer.status;
}

/** True when the topic has the subscription as it should be. One that a former host left points to another port and is changed. */
async function subscribe(parts: TopicTriggerParts): Promise<boolean> {
  const { trigger, functionName, address } = parts;
  const fields = fieldsXml({
    Endpoint: address,
    FilterTag: trigger.filterTag === '' ? undefined : trigger.filterTag,
    NotifyStrategy: trigger.notifyStrategy,
    NotifyContentFormat: trigger.notifyContentFormat === 'STREAM' ? 'SIMPLIFIED' : 'JSON',
  });
  const body = documentXml('Subscription', fields);
  const target = `/topics/${trigger.topic}/subscriptions/fc-${functionName.replaceAll('_', '-')}`;
  const status = await put(parts, target, body);
  if (status !== 409) return status < 300;
  return (await put(parts, `${target}?metaoverride=true`, body)) < 300;
}

/** Subscribes as soon as that is possible. Returns the way to stop trying; the subscription stays, as a deployed trigger does. */
export function startTopicTrigger(parts: TopicTriggerParts): () => void {
  const stopping = new AbortController();
  const loop = async () => {
    while (!stopping.signal.aborted) {
      if (await subscribe(parts).catch(() => false)) return;
      await sleep(againMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  };
  void loop();
  return () => stopping.abort();
}

/**
 * Events that people read with `kubectl describe`. The same thing said about the same object again raises the count of one Event, whose
 * name is derived from what it says, so that a retry for an hour is one line and not six hundred.
 */
import { createHash } from 'node:crypto';
import { component } from '#shared/ownership.ts';
import type { ObjectRef } from '#shared/problem.ts';
import { type KindName, type Kube, type KubeObject, kinds, type ObjectName } from './port.ts';

export interface EventRecord {
  /** `uid`, when known, lets `kubectl describe` find the Event by it. */
  readonly object: ObjectRef & { readonly uid?: string };
  readonly type: 'Normal' | 'Warning';
  /** One word in Pascal case. */
  readonly reason: string;
  readonly message: string;
}

interface KubeEvent extends KubeObject {
  readonly involvedObject: Readonly<Record<string, string>>;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly source: { readonly component: string };
  readonly count: number;
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
  readonly reportingComponent: string;
  readonly reportingInstance: string;
}

/** The API server refuses more than 1024 bytes. */
const longestMessage = 1024;
/** Cluster-scoped objects have their Events here: `kubectl describe` looks for them in this namespace. */
const namespaceOfClusterScoped = 'default';

/** Writes or counts up one Event. A lost race for the count is left alone: the other writer has just said the same. */
export async function recordEvent(kube: Kube, record: EventRecord): Promise<void> {
  const name = eventName(record);
  const at = new Date(kube.now()).toISOString().replace(/\.\d+Z$/, 'Z');
  const known = await kube.get<KubeEvent>(name);
  if (known === undefined) {
    await kube.create(newEvent(name, record, at));
    return;
  }
  const { resourceVersion } = known.metadata;
  await kube.mergePatch(name, {
    metadata: resourceVersion === undefined ? {} : { resourceVersion },
    count: (known.count ?? 1) + 1,
    lastTimestamp: at,
  });
}

function eventName(record: EventRecord): ObjectName {
  const { object } = record;
  const says = JSON.stringify([object.kind, object.namespace, object.name, object.uid ?? '', record.type, record.reason, record.message]);
  const hash = createHash('sha256').update(says).digest('hex').slice(0, 16);
  // A name may have 253 characters, the hash and its dot take 17.
  return { kind: 'Event', namespace: object.namespace || namespaceOfClusterScoped, name: `${object.name.slice(0, 236)}.${hash}` };
}

function newEvent(name: ObjectName, record: EventRecord, at: string): KubeEvent {
  const { kind, namespace, name: about, uid } = record.object;
  const row = kind in kinds ? kinds[kind as KindName] : undefined;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: name.name, namespace: name.namespace },
    involvedObject: {
      kind,
      name: about,
      ...(namespace === '' ? {} : { namespace }),
      ...(row === undefined ? {} : { apiVersion: row.apiVersion }),
      ...(uid === undefined ? {} : { uid }),
    },
    type: record.type,
    reason: record.reason,
    message: cut(record.message),
    source: { component },
    count: 1,
    firstTimestamp: at,
    lastTimestamp: at,
    reportingComponent: component,
    reportingInstance: component,
  };
}

/** Cuts at a byte, then drops what the cut left of a character. */
const cut = (message: string): string =>
  Buffer.byteLength(message) <= longestMessage
    ? message
    : `${Buffer.from(message)
        .subarray(0, longestMessage - 4)
        .toString('utf8')
        .replace(/\uFFFD+$/, '')}…`;

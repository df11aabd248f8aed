/**
 * All objects of one kind, kept up to date by a list and the watch that goes on from it. What is gone from a later list is reported as
 * deleted; errors are ridden out for as long as they last.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { listAll } from '#shared/kube/lists.ts';
import type { KindName, KubeObject } from '#shared/kube/port.ts';
import { machineTimers } from '#shared/kube/timers.ts';
import type { Transport } from '#shared/kube/transport.ts';
import { type WatchEvent, watch } from '#shared/kube/watch.ts';

/** Longer than the minute between two bookmarks. */
const silenceMs = 90_000;
const timeoutSeconds = 300;
/** Pause before a list is tried again (ms): long enough to spare a server that is starting, short enough for a person who waits. */
const pauseMs = 250;

/** By `namespace/name`; cluster-scoped kinds have an empty namespace. */
export const keyOf = (object: KubeObject): string => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;

export interface Followed<T extends KubeObject> {
  get(key: string): T | undefined;
  all(): readonly T[];
  /** Resolves with the first complete list. */
  readonly synced: Promise<void>;
}

/** `now` is absent when the object is gone. */
export interface Change<T> {
  readonly key: string;
  readonly before: T | undefined;
  readonly now: T | undefined;
}

interface Following<T> {
  readonly transport: Transport;
  readonly kind: KindName;
  readonly signal: AbortSignal;
  readonly changed: (change: Change<T>) => void;
}

/** Follows a kind in all namespaces until the signal. The caller says which type the kind has. */
export function follow<T extends KubeObject>({ transport, kind, signal, changed }: Following<T>): Followed<T> {
  const objects = new Map<string, T>();
  const set = (key: string, now: T | undefined) => {
    const before = objects.get(key);
    if (now === undefined) objects.delete(key);
    else objects.set(key, now);
    if (before !== undefined || now !== undefined) changed({ key, before, now });
  };
  const replace = (items: readonly T[]) => {
    const keys = new Set(items.map(keyOf));
    for (const key of [...objects.keys()]) if (!keys.has(key)) set(key, undefined);
    for (const item of items)
      if (objects.get(keyOf(item))?.metadata.resourceVersion !== item.metadata.resourceVersion) set(keyOf(item), item);
  };
  const once = async (listed: () => void) => {
    const list = await listAll(transport, kind, {});
    // The kind decides the type; the server lists nothing else there.
    replace(list.items as readonly T[]);
    listed();
    let resourceVersion = list.resourceVersion;
    const heard = (event: WatchEvent) => {
      if (event.kind === 'bookmark') resourceVersion = event.resourceVersion;
      else {
        resourceVersion = event.object.metadata.resourceVersion ?? resourceVersion;
        set(keyOf(event.object), event.kind === 'deleted' ? undefined : (event.object as T));
      }
    };
    let end: string | undefined;
    while (end !== 'expired' && !signal.aborted) {
      end = await watch(transport, kind, { resourceVersion, timeoutSeconds, silenceMs, timers: machineTimers, signal }, heard);
    }
  };
  const synced = new Promise<void>((resolve) => {
    void forever(() => once(resolve), signal);
  });
  return { get: (key) => objects.get(key), all: () => [...objects.values()], synced };
}

async function forever(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // Whatever broke the watch, the next list finds out what was missed.
    await work().catch(() => undefined);
    await delay(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}

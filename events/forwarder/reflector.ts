/**
 * Keeps what is needed of one kind in step with the API server, for as long as it is let: a complete list, then a watch from its version,
 * and again from where it stopped. It outlives whatever the server does, and takes an object for deleted only when the server said so or
 * when a complete list does not have it.
 */
import type { AlbeitError } from '#shared/errors.ts';
import { listKept } from '#shared/kube/lists.ts';
import type { KindName, KubeObject, ListOptions } from '#shared/kube/port.ts';
import { backoffMs, pause, type Timers } from '#shared/kube/timers.ts';
import type { Transport } from '#shared/kube/transport.ts';
import { metadataAccept, type WatchEnd, type WatchEvent, watch } from '#shared/kube/watch.ts';

/** What happened to one object. Both absent never happens. */
export interface Change<T> {
  readonly before: T | undefined;
  readonly after: T | undefined;
  /** resourceVersion of the object as it is now, or as it was when it went. */
  readonly version: string;
  /** Part of the first list: known for the first time, not necessarily new. */
  readonly initial: boolean;
}

export interface ReflectorOptions<T> {
  readonly kind: KindName;
  /** One namespace, or what a selector takes; absent: all. What leaves a selection is deleted, as the server says it. */
  readonly scope?: ListOptions;
  /** The fields are not needed: watch metadata alone. */
  readonly metadataOnly: boolean;
  /** Objects a page of a list; absent: 500. Whole Pods and Nodes are 10 KB each, and a page of them is in memory at once. */
  readonly pageSize?: number;
  /** The few fields to keep of an object. */
  readonly project: (object: KubeObject) => T;
  readonly changed: (change: Change<T>) => void;
  /** The first list is complete. Called once. */
  readonly synced: () => void;
  /** Why a list or a watch ended, for logs and metrics. */
  readonly ended: (how: WatchEnd | 'failed' | 'relist', error?: unknown) => void;
}

export interface ReflectorMeans {
  readonly transport: Transport;
  readonly timers: Timers;
  /** 0 to 1. */
  readonly random: () => number;
  readonly signal: AbortSignal;
}

interface Held<T> {
  readonly version: string;
  readonly value: T;
}

/** Above the minute between bookmarks, so that only a dead connection is ever this quiet. */
const silenceMs = 75_000;
/** A watch is asked to end after 5 to 10 minutes, spread so that not all watches of a server end together (as the official clients do). */
const watchSeconds = 300;
const firstBackoffMs = 500;
const mostBackoffMs = 30_000;
/** Lists are dear for the server: after one expired, wait a moment that differs from client to client. */
const relistMs = 1000;
/** So many watches without a sign of life are not bad luck: what we go on from may be what is wrong, so list again. */
const relistAfterFailures = 4;

/** Text by which one object of a kind is known: `namespace/name`, or `/name`. */
const nameOf = (object: KubeObject): string => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;

export class Reflector<T> {
  readonly #options: ReflectorOptions<T>;
  readonly #means: ReflectorMeans;
  readonly #held = new Map<string, Held<T>>();
  /** Where to go on from; undefined: list first. */
  #version: string | undefined;
  #synced = false;
  /** The watch under way, or the last one, gave a sign of life. */
  #heard = false;
  /** Tries in a row in which nothing was heard. */
  #failures = 0;

  constructor(options: ReflectorOptions<T>, means: ReflectorMeans) {
    this.#options = options;
    this.#means = means;
  }

  get size(): number {
    return this.#held.size;
  }

  get isSynced(): boolean {
    return this.#synced;
  }

  /** Until the signal fires; never rejects. */
  async run(): Promise<void> {
    const { signal, timers } = this.#means;
    while (!signal.aborted) {
      const waitMs = await this.#round();
      if (!signal.aborted && waitMs > 0) await pause(timers, waitMs, signal);
    }
  }

  /** One list (where needed) and one watch. Returns how long to wait before the next, in ms. */
  async #round(): Promise<number> {
    try {
      this.#version ??= await this.#list();
      const how = await this.#watch(this.#version);
      this.#options.ended(how);
      return this.#after(how);
    } catch (error) {
      if (this.#means.signal.aborted) return 0;
      this.#options.ended('failed', error);
      return this.#failed(error);
    }
  }

  /** A watch that ended as it should, having heard something, is taken up at once; a server that closes at once is not hammered. */
  #after(how: WatchEnd): number {
    if (how === 'expired') {
      this.#version = undefined;
      return Math.round(relistMs * (0.5 + this.#means.random()));
    }
    return how === 'ended' && this.#heard ? 0 : this.#failed(undefined);
  }

  #failed(error: unknown): number {
    // What the server refuses, such as a version it cannot read, it will refuse again.
    const refused = (error as AlbeitError | undefined)?.code === 'KUBE-REFUSED';
    if (refused || this.#failures >= relistAfterFailures) this.#version = undefined;
    const waitMs = backoffMs(this.#failures, firstBackoffMs, mostBackoffMs, this.#means.random);
    this.#failures += 1;
    return waitMs;
  }

  async #list(): Promise<string> {
    const { kind, scope = {}, metadataOnly, pageSize, project } = this.#options;
    if (this.#synced) this.#options.ended('relist');
    const keep = (object: KubeObject) => ({ name: nameOf(object), version: object.metadata.resourceVersion ?? '', value: project(object) });
    const listing = {
      keep,
      ...(metadataOnly ? { accept: metadataAccept.list } : {}),
      ...(pageSize === undefined ? {} : { pageSize }),
    };
    const list = await listKept(this.#means.transport, kind, scope, listing);
    if (this.#means.signal.aborted) return list.resourceVersion; // whoever listened has forgotten what it heard
    this.#replaceAll(list.items);
    if (!this.#synced) {
      this.#synced = true;
      this.#options.synced();
    }
    return list.resourceVersion;
  }

  /** Only ever given a complete list: what is not in it has gone. */
  #replaceAll(items: readonly (Held<T> & { readonly name: string })[]): void {
    const initial = !this.#synced;
    const gone = new Map(this.#held);
    for (const { name, version, value } of items) {
      gone.delete(name);
      this.#put(name, { version, value }, initial);
    }
    for (const [name, held] of gone) this.#drop(name, held.version);
  }

  #watch(resourceVersion: string): Promise<WatchEnd> {
    const { kind, scope, metadataOnly } = this.#options;
    const { transport, timers, signal, random } = this.#means;
    const timeoutSeconds = Math.round(watchSeconds * (1 + random()));
    const options = { ...scope, resourceVersion, metadataOnly, timers, signal, silenceMs, timeoutSeconds };
    this.#heard = false;
    return watch(transport, kind, options, (event) => this.#hear(event));
  }

  #hear(event: WatchEvent): void {
    if (this.#means.signal.aborted) return; // as above
    this.#heard = true;
    this.#failures = 0;
    if (event.kind === 'bookmark') {
      this.#version = event.resourceVersion;
      return;
    }
    const name = nameOf(event.object);
    const version = event.object.metadata.resourceVersion ?? '';
    if (event.kind === 'deleted') this.#drop(name, version);
    else this.#put(name, { version, value: this.#options.project(event.object) }, false);
    this.#version = version;
  }

  #put(name: string, held: Held<T>, initial: boolean): void {
    const known = this.#held.get(name);
    if (known?.version === held.version) return;
    this.#held.set(name, held);
    this.#options.changed({ before: known?.value, after: held.value, version: held.version, initial });
  }

  #drop(name: string, version: string): void {
    const known = this.#held.get(name);
    if (known === undefined) return;
    this.#held.delete(name);
    this.#options.changed({ before: known.value, after: undefined, version, initial: false });
  }
}

/**
 * One streaming watch: lines of JSON out of an HTTP answer, as events. It ends when the server ends it, when nothing was heard for too
 * long, or when it is told to; going on from there is the reflector's business.
 */
import type { IncomingMessage } from 'node:http';
import { AlbeitError } from '#shared/errors.ts';
import { failureOf } from './answers.ts';
import { collectionPath, listQuery } from './paths.ts';
import { type KindName, type KubeObject, kinds, type ListOptions } from './port.ts';
import type { Timers } from './timers.ts';
import type { Transport } from './transport.ts';

export type WatchEvent =
  | { readonly kind: 'added' | 'modified' | 'deleted'; readonly object: KubeObject }
  /** Nothing happened up to this version: where to go on from. */
  | { readonly kind: 'bookmark'; readonly resourceVersion: string };

/** `expired`: the version is too old, list again. `ended`: the server closed the stream, go on from the last version. `silent`: it hung. */
export type WatchEnd = 'expired' | 'ended' | 'silent';

export interface WatchOptions extends ListOptions {
  readonly resourceVersion: string;
  /** Ask the server to end the stream after this long; it does so with a bookmark. */
  readonly timeoutSeconds: number;
  /** Bookmarks come about once a minute, so silence for longer than this (ms, above 60 s) is a dead connection. */
  readonly silenceMs: number;
  /** Metadata alone; absent: whole objects. */
  readonly metadataOnly?: boolean;
  /** How waiting is done; the clock of tests is not the machine's. */
  readonly timers: Timers;
  readonly signal: AbortSignal;
}

/** Form of an answer that has metadata only: a third of the CPU and half of the bytes. */
export const metadataAccept = {
  list: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
  watch: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
} as const;

/** An event of one object of 1.5 MB (the limit of etcd) and its frame still fit; more is not a watch. */
const longestLine = 4 * 1024 * 1024;

/** Watches a kind and hands on what it hears, in order. Resolves with how it ended; throws KUBE-AWAY or KUBE-REFUSED. */
export async function watch(
  transport: Transport,
  kind: KindName,
  options: WatchOptions,
  heard: (event: WatchEvent) => void,
): Promise<WatchEnd> {
  const query = listQuery(options, {
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: options.resourceVersion,
    timeoutSeconds: String(options.timeoutSeconds),
  });
  const stopping = new AbortController();
  const silence = new Silence(options, () => stopping.abort());
  try {
    const path = `${collectionPath(kind, options.namespace ?? '')}?${query}`;
    const accept = options.metadataOnly === true ? { accept: metadataAccept.watch } : {};
    const answer = await transport.open({ method: 'GET', path, ...accept }, AbortSignal.any([options.signal, stopping.signal]));
    if (answer.statusCode === 410) return discard(answer, 'expired');
    if (answer.statusCode !== 200) throw await refusal(answer, kind);
    return await follow(answer, kind, heard, silence);
  } catch (error) {
    if (silence.passed) return 'silent';
    throw error instanceof AlbeitError ? error : new AlbeitError('KUBE-AWAY', { detail: textOf(error) }, { cause: error });
  } finally {
    silence.end();
    stopping.abort();
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function discard(answer: IncomingMessage, end: WatchEnd): WatchEnd {
  answer.destroy();
  return end;
}

/** A refusal is one short object; what is longer is not read. */
async function refusal(answer: IncomingMessage, kind: KindName): Promise<AlbeitError> {
  let text = '';
  for await (const part of answer) {
    text += String(part);
    if (text.length > longestLine) break;
  }
  return failureOf({ status: answer.statusCode ?? 0, body: parse(text) }, 'watch', kinds[kind].plural);
}

/** Fires once when nothing was heard for the limit. */
class Silence {
  readonly #options: WatchOptions;
  readonly #end: () => void;
  #cancel: () => void;
  passed = false;

  constructor(options: WatchOptions, end: () => void) {
    this.#options = options;
    this.#end = end;
    this.#cancel = this.#arm();
  }

  #arm(): () => void {
    return this.#options.timers.set(() => {
      this.passed = true;
      this.#end();
    }, this.#options.silenceMs);
  }

  heard(): void {
    this.#cancel();
    this.#cancel = this.#arm();
  }

  end(): void {
    this.#cancel();
  }
}

async function follow(answer: IncomingMessage, kind: KindName, heard: (event: WatchEvent) => void, silence: Silence): Promise<WatchEnd> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const part of answer as AsyncIterable<Buffer>) {
    silence.heard();
    const lines = (rest + decoder.decode(part, { stream: true })).split('\n');
    // The last piece has no end yet. What is left when the stream ends was cut off, and is never taken for an event.
    rest = lines.pop() ?? '';
    if (rest.length > longestLine) throw new Error('a line of the watch is too long');
    for (const line of lines) {
      if (line !== '' && hand(line, kind, heard) === 'expired') return 'expired';
    }
  }
  return 'ended';
}

const named = { ADDED: 'added', MODIFIED: 'modified', DELETED: 'deleted' } as const;

/** Hands one line on. An `ERROR` comes inside a 200: 410 says that the version is too old, anything else that the server has trouble. */
function hand(line: string, kind: KindName, heard: (event: WatchEvent) => void): 'expired' | undefined {
  const { type, object } = (parse(line) ?? {}) as { readonly type?: unknown; readonly object?: KubeObject & { readonly code?: unknown } };
  if (type === 'ERROR') {
    if (object?.code === 410) return 'expired';
    throw failureOf({ status: typeof object?.code === 'number' ? object.code : 500, body: object }, 'watch', kinds[kind].plural);
  }
  const resourceVersion = object?.metadata?.resourceVersion;
  if (object === undefined || resourceVersion === undefined) throw new Error('a line of the watch is no event');
  if (type === 'BOOKMARK') heard({ kind: 'bookmark', resourceVersion });
  else if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') heard({ kind: named[type], object: { ...object, kind } });
  return undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * One kind of an API server with its history, as a transport: pages, watches from a version, bookmarks, and an end of memory (410). Faults
 * are put in front of the next requests. Everything happens within turns of the event loop, so that thousands of histories can be played.
 */
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { AlbeitError } from '#shared/errors.ts';
import type { KubeObject } from '#shared/kube/port.ts';
import type { KubeAnswer, Transport } from '#shared/kube/transport.ts';

type WatchedFault = 'away' | 'unavailable' | 'expired' | 'stall' | 'end' | 'cut';

export interface FakeWatched extends Transport {
  put(name: string): void;
  remove(name: string): void;
  /** Versions by name, as they are. */
  held(): ReadonlyMap<string, string>;
  /** Forgets all history: a watch from an older version, or the next page of a list, is 410. */
  compact(): void;
  /** Ends every watch: as a server does that restarts. */
  breakWatches(how: 'end' | 'cut' | 'stall'): void;
  bookmark(): void;
  /** Put in front of the next request, one each. */
  faults: WatchedFault[];
  calls: number;
}

interface Happening {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly version: number;
  readonly name: string;
}

interface Stream {
  readonly body: PassThrough;
  stalled: boolean;
}

/** Small, so that lists have several pages. */
const pageSize = 3;

const objectOf = (name: string, version: number): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'n', name, resourceVersion: String(version) },
});
const line = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;
const away = (): AlbeitError => new AlbeitError('KUBE-AWAY', { detail: 'a fault' });
const status = (code: number): KubeAnswer => ({ status: code, body: { kind: 'Status', code, reason: '', message: '' } });

export function createFakeWatched(): FakeWatched {
  const objects = new Map<string, number>();
  const streams = new Set<Stream>();
  const snapshots = new Map<number, readonly (readonly [string, number])[]>();
  let history: Happening[] = [];
  let version = 1;
  let forgotten = 0;

  const tell = (happening: Happening): void => {
    history.push(happening);
    const text = line(happening.type, objectOf(happening.name, happening.version));
    for (const stream of streams) if (!stream.stalled) stream.body.write(text);
  };

  /** As a real server, every page is of the state that the first page was of. */
  const list = (query: URLSearchParams): KubeAnswer => {
    const [from = 0, at = version] = (query.get('continue') ?? '').split('@').filter(Boolean).map(Number);
    if (at < forgotten) return status(410);
    const all = snapshots.get(at) ?? [...objects];
    snapshots.set(at, all);
    const next = from + pageSize < all.length ? `${from + pageSize}@${at}` : '';
    const items = all.slice(from, from + pageSize).map(([name, one]) => objectOf(name, one));
    return { status: 200, body: { items, metadata: { resourceVersion: String(at), continue: next } } };
  };

  const follow = (from: number, body: PassThrough, stalled: boolean): void => {
    const stream = { body, stalled };
    streams.add(stream);
    body.once('close', () => streams.delete(stream));
    if (stalled) return;
    for (const one of history.filter((happening) => happening.version > from)) body.write(line(one.type, objectOf(one.name, one.version)));
  };

  const watch = (query: URLSearchParams, fault: WatchedFault | undefined): IncomingMessage => {
    const body = new PassThrough();
    const from = Number(query.get('resourceVersion'));
    if (from < forgotten || fault === 'expired') body.write(line('ERROR', { code: 410 }));
    else if (fault === 'end') body.end();
    else if (fault === 'cut') cut(body);
    else follow(from, body, fault === 'stall');
    // The reader uses the stream, its status and its headers, and nothing else of a message.
    return Object.assign(body, { statusCode: fault === 'unavailable' ? 503 : 200, headers: {} }) as unknown as IncomingMessage;
  };

  const failing = (fault: WatchedFault | undefined): void => {
    if (fault === 'away') throw away();
  };

  return {
    faults: [],
    calls: 0,
    async send(request) {
      this.calls += 1;
      const fault = this.faults.shift();
      failing(fault);
      if (fault === 'unavailable') return status(503);
      if (fault === 'cut') throw away();
      return list(new URL(request.path, 'http://x').searchParams);
    },
    async open(request, signal) {
      this.calls += 1;
      const fault = this.faults.shift();
      failing(fault);
      const answer = watch(new URL(request.path, 'http://x').searchParams, fault);
      signal.addEventListener('abort', () => answer.destroy(new Error('aborted')), { once: true });
      return answer;
    },
    put: (name) => {
      version += 1;
      const type = objects.has(name) ? 'MODIFIED' : 'ADDED';
      objects.set(name, version);
      tell({ type, version, name });
    },
    remove: (name) => {
      if (!objects.delete(name)) return;
      version += 1;
      tell({ type: 'DELETED', version, name });
    },
    held: () => new Map([...objects].map(([name, one]) => [name, String(one)])),
    compact: () => {
      history = [];
      snapshots.clear();
      forgotten = version;
    },
    breakWatches: (how) => {
      for (const stream of streams) {
        if (how === 'stall') stream.stalled = true;
        else if (how === 'end') stream.body.end();
        else cut(stream.body);
      }
    },
    bookmark: () => {
      for (const { body, stalled } of streams) if (!stalled) body.write(line('BOOKMARK', objectOf('', version)));
    },
    now: () => 0,
    close: () => undefined,
  };
}

/** Half a line, then the connection breaks. */
function cut(body: PassThrough): void {
  body.write('{"type":"DELETED","object":{"metadata":{"name":"');
  setImmediate(() => body.destroy(new Error('reset')));
}

/** Watches: a stream of JSON lines that begins at a version, with bookmarks, and ends with a 410 event when that version is too old. */
import type { ServerResponse } from 'node:http';
import type { Api } from './api.ts';
import { type ApiError, badRequest, expired } from './api-error.ts';
import type { Served } from './catalog.ts';
import { type JsonMap, textAt } from './json.ts';
import { queryNumber, queryVersion, selectionOf } from './list.ts';
import { type Representation, represent } from './represent.ts';
import { apiVersionOf } from './resources.ts';
import type { Predicate } from './selectors.ts';
import type { Change } from './store.ts';

export interface WatchRequest {
  readonly resource: Served;
  /** Empty: all namespaces. */
  readonly namespace: string;
  /** A watch of one object, by the older path of its name. */
  readonly name?: string;
  readonly query: URLSearchParams;
  readonly how: Representation;
}

interface Event {
  readonly type: string;
  readonly object: JsonMap;
}

/** A change as this watch sees it: moving in or out of the selection is being added or deleted. */
function asEvent(change: Change, selected: Predicate): Event | undefined {
  const now = change.type !== 'DELETED' && selected(change.object);
  const before = change.previous !== undefined && selected(change.previous);
  if (now) return { type: before ? 'MODIFIED' : 'ADDED', object: change.object };
  if (!before) return undefined;
  // The last state that was selected, with the version of the change: a client goes on from there.
  const version = textAt(change.object, 'metadata', 'resourceVersion');
  const last = change.type === 'DELETED' ? change.object : (change.previous ?? change.object);
  return { type: 'DELETED', object: { ...last, metadata: { ...(last['metadata'] as JsonMap), resourceVersion: version } } }; // every object has metadata
}

/** Longest watch without `timeoutSeconds`, in seconds: the real API chooses between 30 and 60 minutes. */
const DEFAULT_TIMEOUT_SECONDS = 1800;
const INITIAL_END = 'k8s.io/initial-events-end';

function selectionFor(request: WatchRequest): Predicate {
  const selected = selectionOf(request.query, request.resource);
  const { namespace, name } = request;
  return (object) =>
    (namespace === '' || textAt(object, 'metadata', 'namespace') === namespace) &&
    (name === undefined || textAt(object, 'metadata', 'name') === name) &&
    selected(object);
}

interface Start {
  /** Changes after this version are sent. */
  readonly from: number;
  readonly initial: readonly JsonMap[];
  readonly endOfInitial: boolean;
}

function startOf(api: Api, request: WatchRequest, selected: Predicate): Start | ApiError {
  const streamed = request.query.get('sendInitialEvents') === 'true';
  if (request.query.has('sendInitialEvents') && request.query.get('resourceVersionMatch') !== 'NotOlderThan') {
    throw badRequest('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  }
  const version = queryVersion(request.query, api);
  const all = () => api.store.list(request.resource.key, request.namespace).filter(selected);
  if (streamed) return { from: api.store.version, initial: all(), endOfInitial: true };
  if (version === undefined || version === 0)
    return { from: api.store.version, initial: request.query.get('sendInitialEvents') === 'false' ? [] : all(), endOfInitial: false };
  if (version < api.store.forgotten) return expired(`too old resource version: ${version} (${api.store.forgotten})`);
  return { from: version, initial: [], endOfInitial: false };
}

/** Answers with the stream; returns a function that cuts it. */
export function serveWatch(api: Api, request: WatchRequest, response: ServerResponse): () => void {
  const selected = selectionFor(request);
  const start = startOf(api, request, selected);
  const timeoutSeconds = queryNumber(request.query, 'timeoutSeconds') ?? DEFAULT_TIMEOUT_SECONDS;
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
  response.flushHeaders();
  const stream = new Stream(request, response);
  if ('code' in start) {
    stream.send({ type: 'ERROR', object: start.body() });
    response.end();
    return () => {};
  }
  const send = (change: Change) => {
    const event = change.resource === request.resource.key ? asEvent(change, selected) : undefined;
    if (event !== undefined) stream.send(event);
  };
  for (const object of start.initial) stream.send({ type: 'ADDED', object });
  if (start.endOfInitial) stream.bookmark(start.from, { [INITIAL_END]: 'true' });
  for (const change of api.store.since(request.resource.key, start.from)) send(change);
  const unsubscribe = api.store.subscribe(send);
  const bookmarks = request.query.get('allowWatchBookmarks') === 'true';
  const ticking = bookmarkLater(api, () => bookmarks && stream.bookmark(api.store.version));
  const ending = setTimeout(() => {
    if (bookmarks) stream.bookmark(api.store.version);
    response.end();
  }, timeoutSeconds * 1000);
  response.once('close', () => {
    unsubscribe();
    ticking.stop();
    clearTimeout(ending);
  });
  return () => response.destroy();
}

/** Reads the interval anew each time, so that a changed setting holds for running watches too. */
function bookmarkLater(api: Api, tick: () => void): { stop(): void } {
  let last = api.now();
  const timer = setInterval(() => {
    if (api.now() - last < api.settings.bookmarkMs) return;
    last = api.now();
    tick();
  }, 25);
  return { stop: () => clearInterval(timer) };
}

class Stream {
  readonly #request: WatchRequest;
  readonly #response: ServerResponse;
  #columnsSent = false;

  constructor(request: WatchRequest, response: ServerResponse) {
    this.#request = request;
    this.#response = response;
  }

  send(event: Event): void {
    const plain = event.type === 'ERROR';
    const object = plain ? event.object : represent(event.object, this.#request.resource, this.#request.how, !this.#columnsSent);
    if (!plain) this.#columnsSent = true;
    this.#response.write(`${JSON.stringify({ type: event.type, object })}\n`);
  }

  bookmark(version: number, annotations?: JsonMap): void {
    const { resource } = this.#request;
    const metadata: JsonMap = {
      resourceVersion: String(version),
      creationTimestamp: null,
      ...(annotations === undefined ? {} : { annotations }),
    };
    this.send({ type: 'BOOKMARK', object: { kind: resource.kind, apiVersion: apiVersionOf(resource), metadata } });
  }
}

/** The queue service of the local cloud: MNS over its HTTP API of 2015-06-06, durable across a kill of its process. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { openLog } from '../append-log.ts';
import { createFaultBook } from '../fault-book.ts';
import { createJournal } from '../journal.ts';
import { closeServer, listenOnLoopback } from '../listen.ts';
import { openDoor } from '../openapi/doors.ts';
import type { LocalCredentials, LocalService } from '../service.ts';
import type { Broker } from './broker.ts';
import { mnsDoors } from './mns-doors.ts';
import { createPolls } from './polls.ts';
import { createPushes } from './pushes.ts';
import { readBody } from './routes.ts';
import { type Service, serveCall } from './serve.ts';
import { changeSettings, defaultSettings, type MnsSettings } from './settings.ts';
import { applyEntry, emptyState, type LogEntry, snapshotOf } from './state.ts';

export interface MnsOptions {
  /** 0 or absent: any free port. */
  readonly port?: number | undefined;
  /** Folder of the log; made when it is not there. */
  readonly dir: string;
  readonly credentials: LocalCredentials;
  /** Unix ms; the machine's clock when absent. */
  readonly clock?: (() => number) | undefined;
  readonly settings?: Partial<MnsSettings> | undefined;
}

/** Sixteen messages of 64 KB and their XML, with room. */
const bodyLimitBytes = 4 * 1024 * 1024;

/** The state with its log behind it, and what works on it. */
function createService(options: MnsOptions): {
  readonly service: Service;
  readonly set: (settings: MnsSettings) => void;
  readonly close: () => void;
} {
  let settings = changeSettings(defaultSettings, options.settings ?? {});
  const clock = options.clock ?? Date.now;
  const now = () => clock() + settings.clockAheadSeconds * 1000;
  const state = emptyState();
  const log = openLog<LogEntry>(
    join(options.dir, 'mns.jsonl'),
    (entry) => applyEntry(state, entry),
    () => snapshotOf(state),
  );
  const polls = createPolls(() => broker);
  const broker: Broker = {
    state,
    commit(entry) {
      applyEntry(state, entry);
      log.append(entry);
    },
    now,
    settings: () => settings,
    wake: (queue) => polls.wake(queue),
    subscriptionsChanged: () => pushes.follow(),
    accountId: options.credentials.accountId,
    region: options.credentials.region,
  };
  const pushes = createPushes(broker, polls);
  pushes.follow();
  const service = { broker, polls, journal: createJournal(now), faults: createFaultBook(), credentials: options.credentials };
  const set = (changed: MnsSettings) => {
    settings = changed;
    polls.wake();
  };
  const close = () => {
    pushes.close();
    polls.close();
    log.close();
  };
  return { service, set, close };
}

/** Starts the service. What a former process with the same `dir` held is there again. */
export async function startMns(options: MnsOptions): Promise<LocalService> {
  const { service, set, close } = createService(options);
  const doors = mnsDoors({ ...service, set });
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await readBody(request, bodyLimitBytes);
    if (body === undefined) {
      response.destroy();
      return;
    }
    const url = new URL(request.url ?? '/', 'http://local');
    if (!url.pathname.startsWith('/_/')) return serveCall(service, request, response, body);
    const method = request.method ?? 'GET';
    const answer = await openDoor(doors, { method, path: url.pathname, headers: {}, query: [...url.searchParams], form: [], body });
    response.writeHead(answer.status, { 'content-type': answer.type });
    response.end(answer.text);
  };
  // Above the longest poll, so that the client's kept sockets are not reset between polls.
  const server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  const url = await listenOnLoopback(server, options.port ?? 0, 'MNS').catch((error: unknown) => {
    close();
    throw error;
  });
  let stopped: Promise<void> | undefined;
  return {
    url,
    stop: () => {
      stopped ??= closeServer(server).then(close);
      return stopped;
    },
  };
}

/** The asynchronous requests behind their log, and who waits for the end of one. */
import { join } from 'node:path';
import { openLog } from '../append-log.ts';
import {
  type AsyncEntry,
  type AsyncRequest,
  type AsyncRequests,
  applyAsync,
  forgetOld,
  isEnded,
  snapshotOf,
  type TaskStatus,
} from './async-state.ts';

export interface AsyncStore {
  get(id: string): AsyncRequest | undefined;
  list(): readonly AsyncRequest[];
  /** Whether a function was given this task id before. */
  isTaken(functionName: string, taskId: string): boolean;
  /** Changes the state durably. After `close` nothing changes, because the log says what is still to do; nothing is accepted either. */
  commit(entry: AsyncEntry): void;
  /** Ends a request and tells those who wait. */
  end(id: string, status: TaskStatus): void;
  /** Resolves when nothing is left to do for a request. */
  ended(id: string): Promise<void>;
  close(): void;
}

const taskKey = (functionName: string, taskId: string): string => `${functionName}/${taskId}`;

/** Ended requests are weeded out once in so many. */
const weedEvery = 1000;

/** Opens the store; what a former process had accepted and not ended is in it. */
export function openAsyncStore(dir: string): AsyncStore {
  const requests: AsyncRequests = new Map();
  const waiters = new Map<string, (() => void)[]>();
  let closed = false;
  let sinceWeeded = 0;
  const log = openLog<AsyncEntry>(
    join(dir, 'fc-async.jsonl'),
    (entry) => applyAsync(requests, entry),
    () => snapshotOf(requests),
  );
  const tasks = new Set([...requests.values()].map((one) => taskKey(one.function, one.taskId)));
  const commit = (entry: AsyncEntry) => {
    // Taken silently, it would be deleted from its queue and be nowhere.
    if (closed && entry.op === 'add') throw new Error('the host is stopping and accepts no more');
    if (closed) return;
    applyAsync(requests, entry);
    if (entry.op === 'add') tasks.add(taskKey(entry.request.function, entry.request.taskId));
    log.append(entry);
  };
  const weed = () => {
    sinceWeeded += 1;
    if (sinceWeeded < weedEvery) return;
    sinceWeeded = 0;
    for (const gone of forgetOld(requests)) tasks.delete(taskKey(gone.function, gone.taskId));
  };
  return {
    get: (id) => requests.get(id),
    list: () => [...requests.values()],
    isTaken: (functionName, taskId) => tasks.has(taskKey(functionName, taskId)),
    commit,
    end(id, status) {
      commit({ op: 'end', id, status });
      if (closed) return;
      for (const done of waiters.get(id) ?? []) done();
      waiters.delete(id);
      weed();
    },
    ended: (id) =>
      new Promise((resolve) => {
        const request = requests.get(id);
        if (request === undefined || isEnded(request)) resolve();
        else waiters.set(id, [...(waiters.get(id) ?? []), resolve]);
      }),
    close() {
      closed = true;
      log.close();
    },
  };
}

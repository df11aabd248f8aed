/**
 * Asynchronous invocation: accepted durably, run at least once, tried again by the table of the reference (section 9), and told to the
 * failure destination when no try is left.
 */
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
import type { Failure } from './destination.ts';
import type { FunctionSpec } from './function-spec.ts';
import { type Invocation, NotRun, type Outcome } from './invocation.ts';
import type { FcSettings } from './settings.ts';

export interface AsyncQueueParts {
  readonly dir: string;
  readonly settings: () => FcSettings;
  readonly specOf: (name: string) => FunctionSpec | undefined;
  readonly run: (name: string, invocation: Invocation) => Promise<Outcome>;
  /** The document for a failure destination; empty when the function has none. */
  readonly describeFailure: (request: AsyncRequest, failure: Failure) => string;
  readonly sendFailure: (queue: string, document: string) => Promise<void>;
}

export interface AsyncQueue {
  /** Accepts a request durably. `undefined`: the task id was used before. */
  add(request: {
    readonly id: string;
    readonly taskId: string;
    readonly function: string;
    readonly payload: Buffer;
    readonly delayMs: number;
  }): AsyncRequest | undefined;
  /** Resolves when nothing is left to do for a request. */
  ended(id: string): Promise<void>;
  /** Runs the oldest request that waits for an instance, when the switch says so. */
  wakeThrottled(): void;
  /** Stops a request that has not ended; a run under way is left to end. False: unknown or ended. */
  stop(id: string): boolean;
  list(): readonly AsyncRequest[];
  close(): void;
}

/** Wait before a failure destination that could not be reached is tried again. */
const destinationRetryMs = 1000;

/** Waits of the concurrency limit end with this: 5 hours of tries. */
const throttleLimitMs = 5 * 3_600_000;

export function createAsyncQueue(parts: AsyncQueueParts): AsyncQueue {
  const { settings } = parts;
  const requests: AsyncRequests = new Map();
  const timers = new Map<string, NodeJS.Timeout>();
  const waiters = new Map<string, (() => void)[]>();
  let closed = false;
  const log = openLog<AsyncEntry>(
    join(parts.dir, 'fc-async.jsonl'),
    (entry) => applyAsync(requests, entry),
    () => snapshotOf(requests),
  );
  const commit = (entry: AsyncEntry) => {
    if (closed) return; // the outcome of a run that the stop cut off; the log says it is still to do
    applyAsync(requests, entry);
    log.append(entry);
  };

  const at = (id: string, dueAt: number, work: () => Promise<void>) => {
    clearTimeout(timers.get(id));
    if (closed) return;
    const timer = setTimeout(
      () => {
        timers.delete(id);
        void work();
      },
      Math.max(0, Math.min(dueAt - Date.now(), 2_000_000_000)),
    );
    timers.set(id, timer);
  };

  const end = (id: string, status: TaskStatus) => {
    commit({ op: 'end', id, status });
    if (closed) return;
    for (const done of waiters.get(id) ?? []) done();
    waiters.delete(id);
    if (requests.size % 1000 === 0) forgetOld(requests);
  };

  const tellDestination = async (id: string): Promise<void> => {
    const request = requests.get(id);
    const queue = request === undefined ? undefined : parts.specOf(request.function)?.failureDestinationQueue;
    if (request === undefined || closed) return;
    try {
      if (queue !== undefined) await parts.sendFailure(queue, request.failure);
      end(id, request.status);
    } catch {
      at(id, Date.now() + destinationRetryMs, () => tellDestination(id));
    }
  };

  const fail = (request: AsyncRequest, status: TaskStatus, failure: Failure) => {
    const queue = parts.specOf(request.function)?.failureDestinationQueue;
    if (queue === undefined) return end(request.id, status);
    commit({ op: 'failed', id: request.id, status, failure: parts.describeFailure(request, failure) });
    void tellDestination(request.id);
  };

  const again = (request: AsyncRequest, outcome: Outcome, spec: FunctionSpec) => {
    const executions = request.executions + 1;
    if (executions > spec.maxAsyncRetryAttempts) {
      request.executions = executions;
      const failure = { condition: outcome.errorType, statusCode: 200, functionError: outcome.errorType };
      return fail(request, 'Failed', { ...failure, responsePayload: outcome.body.toString('utf8') });
    }
    const dueAt = Date.now() + settings().errorRetryFirstMs * 2 ** (executions - 1);
    commit({ op: 'executed', id: request.id, executions, dueAt });
    at(request.id, dueAt, () => work(request.id));
  };

  /** Over the limit, or the system's own failure: waits that double. */
  const wait = (request: AsyncRequest) => {
    const { throttleRetryFirstMs: first, throttleRetryMaxMs: most } = settings();
    const waitMs = Math.min(first * 2 ** Math.min(request.throttled, 30), most, throttleLimitMs);
    request.throttled += 1;
    request.status = 'Enqueued';
    request.dueAt = Date.now() + waitMs;
    at(request.id, request.dueAt, () => work(request.id));
  };

  const work = async (id: string): Promise<void> => {
    const request = requests.get(id);
    if (request === undefined || isEnded(request) || closed) return;
    if (request.failure !== '') return tellDestination(id);
    const spec = parts.specOf(request.function);
    const notRun = (condition: string): Failure => ({ condition, statusCode: 500, functionError: '', responsePayload: '' });
    if (spec === undefined) return fail(request, 'Failed', notRun('FunctionNotFound'));
    if (Date.now() - request.at > spec.maxAsyncEventAgeSeconds * 1000) return fail(request, 'Expired', notRun('AsyncEventExpired'));
    try {
      request.status = 'Running';
      const event = Buffer.from(request.payload, 'base64');
      const outcome = await parts.run(request.function, { requestId: id, event, attempt: request.executions + 1, kind: 'Async' });
      if (isEnded(requests.get(id) ?? request)) return; // stopped meanwhile
      if (outcome.errorType === '') end(id, 'Succeeded');
      else again(request, outcome, spec);
    } catch (error) {
      if (!(error instanceof NotRun)) throw error;
      wait(request);
    }
  };

  for (const request of requests.values()) if (!isEnded(request)) at(request.id, request.dueAt, () => work(request.id));

  return {
    add(wanted) {
      if ([...requests.values()].some((one) => one.taskId === wanted.taskId && one.function === wanted.function)) return undefined;
      const dueAt = Date.now() + wanted.delayMs;
      const request: AsyncRequest = {
        id: wanted.id,
        taskId: wanted.taskId,
        function: wanted.function,
        payload: wanted.payload.toString('base64'),
        at: Date.now(),
        status: 'Enqueued',
        executions: 0,
        throttled: 0,
        dueAt,
        failure: '',
      };
      commit({ op: 'add', request });
      at(request.id, dueAt, () => work(request.id));
      return request;
    },
    ended: (id) =>
      new Promise((resolve) => {
        const request = requests.get(id);
        if (request === undefined || isEnded(request)) resolve();
        else waiters.set(id, [...(waiters.get(id) ?? []), resolve]);
      }),
    wakeThrottled() {
      if (settings().throttledStart !== 'when-free') return;
      const waiting = [...requests.values()].filter((one) => one.throttled > 0 && one.status === 'Enqueued' && timers.has(one.id));
      const oldest = waiting.sort((a, b) => a.at - b.at)[0];
      if (oldest !== undefined) at(oldest.id, 0, () => work(oldest.id));
    },
    stop(id) {
      const request = requests.get(id);
      if (request === undefined || isEnded(request)) return false;
      clearTimeout(timers.get(id));
      timers.delete(id);
      end(id, 'Stopped');
      return true;
    },
    list: () => [...requests.values()],
    close() {
      closed = true;
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
      log.close();
    },
  };
}

/**
 * Asynchronous invocation: accepted durably, run at least once, tried again by the table of the reference (section 9), and told to the
 * failure destination when no try is left.
 */
import { type Alarms, createAlarms } from './alarms.ts';
import { type AsyncRequest, isEnded, type TaskStatus } from './async-state.ts';
import { type AsyncStore, openAsyncStore } from './async-store.ts';
import type { Failure } from './destination.ts';
import type { FunctionSpec } from './function-spec.ts';
import { type Invocation, NotRun, type Outcome } from './invocation.ts';
import type { FcSettings } from './settings.ts';

export interface AsyncQueueParts {
  readonly dir: string;
  readonly settings: () => FcSettings;
  readonly specOf: (name: string) => FunctionSpec | undefined;
  readonly run: (name: string, invocation: Invocation) => Promise<Outcome>;
  /** The document for a failure destination. */
  readonly describeFailure: (request: AsyncRequest, failure: Failure) => string;
  readonly sendFailure: (queue: string, document: string) => Promise<void>;
}

interface NewRequest {
  readonly id: string;
  /** The id, when the caller gave none. */
  readonly taskId: string;
  readonly function: string;
  readonly payload: Buffer;
  readonly delayMs: number;
}

export interface AsyncQueue {
  /** Accepts a request durably. False: the task id was used before. */
  add(request: NewRequest): boolean;
  /** Resolves when nothing is left to do for a request. */
  ended(id: string): Promise<void>;
  /** Runs the oldest request that waits for an instance, when the switch says so. */
  wakeThrottled(): void;
  /** Stops a request that has not ended; a run under way is left to end. False: unknown or ended. */
  stop(id: string): boolean;
  list(): readonly AsyncRequest[];
  close(): void;
}

interface Desk extends AsyncQueueParts {
  readonly store: AsyncStore;
  readonly alarms: Alarms;
}

/** Wait before a failure destination that could not be reached is tried again. */
const destinationRetryMs = 1000;

/** The failure has been written down; it ends when its destination knows. */
async function tellDestination(desk: Desk, request: AsyncRequest): Promise<void> {
  const queue = desk.specOf(request.function)?.failureDestinationQueue;
  try {
    if (queue !== undefined) await desk.sendFailure(queue, request.failure);
    desk.store.end(request.id, request.status);
  } catch {
    schedule(desk, request.id, Date.now() + destinationRetryMs);
  }
}

/** No try is left. Without a destination the request is dropped, as the service does. */
function fail(desk: Desk, request: AsyncRequest, status: TaskStatus, failure: Failure): void {
  if (desk.specOf(request.function)?.failureDestinationQueue === undefined) {
    desk.store.end(request.id, status);
    return;
  }
  desk.store.commit({ op: 'failed', id: request.id, status, failure: desk.describeFailure(request, failure) });
  schedule(desk, request.id, 0);
}

/** The function failed: again after a wait that doubles, or never. */
function retryOrFail(desk: Desk, request: AsyncRequest, outcome: Outcome, spec: FunctionSpec): void {
  request.executions += 1;
  if (request.executions > spec.maxAsyncRetryAttempts) {
    const responsePayload = outcome.body.toString('utf8');
    fail(desk, request, 'Failed', { condition: outcome.errorType, statusCode: 200, functionError: outcome.errorType, responsePayload });
    return;
  }
  const dueAt = Date.now() + desk.settings().errorRetryFirstMs * 2 ** (request.executions - 1);
  desk.store.commit({ op: 'executed', id: request.id, executions: request.executions, dueAt });
  schedule(desk, request.id, dueAt);
}

/** Over the concurrency limit, or the system's own failure: no execution, a wait that doubles. The age of the request bounds it. */
function waitForInstance(desk: Desk, request: AsyncRequest): void {
  const { throttleRetryFirstMs: first, throttleRetryMaxMs: most } = desk.settings();
  const waitMs = Math.min(first * 2 ** Math.min(request.throttled, 30), most);
  request.throttled += 1;
  request.status = 'Enqueued';
  schedule(desk, request.id, Date.now() + waitMs);
}

async function execute(desk: Desk, request: AsyncRequest, spec: FunctionSpec): Promise<void> {
  try {
    request.status = 'Running';
    const event = Buffer.from(request.payload, 'base64');
    const outcome = await desk.run(spec.name, { requestId: request.id, event, attempt: request.executions + 1, kind: 'Async' });
    const stoppedMeanwhile = isEnded(desk.store.get(request.id) ?? request);
    if (stoppedMeanwhile) return;
    if (outcome.errorType === '') desk.store.end(request.id, 'Succeeded');
    else retryOrFail(desk, request, outcome, spec);
  } catch (error) {
    if (!(error instanceof NotRun)) throw error;
    waitForInstance(desk, request);
  }
}

const notRun = (condition: string): Failure => ({ condition, statusCode: 500, functionError: '', responsePayload: '' });

/** What is to be done for a request now. */
async function work(desk: Desk, id: string): Promise<void> {
  const request = desk.store.get(id);
  if (request === undefined || isEnded(request)) return;
  if (request.failure !== '') return tellDestination(desk, request);
  const spec = desk.specOf(request.function);
  if (spec === undefined) return fail(desk, request, 'Failed', notRun('FunctionNotFound'));
  if (Date.now() - request.at > spec.maxAsyncEventAgeSeconds * 1000) return fail(desk, request, 'Expired', notRun('AsyncEventExpired'));
  return execute(desk, request, spec);
}

function schedule(desk: Desk, id: string, dueAt: number): void {
  desk.alarms.set(id, dueAt, () => void work(desk, id));
}

/** Opens the queue; requests that a former process left are run. */
export function createAsyncQueue(parts: AsyncQueueParts): AsyncQueue {
  const store = openAsyncStore(parts.dir);
  const alarms = createAlarms();
  const desk: Desk = { ...parts, store, alarms };
  for (const request of store.list()) if (!isEnded(request)) schedule(desk, request.id, request.dueAt);
  return {
    add({ payload, delayMs, ...named }) {
      if (store.isTaken(named.function, named.taskId)) return false;
      const now = Date.now();
      const fresh = { status: 'Enqueued', executions: 0, throttled: 0, failure: '' } as const;
      store.commit({ op: 'add', request: { ...named, ...fresh, payload: payload.toString('base64'), at: now, dueAt: now + delayMs } });
      schedule(desk, named.id, now + delayMs);
      return true;
    },
    ended: store.ended,
    wakeThrottled() {
      if (parts.settings().throttledStart !== 'when-free') return;
      const waiting = store.list().filter((one) => one.throttled > 0 && one.status === 'Enqueued' && alarms.has(one.id));
      const oldest = waiting.reduce<AsyncRequest | undefined>((a, b) => (a === undefined || b.at < a.at ? b : a), undefined);
      if (oldest !== undefined) schedule(desk, oldest.id, 0);
    },
    stop(id) {
      const request = store.get(id);
      if (request === undefined || isEnded(request)) return false;
      alarms.clear(id);
      store.end(id, 'Stopped');
      return true;
    },
    list: store.list,
    close() {
      alarms.close();
      store.close();
    },
  };
}

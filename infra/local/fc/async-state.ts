/** Asynchronous requests and the entries of their log: what the host promised with a 202 it keeps across a kill. */

export type TaskStatus = 'Enqueued' | 'Running' | 'Retrying' | 'Succeeded' | 'Failed' | 'Stopped' | 'Expired';

export interface AsyncRequest {
  readonly id: string;
  /** What the caller called it, or the id. Never accepted twice for one function. */
  readonly taskId: string;
  readonly function: string;
  /** Base64; empty once the request has ended. */
  readonly payload: string;
  /** Unix ms. */
  readonly at: number;
  status: TaskStatus;
  /** Executions so far. */
  executions: number;
  /** How often it met the concurrency limit since it last ran. */
  throttled: number;
  /** Not to be run before; Unix ms. */
  dueAt: number;
  /** Written when the function is done with it for good and the failure destination has not been told yet. */
  failure: string;
}

export type AsyncEntry =
  | { readonly op: 'add'; readonly request: AsyncRequest }
  | { readonly op: 'executed'; readonly id: string; readonly executions: number; readonly dueAt: number }
  | { readonly op: 'failed'; readonly id: string; readonly status: TaskStatus; readonly failure: string }
  | { readonly op: 'end'; readonly id: string; readonly status: TaskStatus };

export type AsyncRequests = Map<string, AsyncRequest>;

const ended: readonly TaskStatus[] = ['Succeeded', 'Failed', 'Stopped', 'Expired'];

/** Nothing is left to do for it. */
export const isEnded = (request: AsyncRequest): boolean => ended.includes(request.status) && request.failure === '';

/** Ended requests are remembered for their task ids, at most this many. */
const rememberEnded = 5000;

type Apply = { readonly [Op in AsyncEntry['op']]: (requests: AsyncRequests, entry: Extract<AsyncEntry, { op: Op }>) => void };

const appliers: Apply = {
  add: (requests, { request }) => {
    requests.set(request.id, { ...request });
  },
  executed: (requests, { id, executions, dueAt }) => {
    const request = requests.get(id);
    if (request !== undefined) Object.assign(request, { executions, dueAt, throttled: 0, status: 'Retrying' });
  },
  failed: (requests, { id, status, failure }) => {
    const request = requests.get(id);
    if (request !== undefined) Object.assign(request, { status, failure });
  },
  end: (requests, { id, status }) => {
    const request = requests.get(id);
    if (request !== undefined) requests.set(id, { ...request, status, payload: '', failure: '' });
  },
};

/** Takes one entry into the state. */
export function applyAsync(requests: AsyncRequests, entry: AsyncEntry): void {
  // The table holds for each operation the function of exactly its entry; TypeScript cannot follow that through the index.
  (appliers[entry.op] as (requests: AsyncRequests, entry: AsyncEntry) => void)(requests, entry);
}

/** Forgets the oldest of the ended requests beyond what is remembered; returns those forgotten. */
export function forgetOld(requests: AsyncRequests): readonly AsyncRequest[] {
  const old = [...requests.values()].filter(isEnded);
  const gone = old.slice(0, Math.max(0, old.length - rememberEnded));
  for (const request of gone) requests.delete(request.id);
  return gone;
}

/** The fewest entries that rebuild the state. */
export function snapshotOf(requests: AsyncRequests): readonly AsyncEntry[] {
  forgetOld(requests);
  return [...requests.values()].map((request) => ({
    op: 'add',
    request: request.status === 'Running' ? { ...request, status: 'Enqueued' } : request,
  }));
}

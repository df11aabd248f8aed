/** The calls of the Function Compute API that the host answers, of both generations (reference, 8 and 9). */
import { randomUUID } from 'node:crypto';
import Router from 'find-my-way';
import type { Incoming } from '../openapi/incoming.ts';
import type { AsyncRequest } from './async-state.ts';
import { FcRefusal } from './fc-refusal.ts';
import type { FunctionSpec } from './function-spec.ts';
import type { Host } from './host.ts';

export interface FcAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

type Names = Readonly<Record<string, string | undefined>>;
type Handler = (host: Host, incoming: Incoming, names: Names, requestId: string) => Promise<FcAnswer> | FcAnswer;

const syncLimitBytes = 32 * 1024 * 1024;
const asyncLimitBytes = 128 * 1024;
const taskIdForm = /^[A-Za-z_][\w-]{0,127}$/;

const json = (status: number, value: unknown): FcAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(JSON.stringify(value)),
});

function specOf(host: Host, names: Names): FunctionSpec {
  const name = names['function'] ?? '';
  const spec = host.pools.get(name)?.spec;
  if (spec === undefined) throw new FcRefusal('FunctionNotFound', `function '${name}' does not exist`);
  return spec;
}

function delayMs(incoming: Incoming): number {
  const text = incoming.headers['x-fc-async-delay'] ?? '0';
  if (!/^\d{1,7}$/.test(text)) throw new FcRefusal('InvalidArgument', 'x-fc-async-delay must be whole seconds');
  return Number(text) * 1000;
}

/** 202 once the request is durable; a task id that was used before is refused, so that a repeated submission is harmless. */
function invokeAsync(host: Host, incoming: Incoming, spec: FunctionSpec, requestId: string): FcAnswer {
  if (incoming.body.length > asyncLimitBytes)
    throw new FcRefusal('EntityTooLarge', `an asynchronous payload has at most ${asyncLimitBytes} bytes`);
  const { 'x-fc-async-task-id': own, 'x-fc-stateful-async-invocation-id': older } = incoming.headers;
  const taskId = own ?? older ?? requestId;
  if (taskId !== requestId && !taskIdForm.test(taskId)) {
    throw new FcRefusal('InvalidArgument', 'a task id has up to 128 characters and begins with a letter or _');
  }
  const accepted = host.async.add({ id: requestId, taskId, function: spec.name, payload: incoming.body, delayMs: delayMs(incoming) });
  if (!accepted) throw new FcRefusal('AsyncTaskAlreadyExists', `the task id ${taskId} was used before`);
  return { status: 202, headers: {}, body: Buffer.alloc(0) };
}

async function invokeSync(host: Host, incoming: Incoming, spec: FunctionSpec, requestId: string): Promise<FcAnswer> {
  if (incoming.body.length > syncLimitBytes) throw new FcRefusal('EntityTooLarge', `a payload has at most ${syncLimitBytes} bytes`);
  const outcome = await host.run(spec.name, { requestId, event: incoming.body, attempt: 1, kind: 'Sync' });
  if (outcome.body.length > syncLimitBytes) throw new FcRefusal('EntityTooLarge', `an answer has at most ${syncLimitBytes} bytes`);
  const wantsLog = incoming.headers['x-fc-log-type'] === 'Tail';
  return {
    status: 200,
    body: outcome.body,
    headers: {
      'content-type': outcome.errorType === '' ? 'application/octet-stream' : 'application/json',
      ...(outcome.errorType === '' ? {} : { 'x-fc-error-type': outcome.errorType }),
      ...(wantsLog ? { 'x-fc-log-result': Buffer.from(outcome.logTail).toString('base64') } : {}),
      'x-fc-invocation-duration': String(outcome.durationMs),
      'x-fc-instance-id': outcome.instanceId,
      'x-fc-invocation-service-version': 'LATEST',
    },
  };
}

const invoke: Handler = (host, incoming, names, requestId) => {
  const spec = specOf(host, names);
  const type = incoming.headers['x-fc-invocation-type'] ?? 'Sync';
  if (type === 'Async') return invokeAsync(host, incoming, spec, requestId);
  if (type !== 'Sync') throw new FcRefusal('InvalidArgument', 'x-fc-invocation-type must be Sync or Async');
  return invokeSync(host, incoming, spec, requestId);
};

const describeFunction = (spec: FunctionSpec) => ({
  functionName: spec.name,
  handler: spec.handler,
  runtime: 'nodejs20',
  timeout: spec.timeoutSeconds,
  memorySize: spec.memoryMiB,
  environmentVariables: spec.environment,
  instanceConcurrency: 1,
});

const describeTask = (request: AsyncRequest) => ({
  taskId: request.taskId,
  requestId: request.id,
  status: request.status,
  startedTime: request.at,
  requestPayload: Buffer.from(request.payload, 'base64').toString('utf8'),
});

function taskOf(host: Host, names: Names): AsyncRequest {
  const spec = specOf(host, names);
  const task = host.async.list().find((one) => one.function === spec.name && one.taskId === names['task']);
  if (task === undefined) throw new FcRefusal('AsyncTaskNotFound', `there is no task '${names['task'] ?? ''}'`);
  return task;
}

const listTasks: Handler = (host, incoming, names) => {
  const spec = specOf(host, names);
  const query = new Map(incoming.query);
  const tasks = host.async
    .list()
    .filter((one) => one.function === spec.name && one.taskId.startsWith(query.get('prefix') ?? ''))
    .filter((one) => !query.has('status') || one.status === query.get('status'));
  return json(200, { tasks: tasks.slice(0, Number(query.get('limit') ?? 100)).map(describeTask) });
};

const stopTask: Handler = (host, _incoming, names) => {
  if (!host.async.stop(taskOf(host, names).id)) throw new FcRefusal('InvalidArgument', 'the task has ended');
  return { status: 204, headers: {}, body: Buffer.alloc(0) };
};

const routes: readonly (readonly ['GET' | 'POST' | 'PUT', string, Handler])[] = [
  ['POST', '/2023-03-30/functions/:function/invocations', invoke],
  ['POST', '/2016-08-15/services/:service/functions/:function/invocations', invoke],
  ['GET', '/2023-03-30/functions', (host) => json(200, { functions: [...host.pools.values()].map((pool) => describeFunction(pool.spec)) })],
  ['GET', '/2023-03-30/functions/:function', (host, _incoming, names) => json(200, describeFunction(specOf(host, names)))],
  ['GET', '/2023-03-30/functions/:function/async-tasks', listTasks],
  ['GET', '/2023-03-30/functions/:function/async-tasks/:task', (host, _incoming, names) => json(200, describeTask(taskOf(host, names)))],
  ['PUT', '/2023-03-30/functions/:function/async-tasks/:task/stop', stopTask],
];

const router = Router({ maxParamLength: 300 });
const noop = () => {};
for (const [method, path, handler] of routes) router.on(method, path, noop, handler);

/** Answers one verified call; refusals are thrown. */
export async function answerApi(host: Host, incoming: Incoming, requestId: string): Promise<FcAnswer> {
  const method = (['GET', 'POST', 'PUT'] as const).find((one) => one === incoming.method);
  const found = method === undefined ? null : router.find(method, incoming.path);
  if (found === null) throw new FcRefusal('PathNotSupported', `the host has no ${incoming.method} ${incoming.path}`);
  // The store of each route is what the loop above put there.
  return (found.store as Handler)(host, incoming, found.params, requestId);
}

export const newRequestId = (): string => `1-${randomUUID()}`;

/** The function host of the local cloud: Function Compute's invocation API over built bundles in processes of their own. */

import { access } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import * as z from 'zod';
import { closeServer, listenOnLoopback } from '../listen.ts';
import { type Doors, openDoor } from '../openapi/doors.ts';
import type { Incoming } from '../openapi/incoming.ts';
import type { LocalCredentials, LocalService } from '../service.ts';
import { answerApi, type FcAnswer, newRequestId } from './api.ts';
import { authenticate } from './authenticate.ts';
import { fcDoors } from './fc-doors.ts';
import { FcRefusal } from './fc-refusal.ts';
import { type FunctionInput, functionSpec } from './function-spec.ts';
import { createHost, type Host } from './host.ts';
import { NotRun } from './invocation.ts';
import type { LogLine } from './log-lines.ts';
import type { FcSettings } from './settings.ts';
import { pushedTo } from './topic-trigger.ts';

export interface FunctionHostOptions {
  /** 0 or absent: any free port. */
  readonly port?: number | undefined;
  readonly credentials: LocalCredentials;
  /** Base URL of the queue service that triggers read and destinations are told through. */
  readonly mnsEndpoint: string;
  readonly functions: readonly FunctionInput[];
  readonly settings?: Partial<FcSettings> | undefined;
  /** Folder of what must outlive a kill. */
  readonly dir: string;
  /** Called with every line that a function prints. */
  readonly onLog?: ((line: LogLine) => void) | undefined;
}

/** A running host. */
export type FunctionHost = LocalService;

/** The longest synchronous payload and a little more, so that one that is too long is refused and not cut off. */
const bodyLimitBytes = 40 * 1024 * 1024;

async function readIncoming(request: IncomingMessage): Promise<Incoming> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = chunk as Buffer; // a request without an encoding yields Buffers only
    size += bytes.length;
    if (size <= bodyLimitBytes) chunks.push(bytes);
  }
  const url = new URL(request.url ?? '/', 'http://local');
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
  );
  return {
    method: request.method ?? 'GET',
    path: url.pathname,
    headers,
    query: [...url.searchParams],
    form: [],
    body: Buffer.concat(chunks),
  };
}

/** Bodies of both generations: the older client reads `ErrorCode`, the newer `Code`. */
function refusalAnswer(error: unknown, path: string, requestId: string): FcAnswer {
  const known = error instanceof FcRefusal || error instanceof NotRun;
  const { status, code } = known ? error : { status: 500, code: 'InternalServerError' };
  const message = error instanceof Error ? error.message : String(error);
  const body = path.startsWith('/2016-08-15/')
    ? { ErrorCode: code, ErrorMessage: message }
    : { Code: code, Message: message, RequestId: requestId };
  return { status, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(body)) };
}

async function serveCall(host: Host, incoming: Incoming, response: ServerResponse): Promise<void> {
  const requestId = newRequestId();
  let answer: FcAnswer;
  try {
    if (host.settings().verifySignature) authenticate(incoming, host.credentials, Date.now());
    answer = await answerApi(host, incoming, requestId);
  } catch (error) {
    answer = refusalAnswer(error, incoming.path, requestId);
  }
  response.writeHead(answer.status, { ...answer.headers, 'x-fc-request-id': requestId, 'content-length': answer.body.length });
  response.end(answer.body);
}

const serve = async (host: Host, doors: Doors, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const incoming = await readIncoming(request);
  if (!incoming.path.startsWith('/_/')) return serveCall(host, incoming, response);
  const pushed = pushedTo(incoming.path);
  if (pushed !== undefined) {
    response.writeHead(host.acceptPush(pushed, incoming.body) ? 204 : 404).end();
    return;
  }
  const answer = await openDoor(doors, incoming);
  response.writeHead(answer.status, { 'content-type': answer.type });
  response.end(answer.text);
};

/** The functions as given, with their defaults; refused with a sentence when one is wrong or its bundle is not there. */
async function readFunctions(given: readonly FunctionInput[]) {
  const read = z.array(functionSpec).safeParse(given);
  if (!read.success) throw new Error(`the functions are not deployable: ${z.prettifyError(read.error)}`);
  const names = read.data.map((spec) => spec.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`two functions have the name ${twice}`);
  for (const spec of read.data) {
    await access(spec.bundle).catch(() => {
      throw new Error(`function ${spec.name}: there is no bundle ${spec.bundle}; build the functions first`);
    });
  }
  return read.data;
}

/** Starts the host and its triggers. Requests that a former process with the same `dir` had accepted are run. */
export async function startFunctionHost(options: FunctionHostOptions): Promise<FunctionHost> {
  const host = createHost({ ...options, functions: await readFunctions(options.functions) });
  const doors = fcDoors(host);
  const server = createServer({ keepAliveTimeout: 65_000, requestTimeout: 0 }, (request, response) => {
    serve(host, doors, request, response).catch(() => response.destroy());
  });
  const url = await listenOnLoopback(server, options.port ?? 0, 'Function Compute').catch(async (error: unknown) => {
    await host.close();
    throw error;
  });
  host.startTriggers(url);
  let stopped: Promise<void> | undefined;
  return {
    url,
    stop: () => {
      stopped ??= Promise.all([closeServer(server), host.close()]).then(() => {});
      return stopped;
    },
  };
}

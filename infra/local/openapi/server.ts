/** An emulated OpenAPI service on a loopback port: signature, doors, journal, and the pipeline for everything else. */
import { randomUUID } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { Journal } from '../journal.ts';
import { closeServer, listenOnLoopback } from '../listen.ts';
import type { LocalService } from '../service.ts';
import { type Doors, openDoor } from './doors.ts';
import { type Incoming, readIncoming } from './incoming.ts';
import { maskedParameters } from './mask.ts';
import { type Pipeline, serveCall } from './pipeline.ts';
import { type Reply, refusal, send } from './reply.ts';
import { ServiceError } from './service-error.ts';
import type { SignedRequest } from './signed-request.ts';

export interface OpenApiParts {
  /** Whose port it is, for people: `ALB`. */
  readonly name: string;
  /** 0: any free port. */
  readonly port: number;
  readonly authenticate: (incoming: Incoming) => SignedRequest;
  readonly pipeline: Pipeline;
  readonly journal: Journal;
  readonly doors: Doors;
}

const asServiceError = (error: unknown): ServiceError =>
  error instanceof ServiceError
    ? error
    : new ServiceError('InternalError', `The emulator failed: ${error instanceof Error ? error.message : String(error)}`, { status: 500 });

const codeOf = (reply: Reply): string => (reply.kind === 'json' ? String(reply.body['Code'] ?? '') : reply.kind);

async function answerCall(parts: OpenApiParts, incoming: Incoming): Promise<Reply> {
  const requestId = randomUUID().toUpperCase();
  let request: SignedRequest | undefined;
  const failed = (error: unknown) => refusal(asServiceError(error), requestId, incoming.headers['host'] ?? '');
  let reply: Reply;
  try {
    request = parts.authenticate(incoming);
    reply = await serveCall(parts.pipeline, request, requestId);
  } catch (error) {
    reply = failed(error);
  }
  const action = request?.action ?? incoming.headers['x-acs-action'] ?? new Map(incoming.query).get('Action') ?? '';
  parts.journal.add({
    action,
    params: maskedParameters(request?.parameters ?? []),
    status: reply.kind === 'broken' ? 0 : reply.status,
    code: codeOf(reply),
    requestId,
    write: parts.pipeline.operations.some((one) => one.action === action && one.write),
  });
  return reply;
}

async function handle(parts: OpenApiParts, incoming: Incoming, response: ServerResponse): Promise<void> {
  if (incoming.path.startsWith('/_/')) {
    const answer = await openDoor(parts.doors, incoming);
    response.writeHead(answer.status, { 'content-type': answer.type });
    response.end(answer.text);
    return;
  }
  send(await answerCall(parts, incoming), response);
}

/** Starts the service. Long query strings need the large header limit; the long keep-alive outlives the pauses of clients. */
export async function startOpenApi(parts: OpenApiParts): Promise<LocalService> {
  const server = createServer({ maxHeaderSize: 131_072, keepAliveTimeout: 65_000 }, (request, response) => {
    void readIncoming(request)
      .then((incoming) => handle(parts, incoming, response))
      .catch((error: unknown) => {
        if (response.headersSent) response.destroy();
        else send(refusal(asServiceError(error), randomUUID().toUpperCase(), ''), response);
      });
  });
  const url = await listenOnLoopback(server, parts.port, parts.name);
  let stopped: Promise<void> | undefined;
  return {
    url,
    stop: () => {
      stopped ??= closeServer(server);
      return stopped;
    },
  };
}

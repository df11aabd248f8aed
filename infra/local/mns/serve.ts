/** One request from the socket to its answer: signature, fault, operation, journal. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultBook } from '../fault-book.ts';
import type { Journal } from '../journal.ts';
import type { LocalCredentials } from '../service.ts';
import { errorXml, send, sendHtml } from './answering.ts';
import type { Broker } from './broker.ts';
import type { Answer, Call } from './call.ts';
import type { Polls } from './polls.ts';
import { Refusal } from './refusal.ts';
import { findOperation, type Operation, readQuery } from './routes.ts';
import { verify } from './signature.ts';

export interface Service {
  readonly broker: Broker;
  readonly polls: Polls;
  readonly journal: Journal;
  readonly faults: FaultBook;
  readonly credentials: LocalCredentials;
}

interface Request {
  readonly method: string;
  readonly target: string;
  readonly query: Readonly<Record<string, string>>;
  readonly path: Readonly<Record<string, string>>;
  readonly operation: Operation | undefined;
  readonly body: Buffer;
  readonly id: string;
}

type Fault = NonNullable<ReturnType<FaultBook['take']>>;

/** `broken`: the connection is cut instead of an answer. */
type Outcome =
  | { readonly kind: 'answer'; readonly answer: Answer; readonly code: string }
  | { readonly kind: 'html' | 'broken'; readonly status: number };

function refused(code: string, status: number, message: string, request: Request, host: string): Outcome {
  return { kind: 'answer', code, answer: { status, xml: errorXml(code, message, request.id, host) } };
}

/** What a fault makes of the call without running it; `undefined` lets it run. */
function meet(fault: Fault | undefined, request: Request, host: string): Outcome | undefined {
  if (fault?.kind === 'reset') return { kind: 'broken', status: 0 };
  if (fault?.kind === 'html') return { kind: 'html', status: fault.status ?? 503 };
  const asked = 'this failure was asked for';
  if (fault?.kind === 'throttle') return refused(fault.code ?? 'QpsLimitExceeded', fault.status ?? 400, asked, request, host);
  if (fault?.kind === 'error' || fault?.kind === 'failed-job') {
    return refused(fault.code ?? 'InternalError', fault.status ?? 500, asked, request, host);
  }
  return undefined;
}

async function perform(service: Service, request: Request, message: IncomingMessage, gone: AbortSignal): Promise<Outcome> {
  const host = `http://${message.headers.host ?? ''}`;
  const { broker } = service;
  if (broker.settings().verifySignature) {
    const signed = { method: request.method, target: request.target, headers: message.headers, body: request.body };
    verify(signed, service.credentials, broker.now(), broker.settings().clockSkewStatus);
  }
  if (request.operation === undefined) throw new Refusal('InvalidRequestURL', 'the service has no such address');
  const fault = service.faults.take(request.operation.action, { ...request.query, ...request.path });
  const met = meet(fault, request, host);
  if (met !== undefined) return met;
  if (fault?.kind === 'latency') await sleep(fault.latencyMs ?? 0);
  const call: Call = {
    broker,
    polls: service.polls,
    path: request.path,
    query: request.query,
    header: (name) => String(message.headers[name] ?? ''),
    body: request.body.toString('utf8'),
    base: host,
    gone,
  };
  const answer = await request.operation.run(call);
  return fault?.kind === 'lost-answer' ? { kind: 'broken', status: 0 } : { kind: 'answer', answer, code: answer.code ?? '' };
}

async function outcomeOf(service: Service, request: Request, message: IncomingMessage, gone: AbortSignal): Promise<Outcome> {
  const host = `http://${message.headers.host ?? ''}`;
  try {
    return await perform(service, request, message, gone);
  } catch (error) {
    if (error instanceof Refusal) return refused(error.code, error.status, error.message, request, host);
    return refused('InternalError', 500, error instanceof Error ? error.message : String(error), request, host);
  }
}

function reply(response: ServerResponse, outcome: Outcome, requestId: string): void {
  if (outcome.kind === 'answer') send(response, outcome.answer, requestId);
  else if (outcome.kind === 'html') sendHtml(response, outcome.status);
  else response.destroy();
}

/** Serves one call of the API and writes it into the journal. A receipt handle in the query is shown; it opens nothing elsewhere. */
export async function serveCall(service: Service, message: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
  const target = message.url ?? '/';
  const method = message.method ?? 'GET';
  const query = readQuery(target);
  const found = findOperation(method, target.split('?')[0] ?? '/', query, body.toString('utf8'));
  const id = randomUUID().replaceAll('-', '').slice(0, 24).toUpperCase();
  const request: Request = { method, target, query, path: found?.path ?? {}, operation: found?.operation, body, id };
  const leaving = new AbortController();
  response.once('close', () => leaving.abort());
  const outcome = await outcomeOf(service, request, message, leaving.signal);
  reply(response, outcome, id);
  service.journal.add({
    action: request.operation?.action ?? `${method} ${target}`,
    params: { ...request.path, ...query },
    status: outcome.kind === 'answer' ? outcome.answer.status : outcome.status,
    code: outcome.kind === 'answer' ? outcome.code : outcome.kind,
    requestId: id,
    write: request.operation?.write ?? false,
  });
}

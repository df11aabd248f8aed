/**
 * Authenticated requests to one API server over one pool of connections. JSON adapter and streaming watch both stand on it. It gives every
 * call a deadline of its own and reports what went wrong in two classes; it neither retries nor waits.
 */
import { setMaxListeners } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { AlbeitError } from '#shared/errors.ts';
import { callTimeoutSeconds } from '#shared/steps.ts';
import { type Credentials, type KubeconfigSource, loadCredentials } from './credentials.ts';
import { type Clocks, createServerClock, machineClocks } from './server-clock.ts';

interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query. */
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
}

export interface KubeAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface Transport {
  /** One call, read to its end within the deadline. */
  send(request: KubeRequest): Promise<KubeAnswer>;
  /** Headers within the deadline; the body is the caller's to read, for as long as `signal` lets it. */
  open(request: KubeRequest, signal: AbortSignal): Promise<IncomingMessage>;
  /** See `Kube.now`. */
  now(): number;
  /** See `Kube.close`. Later calls are refused. */
  close(): void;
}

export interface TransportOptions {
  readonly kubeconfig: KubeconfigSource;
  readonly clocks?: Clocks;
  /** Of one call, in ms. */
  readonly deadlineMs?: number;
}

/** No answer of an API server that we ask for pages of 500 comes near this (bytes). */
const largestAnswer = 256 * 1024 * 1024;

const away = (detail: string, cause?: unknown): AlbeitError => new AlbeitError('KUBE-AWAY', { detail }, { cause });
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A transport for the current context of a kubeconfig. Nothing is read before the first call. */
export function createTransport(options: TransportOptions): Transport {
  const { monotonicMs } = options.clocks ?? machineClocks;
  const clock = createServerClock(options.clocks ?? machineClocks);
  const deadlineMs = options.deadlineMs ?? callTimeoutSeconds * 1000;
  const ending = new AbortController();
  // Every call under way listens to it; more than ten are no leak.
  setMaxListeners(0, ending.signal);
  let credentials: Promise<Credentials> | undefined;
  const known = (): Promise<Credentials> => {
    credentials ??= loadCredentials(options.kubeconfig, monotonicMs).catch((error: unknown) => {
      // A kubeconfig that is not mounted yet may be there at the next call.
      credentials = undefined;
      throw error;
    });
    return credentials;
  };

  const start = async (request: KubeRequest, signal: AbortSignal): Promise<IncomingMessage> => {
    const sentMs = monotonicMs();
    const answer = await exchange(await known(), request, signal);
    clock.learn(answer.headers.date, sentMs);
    return answer;
  };

  return {
    send: async (request) => {
      const deadline = new Deadline(deadlineMs, ending.signal);
      try {
        const answer = await start(request, deadline.signal);
        return { status: answer.statusCode ?? 0, body: readJson(await readAll(answer)) };
      } catch (error) {
        throw away(deadline.passed ? `no answer within ${deadlineMs} ms` : textOf(error), error);
      } finally {
        deadline.end();
      }
    },
    open: async (request, signal) => {
      const deadline = new Deadline(deadlineMs, AbortSignal.any([ending.signal, signal]));
      try {
        return await start(request, deadline.signal);
      } catch (error) {
        throw away(deadline.passed ? `no answer within ${deadlineMs} ms` : textOf(error), error);
      } finally {
        deadline.stopClock();
      }
    },
    now: clock.now,
    close: () => {
      ending.abort(new Error('the client was closed'));
      void credentials?.then(
        (found) => found.agent.destroy(),
        () => undefined,
      );
    },
  };
}

/** A signal that fires after a time or with another signal. `AbortSignal.timeout` cannot be stopped, and would outlive every call. */
class Deadline {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #outer: AbortSignal;
  readonly #forward = (): void => this.#controller.abort(this.#outer.reason);
  passed = false;

  constructor(ms: number, outer: AbortSignal) {
    this.#outer = outer;
    this.#timer = setTimeout(() => {
      this.passed = true;
      this.#controller.abort();
    }, ms);
    if (outer.aborted) this.#forward();
    else outer.addEventListener('abort', this.#forward, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The time no longer counts; the outer signal still does. */
  stopClock(): void {
    clearTimeout(this.#timer);
  }

  end(): void {
    this.stopClock();
    this.#outer.removeEventListener('abort', this.#forward);
  }
}

async function exchange(credentials: Credentials, request: KubeRequest, signal: AbortSignal): Promise<IncomingMessage> {
  signal.throwIfAborted();
  const url = new URL(`${credentials.server}${request.path}`);
  const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body));
  const headers = {
    ...(await credentials.headers()),
    accept: request.accept ?? 'application/json',
    ...(body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json', 'content-length': body.length }),
  };
  const begin = url.protocol === 'http:' ? httpRequest : httpsRequest;
  return new Promise((resolve, reject) => {
    const sent = begin(url, { method: request.method, agent: credentials.agent, headers, signal });
    sent.once('response', resolve).on('error', reject).end(body);
  });
}

async function readAll(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > largestAnswer) throw new Error(`an answer longer than ${largestAnswer} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** What is not JSON (a proxy's page, say) comes back as undefined, and no caller takes that for an object. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

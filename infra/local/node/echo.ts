/**
 * The container of every Pod: an echo server that answers in the format of the Gateway API conformance suite's, so that the suites written
 * for that one can read it.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { closeServer, listenOnLoopback } from '../listen.ts';

export interface EchoIdentity {
  readonly namespace: string;
  readonly ingress: string;
  readonly service: string;
  readonly pod: string;
}

/** `x-forwarded-for` as Go writes it: `X-Forwarded-For`. */
const canonical = (name: string): string => name.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());

/** Host is told apart, as Go does. */
function headersOf(request: IncomingMessage): Record<string, readonly string[]> {
  const headers = Object.entries(request.headersDistinct).filter(([name]) => name !== 'host');
  return Object.fromEntries(headers.map(([name, values]) => [canonical(name), values ?? []]));
}

/** What the server answers to a request. `path` is the request target with its query. */
const echo = (request: IncomingMessage, identity: EchoIdentity) => ({
  path: request.url ?? '/',
  host: request.headers.host ?? '',
  method: request.method ?? '',
  proto: `HTTP/${request.httpVersion}`,
  headers: headersOf(request),
  ...identity,
});

export interface EchoServer {
  /** `127.0.0.1:43123`. */
  readonly socket: string;
  /** Finishes what is running, and cuts what takes longer than the grace (ms). */
  stop(graceMs: number): Promise<void>;
}

/** Starts an echo server on a free port. The identity is asked for at each request. */
export async function startEcho(identity: () => EchoIdentity): Promise<EchoServer> {
  // Servers in a cluster keep connections longer than the load balancer does, so that it is never they who close first.
  const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
    request.resume();
    response.writeHead(200, { 'Content-Type': 'application/json', 'X-Content-Type-Options': 'nosniff' });
    response.end(`${JSON.stringify(echo(request, identity()), null, 1)}\n`);
  });
  const url = await listenOnLoopback(server, 0, 'echo server');
  return { socket: new URL(url).host, stop: (graceMs) => stopGently(server, graceMs) };
}

async function stopGently(server: Server, graceMs: number): Promise<void> {
  const finished = new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
  const cut = setTimeout(() => void closeServer(server), graceMs);
  await finished;
  clearTimeout(cut);
}

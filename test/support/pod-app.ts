/** The program in a pod of a rolling update: answers at once, or holds an answer back for some virtual time; ends as a good program does. */
import { createServer, type ServerResponse } from 'node:http';
import { closeServer, listenOnLoopback } from '#infra/local/listen.ts';
import type { Clock } from '#infra/local/openapi/clock.ts';

export interface PodApp {
  readonly socket: string;
  /** Takes no more connections, finishes what it was asked, and then ends. */
  finish(): Promise<void>;
  /** Ends at once. */
  kill(): Promise<void>;
}

/** `/hold?ms=3000` is answered after three seconds of `clock`. */
export async function startPodApp(identity: { readonly service: string; readonly pod: string }, clock: Clock): Promise<PodApp> {
  let finishing = false;
  const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
    request.resume();
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://pod');
    const answer = (): void => send(response, finishing);
    if (pathname === '/hold') clock.after(Number(searchParams.get('ms')), answer);
    else answer();
  });
  const text = JSON.stringify({
    path: '/',
    host: '',
    method: 'GET',
    proto: 'HTTP/1.1',
    headers: {},
    namespace: 'shop',
    ingress: '',
    ...identity,
  });
  const send = (response: ServerResponse, last: boolean): void => {
    // Who is about to end says so, or the next request would meet a connection that closes.
    response.writeHead(200, { 'content-type': 'application/json', ...(last ? { connection: 'close' } : {}) }).end(text);
  };
  const url = await listenOnLoopback(server, 0, 'pod');
  return {
    socket: new URL(url).host,
    finish: () =>
      new Promise((resolve) => {
        finishing = true;
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
    kill: () => closeServer(server),
  };
}

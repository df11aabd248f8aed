/**
 * The sockets of one adapter. The SDK's HTTP layer keeps one private keep-alive agent for the whole process and offers no way to give it
 * another or to close it; without this, a connection outlives the invocation and a frozen request can wake in the next one. Node announces
 * every outgoing request on a diagnostics channel: those made inside `run` are noted here, and `close` destroys them.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';

const current = new AsyncLocalStorage<Connections>();
/** The agent hands an idle socket to whoever asks next: a socket belongs to its latest user. */
const latestUser = new WeakMap<Socket, Connections>();
let subscribed = false;

function subscribeOnce(): void {
  if (subscribed) return;
  subscribed = true;
  subscribe('http.client.request.start', (event) => {
    // The channel's message is untyped; Node documents it as `{ request: ClientRequest }`.
    current.getStore()?.note((event as { readonly request: ClientRequest }).request);
  });
}

export class Connections {
  private readonly sockets = new Set<Socket>();

  constructor() {
    subscribeOnce();
  }

  /** Runs one call; sockets it uses are ours from then on. */
  run<T>(call: () => Promise<T>): Promise<T> {
    return current.run(this, call);
  }

  note(request: ClientRequest): void {
    if (request.socket) this.own(request.socket);
    else request.once('socket', (socket) => this.own(socket));
  }

  /** Ends every connection, requests in flight included. The adapter may be used again afterwards. */
  close(): void {
    for (const socket of this.sockets) {
      if (latestUser.get(socket) === this) socket.destroy();
    }
    this.sockets.clear();
  }

  private own(socket: Socket): void {
    latestUser.set(socket, this);
    if (this.sockets.has(socket)) return;
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
  }
}

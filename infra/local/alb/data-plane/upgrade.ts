/** WebSocket: after the server's 101 the two connections are one pipe. */
import { type Duplex, finished } from 'node:stream';

interface End {
  readonly socket: Duplex;
  /** What arrived together with the handshake. */
  readonly head: Buffer;
}

/** Passes the server's handshake on and joins both directions; either side's end or failure ends the other, and then it is done. */
export function joinSockets(handshake: string, { client, server }: { readonly client: End; readonly server: End }, done: () => void): void {
  finished(server.socket, done);
  client.socket.write(handshake);
  if (server.head.length > 0) client.socket.write(server.head);
  if (client.head.length > 0) server.socket.write(client.head);
  const join = (from: Duplex, to: Duplex) => {
    from.pipe(to);
    from.once('error', () => to.destroy());
    from.once('close', () => to.destroy());
  };
  join(client.socket, server.socket);
  join(server.socket, client.socket);
}

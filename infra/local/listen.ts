/** Opening and closing a loopback port, for emulators. */
import type { Server } from 'node:http';
import type { AddressInfo, Server as AnyServer } from 'node:net';

/** Listens on 127.0.0.1; 0 = any free port. Resolves to the base URL. A port in use is said with its number. */
export function listenOnLoopback(server: AnyServer, port: number, what: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new Error(`${what}: port ${port} is in use; choose another with --ports`) : error);
    });
    server.listen(port, '127.0.0.1', () => {
      // A listening TCP server has an AddressInfo.
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    });
  });
}

/** Closes the port and every connection to it. */
export const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

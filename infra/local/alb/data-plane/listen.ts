/** Opening a port on this machine. */
import type { AddressInfo, Server } from 'node:net';

/** Opens the port (0: any free one) on loopback and says which it is; rejects when it cannot be had. */
export function listenOn(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      // A TCP server's address is always of this form.
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Free loopback ports, for programs that cannot be told to choose one themselves. */
import { createServer } from 'node:net';

/** As many different free ports as asked for. Held together while choosing, so that none is given twice. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(Array.from({ length: count }, listen));
  return Promise.all(
    servers.map(async ({ server, port }) => {
      await new Promise((resolve) => server.close(resolve));
      return port;
    }),
  );
}

async function listen() {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return { server, port: address.port };
}

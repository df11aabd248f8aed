/** What becomes of requests and connections of a server that leaves its group, or fails its checks there. */
import { once } from 'node:events';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import type { DataPlaneSettings } from '#infra/local/alb/data-plane/settings.ts';
import type { ViewGroup } from '#infra/local/alb/view.ts';
import { deferred } from './deferred.ts';
import { ManualTimers } from './manual-timers.ts';
import { aGroup, aServer, call, MemoryView, read, serve, start } from './plane.ts';

const drained = { ConnectionDrainConfig: { ConnectionDrainEnabled: true, ConnectionDrainTimeout: 100 } };
const [old, next] = ['10.64.0.1', '10.64.0.2'];

const groupOf = (addresses: readonly string[], with_: Partial<ViewGroup> = drained) =>
  aGroup(
    'sgp-default',
    addresses.map((address) => aServer(address)),
    with_,
  );

/** One server that lets requests wait for the test, and another beside it that does not. */
async function leaving(with_: Partial<ViewGroup> = drained, settings: Partial<DataPlaneSettings> = {}) {
  const view = new MemoryView({ groups: [groupOf([old], with_)] });
  const arrived = deferred<ServerResponse>();
  const connections = new Set<Socket>();
  const server = await serve(view, old, (message, response) => {
    if (message.url === '/wait') arrived.resolve(response);
    else response.end(old);
  });
  server.on('connection', (socket: Socket) => connections.add(socket));
  await serve(view, next);
  const timers = new ManualTimers();
  const { plane, url } = await start(view, { timers, settings });
  const set = async (addresses: readonly string[]) => {
    view.set({ groups: [groupOf(addresses, with_)] });
    await plane.settled();
  };
  return { view, server, timers, plane, url, set, arrived: arrived.promise, connections };
}

/** Begins a request and hands over its answer once the head is there. */
function begin(url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(url, { agent: false }).on('response', resolve).on('error', reject).end();
  });
}

describe('a server that leaves a draining group', () => {
  it('gets no new request, and ends those that run', async () => {
    const { url, set, arrived } = await leaving();
    const answer = begin(`${url}/wait`);
    const response = await arrived;
    response.write('half, ');
    await set([next]);
    for (let at = 0; at < 3; at++) expect((await call(url)).body).toBe(next);
    response.end('whole');
    expect(await read(await answer)).toBe('half, whole');
  });

  it('loses what still runs when the time is over, and nothing before', async () => {
    const { url, set, arrived, timers } = await leaving();
    const answer = begin(`${url}/wait`);
    const response = await arrived;
    response.write('half');
    const message = await answer;
    await set([next]);
    timers.advance(59_000);
    response.write(', still there');
    await vi.waitUntil(() => message.readableLength > 10, { timeout: 20_000, interval: 1 });
    timers.advance(41_000);
    await expect(read(message)).rejects.toThrow();
  });

  it('answers 502 for a request that has no answer when the time is over', async () => {
    const { url, set, arrived, timers } = await leaving({
      ConnectionDrainConfig: { ConnectionDrainEnabled: true, ConnectionDrainTimeout: 20 },
    });
    const answer = call(`${url}/wait`);
    await arrived;
    await set([next]);
    timers.advance(20_000);
    expect((await answer).status).toBe(502);
  });

  it('keeps its requests for good when it comes back in time', async () => {
    const { url, set, arrived, timers } = await leaving();
    const answer = begin(`${url}/wait`);
    const response = await arrived;
    response.write('half, ');
    await answer;
    await set([next]);
    // RequestTimeout counts from the last byte: this one is kept alive meanwhile.
    timers.advance(50_000);
    await set([old, next]);
    response.write('more, ');
    const message = await answer;
    await vi.waitUntil(() => message.readableLength > 6, { timeout: 20_000, interval: 1 });
    timers.advance(59_000);
    response.end('whole');
    expect(await read(message)).toBe('half, more, whole');
  });

  it('keeps a WebSocket until the time is over', async () => {
    const { url, server, set, timers } = await leaving();
    server.on('upgrade', (_, socket: Socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      socket.on('data', (chunk) => socket.write(`re: ${chunk}`)).on('error', () => {});
    });
    const outgoing = request(url, { headers: { Connection: 'Upgrade', Upgrade: 'websocket' } }).end();
    const [, socket] = (await once(outgoing, 'upgrade')) as [IncomingMessage, Socket];
    await set([next]);
    timers.advance(99_000);
    socket.write('here');
    expect(String((await once(socket, 'data'))[0])).toBe('re: here');
    timers.advance(1_000);
    await once(socket, 'close');
  });
});

describe('a server that leaves a group without draining', () => {
  const plain = {};

  it('loses its requests at once', async () => {
    const { url, set, arrived } = await leaving(plain);
    const answer = call(`${url}/wait`);
    await arrived;
    await set([next]);
    expect((await answer).status).toBe(502);
    expect((await call(url)).body).toBe(next);
  });

  it('may finish them all the same, by a switch', async () => {
    const { url, set, arrived } = await leaving(plain, { removedConnections: 'finish' });
    const answer = call(`${url}/wait`);
    const response = await arrived;
    await set([next]);
    response.end('late');
    expect(await answer).toMatchObject({ status: 200, body: 'late' });
  });
});

describe('a server that fails its checks', () => {
  const HealthCheckConfig = { HealthCheckEnabled: true, HealthCheckInterval: 2, HealthyThreshold: 2, UnhealthyThreshold: 2 };

  it.each([
    ['loses the requests that run', {}, 502],
    ['ends the requests that run where the group drains', drained, 200],
  ])('%s', async (_, with_, status) => {
    const { url, arrived, plane, timers, view } = await leaving({ HealthCheckConfig, ...with_ });
    const until = (wanted: string) =>
      vi.waitUntil(
        () => {
          timers.advance(2_000);
          return plane.health('sgp-default')[0]?.status === wanted;
        },
        { timeout: 5_000, interval: 10 },
      );
    await until('Normal');
    const answer = call(`${url}/wait`);
    const response = await arrived;
    // A port that is reserved: nobody answers there.
    view.sockets.set(old, 1);
    await until('Unhealthy');
    expect((await call(url)).status).toBe(503);
    response.end('late');
    expect((await answer).status).toBe(status);
  });
});

describe('connections that are kept to a server', () => {
  const kept = { ...drained, UpstreamKeepaliveEnabled: true };

  it('are one for requests in a row, and one a request where the group keeps none', async () => {
    const one = await leaving(kept);
    for (let at = 0; at < 5; at++) await call(one.url);
    expect(one.connections.size).toBe(1);
    const each = await leaving(drained);
    for (let at = 0; at < 5; at++) await call(each.url);
    expect(each.connections.size).toBe(5);
  });

  it('are closed when it leaves: idle ones at once, a busy one after its request', async () => {
    const { url, set, arrived, connections } = await leaving(kept);
    const answer = begin(`${url}/wait`);
    const response = await arrived;
    expect((await call(url)).body).toBe(old);
    const [busy, idle] = [...connections];
    await set([next]);
    await vi.waitUntil(() => idle?.destroyed, { timeout: 20_000, interval: 1 });
    expect(busy?.destroyed).toBe(false);
    response.end('done');
    expect(await read(await answer)).toBe('done');
    await vi.waitUntil(() => busy?.destroyed, { timeout: 20_000, interval: 1 });
  });

  it('are made anew when it comes back', async () => {
    const { url, set, connections } = await leaving(kept);
    await call(url);
    await set([next]);
    await set([old]);
    for (let at = 0; at < 3; at++) expect((await call(url)).body).toBe(old);
    expect(connections.size).toBe(2);
  });
});

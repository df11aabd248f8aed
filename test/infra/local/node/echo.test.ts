import { once } from 'node:events';
import { createServer as createHttpServer, request } from 'node:http';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { closeServer, listenOnLoopback } from '#infra/local/listen.ts';
import { type EchoIdentity, startEcho } from '#infra/local/node/echo.ts';
import { watchReadiness } from '#infra/local/node/readiness.ts';
import { eventually } from './cluster.ts';

const identity: EchoIdentity = { namespace: 'cafe', ingress: 'shop', service: 'tea', pod: 'tea-1' };

describe('the echo server', () => {
  it('answers with the request and who it is, headers as Go writes them and Host apart', async () => {
    const echo = await startEcho(() => identity);
    const [host, port] = echo.socket.split(':');
    const call = request({ host, port, path: '/a/b?x=1', headers: { Host: 'cafe.example.com', 'x-two': ['a', 'b'] }, agent: false }).end();
    const [answer] = await once(call, 'response');
    let body = '';
    for await (const chunk of answer) body += chunk;
    expect(JSON.parse(body)).toEqual({
      ...{ path: '/a/b?x=1', host: 'cafe.example.com', method: 'GET', proto: 'HTTP/1.1' },
      headers: { 'X-Two': ['a', 'b'], Connection: ['close'] },
      ...identity,
    });
    await echo.stop(0);
    await expect(fetch(`http://${echo.socket}`)).rejects.toThrow();
  });

  it('tells of what its pod is called now', async () => {
    let pod = 'before';
    const echo = await startEcho(() => ({ ...identity, pod }));
    pod = 'after';
    expect(await (await fetch(`http://${echo.socket}`)).json()).toMatchObject({ pod: 'after' });
    await echo.stop(0);
  });
});

describe('a readiness probe', () => {
  /** Follows a probe of a socket; tells what it said so far. */
  const follow = (probe: object, socket: string, ready = false) => {
    const ending = new AbortController();
    const said: boolean[] = [];
    const changed = (now: boolean) => said.push(now);
    const all = { periodSeconds: 0.01, ...probe };
    void watchReadiness({ probe: all, socket: () => socket, ready, changed, signal: ending.signal });
    return { said, end: () => ending.abort() };
  };

  it('by TCP passes while somebody listens, and fails after enough refusals in a row', async () => {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const { said, end } = follow({ tcpSocket: {} }, `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
    await eventually(
      () => said,
      (found) => found.join() === 'true',
    );
    server.close();
    await eventually(
      () => said,
      (found) => found.join() === 'true,false',
    );
    end();
  });

  it('by HTTP does not pass for an error, nor for silence', async () => {
    let asked = 0;
    const server = createServer((socket) => {
      asked += 1;
      if (asked % 2 === 0) socket.end('HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n');
      socket.on('error', () => {});
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const socket = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    const { said, end } = follow({ httpGet: { path: '/' }, timeoutSeconds: 0.02 }, socket);
    await eventually(
      () => asked,
      (found) => found >= 4,
    );
    end();
    server.close();
    expect(said).toEqual([]);
  });

  it('says nothing about a container that was ready before a restart and still is', async () => {
    let asked = 0;
    const server = createHttpServer((_, response) => {
      asked += 1;
      response.end();
    });
    const { said, end } = follow({ httpGet: { path: '/' } }, new URL(await listenOnLoopback(server, 0, 'ready')).host, true);
    await eventually(
      () => asked,
      (found) => found >= 3,
    );
    end();
    await closeServer(server);
    expect(said).toEqual([]);
  });
});

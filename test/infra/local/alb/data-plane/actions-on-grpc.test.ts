/** Rules in front of a group that speaks gRPC act as in front of any other. */
import { createServer, type IncomingHttpHeaders } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { action, aGroup, aListener, aServer, doing, forwardTo, MemoryView, start } from './plane.ts';
import { callByHttp2, callSecurely } from './secure-call.ts';

const listener = aListener({ ListenerProtocol: 'HTTPS', ListenerPort: 443, Http2Enabled: true, CertificateId: '1-cn-local' });
const insert = (Key: string, Value: string) => action('InsertHeader', { Key, Value });

async function orders(actions: Parameters<typeof doing>[0]) {
  const seen: IncomingHttpHeaders[] = [];
  const server = createServer();
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream, headers) => {
    seen.push(headers);
    stream.respond({ ':status': 200, 'x-secret': 'leaf' });
    stream.end('listed');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  const view = new MemoryView({
    listeners: [listener],
    rules: [
      doing([...actions, forwardTo('sgp-a')]),
      doing([insert('x-answered', 'yes'), action('RemoveHeader', { Key: 'x-secret' })], { Direction: 'Response' }),
    ],
    groups: [aGroup('sgp-a', [aServer('10.64.0.1')], { Protocol: 'GRPC' })],
  });
  // A TCP server's address is always of this form.
  view.sockets.set('10.64.0.1', (server.address() as AddressInfo).port);
  const { plane, url } = await start(view);
  return { seen, url, authority: await plane.authority() };
}

describe('a rule before a gRPC group', () => {
  it('rewrites and marks the call, and edits the answer', async () => {
    const { seen, url, authority } = await orders([
      insert('x-edge', 'alb'),
      action('Rewrite', { Host: 'new.example.com', Path: '/new.Orders/List' }),
    ]);
    const answer = await callByHttp2(`${url}/shop.Orders/List`, { authority, host: 'orders.example.com', method: 'POST', body: 'all' });
    expect(answer).toMatchObject({ status: 200, body: 'listed', headers: { 'x-answered': 'yes' } });
    expect(answer.headers).not.toHaveProperty('x-secret');
    expect(seen[0]).toMatchObject({ ':path': '/new.Orders/List', ':authority': 'new.example.com', 'x-edge': 'alb' });
  });

  it('answers 502 to what HTTP/2 cannot carry, and goes on', async () => {
    const { seen, url, authority } = await orders([]);
    const twice = { 'user-agent': ['one', 'two'] };
    expect((await callSecurely(url, { authority, host: 'orders.example.com', headers: twice })).status).toBe(502);
    expect((await callSecurely(url, { authority, host: 'orders.example.com' })).status).toBe(200);
    expect(seen).toHaveLength(1);
  });

  it('answers 502 when it inserts what HTTP/2 forbids, and goes on', async () => {
    const { seen, url, authority } = await orders([insert('Proxy-Connection', 'x')]);
    expect((await callByHttp2(url, { authority, host: 'orders.example.com' })).status).toBe(502);
    expect(seen).toHaveLength(0);
  });
});

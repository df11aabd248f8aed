/** Groups whose servers speak something else than plain HTTP/1.1: TLS, and gRPC. */
import {
  connect,
  createServer as createHttp2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ViewListener } from '#infra/local/alb/view.ts';
import { createAuthority, issueLeaf } from '#infra/local/authority.ts';
import { callGrpc } from '#test/support/grpc-call.ts';
import { ManualTimers } from './manual-timers.ts';
import { aGroup, aListener, aServer, MemoryView, read, start } from './plane.ts';
import { callByHttp2, callSecurely } from './secure-call.ts';

const secure: ViewListener = aListener({ ListenerProtocol: 'HTTPS', ListenerPort: 443, Http2Enabled: true, CertificateId: '1-cn-local' });

const behind = (protocol: string, addresses: readonly string[] = ['10.64.0.1'], with_: object = {}) =>
  new MemoryView({
    listeners: [secure],
    groups: [
      aGroup(
        'sgp-default',
        addresses.map((address) => aServer(address)),
        { Protocol: protocol, ...with_ },
      ),
    ],
  });

const open = (view: MemoryView, address: string, server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      view.sockets.set(address, (server.address() as AddressInfo).port);
      resolve();
    });
    onTestFinished(() => void server.close());
  });

describe('a group of protocol HTTPS', () => {
  it.each([false, true])('is asked over TLS, whoever signed its certificate (connections kept: %s)', async (UpstreamKeepaliveEnabled) => {
    const view = behind('HTTPS', ['10.64.0.1'], { UpstreamKeepaliveEnabled });
    const leaf = await issueLeaf(await createAuthority('nobody'), { commonName: 'pod', hosts: ['pod'], addresses: [] });
    const sockets = new Set<unknown>();
    const server = createHttpsServer({ cert: leaf.certificate, key: leaf.key }, (request, response) => {
      sockets.add(request.socket);
      read(request).then((body) => response.end(`${request.headers.host} ${body}`));
    });
    await open(view, '10.64.0.1', server);
    onTestFinished(() => server.closeAllConnections());
    const { plane, url } = await start(view);
    const options = { authority: await plane.authority(), host: 'cafe.example.com', method: 'POST', body: 'milk' };
    for (const call of [callSecurely, callByHttp2]) {
      expect(await call(url, options)).toMatchObject({ status: 200, body: 'cafe.example.com milk' });
    }
    expect(sockets.size).toBe(UpstreamKeepaliveEnabled ? 1 : 2);
  });

  it('whose server speaks no TLS is answered for with 502', async () => {
    const view = behind('HTTPS');
    const server = createHttp2Server();
    await open(view, '10.64.0.1', server);
    const { plane, url } = await start(view);
    expect(await callSecurely(url, { authority: await plane.authority(), host: 'cafe.example.com' })).toMatchObject({ status: 502 });
  });
});

type Serve = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

async function grpc(serve: Serve, addresses: readonly string[] = ['10.64.0.1'], with_: object = {}) {
  const view = behind('GRPC', addresses, with_);
  const server = createHttp2Server();
  server.on('stream', (stream, headers) =>
    serve(
      stream.on('error', () => {}),
      headers,
    ),
  );
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => sessions.add(session));
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
  });
  await open(view, addresses.at(-1) ?? '', server);
  const timers = new ManualTimers();
  const { plane, url } = await start(view, { timers });
  return { view, plane, timers, sessions, url, authority: await plane.authority() };
}

const to = (authority: string) => ({ authority, host: 'orders.example.com', path: '/shop.Orders/List' });

describe('a group of protocol gRPC', () => {
  it('is asked by HTTP/2, message by message in both directions, and its trailers reach the client', async () => {
    const seen: IncomingHttpHeaders[] = [];
    const { url, authority } = await grpc((stream, headers) => {
      seen.push(headers);
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': 'fine' }));
      stream.setEncoding('utf8').on('data', (message: string) => stream.write(`re: ${message}`));
      stream.on('end', () => stream.end());
    });
    expect(await callGrpc(url, { ...to(authority), messages: ['one', 'two', 'three'] })).toMatchObject({
      status: 200,
      messages: ['re: one', 're: two', 're: three'],
      trailers: { 'grpc-status': '0', 'grpc-message': 'fine' },
    });
    expect(seen[0]).toMatchObject({
      ':path': '/shop.Orders/List',
      ':authority': 'orders.example.com',
      'content-type': 'application/grpc',
      te: 'trailers',
      'x-forwarded-for': '127.0.0.1',
    });
  });

  it('may end a call at once, with the status in the head', async () => {
    const { url, authority } = await grpc((stream) => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12' }, { endStream: true });
    });
    expect(await callGrpc(url, { ...to(authority), messages: ['one'] })).toMatchObject({
      status: 200,
      messages: [],
      trailers: { 'grpc-status': '12' },
    });
  });

  it('is tried at another server when one cannot be connected to, and is 502 when it breaks off', async () => {
    const { url, authority } = await grpc(
      (stream, headers) => {
        if (headers[':path'] === '/broken') stream.close(2);
        else stream.respond({ ':status': 200 }, { endStream: true });
      },
      ['10.64.0.8', '10.64.0.1'],
    );
    for (let round = 0; round < 2; round++) expect(await callByHttp2(`${url}/fine`, { authority })).toMatchObject({ status: 200 });
    expect(await callByHttp2(`${url}/broken`, { authority })).toMatchObject({ status: 502 });
  });

  it.each([
    ['goes on with a stream while it drains', { ConnectionDrainEnabled: true, ConnectionDrainTimeout: 50 }, 49_000, 'open'],
    ['loses its streams when the time to drain is over', { ConnectionDrainEnabled: true, ConnectionDrainTimeout: 50 }, 50_000, 'cut'],
    ['loses its streams at once without draining', { ConnectionDrainEnabled: false }, 0, 'cut'],
  ])('%s, once it has left', async (_, ConnectionDrainConfig, ms, expected) => {
    const { view, plane, timers, url, authority } = await grpc((stream) => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
      stream.setEncoding('utf8').on('data', (message: string) => stream.write(`re: ${message}`));
    });
    view.set({ groups: [aGroup('sgp-default', [aServer('10.64.0.1')], { Protocol: 'GRPC', ConnectionDrainConfig })] });
    await plane.settled();
    const session = connect(url, { ca: authority, servername: 'localhost' });
    onTestFinished(() => session.destroy());
    const stream = session.request({
      ':path': '/shop.Orders/Watch',
      ':method': 'POST',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const said = () => new Promise<string>((resolve) => stream.once('data', (message: string) => resolve(message)));
    const closed = new Promise<string>((resolve) => stream.on('error', () => {}).once('close', () => resolve('cut')));
    stream.setEncoding('utf8').write('one');
    expect(await said()).toBe('re: one');
    view.set({ groups: [aGroup('sgp-default', [], { Protocol: 'GRPC', ConnectionDrainConfig })] });
    await plane.settled();
    timers.advance(ms);
    if (expected === 'open') {
      stream.write('two');
      expect(await said()).toBe('re: two');
    } else expect(await closed).toBe('cut');
  });

  const ok: Serve = (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.resume().on('end', () => stream.end('fine'));
  };

  it.each([
    [true, 1],
    [false, 3],
  ])('is asked over connections that are kept or not (%s), calls at once included', async (UpstreamKeepaliveEnabled, count) => {
    const { url, authority, sessions } = await grpc(ok, ['10.64.0.1'], { UpstreamKeepaliveEnabled });
    const ask = () => callByHttp2(`${url}/shop.Orders/List`, { authority, method: 'POST', body: 'all' });
    expect([await ask(), ...(await Promise.all([ask(), ask()]))].map(({ status, body }) => `${status} ${body}`)).toEqual(
      Array(3).fill('200 fine'),
    );
    expect(sessions.size).toBe(count);
  });

  it('is asked over a new connection when the kept one has been closed, by the server or because that has left', async () => {
    const kept = { UpstreamKeepaliveEnabled: true };
    const { view, plane, url, authority, sessions } = await grpc(ok, ['10.64.0.1'], kept);
    const ask = async () => (await callByHttp2(`${url}/shop.Orders/List`, { authority, method: 'POST', body: 'all' })).status;
    const closed = (session: ServerHttp2Session | undefined) => vi.waitUntil(() => session?.closed, { timeout: 20_000, interval: 1 });
    expect(await ask()).toBe(200);
    const [first] = sessions;
    const gone = new Promise((resolve) => first?.once('close', resolve));
    first?.close();
    await gone;
    await vi.waitUntil(async () => (await ask()) === 200, { timeout: 20_000, interval: 1 });
    expect(sessions.size).toBe(2);
    const second = [...sessions].at(-1);
    view.set({ groups: [aGroup('sgp-default', [], { Protocol: 'GRPC', ...kept })] });
    await plane.settled();
    await closed(second);
  });

  it('hears that its client has gone', async () => {
    let closed = () => {};
    const gone = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const { url, authority } = await grpc((stream) => {
      stream.once('close', closed);
      stream.respond({ ':status': 200 });
      stream.write('waiting');
    });
    const session = connect(url, { ca: authority, servername: 'localhost' });
    onTestFinished(() => session.destroy());
    const stream = session.request({ ':path': '/', ':method': 'POST' });
    stream.on('error', () => {});
    await new Promise<void>((resolve) => stream.once('data', () => resolve()));
    stream.close(8);
    await gone;
  });
});

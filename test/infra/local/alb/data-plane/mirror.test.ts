import type { IncomingMessage } from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import type { ViewRule } from '#infra/local/alb/view.ts';
import { deferred } from './deferred.ts';
import { ManualTimers } from './manual-timers.ts';
import { action, aGroup, aServer, call, doing, forwardTo, MemoryView, serve, serveEcho, start } from './plane.ts';

/** Of the wall clock, where copies go over real connections. */
const patienceMs = 20_000;

const mirrorTo = (...groups: string[]) =>
  action('TrafficMirror', {
    TargetType: 'ForwardGroupMirror',
    MirrorGroupConfig: { ServerGroupTuples: groups.map((ServerGroupId) => ({ ServerGroupId })) },
  });

const groups = [aGroup('sgp-a', [aServer('10.64.0.1')]), aGroup('sgp-m', [aServer('10.64.0.2')])];
const aView = (rule: ViewRule = doing([mirrorTo('sgp-m'), forwardTo('sgp-a')])) => new MemoryView({ rules: [rule], groups });

describe('TrafficMirror', () => {
  it('copies a request with its body, and the client gets the answer of the group it was meant for', async () => {
    const view = aView();
    const [seen, copies] = [await serveEcho(view, '10.64.0.1', { 'x-from': 'main' }), await serveEcho(view, '10.64.0.2')];
    const { url } = await start(view);
    const answer = await call(`${url}/tea?milk=1`, { method: 'POST', headers: { host: 'a.example.com', 'x-a': 'b' }, body: 'milk' });
    expect(answer.headers['x-from']).toBe('main');
    await vi.waitFor(() => expect(copies).toHaveLength(1), patienceMs);
    for (const one of [seen[0], copies[0]]) {
      expect(one).toMatchObject({
        method: 'POST',
        url: '/tea?milk=1',
        body: 'milk',
        headers: { host: 'a.example.com', 'x-a': 'b', 'x-forwarded-for': '127.0.0.1' },
      });
    }
  });

  it('copies requests without a body', async () => {
    const view = aView();
    await serveEcho(view, '10.64.0.1');
    const copies = await serveEcho(view, '10.64.0.2');
    const { url } = await start(view);
    for (const method of ['GET', 'HEAD', 'DELETE', 'POST']) await call(url, { method });
    await vi.waitFor(() => expect(copies.map((one) => one.method).sort()).toEqual(['DELETE', 'GET', 'HEAD', 'POST']), patienceMs);
  });

  it('copies a body that arrives in chunks of unknown length whole', async () => {
    const view = aView();
    const [seen, copies] = [await serveEcho(view, '10.64.0.1'), await serveEcho(view, '10.64.0.2')];
    const { url } = await start(view);
    const body = 'x'.repeat(300_000);
    await call(url, { method: 'PUT', headers: { 'transfer-encoding': 'chunked' }, body });
    await vi.waitFor(() => expect(copies).toHaveLength(1), patienceMs);
    expect(seen[0]?.body).toBe(body);
    expect(copies[0]?.body).toBe(body);
  });

  it('copies what the actions before it have made of the request, and not what comes after', async () => {
    const insert = (Key: string) => action('InsertHeader', { Key, Value: '1' });
    const view = aView(doing([insert('x-early'), mirrorTo('sgp-m'), insert('x-late'), forwardTo('sgp-a')]));
    const [seen, copies] = [await serveEcho(view, '10.64.0.1'), await serveEcho(view, '10.64.0.2')];
    const { url } = await start(view);
    await call(url);
    await vi.waitFor(() => expect(copies).toHaveLength(1), patienceMs);
    expect(seen[0]?.headers).toMatchObject({ 'x-early': '1', 'x-late': '1' });
    expect(copies[0]?.headers).toHaveProperty('x-early');
    expect(copies[0]?.headers).not.toHaveProperty('x-late');
  });

  it.each<[string, (view: MemoryView) => Promise<unknown>]>([
    ['answers with an error', (view) => serve(view, '10.64.0.2', (_, response) => response.writeHead(500).end('no'))],
    ['breaks off', (view) => serve(view, '10.64.0.2', (request) => request.socket.destroy())],
    ['is not there', async () => undefined],
    ['refuses connections', async (view) => view.sockets.set('10.64.0.2', 1)],
  ])('never shows the client that the mirror %s', async (_, prepare) => {
    const view = aView();
    await serveEcho(view, '10.64.0.1');
    await prepare(view);
    const { url } = await start(view);
    for (let times = 0; times < 3; times++) {
      expect(await call(url, { method: 'POST', body: 'x' })).toMatchObject({ status: 200 });
    }
  });

  it('is hurt by nothing that no server could be asked for', async () => {
    // A client may name any host; in a path it makes no request line.
    const view = aView(doing([action('Rewrite', { Path: '/\u0024{host}' }), mirrorTo('sgp-m'), forwardTo('sgp-a')]));
    await serveEcho(view, '10.64.0.1');
    const copies = await serveEcho(view, '10.64.0.2');
    const { url } = await start(view);
    for (const method of ['GET', 'POST']) {
      expect((await call(url, { method, headers: { host: 'a b' }, ...(method === 'POST' ? { body: 'milk' } : {}) })).status).toBe(502);
    }
    expect((await call(url, { headers: { host: 'a.test' } })).status).toBe(200);
    await vi.waitFor(() => expect(copies.map((one) => one.url)).toEqual(['/a.test']), patienceMs);
  });

  it('never waits for the mirror, has only so many copies on their way, and gives a silent one up in time', async () => {
    const timers = new ManualTimers();
    const view = aView();
    await serveEcho(view, '10.64.0.1');
    const asked: IncomingMessage[] = [];
    await serve(view, '10.64.0.2', (request) => void asked.push(request));
    const { url } = await start(view, { timers, settings: { mirrorsAtOnce: 2 } });
    for (let times = 0; times < 5; times++) expect((await call(url)).status).toBe(200);
    await vi.waitFor(() => expect(asked).toHaveLength(2), patienceMs);
    const closed = deferred<void>();
    asked[1]?.socket.once('close', () => closed.resolve());
    timers.advance(60_000);
    await closed.promise;
    // Their places are free again.
    await vi.waitFor(async () => {
      expect((await call(url)).status).toBe(200);
      expect(asked.length).toBeGreaterThan(2);
    }, patienceMs);
  });

  it('copies no body that is longer than the settings allow, and the client gets its answer all the same', async () => {
    const view = aView();
    const [seen, copies] = [await serveEcho(view, '10.64.0.1'), await serveEcho(view, '10.64.0.2')];
    const { url } = await start(view, { settings: { mirrorBodyBytes: 10 } });
    expect((await call(url, { method: 'POST', body: 'x'.repeat(11) })).status).toBe(200);
    expect((await call(url, { method: 'POST', body: 'x'.repeat(10) })).status).toBe(200);
    await vi.waitFor(() => expect(copies).toHaveLength(1), patienceMs);
    expect(copies[0]?.body).toHaveLength(10);
    expect(seen.map((one) => one.body.length)).toEqual([11, 10]);
  });

  it('comes after a limit: what is refused is not copied', async () => {
    const view = aView(doing([action('TrafficLimit', { QPS: 1 }), mirrorTo('sgp-m'), forwardTo('sgp-a')]));
    const [seen, copies] = [await serveEcho(view, '10.64.0.1'), await serveEcho(view, '10.64.0.2')];
    const timers = new ManualTimers();
    const { url } = await start(view, { timers });
    const statuses = [(await call(url)).status, (await call(url)).status];
    expect(statuses).toEqual([200, 503]);
    timers.advance(1000);
    expect((await call(url)).status).toBe(200);
    await vi.waitFor(() => expect(copies).toHaveLength(2), patienceMs);
    expect(seen).toHaveLength(2);
  });

  it('does not copy preflights that are answered before', async () => {
    const view = aView(doing([action('Cors', { AllowOrigin: ['*'] }), mirrorTo('sgp-m'), forwardTo('sgp-a')]));
    await serveEcho(view, '10.64.0.1');
    const copies = await serveEcho(view, '10.64.0.2');
    const { url } = await start(view);
    await call(url, { method: 'OPTIONS', headers: { origin: 'http://a.test', 'access-control-request-method': 'GET' } });
    await call(url, { headers: { origin: 'http://a.test' } });
    await vi.waitFor(() => expect(copies.map((one) => one.method)).toEqual(['GET']), patienceMs);
  });
});

import type { RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createAuthority, issueLeaf } from '#infra/local/authority.ts';
import { ManualTimers } from './manual-timers.ts';
import { aGroup, aServer, call, MemoryView, serve, start } from './plane.ts';

const checks = (more: Record<string, unknown> = {}) => ({
  HealthCheckEnabled: true,
  HealthCheckInterval: 2,
  HealthCheckTimeout: 5,
  HealthyThreshold: 2,
  UnhealthyThreshold: 3,
  ...more,
});

const groupOf = (config: Record<string, unknown>, addresses: readonly string[] = ['10.64.0.1']) =>
  aGroup(
    'sgp-default',
    addresses.map((address) => aServer(address)),
    { HealthCheckConfig: config },
  );

/** A load balancer with one checked group, and the way to let one probe after another happen. */
async function checked(config: Record<string, unknown>, handler?: RequestListener) {
  const timers = new ManualTimers();
  const view = new MemoryView({ groups: [groupOf(config)] });
  let probes = 0;
  const server = await serve(view, '10.64.0.1', (request, response) => {
    if (handler !== undefined) handler(request, response);
    else response.end('10.64.0.1');
    if (request.method === (config['HealthCheckMethod'] ?? 'HEAD')) probes += 1;
  });
  const { plane, url } = await start(view, { timers });
  const status = () => plane.health('sgp-default')[0]?.status;
  /** Lets the probe that is due happen. With its verdict in, only the next one waits: the interval, not a timeout. */
  const probe = async () => {
    timers.advance(2000);
    await vi.waitUntil(() => timers.waits.join() === '2000', { timeout: 20_000, interval: 1 });
  };
  return { view, server, plane, url, status, probe, timers, probes: () => probes };
}

describe('health checks', () => {
  it('keep a new server out until it has passed often enough in a row', async () => {
    const { status, probe, url, probes } = await checked(checks());
    expect(status()).toBe('Initial');
    expect((await call(url)).status).toBe(503);
    await probe();
    expect(status()).toBe('Initial');
    await probe();
    expect(status()).toBe('Normal');
    expect(probes()).toBe(2);
    expect((await call(url)).status).toBe(200);
  });

  it('take a server out after enough failures in a row, with the reason, and back in', async () => {
    let code = 200;
    const { status, probe, plane, url } = await checked(checks(), (_, response) => response.writeHead(code).end());
    for (const _ of [1, 2]) await probe();
    code = 500;
    for (const _ of [1, 2]) await probe();
    expect(status()).toBe('Normal');
    code = 200;
    await probe();
    code = 500;
    for (const _ of [1, 2, 3]) await probe();
    expect(plane.health('sgp-default')).toMatchObject([
      { status: 'Unhealthy', reason: { ReasonCode: 'RESPONSE_MISMATCH', ExpectedResponse: 'http_2xx', ActualResponse: '500' } },
    ]);
    expect((await call(url)).status).toBe(503);
    code = 200;
    for (const _ of [1, 2]) await probe();
    expect(plane.health('sgp-default')[0]).toEqual({ server: aServer('10.64.0.1'), status: 'Normal' });
    expect((await call(url)).status).toBe(200);
  });

  it('ask as the group says: method, path, host and codes', async () => {
    const seen: string[] = [];
    const config = { HealthCheckMethod: 'GET', HealthCheckPath: '/ready?x=1', HealthCheckCodes: ['http_2xx', 'http_4xx'] };
    const { status, probe } = await checked(checks(config), (request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.host}`);
      response.writeHead(404).end();
    });
    for (const _ of [1, 2]) await probe();
    expect(seen).toEqual(['GET /ready?x=1 10.64.0.1', 'GET /ready?x=1 10.64.0.1']);
    expect(status()).toBe('Normal');
  });

  it.each([
    ['HTTP1.0', '1.0'],
    ['HTTP1.1', '1.1'],
  ])('ask by the version that the group says, with nothing in the body: %s', async (HealthCheckHttpVersion, version) => {
    const seen: string[] = [];
    const { status, probe } = await checked(checks({ HealthCheckHttpVersion, HealthCheckMethod: 'POST' }), (request, response) => {
      seen.push(`${request.method} ${request.httpVersion} ${request.headers['content-length']}`);
      response.end();
    });
    for (const _ of [1, 2]) await probe();
    expect(seen).toEqual([`POST ${version} 0`, `POST ${version} 0`]);
    expect(status()).toBe('Normal');
  });

  it('connect to the port that the group says', async () => {
    const asked: number[] = [];
    const { view, probe } = await checked(checks({ HealthCheckConnectPort: 9000 }));
    const { socketOf } = view;
    view.socketOf = (address, port) => {
      asked.push(port);
      return socketOf(address, port);
    };
    await probe();
    expect(asked).toEqual([9000]);
  });

  it.each([
    ['what is no answer', 'SSH-2.0-dropbear\r\n'],
    ['an answer that breaks off', 'HTTP/1.1 2'],
  ])('fail by %s', async (_, text) => {
    const { probe, plane } = await checked(checks({ UnhealthyThreshold: 1 }), (request) => void request.socket.end(text));
    await probe();
    expect(plane.health('sgp-default')).toMatchObject([{ status: 'Unhealthy', reason: { ReasonCode: 'RECV_RESPONSE_FAILED' } }]);
  });

  it('by TCP only connect', async () => {
    const { status, probe, server, plane, probes } = await checked(checks({ HealthCheckProtocol: 'TCP' }));
    for (const _ of [1, 2]) await probe();
    expect(status()).toBe('Normal');
    expect(probes()).toBe(0);
    server.close();
    for (const _ of [1, 2, 3]) await probe();
    expect(plane.health('sgp-default')).toMatchObject([{ status: 'Unhealthy', reason: { ReasonCode: 'CONNECT_FAILED' } }]);
  });

  it('by HTTPS take any certificate, and judge the answer as by HTTP', async () => {
    const { view, status, probe, plane } = await checked(checks({ HealthCheckProtocol: 'HTTPS' }));
    const leaf = await issueLeaf(await createAuthority('nobody'), { commonName: 'pod', hosts: ['pod'], addresses: [] });
    let code = 200;
    const server = createHttpsServer({ cert: leaf.certificate, key: leaf.key }, (_, response) => response.writeHead(code).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    // A TCP server's address is always of this form.
    view.sockets.set('10.64.0.1', (server.address() as AddressInfo).port);
    for (const _ of [1, 2]) await probe();
    expect(status()).toBe('Normal');
    code = 404;
    for (const _ of [1, 2, 3]) await probe();
    expect(plane.health('sgp-default')).toMatchObject([{ status: 'Unhealthy', reason: { ActualResponse: '404' } }]);
  });

  it('by HTTPS fail where no TLS is spoken', async () => {
    const { probe, plane } = await checked(checks({ HealthCheckProtocol: 'HTTPS', UnhealthyThreshold: 1 }));
    await probe();
    expect(plane.health('sgp-default')).toMatchObject([{ status: 'Unhealthy', reason: { ReasonCode: 'RECV_RESPONSE_FAILED' } }]);
  });

  it('count silence as failure once the timeout is over', async () => {
    const { timers, plane } = await checked(checks({ UnhealthyThreshold: 1 }), () => {});
    timers.advance(0);
    await vi.waitUntil(() => {
      timers.advance(5000);
      return plane.health('sgp-default')[0]?.status === 'Unhealthy';
    }, 20_000);
    expect(plane.health('sgp-default')[0]?.reason?.ReasonCode).toMatch(/TIMEOUT$/);
  });

  it('switched on interrupt nobody, switched off let everybody in', async () => {
    const { view, status, probe, url, server } = await checked({ HealthCheckEnabled: false });
    expect(status()).toBe('Unavailable');
    expect((await call(url)).status).toBe(200);
    view.set({ groups: [groupOf(checks())] });
    expect((await call(url)).status).toBe(200);
    expect(status()).toBe('Normal');
    server.close();
    for (const _ of [1, 2, 3]) await probe();
    expect(status()).toBe('Unhealthy');
    view.set({ groups: [groupOf({ HealthCheckEnabled: false })] });
    await Promise.resolve();
    expect(status()).toBe('Unavailable');
  });

  it('of a server that left stop; one that joins starts anew', async () => {
    const { view, timers, probe, status, plane } = await checked(checks());
    for (const _ of [1, 2]) await probe();
    view.set({ groups: [groupOf(checks(), [])] });
    await plane.settled();
    expect(timers.waits).toEqual([]);
    view.set({ groups: [groupOf(checks())] });
    await plane.settled();
    expect(status()).toBe('Initial');
  });

  it('leave a server with weight 0 unused', async () => {
    const { view, plane } = await checked(checks());
    view.set({ groups: [aGroup('sgp-default', [aServer('10.64.0.1', { Weight: 0 })])] });
    expect(plane.health('sgp-default')[0]?.status).toBe('Unused');
  });

  it('can be told to forward all the same when nobody passes', async () => {
    const { plane, url } = await checked(checks());
    expect((await call(url)).status).toBe(503);
    plane.configure({ whenAllUnhealthy: 'forward' });
    expect((await call(url)).status).toBe(200);
  });
});

import { createServer, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type HealthCheck, healthCheckOf } from '#infra/local/alb/data-plane/health-settings.ts';
import { probeByGrpc } from '#infra/local/alb/data-plane/probe-grpc.ts';
import { ManualTimers } from './manual-timers.ts';
import { aGroup } from './plane.ts';

/** With the service's defaults for what is not said. */
function checkOf(config: object = {}): HealthCheck {
  const check = healthCheckOf(
    aGroup('sgp-1', [], { HealthCheckConfig: { HealthCheckEnabled: true, HealthCheckProtocol: 'gRPC', ...config } }),
  );
  if (check === undefined) throw new Error('the check is off');
  return check;
}

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))); // it listens on TCP

async function startGrpc(answer: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void): Promise<number> {
  const server = createServer();
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream, headers) =>
    answer(
      stream.on('error', () => {}),
      headers,
    ),
  );
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return listen(server);
}

const probe = (port: number, config?: object, timers = new ManualTimers()) =>
  probeByGrpc({ target: { host: '127.0.0.1', port, address: '10.64.0.1' }, check: checkOf(config), timers });

const withStatus = (status: string) => (stream: ServerHttp2Stream) => {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status }));
  stream.end('\0\0\0\0\0');
};

describe('a probe by gRPC', () => {
  it('posts an empty message to the path, under the address of the server', async () => {
    const seen: unknown[] = [];
    const port = await startGrpc((stream, headers) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.once('end', () => {
        seen.push([headers[':method'], headers[':path'], headers[':authority'], headers['content-type'], Buffer.concat(chunks).length]);
        withStatus('0')(stream);
      });
    });
    expect(await probe(port, { HealthCheckPath: '/grpc.health.v1.Health/Check' })).toBeUndefined();
    expect(seen).toEqual([['POST', '/grpc.health.v1.Health/Check', '10.64.0.1', 'application/grpc', 5]]);
  });

  it.each([
    [undefined, '0', undefined],
    [undefined, '12', { ReasonCode: 'RESPONSE_MISMATCH', ExpectedResponse: '0', ActualResponse: '12' }],
    [['0', '10-12'], '12', undefined],
    [['0', '10-12'], '13', { ReasonCode: 'RESPONSE_MISMATCH', ExpectedResponse: '0,10-12', ActualResponse: '13' }],
  ])('with codes %j takes status %s for %j', async (HealthCheckCodes, status, verdict) => {
    expect(await probe(await startGrpc(withStatus(status)), { HealthCheckCodes })).toEqual(verdict);
  });

  it('reads a status that stands in the head, and may ask by GET', async () => {
    const port = await startGrpc((stream, headers) =>
      stream.respond({ ':status': 200, 'grpc-status': headers[':method'] === 'GET' ? '12' : '0' }, { endStream: true }),
    );
    expect(await probe(port, { HealthCheckMethod: 'GET', HealthCheckCodes: ['12'] })).toBeUndefined();
  });

  it('fails where what answers is no gRPC, no HTTP/2, or nobody', async () => {
    const plain = await startGrpc((stream) => stream.respond({ ':status': 404 }, { endStream: true }));
    expect(await probe(plain)).toMatchObject({ ReasonCode: 'RESPONSE_MISMATCH', ActualResponse: '404' });
    const other = createTcpServer((socket) =>
      socket
        .on('error', () => {})
        .resume()
        .end('SSH-2.0\r\n'),
    );
    onTestFinished(() => void other.close());
    const port = await listen(other);
    expect(await probe(port)).toMatchObject({ ReasonCode: 'RECV_RESPONSE_FAILED' });
    await new Promise((resolve) => other.close(resolve));
    expect(await probe(port)).toMatchObject({ ReasonCode: 'CONNECT_FAILED' });
  });

  it('fails when the answer takes longer than it may', async () => {
    const timers = new ManualTimers();
    // Whoever is asked lets the time pass instead of answering.
    const port = await startGrpc(() => timers.advance(5_000));
    expect(await probe(port, {}, timers)).toEqual({ ReasonCode: 'RECV_RESPONSE_TIMEOUT' });
  });
});

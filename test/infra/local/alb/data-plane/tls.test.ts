import { once } from 'node:events';
import { connect } from 'node:http2';
import { Agent, request } from 'node:https';
import type { Duplex } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ViewListener } from '#infra/local/alb/view.ts';
import { aGroup, aListener, aRule, aServer, host, MemoryView, path, read, serve, start } from './plane.ts';
import { callByHttp2, callSecurely, type SecureOptions, shakeHands } from './secure-call.ts';

const secure = (with_: Partial<ViewListener> = {}): ViewListener =>
  aListener({ ListenerProtocol: 'HTTPS', ListenerPort: 443, Http2Enabled: true, CertificateId: '1-cn-local', ...with_ });

/** Answers with what it was asked. */
async function echoing(view: MemoryView, address = '10.64.0.1'): Promise<void> {
  await serve(view, address, (message, response) => {
    read(message).then((body) => {
      const { method, url, headers, rawHeaders, httpVersion } = message;
      response.writeHead(201, 'Well Made', [
        'X-One',
        'a',
        'X-One',
        'b',
        'Set-Cookie',
        'k=1',
        'Set-Cookie',
        'l=2',
        'Connection',
        'keep-alive',
      ]);
      response.end(JSON.stringify({ method, url, headers, rawHeaders, httpVersion, body }));
    });
  });
}

async function https(listener: ViewListener = secure()) {
  const view = new MemoryView({
    listeners: [listener],
    rules: [aRule(1, [host('cafe.example.com'), path('/tea')], 'sgp-tea')],
    groups: [aGroup('sgp-default', [aServer('10.64.0.9')]), aGroup('sgp-tea', [aServer('10.64.0.1')])],
  });
  await echoing(view);
  await serve(view, '10.64.0.9');
  const { plane, url } = await start(view);
  return { view, plane, url, authority: await plane.authority() };
}

describe('an HTTPS listener', () => {
  it('is described with its scheme, and a QUIC listener is not, for nothing answers there', async () => {
    const { view, plane, url } = await https();
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    view.set({ listeners: [secure(), secure({ ListenerId: 'lsn-2', ListenerProtocol: 'QUIC' })] });
    await plane.settled();
    expect(plane.describe()).toEqual([{ loadBalancerId: 'alb-1', listenerId: 'lsn-1', protocol: 'HTTPS', port: 443, url }]);
  });

  it.each([
    ['HTTP/1.1', callSecurely],
    ['HTTP/2', callByHttp2],
  ])('routes requests of %s by the same rules', async (_version, call) => {
    const { url, authority } = await https();
    const cafe = await call(`${url}/tea?x=1`, { authority, host: 'cafe.example.com' });
    expect(cafe.status).toBe(201);
    expect(JSON.parse(cafe.body)).toMatchObject({
      method: 'GET',
      url: '/tea?x=1',
      httpVersion: '1.1',
      headers: { host: 'cafe.example.com' },
    });
    expect(await call(`${url}/tea`, { authority, host: 'other.example.com' })).toMatchObject({ status: 200, body: '10.64.0.9' });
  });

  it('proves itself for whatever host is asked for, and for this machine when none is', async () => {
    const { url, authority } = await https();
    const named = await shakeHands(url, { authority, host: 'cafe.example.com' });
    expect(named.certificate).toMatchObject({
      subject: { CN: 'cafe.example.com', O: '1-cn-local' },
      subjectaltname: 'DNS:cafe.example.com',
    });
    const unnamed = await shakeHands(url, { authority });
    expect(unnamed.certificate.subjectaltname).toBe('DNS:localhost, IP Address:127.0.0.1');
    const { authority: another } = await https();
    await expect(shakeHands(url, { authority: another, host: 'cafe.example.com' })).rejects.toThrow(/certificate/);
  });

  it('serves another certificate once it is in force', async () => {
    const { view, plane, url, authority } = await https();
    view.set({ listeners: [secure({ CertificateId: '2-cn-local' })] });
    await plane.settled();
    for (const name of ['cafe.example.com', undefined]) {
      const { certificate } = await shakeHands(url, { authority, ...(name === undefined ? {} : { host: name }) });
      expect(certificate.subject.O).toBe('2-cn-local');
    }
  });

  it.each<readonly [policy: string, version: string]>([
    ['tls_cipher_policy_1_0', 'TLSv1.2'],
    ['tls_cipher_policy_1_2_strict_with_1_3', 'TLSv1.3'],
  ])('with policy %s speaks at most %s', async (SecurityPolicyId, version) => {
    const { url, authority } = await https(secure({ SecurityPolicyId }));
    expect((await shakeHands(url, { authority })).protocol).toBe(version);
  });

  it('agrees on HTTP/2 where the listener has it, and changes its mind with the listener', async () => {
    const { view, plane, url, authority } = await https();
    const agreed = async (...ALPNProtocols: string[]) => (await shakeHands(url, { authority, ALPNProtocols })).application;
    expect(await agreed('http/1.1', 'h2')).toBe('h2');
    expect(await agreed('http/1.1')).toBe('http/1.1');
    expect((await shakeHands(url, { authority })).application).toBe(false);
    await expect(agreed('spdy/3')).rejects.toThrow(/alert|application/i);
    view.set({ listeners: [secure({ Http2Enabled: false })] });
    await plane.settled();
    expect(await agreed('http/1.1', 'h2')).toBe('http/1.1');
  });

  it('tells servers that the client came by https', async () => {
    const { view, plane, url, authority } = await https();
    view.set({ listeners: [secure({ XForwardedForConfig: { XForwardedForProtoEnabled: true, XForwardedForSLBPortEnabled: true } })] });
    await plane.settled();
    const options = { authority, host: 'cafe.example.com' };
    for (const call of [callSecurely, callByHttp2]) {
      expect(JSON.parse((await call(`${url}/tea`, options)).body)).toMatchObject({
        headers: { 'x-forwarded-proto': 'https', 'x-forwarded-port': '443', 'x-forwarded-for': '127.0.0.1' },
      });
    }
  });
});

describe('WebSocket over TLS', () => {
  it('is one pipe after the handshake, and outlives the listener', async () => {
    const { view, plane, url, authority } = await https();
    const server = await serve(view, '10.64.0.9');
    server.on('upgrade', (_request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhi ');
      socket.on('data', (data: Buffer) => socket.write(data.toString().toUpperCase()));
    });
    const headers = { Connection: 'Upgrade', Upgrade: 'websocket' };
    const outgoing = request(url, { ca: authority, servername: 'localhost', agent: false, headers }).end();
    const [, socket, head] = (await once(outgoing, 'upgrade')) as [unknown, Duplex, Buffer];
    onTestFinished(() => void socket.destroy());
    let text = head.toString();
    socket.on('data', (data: Buffer) => {
      text += data.toString();
    });
    view.set({ listeners: [] });
    await plane.settled();
    socket.write('there');
    await expect.poll(() => text).toBe('hi THERE');
  });
});

describe('a request of HTTP/2', () => {
  const ask = async (with_: Partial<SecureOptions>) => {
    const { url, authority } = await https();
    const answered = await callByHttp2(`${url}/tea`, { authority, host: 'cafe.example.com', ...with_ });
    return { answered, seen: JSON.parse(answered.body) as Readonly<Record<string, unknown>> & { headers: Record<string, string> } };
  };

  it('reaches the server as one of HTTP/1.1: no pseudo-headers, the host once, cookies on one line', async () => {
    const { seen } = await ask({ headers: { cookie: ['a=1', 'b=2'], 'x-mine': 'yes', te: 'trailers' } });
    expect(seen.headers).toMatchObject({ host: 'cafe.example.com', cookie: 'a=1; b=2', 'x-mine': 'yes' });
    const names = (seen['rawHeaders'] as string[]).filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
    expect(names.filter((name) => name.startsWith(':') || name === 'te')).toEqual([]);
    expect(names.filter((name) => name === 'host' || name === 'cookie').sort()).toEqual(['cookie', 'host']);
  });

  it('may carry a body, with a length or without', async () => {
    const body = 'milk'.repeat(50_000);
    const unmeasured = await ask({ method: 'POST', body });
    expect(unmeasured.seen).toMatchObject({ method: 'POST', body, headers: { 'transfer-encoding': 'chunked' } });
    const measured = await ask({ method: 'PUT', body, headers: { 'content-length': String(body.length) } });
    expect(measured.seen).toMatchObject({ method: 'PUT', body, headers: { 'content-length': String(body.length) } });
    expect(measured.seen.headers).not.toHaveProperty('transfer-encoding');
    expect((await ask({ method: 'POST' })).seen).toMatchObject({ body: '', headers: { 'content-length': '0' } });
  });

  it('is answered without what belongs to a connection, and with every cookie', async () => {
    const { answered } = await ask({});
    expect(answered).toMatchObject({ status: 201, headers: { 'x-one': 'a, b', 'set-cookie': ['k=1', 'l=2'] } });
    expect(answered.headers).not.toHaveProperty('connection');
  });

  it('is answered by the load balancer itself where no server is', async () => {
    const { view, plane, url, authority } = await https();
    view.set({ groups: [] });
    await plane.settled();
    expect(await callByHttp2(`${url}/tea`, { authority, host: 'cafe.example.com' })).toMatchObject({ status: 503 });
    expect((await callByHttp2(`${url}/tea`, { authority, method: 'HEAD' })).body).toBe('');
  });

  it('shares its connection with others, and one whose server breaks off ends alone', async () => {
    const { view, url, authority } = await https();
    view.set({
      rules: [aRule(1, [path('/broken')], 'sgp-broken')],
      groups: [view.group('sgp-default') ?? aGroup('', []), aGroup('sgp-broken', [aServer('10.64.0.5')])],
    });
    await serve(view, '10.64.0.5', (_request, response) => {
      response.writeHead(200, { 'Content-Length': '100' }).write('half', () => response.destroy());
    });
    const session = connect(url, { ca: authority, servername: 'localhost' });
    onTestFinished(() => session.destroy());
    const outcome = (at: string): Promise<string> =>
      new Promise((resolve) => {
        const stream = session.request({ ':path': at });
        let text = '';
        stream.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        stream
          .on('error', () => resolve('broken'))
          .on('end', () => resolve(text))
          .on('aborted', () => resolve('broken'));
      });
    const outcomes = await Promise.all([outcome('/'), outcome('/broken'), outcome('/')]);
    expect(outcomes).toEqual(['10.64.0.9', 'broken', '10.64.0.9']);
    expect(await outcome('/')).toBe('10.64.0.9');
  });
});

describe('an HTTPS listener that goes', () => {
  it('lets a request end and closes connections that wait, of either version', async () => {
    const { view, plane, url, authority } = await https();
    const arrived: (() => void)[] = [];
    await serve(view, '10.64.0.1', (_request, response) => arrived.push(() => response.end('late')));
    const agent = new Agent({ keepAlive: true, ca: authority });
    onTestFinished(() => agent.destroy());
    let answered = () => {};
    const first = new Promise<void>((resolve) => {
      answered = resolve;
    });
    const idle = new Promise<void>((resolve, reject) => {
      const waiting = request(url, { agent, servername: 'localhost' }, (message) => {
        message.socket.once('close', () => resolve());
        message.resume().once('end', answered);
      });
      waiting.on('error', reject).end();
    });
    await first;
    const session = connect(url, { ca: authority, servername: 'localhost' });
    const idleSession = new Promise<void>((resolve) => session.once('close', () => resolve()));
    await new Promise<void>((resolve) => session.once('remoteSettings', () => resolve()));
    const running = callSecurely(`${url}/tea`, { authority, host: 'cafe.example.com' });
    await expect.poll(() => arrived.length).toBe(1);
    view.set({ listeners: [] });
    await plane.settled();
    await Promise.all([idle, idleSession]);
    arrived[0]?.();
    expect(await running).toMatchObject({ status: 200, body: 'late' });
    await expect(shakeHands(url, { authority })).rejects.toThrow(/ECONNREFUSED/);
  });
});

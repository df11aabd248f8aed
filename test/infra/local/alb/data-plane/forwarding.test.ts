import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { deferred } from './deferred.ts';
import { ManualTimers } from './manual-timers.ts';
import { aGroup, aListener, aRule, aServer, call, host, MemoryView, path, read, serve, start } from './plane.ts';

/** A load balancer whose default group has these servers. */
const viewOf = (addresses: readonly string[], more: Partial<Parameters<typeof aGroup>[2]> = {}) =>
  new MemoryView({
    groups: [
      aGroup(
        'sgp-default',
        addresses.map((address) => aServer(address)),
        more,
      ),
    ],
  });

/** A server that tells what reached it. */
const tell = (message: IncomingMessage) => JSON.stringify({ headers: message.rawHeaders, url: message.url, method: message.method });

async function seenBy(config: Record<string, boolean | string>, headers: Record<string, string | string[]> = {}) {
  const view = viewOf(['10.64.0.1']);
  view.set({ listeners: [aListener({ XForwardedForConfig: config })] });
  await serve(view, '10.64.0.1', (message, response) => response.end(JSON.stringify(message.headersDistinct)));
  const { url } = await start(view);
  return JSON.parse((await call(url, { headers: { host: 'cafe.example.com', ...headers } })).body) as Record<string, string[]>;
}

describe('sharing out requests', () => {
  it('gives servers their weights exactly, and none to weight 0', async () => {
    const weights = { '10.64.0.1': 3, '10.64.0.2': 1, '10.64.0.3': 0 };
    const servers = Object.entries(weights).map(([address, Weight]) => aServer(address, { Weight }));
    const view = new MemoryView({ groups: [aGroup('sgp-default', servers)] });
    for (const address of Object.keys(weights)) await serve(view, address);
    const { url } = await start(view);
    const answers: string[] = [];
    for (let at = 0; at < 12; at++) answers.push((await call(url)).body);
    const count = (address: string) => answers.filter((body) => body === address).length;
    expect(Object.keys(weights).map(count)).toEqual([9, 3, 0]);
  });

  it('gives groups their weights exactly, also while other rules change', async () => {
    const split = aRule(1, [path('/*')], { 'sgp-a': 90, 'sgp-b': 10, 'sgp-c': 0 });
    const groups = ['a', 'b', 'c'].map((name, at) => aGroup(`sgp-${name}`, [aServer(`10.64.0.${at}`)]));
    const view = new MemoryView({ rules: [split], groups });
    for (const at of [0, 1, 2]) await serve(view, `10.64.0.${at}`);
    const { url } = await start(view);
    const answers: string[] = [];
    for (let at = 0; at < 20; at++) {
      view.set({ rules: [split, aRule(10 + at, [host('x.example.com')], 'sgp-c')] });
      answers.push((await call(url)).body);
    }
    expect(answers.filter((body) => body === '10.64.0.0')).toHaveLength(18);
    expect(answers.filter((body) => body === '10.64.0.1')).toHaveLength(2);
  });
});

describe('what the load balancer answers itself', () => {
  it('503 when a group has no server', async () => {
    const { url } = await start(viewOf([]));
    expect(await call(url)).toMatchObject({ status: 503, headers: { 'content-type': 'text/html' } });
  });

  it('502 when nobody has the address, or nobody listens there', async () => {
    const view = viewOf(['10.64.0.1']);
    const { url } = await start(view);
    expect((await call(url)).status).toBe(502);
    const server = await serve(view, '10.64.0.1');
    server.close();
    expect((await call(url)).status).toBe(502);
  });

  it('the answer of another server when one cannot be connected to, body included', async () => {
    const view = viewOf(['10.64.0.1', '10.64.0.2']);
    await serve(view, '10.64.0.2', (message, response) => message.pipe(response));
    const { url } = await start(view);
    for (let at = 0; at < 4; at++) {
      expect(await call(url, { method: 'POST', body: 'a body' })).toMatchObject({ status: 200, body: 'a body' });
    }
  });

  it('502 and no second server when one breaks off after it got the request', async () => {
    const view = viewOf(['10.64.0.1', '10.64.0.2']);
    const seen: string[] = [];
    for (const address of ['10.64.0.1', '10.64.0.2']) {
      await serve(view, address, (message) => {
        seen.push(address);
        message.socket.destroy();
      });
    }
    const { url } = await start(view);
    expect((await call(url)).status).toBe(502);
    expect(seen).toHaveLength(1);
  });

  it('504 when the server is silent for the request timeout, and the server sees that nobody waits', async () => {
    const timers = new ManualTimers();
    const view = viewOf(['10.64.0.1']);
    view.set({ listeners: [aListener({ RequestTimeout: 7 })] });
    const arrived = deferred<IncomingMessage>();
    await serve(view, '10.64.0.1', (message) => arrived.resolve(message));
    const { url } = await start(view, { timers });
    const answer = call(url);
    const message = await arrived.promise;
    const closed = once(message.socket, 'close');
    timers.advance(7000);
    expect((await answer).status).toBe(504);
    await closed;
  });

  it('a cut connection rather than half a body that looks whole', async () => {
    const view = viewOf(['10.64.0.1']);
    await serve(view, '10.64.0.1', (_, response) => {
      response.write('half');
      setImmediate(() => response.destroy());
    });
    const { url } = await start(view);
    await expect(call(url)).rejects.toThrow();
  });
});

describe('headers', () => {
  it('appends the client to X-Forwarded-For, and nothing else by default', async () => {
    const headers = await seenBy({}, { 'X-Forwarded-For': '198.51.100.1' });
    expect(headers['x-forwarded-for']).toEqual(['198.51.100.1, 127.0.0.1']);
    const others = ['x-forwarded-proto', 'x-forwarded-port', 'x-forwarded-host', 'slb-id', 'x-forwarded-client-srcport', 'via'];
    expect(others.filter((name) => headers[name] !== undefined)).toEqual([]);
    expect(headers['host']).toEqual(['cafe.example.com']);
  });

  it('removes X-Forwarded-For when the listener says so, and leaves it alone when the switch is off', async () => {
    const given = { 'X-Forwarded-For': '198.51.100.1' };
    expect((await seenBy({ XForwardedForProcessingMode: 'remove' }, given))['x-forwarded-for']).toBeUndefined();
    expect((await seenBy({ XForwardedForEnabled: false }, given))['x-forwarded-for']).toEqual(['198.51.100.1']);
  });

  it.each([
    ['XForwardedForProtoEnabled', 'x-forwarded-proto', 'http'],
    ['XForwardedForSLBPortEnabled', 'x-forwarded-port', '80'],
    ['XForwardedForHostEnabled', 'x-forwarded-host', 'cafe.example.com'],
    ['XForwardedForSLBIdEnabled', 'slb-id', 'alb-1'],
  ])('%s replaces what the client claims in %s', async (name, header, value) => {
    expect((await seenBy({ [name]: true }, { [header]: 'a lie' }))[header]).toEqual([value]);
  });

  it('takes away what concerns one connection only, and keeps the rest as sent', async () => {
    const headers = await seenBy({}, { Connection: 'close, X-Hop', 'X-Hop': '1', 'Keep-Alive': 'x', TE: 'trailers', 'X-Two': ['a', 'b'] });
    expect(['x-hop', 'keep-alive', 'te'].filter((name) => headers[name] !== undefined)).toEqual([]);
    expect(headers['x-two']).toEqual(['a', 'b']);
    expect(headers['connection']).toEqual(['close']);
  });

  it('passes answers on with repeated headers, and without those of the connection', async () => {
    const view = viewOf(['10.64.0.1']);
    await serve(view, '10.64.0.1', (_, response) => {
      response.writeHead(418, 'Teapot', { 'Set-Cookie': ['a=1', 'b=2'], 'X-Kind': 'green', Connection: 'X-Hop', 'X-Hop': '1' });
      response.end();
    });
    const { url } = await start(view);
    const answer = await call(url);
    expect(answer).toMatchObject({ status: 418, headers: { 'set-cookie': ['a=1', 'b=2'], 'x-kind': 'green' } });
    expect(answer.headers['x-hop']).toBeUndefined();
  });
});

describe('bodies', () => {
  it.each([
    ['a length', 'POST', { 'Content-Length': '5' }, 'hello'],
    ['chunks', 'POST', { 'Transfer-Encoding': 'chunked' }, 'hello'],
    ['chunks of a method that rarely has a body', 'DELETE', { 'Transfer-Encoding': 'chunked' }, 'hello'],
    ['nothing', 'POST', { 'Content-Length': '0' }, ''],
    ['nothing', 'GET', {}, ''],
  ])('%s by %s arrive whole', async (_, method, headers, body) => {
    const view = viewOf(['10.64.0.1']);
    await serve(view, '10.64.0.1', async (message, response) => response.end(`${message.method} ${await read(message)}`));
    const { url } = await start(view);
    const answer = await call(url, { method, headers: headers as Record<string, string>, ...(body === '' ? {} : { body }) });
    expect(answer).toMatchObject({ status: 200, body: `${method} ${body}` });
  });

  it('stream in both directions at once, unbuffered', async () => {
    const view = viewOf(['10.64.0.1']);
    await serve(view, '10.64.0.1', (message, response) => message.pipe(response));
    const { url } = await start(view);
    const outgoing = request(url, { method: 'POST', agent: false });
    outgoing.write('one');
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    const chunks = incoming[Symbol.asyncIterator]();
    expect(String((await chunks.next()).value)).toBe('one');
    outgoing.end('two');
    expect(String((await chunks.next()).value)).toBe('two');
    expect((await chunks.next()).done).toBe(true);
  });

  it('of megabytes arrive whole', async () => {
    const view = viewOf(['10.64.0.1']);
    await serve(view, '10.64.0.1', (message, response) => message.pipe(response));
    const { url } = await start(view);
    const body = 'x'.repeat(8 * 1024 * 1024);
    expect((await call(url, { method: 'POST', body })).body).toHaveLength(body.length);
  });

  it('wait for a client that does not read: the server is slowed down, not buffered', async () => {
    const view = viewOf(['10.64.0.1']);
    let written = 0;
    await serve(view, '10.64.0.1', (_, response) => {
      const more = (): void => {
        while (written < 1000 && response.write(Buffer.alloc(1024 * 1024))) written += 1;
        if (written < 1000) response.once('drain', more);
      };
      more();
    });
    const { url } = await start(view);
    const outgoing = request(url, { agent: false }).end();
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    incoming.pause();
    let before = -1;
    // Until the pipe is full and nothing moves between two looks.
    const still = () => {
      const moved = before !== written;
      before = written;
      return !moved;
    };
    await vi.waitUntil(still, { timeout: 5000, interval: 100 });
    expect(written).toBeLessThan(100);
    outgoing.destroy();
  });

  it('are refused early by a server without hurting the connection of the client', async () => {
    // Kept connections: a server that closes at once may reset it, and then its answer is lost for any proxy.
    const view = viewOf(['10.64.0.1'], { UpstreamKeepaliveEnabled: true });
    await serve(view, '10.64.0.1', (_, response) => response.writeHead(413).end());
    const { url } = await start(view);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let at = 0; at < 3; at++) expect((await call(url, { agent, method: 'POST', body: 'x'.repeat(1024 * 1024) })).status).toBe(413);
    agent.destroy();
  });

  it.each([
    ['nobody is there', [], 503],
    ['nobody listens', ['10.64.0.9', '10.64.0.8'], 502],
  ])('are read away when %s, so that the connection of the client stays of use', async (_, addresses, status) => {
    const { url } = await start(viewOf(addresses));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    for (let at = 0; at < 3; at++) {
      const outgoing = request(url, { agent, method: 'POST' });
      outgoing.end('x'.repeat(1024 * 1024));
      const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
      ports.add(incoming.socket.localPort);
      expect(incoming.statusCode).toBe(status);
      await read(incoming);
    }
    expect(ports.size).toBe(1);
    agent.destroy();
  });

  it('HEAD passes the length without a body', async () => {
    const view = viewOf(['10.64.0.1']);
    await serve(view, '10.64.0.1', (_, response) => response.writeHead(200, { 'Content-Length': '5' }).end());
    const { url } = await start(view);
    expect(await call(url, { method: 'HEAD' })).toMatchObject({ status: 200, headers: { 'content-length': '5' }, body: '' });
  });

  it('are announced with Expect and asked for', async () => {
    const view = viewOf(['10.64.0.1']);
    await serve(view, '10.64.0.1', async (message, response) => response.end(await read(message)));
    const { url } = await start(view);
    const outgoing = request(url, { method: 'POST', agent: false, headers: { Expect: '100-continue' } });
    outgoing.flushHeaders();
    await once(outgoing, 'continue');
    outgoing.end('hello');
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    expect(await read(incoming)).toBe('hello');
  });
});

describe('connections', () => {
  it('of clients are kept between requests', async () => {
    const view = viewOf(['10.64.0.1']);
    await serve(view, '10.64.0.1');
    const { url } = await start(view);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    for (let at = 0; at < 3; at++) {
      const outgoing = request(url, { agent }).end();
      const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
      ports.add(incoming.socket.localPort);
      await read(incoming);
    }
    expect(ports.size).toBe(1);
    agent.destroy();
  });

  it.each([
    [true, 1],
    [false, 3],
  ])('to servers are kept when the group says %s', async (UpstreamKeepaliveEnabled, connections) => {
    const view = viewOf(['10.64.0.1'], { UpstreamKeepaliveEnabled });
    const ports = new Set<number | undefined>();
    await serve(view, '10.64.0.1', (message, response) => {
      ports.add(message.socket.remotePort);
      response.end();
    });
    const { url } = await start(view);
    for (let at = 0; at < 3; at++) expect((await call(url)).status).toBe(200);
    expect(ports.size).toBe(connections);
  });

  it('to a server that were closed meanwhile are made anew, for requests that may be repeated', async () => {
    const view = viewOf(['10.64.0.1'], { UpstreamKeepaliveEnabled: true });
    const used = new WeakSet<object>();
    await serve(view, '10.64.0.1', (message, response) => {
      if (used.has(message.socket)) return message.socket.destroy();
      used.add(message.socket);
      return response.end('fine');
    });
    const { url } = await start(view);
    const statuses: number[] = [];
    for (const method of ['GET', 'GET', 'GET', 'POST']) statuses.push((await call(url, { method })).status);
    expect(statuses).toEqual([200, 200, 200, 502]);
  });

  it('of clients to a listener that was removed are closed after the request that runs', async () => {
    const view = viewOf(['10.64.0.1']);
    const arrived = deferred<() => void>();
    await serve(view, '10.64.0.1', (_, response) => arrived.resolve(() => response.end('late')));
    const { plane, url } = await start(view);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const answer = call(url, { agent });
    const finish = await arrived.promise;
    view.set({ listeners: [] });
    await plane.settled();
    finish();
    expect((await answer).body).toBe('late');
    await expect(call(url, { agent })).rejects.toThrow();
    agent.destroy();
  });

  it('of HTTP/1.0 clients are answered and closed', async () => {
    const view = viewOf(['10.64.0.1']);
    await serve(view, '10.64.0.1', (message, response) => {
      response.write(`"${message.headers.host}" `);
      response.end('asked');
    });
    const { url } = await start(view);
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('GET /x HTTP/1.0\r\n\r\n');
    let answer = '';
    for await (const data of socket) answer += data;
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer).toMatch(/\r\n\r\n"" asked$/);
  });

  it('that a client gives up end at the server too', async () => {
    const view = viewOf(['10.64.0.1']);
    const arrived = deferred<IncomingMessage>();
    await serve(view, '10.64.0.1', (message) => arrived.resolve(message));
    const { url } = await start(view);
    const outgoing = request(url, { agent: false }).end();
    outgoing.on('error', () => {});
    const message = await arrived.promise;
    const closed = once(message.socket, 'close');
    outgoing.destroy();
    await closed;
  });

  it('switch to WebSocket and pass bytes both ways', async () => {
    const view = viewOf(['10.64.0.1']);
    const server = await serve(view, '10.64.0.1');
    server.on('upgrade', (message, socket) => {
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Key: ${message.headers['sec-websocket-key']}\r\n\r\nhi `,
      );
      socket.on('data', (data: Buffer) => socket.end(data.toString().toUpperCase()));
    });
    const { url } = await start(view);
    const outgoing = request(url, { headers: { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Key': 'abc' } }).end();
    const [incoming, socket, head] = (await once(outgoing, 'upgrade')) as [IncomingMessage, NodeJS.ReadWriteStream, Buffer];
    expect(incoming.headers['x-key']).toBe('abc');
    let text = head.toString();
    socket.on('data', (data: Buffer) => (text += data));
    socket.write('there');
    await once(socket, 'end');
    expect(text).toBe('hi THERE');
  });

  it.each([
    ['that a server declines', 'websocket', 200],
    ['to something else (h2c)', 'h2c', 200],
  ])('an upgrade %s is answered as a request', async (_, upgrade, status) => {
    const view = viewOf(['10.64.0.1']);
    await serve(view, '10.64.0.1', (message, response) => response.end(tell(message)));
    const { url } = await start(view);
    const answer = await call(`${url}/x`, { headers: { Connection: 'Upgrade', Upgrade: upgrade } });
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({ url: '/x' });
  });
});

describe('changes', () => {
  it('of rules under load fail no request, and requests go where the old or the new rules send them', async () => {
    const groups = [aGroup('sgp-a', [aServer('10.64.0.1')]), aGroup('sgp-b', [aServer('10.64.0.2')])];
    const view = new MemoryView({ groups, rules: [aRule(1, [path('/*')], 'sgp-a')] });
    for (const address of ['10.64.0.1', '10.64.0.2']) await serve(view, address);
    const { url } = await start(view);
    let left = 300;
    const agent = new Agent({ keepAlive: true, maxSockets: 10 });
    const answers: string[] = [];
    const client = async () => {
      while (left-- > 0) answers.push((await call(url, { agent })).body);
    };
    const swap = async () => {
      for (let at = 0; left > 0; at++) {
        view.set({ rules: [aRule(at, [path('/*')], at % 2 === 0 ? 'sgp-b' : 'sgp-a')] });
        await new Promise(setImmediate);
      }
    };
    await Promise.all([...Array.from({ length: 10 }, client), swap()]);
    agent.destroy();
    expect(answers).toHaveLength(300);
    expect(new Set(answers)).toEqual(new Set(['10.64.0.1', '10.64.0.2']));
  });

  it('of servers under load fail no request of a draining group as long as one is there at every instant', async () => {
    const addresses = Array.from({ length: 6 }, (_, at) => `10.64.0.${at}`);
    const view = viewOf(addresses.slice(0, 1));
    for (const address of addresses) await serve(view, address);
    const { url } = await start(view);
    let left = 300;
    const statuses: number[] = [];
    const client = async () => {
      while (left-- > 0) statuses.push((await call(url)).status);
    };
    const replace = async () => {
      for (let at = 0; left > 0; at++) {
        const [one = '', next = ''] = [addresses[at % 6], addresses[(at + 1) % 6]];
        for (const servers of [[one, next], [next]]) {
          view.set({
            groups: [
              aGroup(
                'sgp-default',
                servers.map((address) => aServer(address)),
                { ConnectionDrainConfig: { ConnectionDrainEnabled: true } },
              ),
            ],
          });
          await new Promise(setImmediate);
        }
      }
    };
    await Promise.all([...Array.from({ length: 10 }, client), replace()]);
    expect(statuses).toEqual(Array(300).fill(200));
  });

  it('can be told to leave a running request with its server, even when that one is taken out', async () => {
    const view = viewOf(['10.64.0.1']);
    const arrived = deferred<() => void>();
    await serve(view, '10.64.0.1', (_, response) => arrived.resolve(() => response.end('late')));
    const { url } = await start(view, { settings: { removedConnections: 'finish' } });
    const answer = call(url);
    const finish = await arrived.promise;
    view.set({ groups: [aGroup('sgp-default', [])] });
    expect((await call(url)).status).toBe(503);
    finish();
    expect(await answer).toMatchObject({ status: 200, body: 'late' });
  });

  it('of listeners open and close ports; one that comes again gets its port again', async () => {
    const view = viewOf(['10.64.0.1']);
    await serve(view, '10.64.0.1');
    const { plane, url } = await start(view);
    const other = aListener({ ListenerId: 'lsn-2', ListenerPort: 8080 });
    view.set({ listeners: [aListener(), other] });
    await plane.settled();
    expect(plane.describe()).toMatchObject([
      { loadBalancerId: 'alb-1', listenerId: 'lsn-1', protocol: 'HTTP', port: 80, url },
      { listenerId: 'lsn-2', port: 8080 },
    ]);
    view.set({ listeners: [other] });
    await plane.settled();
    await expect(call(url)).rejects.toThrow();
    view.set({ listeners: [other, aListener({ ListenerId: 'lsn-3' })] });
    await plane.settled();
    expect(plane.describe().find(({ listenerId }) => listenerId === 'lsn-3')?.url).toBe(url);
    expect((await call(url)).status).toBe(200);
  });

  it('of listeners with fixed ports pass over those that are taken', async () => {
    const taken = createServer();
    taken.listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const base = (taken.address() as AddressInfo).port;
    const { plane, url } = await start(viewOf([]), { ports: base });
    expect(Number(new URL(url).port)).toBeGreaterThan(base);
    expect((await call(url)).status).toBe(503);
    taken.close();
    await plane.stop();
  });

  it('stop closes everything, running requests included, and may be called twice', async () => {
    const view = viewOf(['10.64.0.1']);
    const arrived = deferred<void>();
    await serve(view, '10.64.0.1', () => arrived.resolve());
    const { plane, url } = await start(view);
    const answer = call(url);
    answer.catch(() => {});
    await arrived.promise;
    await plane.stop();
    await plane.stop();
    await expect(answer).rejects.toThrow();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    expect((await once(socket, 'error'))[0]).toMatchObject({ code: 'ECONNREFUSED' });
  });
});

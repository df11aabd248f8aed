import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ManualTimers } from './manual-timers.ts';
import { type Asked, action, aGroup, aListener, aServer, doing, fixed, forwardTo, MemoryView, path, serveEcho, start } from './plane.ts';
import { callByHttp2, callSecurely } from './secure-call.ts';

const listener = aListener({ ListenerProtocol: 'HTTPS', ListenerPort: 443, Http2Enabled: true, CertificateId: '1-cn-local' });
const host = 'cafe.example.com';
const insert = (Key: string, Value: string, ValueType = 'UserDefined') => action('InsertHeader', { Key, Value, ValueType });
const mirror = action('TrafficMirror', { MirrorGroupConfig: { ServerGroupTuples: [{ ServerGroupId: 'sgp-m' }] } });
const cors = action('Cors', { AllowOrigin: ['*'], AllowMethods: ['GET'], MaxAge: 5 });

/** A path for each kind of action. */
const rules = [
  doing(
    [
      mirror,
      cors,
      insert('x-protocol', 'Protocol', 'SystemDefined'),
      action('RemoveHeader', { Key: 'x-gone' }),
      action('Rewrite', { Host: 'tea.example.com', Path: '/new/\u0024{1}' }),
      forwardTo({ 'sgp-a': 1, 'sgp-b': 0 }, { ServerGroupStickySession: { Enabled: true, Timeout: 60 } }),
    ],
    { Priority: 1, RuleConditions: [path('~*^/all/(.*)$')] },
  ),
  doing([action('Redirect', { Host: 'b.example.com' })], { Priority: 2, RuleConditions: [path('/away')] }),
  doing([cors, fixed('fine', '201')], { Priority: 3, RuleConditions: [path('/fixed')] }),
  doing([action('TrafficLimit', { QPS: 1 }), fixed('fine')], { Priority: 4, RuleConditions: [path('/limited')] }),
  doing([insert('x-answered', 'yes')], { Direction: 'Response', RuleConditions: [path('/all/*')] }),
];

async function openShop(call: typeof callSecurely) {
  const groups = [aGroup('sgp-a', [aServer('10.64.0.1')]), aGroup('sgp-b', []), aGroup('sgp-m', [aServer('10.64.0.2')])];
  const view = new MemoryView({ listeners: [listener], rules, groups });
  await serveEcho(view, '10.64.0.1', { 'Set-Cookie': 'own=1' });
  const copies = await serveEcho(view, '10.64.0.2');
  const { plane, url } = await start(view, { timers: new ManualTimers() });
  const authority = await plane.authority();
  const ask = (where: string, more: { method?: string; headers?: Record<string, string>; body?: string } = {}) =>
    call(`${url}${where}`, { authority, host, ...more });
  return { ask, copies };
}

describe.each([
  ['HTTP/1.1', callSecurely],
  ['HTTP/2', callByHttp2],
])('over HTTPS by %s', (_version, call) => {
  const shop = () => openShop(call);

  it('every action does what it does over HTTP', async () => {
    const { ask, copies } = await shop();
    const answer = await ask('/all/x?y=z', { method: 'POST', headers: { origin: 'http://a.test', 'x-gone': '1' }, body: 'milk' });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': '*', 'x-answered': 'yes' });
    expect(answer.headers['set-cookie']).toEqual(['own=1', expect.stringContaining('ALBGROUP=')]);
    // The echo server's own words.
    const asked = JSON.parse(answer.body) as Asked;
    expect(asked).toMatchObject({
      method: 'POST',
      url: '/new/x?y=z',
      body: 'milk',
      headers: { host: 'tea.example.com', 'x-protocol': 'HTTPS' },
    });
    expect(asked.headers).not.toHaveProperty('x-gone');
    await vi.waitFor(() => expect(copies).toMatchObject([{ method: 'POST', url: '/all/x?y=z', body: 'milk', headers: { host } }]), 20_000);
  });

  it.each(['099', '600'])('a server that answers %s breaks nothing', async (status) => {
    const view = new MemoryView({
      listeners: [listener],
      rules: [doing([forwardTo('sgp-a')])],
      groups: [aGroup('sgp-a', [aServer('10.64.0.1')])],
    });
    const server = createServer((socket) => {
      socket.once('data', () => socket.end(`HTTP/1.1 ${status} What\r\nContent-Length: 0\r\n\r\n`));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    // A TCP server's address is always of this form.
    view.sockets.set('10.64.0.1', (server.address() as AddressInfo).port);
    const { plane, url } = await start(view);
    const authority = await plane.authority();
    for (let times = 0; times < 2; times++) expect([502, Number(status)]).toContain((await call(url, { authority, host })).status);
  });

  it('the load balancer’s own answers are whole', async () => {
    const { ask } = await shop();
    const away = await ask('/away?a=b');
    expect([away.status, away.headers['location']]).toEqual([301, 'https://b.example.com:443/away?a=b']);
    expect(await ask('/fixed')).toMatchObject({ status: 201, body: 'fine' });
    const preflight = await ask('/fixed', {
      method: 'OPTIONS',
      headers: { origin: 'http://a.test', 'access-control-request-method': 'GET' },
    });
    expect(preflight).toMatchObject({ status: 200, body: '', headers: { 'access-control-max-age': '5' } });
    const statuses = await Promise.all([1, 2, 3].map(async () => (await ask('/limited')).status));
    expect(statuses.sort()).toEqual([200, 503, 503]);
  });
});

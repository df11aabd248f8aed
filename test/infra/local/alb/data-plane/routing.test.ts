import { describe, expect, it } from 'vitest';
import type { ViewCondition, ViewRule } from '#infra/local/alb/view.ts';
import { aGroup, aListener, aRule, aServer, call, host, MemoryView, path, serve, start } from './plane.ts';

const matched = {
  Type: 'FixedResponse',
  Order: 1,
  FixedResponseConfig: { HttpCode: '200', ContentType: 'text/plain', Content: 'matched' },
};

const condition = (type: string, config: object): ViewCondition => ({ Type: type, [`${type}Config`]: config });

/** Whether a rule with these conditions gets the request. */
async function meets(conditions: readonly ViewCondition[], request: { url?: string; method?: string; headers?: Record<string, string> }) {
  const rule: ViewRule = { RuleId: 'rule-1', Priority: 1, RuleConditions: conditions, RuleActions: [matched] };
  const { url } = await start(new MemoryView({ rules: [rule] }));
  const answer = await call(`${url}${request.url ?? '/'}`, request);
  return answer.status === 200;
}

describe('conditions of a rule', () => {
  it.each<[string, ViewCondition[], string, boolean]>([
    ['the same host', [host('cafe.example.com')], 'cafe.example.com', true],
    ['the same host in another case and with a port', [host('cafe.example.com')], 'CAFE.example.com:8080', true],
    ['another host', [host('cafe.example.com')], 'tea.example.com', false],
    ['a host that only ends alike', [host('cafe.example.com')], 'my.cafe.example.com', false],
    ['a dot is a dot', [host('cafe.example.com')], 'cafe-example.com', false],
    ['one label for the wildcard', [host('*.example.com')], 'a.example.com', true],
    ['several labels for the wildcard', [host('*.example.com')], 'a.b.example.com', true],
    ['no label for the wildcard', [host('*.example.com')], 'example.com', false],
    ['one character', [host('caf?.example.com')], 'cafe.example.com', true],
    ['one of several hosts', [host('a.example.com', 'b.example.com')], 'b.example.com', true],
    ['an expression for the host', [host('~^(a|b)\\.example\\.com$')], 'b.example.com', true],
    ['two conditions that contradict each other', [host('a.example.com'), host('b.example.com')], 'a.example.com', false],
    ['no condition at all', [], 'anything.example.com', true],
  ])('%s', async (_, conditions, requestHost, expected) => {
    expect(await meets(conditions, { headers: { host: requestHost } })).toBe(expected);
  });

  it.each<[string, string, boolean]>([
    ['/tea', '/tea', true],
    ['/tea', '/tea?milk=1', true],
    ['/tea', '/TEA', false],
    ['/tea', '/tea/', false],
    ['/tea', '/teapot', false],
    ['/tea/*', '/tea/green/cup', true],
    ['/tea/*', '/tea/', true],
    ['/tea/*', '/tea', false],
    ['/*', '/', true],
    ['/*', '/any/thing', true],
    ['/t?a', '/tea', true],
    ['/t?a', '/ta', false],
    ['/a.c', '/abc', false],
    ['~*^/v[0-9]+/', '/v12/x', true],
    ['~*^/v[0-9]+/', '/V12/x', false],
    ['~*/v[0-9]', '/api/v1', true],
    ['~*(', '/(', false],
  ])('path %s against %s: %s', async (value, url, expected) => {
    expect(await meets([path(value)], { url })).toBe(expected);
  });

  it.each<[string, ViewCondition, { url?: string; method?: string; headers?: Record<string, string> }, boolean]>([
    ['a header', condition('Header', { Key: 'X-Kind', Values: ['gr?en', 'black'] }), { headers: { 'x-kind': 'green' } }, true],
    ['another value', condition('Header', { Key: 'X-Kind', Values: ['black'] }), { headers: { 'x-kind': 'green' } }, false],
    ['no such header', condition('Header', { Key: 'X-Kind', Values: ['*'] }), {}, false],
    ['a method', condition('Method', { Values: ['POST', 'PUT'] }), { method: 'PUT' }, true],
    ['another method', condition('Method', { Values: ['POST'] }), { method: 'GET' }, false],
    ['a query', condition('QueryString', { Values: [{ Key: 'milk', Value: 'y*' }] }), { url: '/?a=1&milk=Yes' }, true],
    ['another query', condition('QueryString', { Values: [{ Key: 'milk', Value: 'no' }] }), { url: '/?milk=yes' }, false],
    ['a cookie', condition('Cookie', { Values: [{ Key: 'who', Value: 'ann' }] }), { headers: { cookie: 'a=b; who=ann' } }, true],
    ['another cookie', condition('Cookie', { Values: [{ Key: 'who', Value: 'ann' }] }), { headers: { cookie: 'who=bob' } }, false],
    ['a source in the network', condition('SourceIp', { Values: ['127.0.0.0/8'] }), {}, true],
    ['a source elsewhere', condition('SourceIp', { Values: ['10.0.0.1', '192.168.0.0/16'] }), {}, false],
    ['a type this data plane does not know', condition('Weather', { Values: ['fine'] }), {}, false],
  ])('%s', async (_, wanted, request, expected) => {
    expect(await meets([wanted], request)).toBe(expected);
  });

  it('knows the client behind trusted proxies when the listener looks for it', async () => {
    const XForwardedForConfig = { XForwardedForClientSourceIpsEnabled: true, XForwardedForClientSourceIpsTrusted: '127.0.0.1;10.0.0.0/8' };
    const rule = { ...aRule(1, [condition('SourceIp', { Values: ['203.0.113.7'] })], 'sgp-a'), RuleActions: [matched] };
    const { url } = await start(new MemoryView({ listeners: [aListener({ XForwardedForConfig })], rules: [rule] }));
    const from = async (chain: string) => (await call(url, { headers: { 'x-forwarded-for': chain } })).status;
    expect(await from('198.51.100.1, 203.0.113.7, 10.1.2.3')).toBe(200);
    expect(await from('203.0.113.7, 198.51.100.1')).toBe(503);
  });
});

describe('choosing a rule', () => {
  it('takes the smallest priority that matches, whatever the order of the list', async () => {
    const view = new MemoryView({
      rules: [aRule(20, [path('/*')], 'sgp-b'), aRule(10, [path('/tea')], 'sgp-a')],
      groups: [aGroup('sgp-a', [aServer('10.64.0.1')]), aGroup('sgp-b', [aServer('10.64.0.2')])],
    });
    await serve(view, '10.64.0.1');
    await serve(view, '10.64.0.2');
    const { url } = await start(view);
    expect((await call(`${url}/tea`)).body).toBe('10.64.0.1');
    expect((await call(`${url}/coffee`)).body).toBe('10.64.0.2');
  });

  it('answers 503 for what no rule matches while the default group is empty, and forwards there once it is not', async () => {
    const view = new MemoryView({ groups: [aGroup('sgp-default', [])] });
    await serve(view, '10.64.0.1');
    const { url } = await start(view);
    expect((await call(url)).status).toBe(503);
    view.set({ groups: [aGroup('sgp-default', [aServer('10.64.0.1')])] });
    expect((await call(url)).body).toBe('10.64.0.1');
  });

  it('redirects with what the rule leaves open taken from the request', async () => {
    const own = (name: string) => `\${${name}}`;
    const RedirectConfig = { Protocol: 'HTTPS', Port: '443', Host: own('host'), Path: own('path'), Query: own('query'), HttpCode: '308' };
    const rule = { ...aRule(1, [], 'sgp-a'), RuleActions: [{ Type: 'Redirect', Order: 1, RedirectConfig }] };
    const { url } = await start(new MemoryView({ rules: [rule] }));
    const answer = await call(`${url}/tea?milk=1`, { headers: { host: 'cafe.example.com' } });
    expect(answer.status).toBe(308);
    expect(answer.headers.location).toBe('https://cafe.example.com:443/tea?milk=1');
  });

  it('says so when a rule has an action that it cannot carry out', async () => {
    const rule = { ...aRule(1, [], 'sgp-a'), RuleActions: [{ Type: 'Teleport', Order: 1 }, matched] };
    const { url } = await start(new MemoryView({ rules: [rule] }));
    expect(await call(url)).toMatchObject({ status: 501, body: expect.stringContaining('Teleport') });
  });
});

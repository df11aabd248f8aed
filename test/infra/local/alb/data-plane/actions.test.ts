import { describe, expect, it } from 'vitest';
import type { DataPlaneOptions } from '#infra/local/alb/data-plane/data-plane.ts';
import type { ViewCondition, ViewListener } from '#infra/local/alb/view.ts';
import {
  type Asked,
  action,
  aGroup,
  aListener,
  aServer,
  call,
  doing,
  fixed,
  forwardTo,
  host,
  MemoryView,
  path,
  serveEcho,
  start,
} from './plane.ts';

type Actions = Parameters<typeof doing>[0];

interface Scene {
  readonly conditions?: readonly ViewCondition[];
  readonly listener?: Partial<ViewListener>;
  readonly options?: DataPlaneOptions;
}

/** A rule with these actions before an echo server. */
async function behind(actions: Actions, { conditions = [], listener = {}, options = {} }: Scene = {}) {
  const view = new MemoryView({
    listeners: [aListener(listener)],
    rules: [doing(actions, { RuleConditions: conditions })],
    groups: [aGroup('sgp-a', [aServer('10.64.0.1')])],
  });
  await serveEcho(view, '10.64.0.1');
  return (await start(view, options)).url;
}

const own = (name: string | number) => `\${${name}}`;

/** What the server was asked when the client asked this. */
async function asked(actions: Actions, url: string, scene: Scene & { readonly headers?: Record<string, string> } = {}): Promise<Asked> {
  const base = await behind([...actions, forwardTo('sgp-a')], scene);
  const answer = await call(`${base}${url}`, { headers: { host: 'Cafe.example.com:8080', ...scene.headers } });
  expect(answer.status).toBe(200);
  // The echo server's own words.
  return JSON.parse(answer.body) as Asked;
}

const rewriting = (config: object) => [action('Rewrite', config)];

describe('Rewrite', () => {
  it.each<[string, object, string, ViewCondition[], string]>([
    ['a path', { Path: '/new' }, '/old/tea?milk=1', [], '/new?milk=1'],
    ['a path built from the old one', { Path: `/v2${own('path')}` }, '/tea?a=1', [], '/v2/tea?a=1'],
    ['a path built from the host', { Path: `/${own('host')}${own('path')}` }, '/tea', [], '/cafe.example.com/tea'],
    ['a query', { Query: 'a=1' }, '/tea?milk=1', [], '/tea?a=1'],
    ['a query built from the old one', { Query: `a=1&${own('query')}` }, '/tea?milk=1', [], '/tea?a=1&milk=1'],
    ['an empty query', { Query: '' }, '/tea?milk=1', [], '/tea'],
    ['nothing named', { Path: own('path'), Query: own('query') }, '/tea%20x?Milk=%31', [], '/tea%20x?Milk=%31'],
    ['a group', { Path: `/bar/${own(1)}` }, '/foo/a/b?c=d', [path('~*/foo/(.*)')], '/bar/a/b?c=d'],
    ['groups in another order', { Path: `/${own(2)}/${own(1)}` }, '/a/b', [path('~*^/([a-z]+)/([a-z]+)$')], '/b/a'],
    ['the whole path by an expression without groups', { Path: '/bar' }, '/x/foo/y', [path('~*/foo')], '/bar'],
    ['a group in the query', { Query: `id=${own(1)}` }, '/item/42', [path('~*^/item/([0-9]+)$')], '/item/42?id=42'],
    ['the groups of the value that matched', { Path: `/${own(1)}` }, '/b/2', [path('~*^/a/(.*)', '~*^/b/(.*)')], '/2'],
    ['a group that took no part', { Path: `/x${own(1)}` }, '/b', [path('~*^/(?:a(.)|b)$')], '/x'],
    ['a group that is not there', { Path: `/x/${own(3)}` }, '/b', [path('~*^/(b)$')], `/x/${own(3)}`],
    ['a path without expressions', { Path: `/x/${own(1)}` }, '/tea', [path('/tea')], `/x/${own(1)}`],
  ])('%s', async (_, config, url, conditions, expected) => {
    expect((await asked(rewriting(config), url, { conditions })).url).toBe(expected);
  });

  it('names another host, and leaves the client’s spelling where it does not', async () => {
    expect((await asked(rewriting({ Host: 'tea.example.com' }), '/')).headers.host).toBe('tea.example.com');
    expect((await asked(rewriting({ Host: own('host'), Path: '/x' }), '/')).headers.host).toBe('Cafe.example.com:8080');
    expect((await asked(rewriting({ Path: '/x' }), '/')).headers.host).toBe('Cafe.example.com:8080');
  });

  it('changes nothing about which rule a request meets', async () => {
    const view = new MemoryView({
      rules: [
        doing([...rewriting({ Path: '/other' }), forwardTo('sgp-a')], { RuleConditions: [path('/tea')] }),
        doing([fixed('wrong')], { Priority: 2, RuleConditions: [path('/other')] }),
      ],
      groups: [aGroup('sgp-a', [aServer('10.64.0.1')])],
    });
    const seen = await serveEcho(view, '10.64.0.1');
    const { url } = await start(view);
    await call(`${url}/tea`);
    expect(seen.map((one) => one.url)).toEqual(['/other']);
  });
});

const insert = (Key: string, Value: string, ValueType = 'UserDefined', more: object = {}) =>
  action('InsertHeader', { Key, Value, ValueType, ...more });
const remove = (Key: string) => action('RemoveHeader', { Key });

describe('InsertHeader and RemoveHeader on requests', () => {
  it('insert a value of the user, in place of the client’s', async () => {
    const { headers } = await asked([insert('X-Src', 'alb')], '/', { headers: { 'x-src': 'client', 'x-other': 'stays' } });
    expect(headers).toMatchObject({ 'x-src': 'alb', 'x-other': 'stays' });
  });

  it('leave the client’s value where covering is switched off', async () => {
    const uncovered = insert('X-Src', 'alb', 'UserDefined', { CoverEnabled: false });
    expect((await asked([uncovered], '/', { headers: { 'x-src': 'client' } })).headers['x-src']).toBe('client');
    expect((await asked([uncovered], '/')).headers['x-src']).toBe('alb');
  });

  it('insert the value of another header of the client', async () => {
    const actions = [insert('X-Agent', 'user-agent', 'ReferenceHeader'), insert('X-None', 'x-missing', 'ReferenceHeader')];
    const { headers } = await asked(actions, '/', { headers: { 'User-Agent': 'curl/8' } });
    expect(headers['x-agent']).toBe('curl/8');
    expect(headers).not.toHaveProperty('x-none');
    const settings = { missingReference: 'empty' } as const;
    expect((await asked(actions, '/', { options: { settings } })).headers['x-none']).toBe('');
  });

  it.each<[string, RegExp]>([
    ['ClientSrcIp', /^127\.0\.0\.1$/],
    ['ClientSrcPort', /^[1-9][0-9]+$/],
    ['Protocol', /^HTTP$/],
    ['SLBId', /^alb-1$/],
    ['SLBPort', /^80$/],
  ])('insert what the load balancer knows: %s', async (value, expected) => {
    expect((await asked([insert('x-known', value, 'SystemDefined')], '/')).headers['x-known']).toMatch(expected);
  });

  it('take headers away, every one of the name', async () => {
    const { headers } = await asked([remove('X-Secret')], '/', { headers: { 'x-secret': '1', 'x-open': '2' } });
    expect(headers).not.toHaveProperty('x-secret');
    expect(headers['x-open']).toBe('2');
  });

  it('follow each other by their Order, whatever the order of the list', async () => {
    const rule = doing([insert('x-a', '1'), remove('x-a'), insert('x-b', '1'), forwardTo('sgp-a')]);
    const view = new MemoryView({
      rules: [{ ...rule, RuleActions: rule.RuleActions.toReversed() }],
      groups: [aGroup('sgp-a', [aServer('10.64.0.1')])],
    });
    const [seen, { url }] = [await serveEcho(view, '10.64.0.1'), await start(view)];
    await call(url, { headers: { 'x-a': '0' } });
    expect(seen[0]?.headers).not.toHaveProperty('x-a');
    expect(seen[0]?.headers['x-b']).toBe('1');
  });

  it('go with a rewritten request and its body', async () => {
    const base = await behind([
      insert('x-a', 'user-agent', 'ReferenceHeader'),
      remove('user-agent'),
      action('Rewrite', { Host: 'b.example.com', Path: '/new', Query: 'x=y' }),
      forwardTo('sgp-a'),
    ]);
    const answer = await call(`${base}/old`, { method: 'POST', headers: { 'user-agent': 'me' }, body: 'milk' });
    expect(JSON.parse(answer.body)).toMatchObject({
      method: 'POST',
      url: '/new?x=y',
      body: 'milk',
      headers: { 'x-a': 'me', host: 'b.example.com' },
    });
    expect(answer.body).not.toContain('"user-agent"');
  });
});

describe('Redirect', () => {
  it.each<[string, object, string, string]>([
    ['to another protocol', { Protocol: 'HTTPS', Port: '443' }, '/tea?milk=1', 'https://cafe.example.com:443/tea?milk=1'],
    ['to another host', { Host: 'tea.example.com' }, '/tea', 'http://tea.example.com:80/tea'],
    ['to another port', { Port: '8443' }, '/tea', 'http://cafe.example.com:8443/tea'],
    ['to another path', { Path: `/v2${own('path')}` }, '/tea?a=1', 'http://cafe.example.com:80/v2/tea?a=1'],
    [
      'with another query',
      { Query: `to=${own('host')}&${own('query')}` },
      '/tea?a=1',
      'http://cafe.example.com:80/tea?to=cafe.example.com&a=1',
    ],
    ['without a query', { Path: '/x' }, '/tea', 'http://cafe.example.com:80/x'],
    ['to a path that names protocol and port', { Path: `/${own('protocol')}/${own('port')}` }, '/', 'http://cafe.example.com:80/http/80'],
    ['by an expression, whose groups it does not know', { Path: `/${own(1)}` }, '/tea', `http://cafe.example.com:80/${own(1)}`],
  ])('%s', async (_, config, url, expected) => {
    const base = await behind([action('Redirect', { HttpCode: '302', ...config })], { conditions: [path('~*^(/.*)$')] });
    const answer = await call(`${base}${url}`, { headers: { host: 'cafe.example.com:8080' } });
    expect(answer).toMatchObject({ status: 302, body: '' });
    expect(answer.headers.location).toBe(expected);
  });

  it.each(['301', '302', '303', '307', '308'])('answers %s', async (HttpCode) => {
    const base = await behind([action('Redirect', { Protocol: 'HTTPS', HttpCode })]);
    expect((await call(base, { method: 'POST', body: 'x' })).status).toBe(Number(HttpCode));
  });

  it('leaves out a port that goes without saying, where the settings say so', async () => {
    const settings = { redirectUsualPort: 'left-out' } as const;
    const to = async (config: object) =>
      (await call(`${await behind([action('Redirect', config)], { options: { settings } })}/tea`, { headers: { host: 'a.example.com' } }))
        .headers.location;
    expect(await to({ Protocol: 'HTTPS', Port: '443' })).toBe('https://a.example.com/tea');
    expect(await to({ Path: '/x' })).toBe('http://a.example.com/x');
    expect(await to({ Protocol: 'HTTPS', Port: '8443' })).toBe('https://a.example.com:8443/tea');
  });
});

describe('FixedResponse', () => {
  it.each<[string, string, string]>([
    ['200', 'text/plain', 'fine'],
    ['404', 'text/html', '<p>gone</p>'],
    ['503', 'application/json', '{"later":true}'],
    ['204', 'text/css', ''],
  ])('answers %s as %s', async (HttpCode, ContentType, Content) => {
    const base = await behind([action('FixedResponse', { HttpCode, ContentType, Content })]);
    const answer = await call(base);
    expect(answer).toMatchObject({ status: Number(HttpCode), body: Content });
    expect(answer.headers['content-type']).toBe(ContentType);
  });

  it('answers HEAD with the length and without the body', async () => {
    const answer = await call(await behind([fixed('four')]), { method: 'HEAD' });
    expect(answer).toMatchObject({ status: 200, body: '' });
    expect(answer.headers['content-length']).toBe('4');
  });

  it('may come after a header that nobody will see', async () => {
    expect(await call(await behind([insert('x-a', 'b'), fixed('fine')]))).toMatchObject({ status: 200, body: 'fine' });
  });
});

describe('expressions for hosts', () => {
  it('choose the rule and capture nothing', async () => {
    const conditions = [host('~^(a|b)\\.example\\.com$'), path('~*^/(x)')];
    const scene = { conditions, headers: { host: 'b.example.com' } };
    expect((await asked(rewriting({ Path: `/${own(1)}/y` }), '/x', scene)).url).toBe('/x/y');
  });
});

/** What `actions.<service>` does to requests: every type, alone and together. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ingress } from '#shared/model/wish.ts';
import { aPath, aService } from '#test/support/objects.ts';
import { expectQuiet, type Routed, routed } from '#test/support/routed.ts';
import { annotated, byAnnotation, hostOf, json } from '#test/support/routed-objects.ts';

let shop: Routed;
beforeAll(async () => {
  shop = await routed({ services: ['coffee', 'tea', 'juice'], settings: { dataPlane: { trafficLimitBurst: 1 } } });
});
afterAll(() => shop?.stop());

const forward = (groups: Readonly<Record<string, number>>, more: object = {}) => ({
  type: 'ForwardGroup',
  ForwardConfig: {
    ServerGroups: Object.entries(groups).map(([ServiceName, Weight]) => ({ ServiceName, ServicePort: 80, Weight })),
    ...more,
  },
});
const insert = (key: string, value: string, valueType = 'UserDefined') => ({
  type: 'InsertHeader',
  InsertHeaderConfig: { key, value, valueType },
});
const fixed = (content: string, httpCode = '200', contentType = 'text/plain') => ({
  type: 'FixedResponse',
  FixedResponseConfig: { content, httpCode, contentType },
});
const redirect = (config: object) => ({ type: 'Redirect', RedirectConfig: config });
/** The service's own notation for a part of the request. */
const variable = (name: string): string => ['$', '{', name, '}'].join('');

/** An Ingress whose only path is what the actions say. */
const doing = (name: string, ...actions: readonly object[]): Ingress =>
  annotated(name, { 'actions.act': json(...actions) }, [byAnnotation('act')]);
/** An Ingress that forwards to tea, with more actions before. */
const forwarding = (name: string, ...actions: readonly object[]): Ingress => annotated(name, { 'actions.tea': json(...actions) });
const ask = (name: string, path = '/', headers: Readonly<Record<string, string>> = {}) => shop.ask({ host: hostOf(name), path, headers });

describe('annotation actions.<service>', () => {
  it('FixedResponse answers by itself', async () => {
    await shop.apply(doing('fixed', fixed('{"closed":true}', '403', 'application/json')));
    const reply = await ask('fixed', '/any');
    expect(reply).toMatchObject({ status: 403, text: '{"closed":true}', pod: '' });
    expect(reply.headers['content-type']).toMatch(/^application\/json/);
    await expectQuiet(shop);
  });

  it('Redirect leads elsewhere, and what it does not name stays that of the request', async () => {
    await shop.apply(
      doing('away', redirect({ host: 'new.example.org', httpCode: '302' })),
      doing('apart', redirect({ protocol: 'https', port: '8443', path: `/old${variable('path')}`, query: `a=b&${variable('query')}` })),
    );
    const away = await ask('away', '/a/b?c=d');
    expect(away.status).toBe(302);
    expect(new URL(away.headers.location ?? '').href).toBe('http://new.example.org/a/b?c=d');
    const apart = await ask('apart', '/a?c=d');
    expect([apart.status, apart.headers.location]).toEqual([301, 'https://apart.example.com:8443/old/a?a=b&c=d']);
    await expectQuiet(shop);
  });

  it('ForwardGroup spreads over Services by weight', async () => {
    await shop.apply(doing('split', forward({ coffee: 30, tea: 70 })));
    expect(await shop.spread(20, { host: hostOf('split') })).toEqual({ coffee: 6, tea: 14 });
    await shop.apply(doing('split', forward({ coffee: 0, tea: 100 })));
    expect(await shop.spread(5, { host: hostOf('split') })).toEqual({ tea: 5 });
    await expectQuiet(shop);
  });

  it('ForwardGroup to a single Service needs no weight', async () => {
    const action = { type: 'ForwardGroup', ForwardConfig: { ServerGroups: [{ ServiceName: 'juice', ServicePort: 80 }] } };
    await shop.apply(doing('single', action));
    expect(await shop.spread(3, { host: hostOf('single') })).toEqual({ juice: 3 });
    await expectQuiet(shop);
  });

  it('ForwardGroup keeps a client on one group for as long as its stickiness lasts', async () => {
    const sticky = { ServerGroupStickySession: { Enabled: true, Timeout: 60 } };
    await shop.apply(doing('sticky', forward({ coffee: 50, tea: 50 }, sticky)));
    const first = await ask('sticky');
    const cookie = (first.headers['set-cookie'] ?? []).map((one) => one.split(';')[0]).join('; ');
    expect(cookie).not.toBe('');
    for (let times = 0; times < 6; times++) expect((await ask('sticky', '/', { Cookie: cookie })).service).toBe(first.service);
    expect(Object.keys(await shop.spread(4, { host: hostOf('sticky') })).sort()).toEqual(['coffee', 'tea']);
    await expectQuiet(shop);
  });

  it('ForwardGroup follows the Service that it names: new pods, and none', async () => {
    await shop.apply(aService('cocoa'), doing('named', forward({ cocoa: 100 })));
    expect(await shop.spread(2, { host: hostOf('named') })).toEqual({ cocoa: 2 });
    await shop.remove({ kind: 'EndpointSlice', namespace: 'shop', name: 'cocoa-slice' });
    shop.bench.membersChanged('shop', 'cocoa');
    await shop.settle();
    expect(await shop.goesTo({ host: hostOf('named') })).toBe(503);
    await expectQuiet(shop);
  });

  it('Rewrite sends another host, path and query to the server', async () => {
    const config = { Host: 'inner.example.org', Path: `/in${variable('path')}`, Query: `a=b&${variable('query')}` };
    await shop.apply(forwarding('rewritten', { type: 'Rewrite', RewriteConfig: config }));
    expect((await ask('rewritten', '/x?c=d')).echo).toMatchObject({ host: 'inner.example.org', path: '/in/x?a=b&c=d' });
    await expectQuiet(shop);
  });

  it('InsertHeader gives values, those of other headers, and what the load balancer knows; it overwrites', async () => {
    await shop.apply(
      forwarding(
        'inserted',
        insert('X-Own', 'from the edge'),
        insert('X-Copy', 'X-Given', 'ReferenceHeader'),
        insert('X-Client', 'ClientSrcIp', 'SystemDefined'),
        insert('X-Scheme', 'Protocol', 'SystemDefined'),
      ),
    );
    const { echo } = await ask('inserted', '/', { 'X-Own': 'spoofed', 'X-Given': 'abc', 'X-Forwarded-For': '192.0.2.1' });
    expect(echo?.headers).toMatchObject({ 'X-Own': ['from the edge'], 'X-Copy': ['abc'], 'X-Client': ['192.0.2.1'] });
    expect(echo?.headers['X-Scheme']?.[0]?.toLowerCase()).toBe('http');
    await expectQuiet(shop);
  });

  it('RemoveHeader takes a header of the request away', async () => {
    await shop.apply(forwarding('removed', { type: 'RemoveHeader', RemoveHeaderConfig: { key: 'X-Secret' } }));
    const { echo } = await ask('removed', '/', { 'x-secret': '1', 'X-Open': '2' });
    expect(echo?.headers['X-Open']).toEqual(['2']);
    expect(echo?.headers).not.toHaveProperty('X-Secret');
    await expectQuiet(shop);
  });

  it('TrafficLimit lets so many requests pass in a second, in all and for each client', async () => {
    await shop.apply(forwarding('limited', { type: 'TrafficLimit', TrafficLimitConfig: { QPS: '4', QPSPerIp: '1' } }));
    const all = async (): Promise<number> => {
      const replies = [];
      for (let client = 1; client <= 9; client++) replies.push(await ask('limited', '/', { 'X-Forwarded-For': `192.0.2.${client}` }));
      return replies.filter((one) => one.service === 'tea').length;
    };
    shop.pass(5000);
    expect(await all()).toBeLessThanOrEqual(4);
    shop.pass(5000);
    const one = { host: hostOf('limited'), headers: { 'X-Forwarded-For': '192.0.2.1' } };
    expect(await shop.spread(5, one)).toEqual({ tea: 1, '503': 4 });
    await expectQuiet(shop);
  });

  it('Cors answers preflight requests and marks the answers', async () => {
    const CorsConfig = { AllowOrigin: ['https://a.example.org'], AllowMethods: ['GET', 'PUT'], AllowCredentials: 'off', MaxAge: 60 };
    await shop.apply(forwarding('cors-action', { type: 'Cors', CorsConfig }));
    const preflight = { Origin: 'https://a.example.org', 'Access-Control-Request-Method': 'PUT' };
    const reply = await shop.ask({ host: hostOf('cors-action'), method: 'OPTIONS', headers: preflight });
    expect(reply.pod).toBe('');
    expect(reply.headers['access-control-allow-origin']).toBe('https://a.example.org');
    expect((await ask('cors-action', '/', { Origin: 'https://a.example.org' })).headers['access-control-allow-origin']).toBe(
      'https://a.example.org',
    );
    await expectQuiet(shop);
  });

  it('several together act in the order that the service asks for, whatever the order they are written in', async () => {
    await shop.apply(
      forwarding('several-actions', { type: 'Rewrite', RewriteConfig: { Path: '/in' } }, insert('X-Own', 'a'), {
        type: 'TrafficLimit',
        TrafficLimitConfig: { QPS: '1' },
      }),
    );
    shop.pass(5000);
    const reply = await ask('several-actions', '/out');
    expect(reply.echo).toMatchObject({ path: '/in', headers: { 'X-Own': ['a'] } });
    expect((await ask('several-actions', '/out')).status).toBe(503);
    await expectQuiet(shop);
  });

  it('reads member names in any case', async () => {
    const value = '[{"TYPE":"fixedresponse","fixedresponseconfig":{"ContentType":"text/plain","CONTENT":"hello","HttpCode":"200"}}]';
    await shop.apply(annotated('any-case', { 'actions.act': value }, [byAnnotation('act')]));
    expect(await ask('any-case')).toMatchObject({ status: 200, text: 'hello' });
    await expectQuiet(shop);
  });
});

describe('a backend whose port is use-annotation', () => {
  it('needs a final action, and its Service need not exist', async () => {
    await shop.apply(annotated('no-action', {}, [byAnnotation('act')]), doing('nobody', fixed('x')));
    expect(await shop.goesTo({ host: hostOf('no-action') })).toBe(503);
    expect(shop.warnings('Ingress/no-action')).toEqual([
      expect.objectContaining({ reason: 'ACTION-MISSING', message: expect.stringContaining('act') }),
    ]);
    expect((await ask('nobody')).text).toBe('x');
    await expectQuiet(shop);
  });

  it('is the only one that takes a final action', async () => {
    await shop.apply(forwarding('two-finals', fixed('x')));
    expect(await shop.goesTo({ host: hostOf('two-finals') })).toBe(503);
    expect(shop.warnings('Ingress/two-finals').map((one) => one.reason)).toEqual(['ANNOTATION-CONFLICT']);
    await expectQuiet(shop);
  });
});

describe('actions that are wrong', () => {
  const bad: Readonly<Record<string, string>> = {
    'an object instead of a list': JSON.stringify(insert('X-A', 'b')),
    'an unknown type': json({ type: 'Teleport' }),
    'a quoted port': json({ type: 'ForwardGroup', ForwardConfig: { ServerGroups: [{ ServiceName: 'tea', ServicePort: '80' }] } }),
    'Chinese punctuation': '[{“type”：“Rewrite”}]',
    'a limit that is no text': json({ type: 'TrafficLimit', TrafficLimitConfig: { QPS: 5 } }),
    'a limit under the name of the API': json({ type: 'TrafficLimit', TrafficLimitConfig: { PerIpQps: '5' } }),
    'a reserved header': json(insert('X-Forwarded-For', 'a')),
    'a header twice': json(insert('X-A', 'b'), insert('x-a', 'c')),
    'two rewrites': json({ type: 'Rewrite', RewriteConfig: { Path: '/a' } }, { type: 'Rewrite', RewriteConfig: { Path: '/b' } }),
  };
  for (const [what, value] of Object.entries(bad)) {
    it(`${what}: refused before the service does, and the neighbours go on`, async () => {
      const beside = `beside-${Object.keys(bad).indexOf(what)}`;
      await shop.bench.calls();
      await shop.apply(annotated('bad-actions', { 'actions.tea': value }), annotated(beside, {}, [aPath('/', 'coffee')]));
      expect((await shop.bench.calls()).filter((one) => one.code !== '')).toEqual([]);
      expect(await shop.goesTo({ host: hostOf('bad-actions') })).toBe(503);
      expect(await shop.goesTo({ host: hostOf(beside) })).toBe('coffee');
      expect(shop.warnings('Ingress/bad-actions').at(-1)?.message).toContain('actions.tea');
      await expectQuiet(shop);
    });
  }

  it('more of them than a rule holds are refused with the limit', async () => {
    const many = Array.from({ length: 5 }, (_, index) => insert(`X-${index}`, 'a'));
    await shop.apply(forwarding('too-many', ...many));
    expect(await shop.goesTo({ host: hostOf('too-many') })).toBe(503);
    expect(shop.warnings('Ingress/too-many')).toEqual([
      expect.objectContaining({ reason: 'RULE-LIMIT', message: expect.stringMatching(/6 actions.*5/) }),
    ]);
    await expectQuiet(shop);
  });

  it('a misspelt Service name is told, and the Ingress is served without the actions', async () => {
    await shop.apply(annotated('misspelt', { 'actions.teas': json(insert('X-A', 'b')) }));
    expect((await ask('misspelt')).echo?.headers).not.toHaveProperty('X-A');
    expect(shop.warnings('Ingress/misspelt').map((one) => one.reason)).toEqual(['ANNOTATION-SUFFIX']);
    await expectQuiet(shop);
  });
});

describe('an Ingress of Knative', () => {
  it('may write one action, and one condition, as an object', async () => {
    const ingress = annotated('knative', {
      'actions.tea': JSON.stringify(insert('X-Own', 'a')),
      'conditions.tea': JSON.stringify({ type: 'Header', headerConfig: { key: 'X-Kind', values: ['red'] } }),
    });
    await shop.apply({ ...ingress, metadata: { ...ingress.metadata, labels: { 'knative.aliyun.com/ingress': 'true' } } });
    expect((await ask('knative', '/', { 'X-Kind': 'red' })).echo?.headers).toMatchObject({ 'X-Own': ['a'] });
    expect((await ask('knative')).status).toBe(503);
    await expectQuiet(shop);
  });
});

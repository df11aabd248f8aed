/** Cross-origin requests: what a browser is told before it asks, and with the answer. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectQuiet, type Routed, routed } from '#test/support/routed.ts';
import type { Reply } from '#test/support/routed-ask.ts';
import { annotated, hostOf } from '#test/support/routed-objects.ts';

let shop: Routed;
beforeAll(async () => {
  shop = await routed();
});
afterAll(() => shop?.stop());

const origin = 'https://app.example.org';
const preflight = (name: string, more: Readonly<Record<string, string>> = {}): Promise<Reply> =>
  shop.ask({ host: hostOf(name), method: 'OPTIONS', headers: { Origin: origin, 'Access-Control-Request-Method': 'PUT', ...more } });
const ask = (name: string, from = origin): Promise<Reply> => shop.ask({ host: hostOf(name), headers: { Origin: from } });
const allow = async (name: string, annotations: Readonly<Record<string, string>> = {}): Promise<void> =>
  shop.apply(annotated(name, { 'enable-cors': 'true', 'cors-allow-origin': origin, ...annotations }));
/** Words of a header that holds a list. */
const words = (reply: Reply, name: string): readonly string[] =>
  String(reply.headers[name] ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
    .sort();

describe('annotation enable-cors', () => {
  it('answers preflight requests itself, with the defaults, and passes other requests on', async () => {
    await allow('cors');
    const reply = await preflight('cors');
    expect(reply.pod).toBe('');
    expect(reply.status).toBeLessThan(300);
    expect(reply.headers['access-control-allow-origin']).toBe(origin);
    expect(words(reply, 'access-control-allow-methods')).toEqual(['DELETE', 'GET', 'OPTIONS', 'PATCH', 'POST', 'PUT']);
    expect(words(reply, 'access-control-allow-headers')).toContain('Authorization');
    expect(reply.headers).toMatchObject({ 'access-control-allow-credentials': 'true', 'access-control-max-age': '172800' });
    const answer = await ask('cors');
    expect(answer).toMatchObject({ service: 'tea', headers: { 'access-control-allow-origin': origin } });
    await expectQuiet(shop);
  });

  it('false leaves requests and answers alone', async () => {
    await shop.apply(annotated('cors-off', { 'enable-cors': 'false', 'cors-allow-origin': origin }));
    expect((await preflight('cors-off')).service).toBe('tea');
    expect((await ask('cors-off')).headers).not.toHaveProperty('access-control-allow-origin');
    await expectQuiet(shop);
  });

  it('is refused when it is neither true nor false', async () => {
    await shop.apply(annotated('cors-on', { 'enable-cors': 'on' }));
    expect(await shop.goesTo({ host: hostOf('cors-on') })).toBe(503);
    expect(shop.warnings('Ingress/cors-on')).toEqual([
      expect.objectContaining({ reason: 'ANNOTATION-INVALID', message: expect.stringContaining('true, false') }),
    ]);
    await expectQuiet(shop);
  });

  it('with credentials for every origin is told: browsers refuse that', async () => {
    await shop.apply(annotated('cors-any', { 'enable-cors': 'true' }));
    expect((await ask('cors-any')).service).toBe('tea');
    expect(shop.warnings('Ingress/cors-any').map((one) => one.reason)).toEqual(['CORS-ANY-ORIGIN']);
    await expectQuiet(shop);
  });
});

describe('annotation cors-allow-origin', () => {
  it('allows the origins of its list, and those of a wildcard domain, and no others', async () => {
    await allow('cors-origins', { 'cors-allow-origin': `${origin}, https://*.shop.example.org,http://localhost:3000` });
    for (const one of [origin, 'https://a.shop.example.org', 'http://localhost:3000']) {
      expect((await ask('cors-origins', one)).headers['access-control-allow-origin'], one).toBe(one);
    }
    for (const one of ['https://evil.example.org', 'http://app.example.org', 'http://localhost:3001', `${origin}.evil.example`]) {
      expect((await ask('cors-origins', one)).headers, one).not.toHaveProperty('access-control-allow-origin');
      const reply = await preflight('cors-origins', { Origin: one });
      expect(reply.headers, one).not.toHaveProperty('access-control-allow-origin');
    }
    await expectQuiet(shop);
  });

  it('is refused when it holds something that is no origin', async () => {
    await allow('cors-bad', { 'cors-allow-origin': 'app.example.org' });
    expect(await shop.goesTo({ host: hostOf('cors-bad') })).toBe(503);
    expect(shop.warnings('Ingress/cors-bad').map((one) => one.reason)).toEqual(['ANNOTATION-INVALID']);
    await expectQuiet(shop);
  });
});

describe('annotation cors-allow-methods', () => {
  it('is the list that a preflight answer gives', async () => {
    await allow('cors-methods', { 'cors-allow-methods': 'GET, PUT' });
    expect(words(await preflight('cors-methods'), 'access-control-allow-methods')).toEqual(['GET', 'PUT']);
    await expectQuiet(shop);
  });
});

describe('annotation cors-allow-headers', () => {
  it('is the list that a preflight answer gives', async () => {
    await allow('cors-headers', { 'cors-allow-headers': 'X-One,X-Two' });
    const reply = await preflight('cors-headers', { 'Access-Control-Request-Headers': 'x-one' });
    expect(words(reply, 'access-control-allow-headers')).toEqual(['X-One', 'X-Two']);
    await expectQuiet(shop);
  });
});

describe('annotation cors-expose-headers', () => {
  it('is the list that answers give, and none without it', async () => {
    await allow('cors-expose', { 'cors-expose-headers': 'X-Total, X-Page' });
    expect(words(await ask('cors-expose'), 'access-control-expose-headers')).toEqual(['X-Page', 'X-Total']);
    expect((await ask('cors')).headers).not.toHaveProperty('access-control-expose-headers');
    await expectQuiet(shop);
  });
});

describe('annotation cors-allow-credentials', () => {
  it('false allows none', async () => {
    await allow('cors-credentials', { 'cors-allow-credentials': 'false' });
    expect((await preflight('cors-credentials')).headers).not.toHaveProperty('access-control-allow-credentials');
    expect((await ask('cors-credentials')).headers).not.toHaveProperty('access-control-allow-credentials');
    expect((await ask('cors')).headers['access-control-allow-credentials']).toBe('true');
    await expectQuiet(shop);
  });
});

describe('annotation cors-max-age', () => {
  it('is how long a preflight answer may be kept', async () => {
    await allow('cors-age', { 'cors-max-age': '600' });
    expect((await preflight('cors-age')).headers['access-control-max-age']).toBe('600');
    await expectQuiet(shop);
  });

  it('is refused above 172800', async () => {
    await allow('cors-old', { 'cors-max-age': '172801' });
    expect(await shop.goesTo({ host: hostOf('cors-old') })).toBe(503);
    await expectQuiet(shop);
  });
});

import type { RequestOptions } from 'node:http';
import { describe, expect, it } from 'vitest';
import { allowedOrigin } from '#infra/local/alb/data-plane/cors.ts';
import type { DataPlaneSettings } from '#infra/local/alb/data-plane/settings.ts';
import { type Answer, action, aGroup, aServer, call, doing, fixed, forwardTo, MemoryView, serveEcho, start } from './plane.ts';

const full = {
  AllowOrigin: ['https://shop.example.com', 'https://*.example.org'],
  AllowMethods: ['GET', 'PUT'],
  AllowHeaders: ['X-Token', 'Content-Type'],
  ExposeHeaders: ['X-Total', 'X-Page'],
  AllowCredentials: 'on',
  MaxAge: 600,
};

async function behind(actions: Parameters<typeof doing>[0], settings: Partial<DataPlaneSettings> = {}) {
  const view = new MemoryView({ rules: [doing(actions)], groups: [aGroup('sgp-a', [aServer('10.64.0.1')])] });
  const seen = await serveEcho(view, '10.64.0.1', { 'Access-Control-Allow-Origin': 'of-the-server', 'X-Own': 'yes' });
  const { url } = await start(view, { settings });
  const ask = (options: RequestOptions & { readonly body?: string }) => call(url, options);
  const preflight = (origin: string) => ask({ method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'PUT' } });
  return { ask, preflight, seen };
}

/** The headers of an answer that are about CORS, without their common beginning. */
const corsOf = (answer: Answer) =>
  Object.fromEntries(
    Object.entries(answer.headers)
      .filter(([name]) => name.startsWith('access-control-'))
      .map(([name, value]) => [name.replace('access-control-', ''), value]),
  );

const withCors = (config: object = {}) => action('Cors', { ...full, ...config });

describe('Cors', () => {
  it('answers a preflight itself', async () => {
    const { preflight, seen } = await behind([withCors(), forwardTo('sgp-a')]);
    const answer = await preflight('https://shop.example.com');
    expect(answer).toMatchObject({ status: 200, body: '' });
    expect(corsOf(answer)).toEqual({
      'allow-origin': 'https://shop.example.com',
      'allow-credentials': 'true',
      'allow-methods': 'GET,PUT',
      'allow-headers': 'X-Token,Content-Type',
      'max-age': '600',
    });
    expect(seen).toEqual([]);
  });

  it('adds to the answer of a server what browsers ask for, in place of what the server says', async () => {
    const { ask } = await behind([withCors(), forwardTo('sgp-a')]);
    const answer = await ask({ headers: { origin: 'https://a.example.org' } });
    expect(answer.headers['x-own']).toBe('yes');
    expect(corsOf(answer)).toEqual({
      'allow-origin': 'https://a.example.org',
      'allow-credentials': 'true',
      'expose-headers': 'X-Total,X-Page',
    });
  });

  it('says nothing to an origin that is not allowed, but lets the request pass', async () => {
    const { ask, preflight, seen } = await behind([withCors(), forwardTo('sgp-a')]);
    expect(corsOf(await preflight('https://evil.example.com'))).toEqual({});
    expect(seen).toHaveLength(0);
    const answer = await ask({ headers: { origin: 'https://evil.example.com' } });
    expect(answer.status).toBe(200);
    expect(corsOf(answer)).toEqual({ 'allow-origin': 'of-the-server' });
  });

  it('says nothing to a request without an origin', async () => {
    const { ask } = await behind([withCors({ AllowOrigin: ['*'] }), forwardTo('sgp-a')]);
    expect(corsOf(await ask({}))).toEqual({ 'allow-origin': 'of-the-server' });
  });

  it('takes what has not every mark of a preflight for a request like any other', async () => {
    const { ask, seen } = await behind([withCors(), forwardTo('sgp-a')]);
    await ask({ method: 'OPTIONS', headers: { origin: 'https://shop.example.com' } });
    await ask({ method: 'OPTIONS', headers: { 'access-control-request-method': 'PUT' } });
    await ask({ method: 'GET', headers: { origin: 'https://shop.example.com', 'access-control-request-method': 'PUT' } });
    expect(seen.map((one) => one.method)).toEqual(['OPTIONS', 'OPTIONS', 'GET']);
  });

  it('says * to everybody where every origin is allowed, without credentials where they are off', async () => {
    const { preflight } = await behind([withCors({ AllowOrigin: ['*'], AllowCredentials: 'off', ExposeHeaders: [] }), forwardTo('sgp-a')]);
    expect(corsOf(await preflight('http://any.test'))).toEqual({
      'allow-origin': '*',
      'allow-methods': 'GET,PUT',
      'allow-headers': 'X-Token,Content-Type',
      'max-age': '600',
    });
  });

  it.each<[number, DataPlaneSettings['corsNegativeMaxAge'], string | undefined]>([
    [0, 'sent', '0'],
    [172_800, 'sent', '172800'],
    [-1, 'sent', '-1'],
    [-1, 'left-out', undefined],
  ])('a MaxAge of %d, when negative ones are %s, is told as %s', async (MaxAge, corsNegativeMaxAge, expected) => {
    const { preflight } = await behind([withCors({ MaxAge }), fixed('never')], { corsNegativeMaxAge });
    expect(corsOf(await preflight('https://shop.example.com'))['max-age']).toBe(expected);
  });

  it('answers preflights with the status of the settings, and passes foreign ones on where they say so', async () => {
    const settings = { corsPreflightStatus: 204, corsForeignPreflight: 'forward' } as const;
    const { preflight, seen } = await behind([withCors(), forwardTo('sgp-a')], settings);
    expect((await preflight('https://shop.example.com')).status).toBe(204);
    expect((await preflight('https://evil.example.com')).status).toBe(200);
    expect(seen.map((one) => one.method)).toEqual(['OPTIONS']);
  });

  it('answers a preflight before a redirect, and adds its headers to the redirect of everything else', async () => {
    const { ask, preflight } = await behind([withCors(), action('Redirect', { Protocol: 'HTTPS', Port: '443', HttpCode: '308' })]);
    expect((await preflight('https://shop.example.com')).status).toBe(200);
    const answer = await ask({ headers: { origin: 'https://shop.example.com' } });
    expect(answer.status).toBe(308);
    expect(corsOf(answer)).toMatchObject({ 'allow-origin': 'https://shop.example.com' });
  });

  it('comes after a limit, which counts preflights too', async () => {
    const { ask, preflight } = await behind([action('TrafficLimit', { QPS: 1 }), withCors(), fixed('fine')]);
    expect((await preflight('https://shop.example.com')).status).toBe(200);
    const refused = await ask({ headers: { origin: 'https://shop.example.com' } });
    expect(refused.status).toBe(503);
    expect(corsOf(refused)).toEqual({});
  });
});

describe('an allowed origin', () => {
  it.each<[string[], string, string | undefined]>([
    [['https://a.example.com'], 'https://a.example.com', 'https://a.example.com'],
    [['https://a.example.com'], 'HTTPS://A.example.com', 'HTTPS://A.example.com'],
    [['https://a.example.com'], 'http://a.example.com', undefined],
    [['https://a.example.com'], 'https://a.example.com:8443', undefined],
    [['https://a.example.com:8443'], 'https://a.example.com:8443', 'https://a.example.com:8443'],
    [['https://*.example.com'], 'https://a.b.example.com', 'https://a.b.example.com'],
    [['https://*.example.com'], 'https://example.com', undefined],
    [['https://*.example.com'], 'https://example.com.evil.test', undefined],
    [['*'], 'null', '*'],
    [['https://a.example.com', '*'], 'https://b.test', '*'],
    [[], 'https://a.example.com', undefined],
  ])('of %j for %s is %s', (allowed, origin, expected) => {
    expect(allowedOrigin(allowed, origin)).toBe(expected);
  });
});

/** Redirects to HTTPS: which listeners redirect, what stays in front of the redirect, and what it does not touch. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ingress } from '#shared/model/wish.ts';
import { aPath } from '#test/support/objects.ts';
import { expectQuiet, type Routed, routed } from '#test/support/routed.ts';
import { annotated, byAnnotation, hostOf, json, onHost, withTls } from '#test/support/routed-objects.ts';

let shop: Routed;
beforeAll(async () => {
  shop = await routed({ settings: { dataPlane: { trafficLimitBurst: 1 } } });
});
afterAll(() => shop?.stop());

const ask = (name: string, port: number, path = '/', headers: Readonly<Record<string, string>> = {}) =>
  shop.ask({ host: hostOf(name), port, path, headers });
/** Status and target of the answer on a port. */
const led = async (name: string, port: number, path = '/'): Promise<readonly unknown[]> => {
  const { status, headers } = await ask(name, port, path);
  return [status, headers.location === undefined ? undefined : new URL(headers.location).href];
};
const secured = (name: string, annotations: Readonly<Record<string, string>> = {}, paths = [aPath('/', 'tea')]): Ingress =>
  withTls(annotated(name, { 'ssl-redirect': 'true', ...annotations }, paths));

describe('annotation ssl-redirect', () => {
  it('answers 308 on HTTP 80 with the same host, path and query at HTTPS 443, where the rules are', async () => {
    await shop.apply(secured('secure'));
    expect(await led('secure', 80, '/a/b?c=d')).toEqual([308, 'https://secure.example.com/a/b?c=d']);
    expect((await ask('secure', 443, '/a/b?c=d')).echo?.path).toBe('/a/b?c=d');
    expect((await ask('secure', 8080)).status).toBe(503);
    expect(shop.warnings('Ingress/secure')).toEqual([]);
    await expectQuiet(shop);
  });

  it('redirects on every listed port but 443', async () => {
    await shop.apply(secured('ports', { 'listen-ports': '[{"HTTP":8080},{"HTTPS":443}]' }));
    for (const port of [80, 8080]) expect(await led('ports', port, '/x')).toEqual([308, 'https://ports.example.com/x']);
    expect((await ask('ports', 443)).service).toBe('tea');
    await expectQuiet(shop);
  });

  it('redirects rules without a host to the host of the request', async () => {
    await shop.apply(onHost(secured('hostless', { order: '900' }, [aPath('/hostless', 'tea')]), undefined));
    const reply = await shop.ask({ host: 'any.example.org', path: '/hostless' });
    expect([reply.status, new URL(reply.headers.location ?? '').href]).toEqual([308, 'https://any.example.org/hostless']);
    await expectQuiet(shop);
  });

  it('keeps limits, CORS and header changes in front of the redirect, and drops the rest there', async () => {
    const origin = 'https://app.example.org';
    const actions = json(
      { type: 'InsertHeader', InsertHeaderConfig: { key: 'X-Own', value: 'a', valueType: 'UserDefined' } },
      { type: 'Rewrite', RewriteConfig: { Path: '/in' } },
    );
    await shop.apply(
      secured('kept', { 'traffic-limit-qps': '1', 'enable-cors': 'true', 'cors-allow-origin': origin, 'actions.tea': actions }),
    );
    shop.pass(10_000);
    const first = await ask('kept', 80, '/out', { Origin: origin });
    expect([first.status, new URL(first.headers.location ?? '').pathname]).toEqual([308, '/out']);
    expect(first.headers['access-control-allow-origin']).toBe(origin);
    expect((await ask('kept', 80)).status).toBe(503);
    expect((await ask('kept', 443, '/out')).echo).toMatchObject({ path: '/in', headers: { 'X-Own': ['a'] } });
    await expectQuiet(shop);
  });

  it('replaces a final action on the redirecting listener alone', async () => {
    const fixed = { type: 'FixedResponse', FixedResponseConfig: { content: 'closed', httpCode: '200', contentType: 'text/plain' } };
    await shop.apply(secured('final', { 'actions.act': json(fixed) }, [byAnnotation('act')]));
    expect(await led('final', 80, '/')).toEqual([308, 'https://final.example.com/']);
    expect((await ask('final', 443)).text).toBe('closed');
    await expectQuiet(shop);
  });

  it('without rules on 443 redirects all the same, and is told that it leads nowhere', async () => {
    await shop.apply(annotated('nowhere', { 'ssl-redirect': 'true' }));
    expect((await led('nowhere', 80))[0]).toBe(308);
    expect(shop.warnings('Ingress/nowhere').map((one) => one.reason)).toEqual(['REDIRECT-NOWHERE']);
    await expectQuiet(shop);
  });

  it('can be turned on and off again, and every request is answered as the old or the new wish says', async () => {
    const seen = new Set<string | number>();
    const look = async (): Promise<void> => {
      const { status, service } = await ask('switched', 80);
      seen.add(service === '' ? status : service);
    };
    const off = withTls(annotated('switched', { 'listen-ports': '[{"HTTP":80},{"HTTPS":443}]' }));
    const on = withTls(annotated('switched', { 'listen-ports': '[{"HTTP":80},{"HTTPS":443}]', 'ssl-redirect': 'true' }));
    await shop.apply(off);
    for (const next of [on, off]) {
      await shop.write(next);
      await shop.settle(look);
    }
    expect([...seen].sort()).toEqual([308, 'tea']);
    await expectQuiet(shop);
  });

  it('is refused when it is neither true nor false', async () => {
    await shop.apply(annotated('maybe', { 'ssl-redirect': 'yes' }));
    expect((await ask('maybe', 80)).status).toBe(503);
    expect(shop.warnings('Ingress/maybe').map((one) => one.reason)).toEqual(['ANNOTATION-INVALID']);
    await expectQuiet(shop);
  });
});

describe('the nginx key of ssl-redirect', () => {
  const nginx = 'nginx.ingress.kubernetes.io/ssl-redirect';

  it('does the same, and wins over the other', async () => {
    await shop.apply(
      withTls(annotated('nginx-on', { [nginx]: 'true' })),
      withTls(annotated('nginx-off', { [nginx]: 'false', 'ssl-redirect': 'true', 'listen-ports': '[{"HTTP":80},{"HTTPS":443}]' })),
    );
    expect((await led('nginx-on', 80))[0]).toBe(308);
    expect((await ask('nginx-off', 80)).service).toBe('tea');
    await expectQuiet(shop);
  });
});

/** Limits of requests per second, on the test's clock. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aPath } from '#test/support/objects.ts';
import { expectQuiet, type Routed, routed, type To } from '#test/support/routed.ts';
import { annotated, hostOf, json } from '#test/support/routed-objects.ts';

let shop: Routed;
beforeAll(async () => {
  shop = await routed({ settings: { dataPlane: { trafficLimitBurst: 1 } } });
});
afterAll(() => shop?.stop());

/** Long enough for every limit of these tests to have forgotten what was. */
const forget = () => shop.pass(10_000);
const client = (name: string, address: string, more: To = {}): To => ({
  host: hostOf(name),
  ...more,
  headers: { 'X-Forwarded-For': address, ...more.headers },
});
/** How many of `count` requests at one instant were answered by a server; all others must be 503. */
const passed = async (count: number, to: To): Promise<number> => {
  const { tea = 0, '503': refused = 0 } = await shop.spread(count, to);
  expect(tea + refused).toBe(count);
  return tea;
};

describe('annotation traffic-limit-qps', () => {
  it('has no burst: of a crowd at one instant hardly anybody passes, and at its rate everybody does', async () => {
    await shop.apply(annotated('limit', { 'traffic-limit-qps': '5' }));
    forget();
    const crowd = await passed(60, { host: hostOf('limit') });
    expect(crowd).toBeGreaterThanOrEqual(1);
    expect(crowd).toBeLessThanOrEqual(5);
    let atRate = 0;
    for (let times = 0; times < 10; times++) {
      shop.pass(200);
      atRate += await passed(1, { host: hostOf('limit') });
    }
    expect(atRate).toBe(10);
    await expectQuiet(shop);
  });

  it('counts for each path and each listener alone', async () => {
    const annotations = { 'traffic-limit-qps': '1', 'listen-ports': '[{"HTTP":80},{"HTTP":8080}]' };
    await shop.apply(annotated('limits', annotations, [aPath('/a', 'tea'), aPath('/b', 'tea')]));
    forget();
    const each: To[] = [{ path: '/a' }, { path: '/b' }, { path: '/a', port: 8080 }, { path: '/b', port: 8080 }];
    for (const one of each) expect(await passed(3, { host: hostOf('limits'), ...one })).toBe(1);
    await expectQuiet(shop);
  });

  it('goes on counting when rules of others change', async () => {
    await shop.apply(annotated('counting', { 'traffic-limit-qps': '1' }));
    forget();
    expect(await passed(2, { host: hostOf('counting') })).toBe(1);
    await shop.apply(annotated('other', {}));
    // Time has passed with the change, so one more may: but only one, not one for the old and one for the new state.
    expect(await passed(3, { host: hostOf('counting') })).toBe(1);
    await expectQuiet(shop);
  });

  for (const value of ['0', '1000001', 'many']) {
    it(`refuses ${value}`, async () => {
      await shop.apply(annotated('bad-limit', { 'traffic-limit-qps': value }));
      expect(await shop.goesTo({ host: hostOf('bad-limit') })).toBe(503);
      expect(shop.warnings('Ingress/bad-limit').at(-1)).toMatchObject({ reason: 'ANNOTATION-INVALID' });
      await expectQuiet(shop);
    });
  }

  it('and a TrafficLimit action exclude each other, and both are named', async () => {
    const action = { type: 'TrafficLimit', TrafficLimitConfig: { QPS: '5' } };
    await shop.apply(annotated('twice', { 'traffic-limit-qps': '5', 'actions.tea': json(action) }));
    expect(await shop.goesTo({ host: hostOf('twice') })).toBe(503);
    expect(shop.warnings('Ingress/twice')).toEqual([
      expect.objectContaining({
        reason: 'ANNOTATION-CONFLICT',
        message: expect.stringMatching(/traffic-limit-qps.*actions\.tea|actions\.tea.*traffic-limit-qps/),
      }),
    ]);
    await expectQuiet(shop);
  });

  it('works with CORS on one Ingress', async () => {
    const origin = 'https://app.example.org';
    await shop.apply(annotated('limit-cors', { 'traffic-limit-qps': '1', 'enable-cors': 'true', 'cors-allow-origin': origin }));
    forget();
    const to: To = { host: hostOf('limit-cors'), headers: { Origin: origin } };
    expect((await shop.ask(to)).headers['access-control-allow-origin']).toBe(origin);
    expect((await shop.ask(to)).status).toBe(503);
    await expectQuiet(shop);
  });
});

describe('annotation traffic-limit-ip-qps', () => {
  it('counts for each client, below what all of them may do', async () => {
    await shop.apply(annotated('per-client', { 'traffic-limit-qps': '1000', 'traffic-limit-ip-qps': '1' }));
    forget();
    // The requests come at different moments for the limit of all, and at one moment for each client's.
    for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) {
      shop.pass(1);
      expect(await passed(3, client('per-client', address))).toBe(1);
    }
    shop.pass(1000);
    expect(await passed(1, client('per-client', '192.0.2.1'))).toBe(1);
    await expectQuiet(shop);
  });

  it('must be lower than the limit of all', async () => {
    await shop.apply(annotated('equal-limits', { 'traffic-limit-qps': '5', 'traffic-limit-ip-qps': '5' }));
    expect(await shop.goesTo({ host: hostOf('equal-limits') })).toBe(503);
    expect(shop.warnings('Ingress/equal-limits')[0]?.message).toContain('traffic-limit-ip-qps');
    await expectQuiet(shop);
  });

  it('needs a listener that looks up addresses of clients, and says which field is missing', async () => {
    await shop.apply(annotated('blind', { 'traffic-limit-ip-qps': '5', 'listen-ports': '[{"HTTP":8080}]' }), annotated('beside', {}));
    expect(await shop.goesTo({ host: hostOf('blind'), port: 8080 })).toBe(503);
    expect(await shop.goesTo({ host: hostOf('beside') })).toBe('tea');
    expect(shop.warnings('Ingress/blind')).toEqual([
      expect.objectContaining({ message: expect.stringMatching(/XForwardedForClientSourceIps.*8080/) }),
    ]);
    await expectQuiet(shop);
  });
});

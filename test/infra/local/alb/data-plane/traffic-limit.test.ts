import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DataPlaneSettings } from '#infra/local/alb/data-plane/settings.ts';
import { RateLimit } from '#infra/local/alb/data-plane/traffic-limit.ts';
import { ManualTimers } from './manual-timers.ts';
import { action, aGroup, aListener, aServer, call, doing, fixed, forwardTo, MemoryView, path, serve, start } from './plane.ts';

const limit = (config: { readonly QPS?: number; readonly PerIpQps?: number }) => action('TrafficLimit', config);

/** Clients say their address in a header that the listener believes. */
const believing = aListener({
  XForwardedForConfig: { XForwardedForClientSourceIpsEnabled: true, XForwardedForClientSourceIpsTrusted: '127.0.0.1' },
});

async function limited(actions: Parameters<typeof doing>[0], settings: Partial<DataPlaneSettings> = {}) {
  const timers = new ManualTimers();
  timers.advance(12_345);
  const view = new MemoryView({ listeners: [believing], rules: [doing(actions)], groups: [aGroup('sgp-a', [aServer('10.64.0.1')])] });
  await serve(view, '10.64.0.1');
  const { url, plane } = await start(view, { timers, settings });
  /** How many of so many requests at once pass. */
  const pass = async (requests: number, from = '192.0.2.1') => {
    const answers = await Promise.all(Array.from({ length: requests }, () => call(url, { headers: { 'x-forwarded-for': from } })));
    const refused = answers.filter((answer) => answer.status === 503);
    return requests - refused.length;
  };
  return { timers, view, url, plane, pass };
}

describe('TrafficLimit', () => {
  it('lets one of many requests at once pass, and one more each time its share of a second is over', async () => {
    const { pass, timers } = await limited([limit({ QPS: 5 }), forwardTo('sgp-a')]);
    expect(await pass(10)).toBe(1);
    timers.advance(199);
    expect(await pass(3)).toBe(0);
    timers.advance(1);
    expect(await pass(3)).toBe(1);
    // A long pause earns no more than a short one.
    timers.advance(60_000);
    expect(await pass(10)).toBe(1);
  });

  it('lets as many pass in a second as it says when they come evenly', async () => {
    const { pass, timers } = await limited([limit({ QPS: 5 }), forwardTo('sgp-a')]);
    let passed = 0;
    for (let step = 0; step < 20; step++) {
      passed += await pass(1);
      timers.advance(50);
    }
    expect(passed).toBe(5);
  });

  it('counts each client by itself when it says so', async () => {
    const { pass, timers } = await limited([limit({ PerIpQps: 2 }), forwardTo('sgp-a')]);
    expect(await pass(5, '192.0.2.1')).toBe(1);
    expect(await pass(5, '192.0.2.2')).toBe(1);
    timers.advance(500);
    expect(await pass(5, '192.0.2.1')).toBe(1);
  });

  it('holds both limits, and what one refuses costs the other nothing', async () => {
    const { pass, timers } = await limited([limit({ QPS: 4, PerIpQps: 1 }), forwardTo('sgp-a')]);
    expect(await pass(3, '192.0.2.1')).toBe(1);
    expect(await pass(3, '192.0.2.2')).toBe(0);
    timers.advance(250);
    // The first client is refused by its own limit, so the second one finds the common token.
    expect(await pass(3, '192.0.2.1')).toBe(0);
    expect(await pass(3, '192.0.2.2')).toBe(1);
    timers.advance(250);
    expect(await pass(1, '192.0.2.3')).toBe(1);
  });

  it('allows a burst where the settings say so', async () => {
    const { pass, timers } = await limited([limit({ QPS: 5 }), forwardTo('sgp-a')], { trafficLimitBurst: 3 });
    expect(await pass(10)).toBe(3);
    timers.advance(400);
    expect(await pass(10)).toBe(2);
  });

  it.each<[string, Parameters<typeof doing>[0][number], number]>([
    ['a fixed response', fixed('fine'), 200],
    ['a redirect', action('Redirect', { Protocol: 'HTTPS', Port: '443', HttpCode: '308' }), 308],
    ['a forward', forwardTo('sgp-a'), 200],
  ])('stands before %s', async (_, final, status) => {
    const { url } = await limited([limit({ QPS: 1 }), final]);
    expect((await call(url)).status).toBe(status);
    expect((await call(url)).status).toBe(503);
  });

  it('is each rule’s own, and goes on counting while other rules and its own numbers change', async () => {
    const { url, view, plane, timers } = await limited([limit({ QPS: 1 }), forwardTo('sgp-a')]);
    const rules = (qps: number) => [
      doing([limit({ QPS: qps }), fixed('one')], { Priority: 1, RuleConditions: [path('/one')] }),
      doing([limit({ QPS: 1 }), fixed('two')], { Priority: 2, RuleConditions: [path('/two')] }),
    ];
    view.set({ rules: rules(1) });
    await plane.settled();
    const ask = async (where: string) => (await call(`${url}${where}`)).status;
    expect([await ask('/one'), await ask('/two'), await ask('/one')]).toEqual([200, 200, 503]);
    view.set({ rules: [...rules(10), doing([fixed('three')], { Priority: 3 })] });
    await plane.settled();
    expect([await ask('/one'), await ask('/two'), await ask('/three')]).toEqual([503, 503, 200]);
    timers.advance(1000);
    expect([await ask('/one'), await ask('/one'), await ask('/two')]).toEqual([200, 503, 200]);
    timers.advance(100);
    expect([await ask('/one'), await ask('/two')]).toEqual([200, 503]);
  });
});

describe('the buckets of a rule', () => {
  it('let no more pass than the rate allows, for any rate', () => {
    for (const perSecond of [1, 3, 7, 1000, 1_000_000]) {
      const buckets = new RateLimit();
      let passed = 0;
      // Two seconds in steps of a quarter of a millisecond.
      for (let now = 0; now < 2000; now += 0.25) if (buckets.admit('a', { total: perSecond, burst: 1 }, now)) passed += 1;
      expect(passed).toBeLessThanOrEqual(perSecond * 2);
      expect(passed).toBeGreaterThanOrEqual(Math.min(perSecond * 2, 8000) * 0.9);
    }
  });

  it('let in any stretch of time pass no more than the rate says, and one', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 4 }), (steps, perSecond, burst) => {
        const buckets = new RateLimit();
        const passed: number[] = [];
        let now = 0;
        for (const step of steps) {
          now += step;
          if (buckets.admit('a', { total: perSecond, burst }, now)) passed.push(now);
        }
        passed.forEach((from, first) => {
          passed.slice(first).forEach((to, more) => {
            // A hair's breadth for fractions of a millisecond that have no exact number.
            expect(more + 1).toBeLessThanOrEqual(((to - from) / 1000) * perSecond + burst + 1e-6);
          });
        });
      }),
    );
  });

  it('forget clients that have not been seen for long', () => {
    const buckets = new RateLimit();
    const admit = (client: string, now: number) => buckets.admit(client, { perClient: 1, burst: 1 }, now);
    for (let client = 0; client < 5000; client++) expect(admit(`a${client}`, 0)).toBe(true);
    expect(admit('a0', 0)).toBe(false);
    for (let client = 0; client < 5000; client++) admit(`b${client}`, 2000);
    expect(admit('b4999', 2000)).toBe(false);
    expect(admit('a0', 2000)).toBe(true);
  });
});

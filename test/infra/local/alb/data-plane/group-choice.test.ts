import { describe, expect, it } from 'vitest';
import type { DataPlaneSettings } from '#infra/local/alb/data-plane/settings.ts';
import { type Answer, action, aGroup, aServer, call, doing, forwardTo, MemoryView, serve, start } from './plane.ts';

const addresses: Readonly<Record<string, string>> = { 'sgp-a': '10.64.0.1', 'sgp-b': '10.64.0.2', 'sgp-c': '10.64.0.3' };
const ruleOf = (weights: Record<string, number>, sticky?: object) =>
  doing([forwardTo(weights, sticky === undefined ? {} : { ServerGroupStickySession: sticky })]);

async function split(weights: Record<string, number>, sticky?: object, settings: Partial<DataPlaneSettings> = {}) {
  const groups = Object.entries(addresses).map(([id, address]) => aGroup(id, [aServer(address)]));
  const view = new MemoryView({ rules: [ruleOf(weights, sticky)], groups });
  for (const [id, address] of Object.entries(addresses)) await serve(view, address, (_, response) => response.end(id));
  const { url, plane } = await start(view, { settings });
  const ask = (cookie?: string) => call(url, cookie === undefined ? {} : { headers: { cookie } });
  /** How many of so many requests each group got. */
  const counts = async (requests: number, cookie?: string) => {
    const counted: Record<string, number> = {};
    for (let n = 0; n < requests; n++) {
      const { body } = await ask(cookie);
      counted[body] = (counted[body] ?? 0) + 1;
    }
    return counted;
  };
  return { view, plane, ask, counts };
}

const cookieOf = (answer: Answer) => answer.headers['set-cookie']?.[0] ?? '';
const pairOf = (answer: Answer) => cookieOf(answer).split(';')[0] ?? '';

describe('the groups of a rule', () => {
  it.each<[Record<string, number>, number, Record<string, number>]>([
    [{ 'sgp-a': 90, 'sgp-b': 10 }, 20, { 'sgp-a': 18, 'sgp-b': 2 }],
    [{ 'sgp-a': 1, 'sgp-b': 1, 'sgp-c': 2 }, 12, { 'sgp-a': 3, 'sgp-b': 3, 'sgp-c': 6 }],
    [{ 'sgp-a': 100, 'sgp-b': 100 }, 10, { 'sgp-a': 5, 'sgp-b': 5 }],
    [{ 'sgp-a': 0, 'sgp-b': 1 }, 10, { 'sgp-b': 10 }],
    [{ 'sgp-a': 5 }, 10, { 'sgp-a': 10 }],
    [{ 'sgp-a': 0 }, 10, { 'sgp-a': 10 }],
  ])('by %j get of %d requests exactly %j', async (weights, requests, expected) => {
    expect(await (await split(weights)).counts(requests)).toEqual(expected);
  });

  it('get nothing when no one has a weight', async () => {
    expect((await (await split({ 'sgp-a': 0, 'sgp-b': 0 })).ask()).status).toBe(503);
  });
});

const sticky = { Enabled: true, Timeout: 600 };

describe('stickiness between groups', () => {
  it('brings a client back to its group by a cookie', async () => {
    const { ask, counts } = await split({ 'sgp-a': 50, 'sgp-b': 50 }, sticky);
    const [one, two] = [await ask(), await ask()];
    expect(new Set([one.body, two.body])).toEqual(new Set(['sgp-a', 'sgp-b']));
    expect(await counts(6, pairOf(one))).toEqual({ [one.body]: 6 });
    expect(await counts(6, `other=1; ${pairOf(two)}`)).toEqual({ [two.body]: 6 });
  });

  it('says how long, hides which group it was, and does not repeat itself', async () => {
    const { ask } = await split({ 'sgp-a': 50, 'sgp-b': 50 }, sticky);
    const first = await ask();
    expect(cookieOf(first)).toMatch(/^ALBGROUP=[0-9a-f]{16}; Path=\/; Max-Age=600; HttpOnly$/);
    expect((await ask(pairOf(first))).headers).not.toHaveProperty('set-cookie');
  });

  it('lasts 1000 seconds where the rule names no time, under the name of the settings', async () => {
    const { ask } = await split({ 'sgp-a': 50, 'sgp-b': 50 }, { Enabled: true }, { groupCookie: 'WHERE' });
    expect(cookieOf(await ask())).toMatch(/^WHERE=.*Max-Age=1000;/);
  });

  it.each<[string, Record<string, number>, object | undefined]>([
    ['it is off', { 'sgp-a': 50, 'sgp-b': 50 }, { Enabled: false, Timeout: 600 }],
    ['nothing is said of it', { 'sgp-a': 50, 'sgp-b': 50 }, undefined],
    ['there is one group only', { 'sgp-a': 100 }, sticky],
  ])('sets no cookie when %s', async (_, weights, config) => {
    expect((await (await split(weights, config)).ask()).headers).not.toHaveProperty('set-cookie');
  });

  it('leaves the weights to those who come for the first time', async () => {
    const { ask, counts } = await split({ 'sgp-a': 90, 'sgp-b': 10 }, sticky);
    const first = await ask();
    await counts(10, pairOf(first));
    expect(await counts(19)).toEqual(first.body === 'sgp-a' ? { 'sgp-a': 17, 'sgp-b': 2 } : { 'sgp-a': 18, 'sgp-b': 1 });
  });

  it('outlasts other weights, but not the group itself nor its last weight', async () => {
    const { ask, view, plane, counts } = await split({ 'sgp-a': 100, 'sgp-b': 0 }, sticky);
    const mine = pairOf(await ask());
    const become = async (weights: Record<string, number>) => {
      view.set({ rules: [ruleOf(weights, sticky)] });
      await plane.settled();
      return counts(4, mine);
    };
    expect(await become({ 'sgp-a': 1, 'sgp-b': 100 })).toEqual({ 'sgp-a': 4 });
    expect(await become({ 'sgp-a': 0, 'sgp-b': 100 })).toEqual({ 'sgp-b': 4 });
    expect(await become({ 'sgp-b': 50, 'sgp-c': 50 })).toEqual({ 'sgp-b': 2, 'sgp-c': 2 });
    expect(await become({ 'sgp-a': 1, 'sgp-c': 100 })).toEqual({ 'sgp-a': 4 });
  });

  it('takes a cookie that it never gave for none', async () => {
    const answer = await (await split({ 'sgp-a': 50, 'sgp-b': 50 }, sticky)).ask('ALBGROUP=sgp-a');
    expect(cookieOf(answer)).toContain('ALBGROUP=');
  });

  it('goes with the cookies of the server', async () => {
    const view = new MemoryView({ rules: [ruleOf({ 'sgp-a': 1, 'sgp-b': 1 }, sticky)], groups: [] });
    view.set({ groups: ['sgp-a', 'sgp-b'].map((id) => aGroup(id, [aServer('10.64.0.9')])) });
    await serve(view, '10.64.0.9', (_, response) => response.writeHead(200, { 'Set-Cookie': ['one=1', 'two=2'] }).end());
    const { url } = await start(view);
    expect((await call(url)).headers['set-cookie']).toEqual(['one=1', 'two=2', expect.stringContaining('ALBGROUP=')]);
  });
});

describe('a rewritten and weighted request', () => {
  it('is rewritten alike for every group', async () => {
    const rule = doing([action('Rewrite', { Path: '/new' }), forwardTo({ 'sgp-a': 1, 'sgp-b': 1 })]);
    const view = new MemoryView({ rules: [rule], groups: ['sgp-a', 'sgp-b'].map((id) => aGroup(id, [aServer(addresses[id] ?? '')])) });
    for (const id of ['sgp-a', 'sgp-b'])
      await serve(view, addresses[id] ?? '', (request, response) => response.end(`${id} ${request.url}`));
    const { url } = await start(view);
    expect(new Set([(await call(`${url}/x`)).body, (await call(`${url}/x`)).body])).toEqual(new Set(['sgp-a /new', 'sgp-b /new']));
  });
});

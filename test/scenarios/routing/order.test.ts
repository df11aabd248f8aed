/** Which of several rules that match a request is asked: by Ingress, and within an Ingress. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IngressPath } from '#shared/model/wish.ts';
import { anIngress, aPath } from '#test/support/objects.ts';
import { cafeWith, expectQuiet, type Routed, routed } from '#test/support/routed.ts';

let shop: Routed;
beforeAll(async () => {
  shop = await routed({ services: ['coffee', 'tea', 'juice'] });
});
afterAll(() => shop?.stop());

/** Catches everything of a host. */
const claim = (name: string, host: string, service: string, annotations: Readonly<Record<string, string>> = {}) =>
  anIngress({ name, host, paths: [aPath('/', service)], annotations });

describe('annotation order', () => {
  it('puts lower numbers first, whatever the names', async () => {
    const host = 'order.example.com';
    await shop.apply(claim('order-a', host, 'coffee', { order: '20' }), claim('order-b', host, 'tea', { order: '9' }));
    expect(await shop.goesTo({ host })).toBe('tea');
    await shop.apply(claim('order-a', host, 'coffee', { order: '8' }));
    expect(await shop.goesTo({ host })).toBe('coffee');
    await expectQuiet(shop);
  });

  it('is 10 where it is not written, and equal ones go by namespace and name', async () => {
    const host = 'equal.example.com';
    await shop.apply(claim('equal-b', host, 'coffee', { order: '10' }), claim('equal-a', host, 'tea'));
    expect(await shop.goesTo({ host })).toBe('tea');
    await shop.apply(claim('equal-c', host, 'juice', { order: '9' }));
    expect(await shop.goesTo({ host })).toBe('juice');
    expect(shop.warnings('Ingress/equal-b')).toEqual([]);
    await expectQuiet(shop);
  });

  it('may be the same on two Ingresses', async () => {
    const host = 'same.example.com';
    await shop.apply(claim('same-b', host, 'coffee', { order: '5' }), claim('same-a', host, 'tea', { order: '5' }));
    expect(await shop.goesTo({ host })).toBe('tea');
    expect(shop.warnings('Ingress/same-b')).toEqual([]);
    await expectQuiet(shop);
  });

  it('changes with one write and takes no rule away', async () => {
    const host = 'swap.example.com';
    await shop.apply(claim('swap-a', host, 'coffee', { order: '30' }), claim('swap-b', host, 'tea', { order: '31' }));
    await shop.bench.calls();
    await shop.apply(claim('swap-a', host, 'coffee', { order: '32' }));
    expect(await shop.goesTo({ host })).toBe('tea');
    expect((await shop.bench.calls()).filter((one) => one.write).map((one) => one.action)).toEqual(['UpdateRulesAttribute']);
    await expectQuiet(shop);
  });

  for (const value of ['0', '1001', 'first', '1.5']) {
    it(`refuses ${value} and holds the Ingress`, async () => {
      const host = 'bad-order.example.com';
      await shop.apply(claim('bad-order', host, 'tea', { order: value }));
      expect(await shop.goesTo({ host })).toBe(503);
      expect(shop.warnings('Ingress/bad-order').at(-1)).toMatchObject({ reason: 'ANNOTATION-INVALID' });
      await expectQuiet(shop);
    });
  }
});

describe('annotation albconfig.order', () => {
  it('is read before order', async () => {
    const host = 'legacy-order.example.com';
    await shop.apply(
      claim('legacy-a', host, 'coffee', { 'albconfig.order': '40', order: '1' }),
      claim('legacy-b', host, 'tea', { order: '39' }),
    );
    expect(await shop.goesTo({ host })).toBe('tea');
    await expectQuiet(shop);
  });
});

describe('within an Ingress', () => {
  const paths: readonly IngressPath[] = [aPath('/', 'coffee'), aPath('/menu', 'tea'), aPath('/menu/today', 'juice', 'Exact')];

  it('rules and paths are asked as they are listed, not by length', async () => {
    await shop.apply(anIngress({ name: 'listed', host: 'listed.example.com', paths }));
    expect(await shop.goesTo({ host: 'listed.example.com', path: '/menu/today' })).toBe('coffee');
    await shop.apply(anIngress({ name: 'listed', host: 'listed.example.com', paths: [...paths].reverse() }));
    const to = (path: string) => shop.goesTo({ host: 'listed.example.com', path });
    expect([await to('/menu/today'), await to('/menu/x'), await to('/x')]).toEqual(['juice', 'tea', 'coffee']);
    await expectQuiet(shop);
  });
});

describe('annotation albeit.io/path-order', () => {
  const paths = [aPath('/', 'coffee'), aPath('/menu', 'tea'), aPath('/menu', 'juice', 'Exact')];
  it('asks Exact before Prefix and longer before shorter paths, in an Ingress but not between two', async () => {
    const bar = await routed({
      albConfig: cafeWith({ 'albeit.io/path-order': 'specific-first' }),
      services: ['coffee', 'tea', 'juice'],
      ingresses: [
        anIngress({ name: 'b', host: 'b.example.com', paths }),
        claim('c-first', 'c.example.com', 'coffee'),
        anIngress({ name: 'c-second', host: 'c.example.com', paths: [aPath('/menu', 'tea')] }),
      ],
    });
    const to = (path: string, host = 'b.example.com') => bar.goesTo({ host, path });
    expect([await to('/menu'), await to('/menu/x'), await to('/x')]).toEqual(['juice', 'tea', 'coffee']);
    expect(await to('/menu', 'c.example.com')).toBe('coffee');
    await expectQuiet(bar);
    await bar.apply(cafeWith({ 'albeit.io/path-order': 'listed' }));
    expect([await to('/menu'), await to('/menu/x'), await to('/x')]).toEqual(['coffee', 'coffee', 'coffee']);
    await expectQuiet(bar);
    await bar.stop();
  });
});

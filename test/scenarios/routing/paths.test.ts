/** Which paths a rule catches: every path type, and the order in which they are looked at. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anIngress, aPath } from '#test/support/objects.ts';
import { expectQuiet, type Routed, routed } from '#test/support/routed.ts';

let shop: Routed;
beforeAll(async () => {
  shop = await routed();
});
afterAll(() => shop?.stop());

describe('path types', () => {
  it('Exact matches the path alone', async () => {
    await shop.apply(anIngress({ name: 'exact', host: 'exact.example.com', paths: [aPath('/menu', 'tea', 'Exact')] }));
    const to = async (path: string) => shop.goesTo({ host: 'exact.example.com', path });
    expect(await to('/menu')).toBe('tea');
    expect(await to('/menu?x=1')).toBe('tea');
    expect(await to('/menu/')).toBe(503);
    expect(await to('/Menu')).toBe(503);
    expect(await to('/menu/today')).toBe(503);
    await expectQuiet(shop);
  });
});

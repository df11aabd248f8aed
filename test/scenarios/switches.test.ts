/**
 * What the references leave open about the ALB is a switch of its emulator, and the product may rely on none: one shop with a bit of everything
 * comes to the same rules, sends every request to the same place, and has nothing left to do, whichever way they are turned.
 */
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#shared/kube/port.ts';
import type { Ingress } from '#shared/model/wish.ts';
import { aCafe } from '#test/support/cafe.ts';
import { cloudShape } from '#test/support/cloud-shape.ts';
import { aPath } from '#test/support/objects.ts';
import { type Routed, routed, type To } from '#test/support/routed.ts';
import { annotated, byAnnotation, hostOf, json, onHost } from '#test/support/routed-objects.ts';
import { rowsOfPairs } from '#test/support/switch-rows.ts';
import { settingsOfRow, switches, switchesOfRow, switchNames } from '#test/support/switches.ts';
import { whole } from '#test/support/whole.ts';
import { createWorkbench } from '#test/support/workbench.ts';

const byHeader = (value: string): string => json({ type: 'Header', headerConfig: { key: 'X-Taste', values: [value] } });
const blocks = Array.from({ length: 12 }, (_, at) => `10.${at}.0.0/16`);
const marked = json({ type: 'InsertHeader', InsertHeaderConfig: { key: 'X-Marked', value: 'yes', valueType: 'UserDefined' } });
const both = { 'listen-ports': '[{"HTTP":80},{"HTTPS":443}]' };

/** Of a canary, of conditions, of an expression, of CORS and limits, of a redirect, of rules for responses. */
const before: readonly Ingress[] = [
  annotated('stable', {}, [aPath('/menu', 'tea'), aPath('/', 'coffee')]),
  annotated('asked', { 'conditions.tea': byHeader('sweet') }, [aPath('/', 'tea'), aPath('/menu', 'coffee')]),
  annotated('matched', { 'use-regex': 'true', 'rewrite-target': `/new/${'$'}{2}` }, [aPath('/(old|former)/(.*)', 'coffee')]),
  annotated('shared', { 'enable-cors': 'true', 'cors-allow-credentials': 'false', 'traffic-limit-qps': '100' }),
  annotated('moved', both),
  annotated('answers', { 'actions.marked': marked, 'rule-direction.marked': 'Response' }, [aPath('/', 'tea'), byAnnotation('marked')]),
];
const after: readonly Ingress[] = [
  annotated('stable', {}, [aPath('/', 'tea'), aPath('/menu', 'coffee')]),
  annotated('asked', { 'conditions.tea': byHeader('bitter'), order: '1' }, [aPath('/', 'tea'), aPath('/menu', 'coffee')]),
  annotated('matched', { 'conditions.coffee': json({ type: 'SourceIp', sourceIpConfig: { values: [...blocks, '127.0.0.1'] } }) }, [
    aPath('/'),
  ]),
  annotated('shared', { 'enable-cors': 'true', 'cors-allow-credentials': 'false', 'cors-allow-methods': 'GET, PUT', 'cors-max-age': '60' }),
  annotated('moved', { ...both, 'ssl-redirect': 'true' }),
  annotated('answers', {}),
];
const gone = before.filter((one) => ['shared', 'matched'].includes(one.metadata.name));

const asked: readonly To[] = [
  { host: hostOf('stable') },
  { host: hostOf('stable'), path: '/menu/today' },
  { host: hostOf('asked'), headers: { 'X-Taste': 'sweet' } },
  { host: hostOf('asked'), headers: { 'X-Taste': 'bitter' } },
  { host: hostOf('matched'), path: '/old/things' },
  { host: hostOf('shared'), headers: { Origin: 'https://app.example.org' } },
  { host: hostOf('moved'), path: '/any' },
  { host: hostOf('moved'), path: '/any', port: 443 },
  { host: hostOf('answers') },
];

const answers = async (shop: Routed): Promise<readonly unknown[]> =>
  Promise.all(
    asked.map(async (to) => {
      const { status, service, headers } = await shop.ask(to);
      return [status, service, headers['x-marked'], headers['access-control-allow-methods']];
    }),
  );

/** Nothing is left to do. */
async function expectRest(shop: Routed): Promise<void> {
  await shop.bench.calls();
  shop.bench.resync();
  await shop.settle();
  expect((await shop.bench.calls()).map((one) => one.action)).toEqual([]);
  await shop.bench.sweep();
  await shop.settle();
  expect((await shop.bench.calls()).filter((one) => one.write).map((one) => one.action)).toEqual([]);
}

/** Rules, and answers to requests, of each morning of the shop. */
async function livedUnder(settings: unknown): Promise<readonly unknown[]> {
  const shop = await routed({ ingresses: before, settings });
  const seen: unknown[] = [];
  const look = async (): Promise<void> => {
    await expectRest(shop);
    seen.push([await cloudShape(shop.bench.alb), await answers(shop)]);
  };
  try {
    await look();
    await shop.apply(...after);
    await look();
    await shop.remove(...(gone satisfies readonly KubeObject[]));
    await look();
    expect(shop.warnings()).toEqual([]);
    return seen;
  } finally {
    await shop.stop();
  }
}

const usual = await livedUnder({});

describe('a shop under every setting of the ALB emulator', () => {
  it('is one of which requests can tell: each change is seen', () => {
    expect(new Set(usual.map((one) => JSON.stringify(one))).size).toBe(3);
  });

  it('has any two switches turned together in some row', () => {
    const rows = rowsOfPairs.map((row) => new Set(switchesOfRow(row)));
    for (const one of switchNames) {
      for (const other of switchNames) {
        expect(rows.some((row) => row.has(one) && row.has(other))).toBe(true);
        if (one !== other) expect(rows.some((row) => row.has(one) && !row.has(other))).toBe(true);
      }
    }
  });

  for (const row of rowsOfPairs) {
    it(`ends as ever with switches of row ${row} turned`, async () => {
      expect(await livedUnder(settingsOfRow(row))).toEqual(usual);
    });
  }

  for (const name of whole ? switchNames : []) {
    it(`ends as ever with ${name}`, async () => {
      expect(await livedUnder(switches[name])).toEqual(usual);
    });
  }
});

describe('where the service takes two calls of a kind at a time', () => {
  it('five groups go all the same, each deleted once', async () => {
    const { objects, pods } = aCafe(6, 1);
    const bench = await createWorkbench(objects, pods, { writeRate: { calls: 2, perMs: 1000 } });
    bench.resync();
    await bench.settle();
    await bench.calls();
    for (const index of [2, 3, 4, 5, 6]) await bench.kube.remove({ kind: 'Ingress', namespace: 'shop', name: `ingress-00${index}` });
    bench.changed();
    await bench.settle();
    const taken = (await bench.calls()).filter((one) => one.action === 'DeleteServerGroup' && one.code === '');
    expect(taken).toHaveLength(5);
    await bench.stop();
  });
});

describe('what cannot be had under a setting', () => {
  it('is waited for where the load balancer takes no change, and had when it does', async () => {
    const { objects, pods } = aCafe(2, 1);
    const undisturbed = await createWorkbench(objects, pods);
    undisturbed.resync();
    await undisturbed.settle();
    const bench = await createWorkbench(objects, pods, { businessStatus: 'Abnormal' });
    let looks = 0;
    bench.resync();
    await bench.settle(async () => {
      looks += 1;
      if (looks < 200) return;
      await bench.alb.put('settings', { businessStatus: 'Normal' });
    });
    expect(looks).toBeGreaterThan(200);
    const refused = (await bench.calls()).filter((one) => one.code === 'IncorrectBusinessStatus.LoadBalancer').length;
    // With growing pauses: not one for every look.
    expect(refused).toBeGreaterThan(1);
    expect(refused).toBeLessThan(20);
    expect(await cloudShape(bench.alb)).toEqual(await cloudShape(undisturbed.alb));
    await Promise.all([bench.stop(), undisturbed.stop()]);
  });

  it('is refused by name where hosts may be no expressions, and the others are served', async () => {
    const host = json({ type: 'Host', hostConfig: { values: ['~^shop[0-9]+.example.com$'] } });
    const bad = onHost(annotated('expressed', { 'conditions.tea': host }), undefined);
    const shop = await routed({ ingresses: [annotated('plain', {}), bad], settings: { hostExpressions: 'refused' } });
    expect(await shop.goesTo({ host: hostOf('plain') })).toBe('tea');
    expect(await shop.goesTo({ host: 'shop1.example.com' })).toBe(503);
    expect(shop.warnings().map((one) => `${one.object} ${one.reason}`)).toEqual(['Ingress/expressed CLOUD-INVALID']);
    await expectRest(shop);
    await shop.stop();
  });
});

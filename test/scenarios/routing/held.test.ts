/** An Ingress that turns wrong keeps what it had, its neighbours go on, and whoever wrote it is told which annotation is wrong and why. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ingress } from '#shared/model/wish.ts';
import { aPath } from '#test/support/objects.ts';
import { expectQuiet, type Routed, routed } from '#test/support/routed.ts';
import { annotated, byAnnotation, hostOf, json } from '#test/support/routed-objects.ts';

let shop: Routed;
beforeAll(async () => {
  shop = await routed({ services: ['coffee', 'tea'], ingresses: [annotated('turned', {}), annotated('beside', {})] });
});
afterAll(() => shop?.stop());

const fixed = { type: 'FixedResponse', FixedResponseConfig: { content: 'x', httpCode: '200', contentType: 'text/plain' } };

/** What `turned` becomes, and what its Warning must contain. */
const wrongs: Readonly<Record<string, { readonly ingress: Ingress; readonly says: readonly string[] }>> = {
  'an order that is no number': { ingress: annotated('turned', { order: 'first' }), says: ['order', 'first'] },
  'a listener that is not there': { ingress: annotated('turned', { 'listen-ports': '[{"HTTP":81}]' }), says: ['81'] },
  'ports that are no JSON': { ingress: annotated('turned', { 'listen-ports': '80' }), says: ['listen-ports'] },
  'a switch that is neither on nor off': { ingress: annotated('turned', { 'ssl-redirect': 'on' }), says: ['ssl-redirect', 'true, false'] },
  'a path of illegal letters': {
    ingress: annotated('turned', {}, [aPath('/a b', 'tea', 'ImplementationSpecific')]),
    says: ['/a b'],
  },
  'an expression that is none': { ingress: annotated('turned', { 'use-regex': 'true' }, [aPath('/a(', 'tea')]), says: ['/a('] },
  'an action that is no JSON': { ingress: annotated('turned', { 'actions.tea': '[{]' }), says: ['actions.tea'] },
  'two final actions': { ingress: annotated('turned', { 'actions.tea': json(fixed) }), says: ['FixedResponse'] },
  'no final action': { ingress: annotated('turned', {}, [byAnnotation('nothing')]), says: ['nothing', 'actions.nothing'] },
  'a condition of an unknown type': {
    ingress: annotated('turned', { 'conditions.tea': json({ type: 'Mood' }) }),
    says: ['conditions.tea', 'Mood'],
  },
  'an unknown direction': { ingress: annotated('turned', { 'rule-direction.tea': 'Both' }), says: ['rule-direction.tea', 'Both'] },
  'a rewrite twice': {
    ingress: annotated('turned', { 'rewrite-target': '/a', 'actions.tea': json({ type: 'Rewrite', RewriteConfig: { Path: '/b' } }) }),
    says: ['rewrite-target', 'actions.tea'],
  },
  'a canary without its stable Ingress': {
    ingress: annotated('turned', { canary: 'true', 'canary-weight': '10' }),
    says: [hostOf('turned')],
  },
  'a Service that does not exist': { ingress: annotated('turned', {}, [aPath('/', 'nobody')]), says: ['shop/nobody'] },
};

describe('an Ingress that turns wrong', () => {
  for (const [what, { ingress, says }] of Object.entries(wrongs)) {
    it(`by ${what}: keeps its rules, and its neighbours change`, async () => {
      const told = shop.warnings('Ingress/turned').length;
      const number = Object.keys(wrongs).indexOf(what);
      await shop.bench.calls();
      await shop.apply(ingress, annotated('beside', {}, [aPath('/', number % 2 === 0 ? 'coffee' : 'tea')]));
      // What is still being made is asked for again.
      expect((await shop.bench.calls()).filter((one) => one.code !== '' && !one.code.startsWith('IncorrectStatus.'))).toEqual([]);
      expect(await shop.goesTo({ host: hostOf('turned'), path: '/any' })).toBe('tea');
      expect(await shop.goesTo({ host: hostOf('beside') })).toBe(number % 2 === 0 ? 'coffee' : 'tea');
      const [warning, ...others] = shop.warnings('Ingress/turned').slice(told);
      expect(others).toEqual([]);
      for (const word of says) expect(warning?.message).toContain(word);
      await expectQuiet(shop);
    });
  }

  it('gets its new rules once it is mended', async () => {
    await shop.apply(annotated('turned', {}, [aPath('/', 'coffee')]));
    expect(await shop.goesTo({ host: hostOf('turned') })).toBe('coffee');
    await expectQuiet(shop);
  });

  it('loses its rules when it is deleted while it is wrong', async () => {
    const wrong = annotated('turned', { order: 'first' });
    await shop.apply(wrong);
    expect(await shop.goesTo({ host: hostOf('turned') })).toBe('coffee');
    await shop.remove(wrong);
    expect(await shop.goesTo({ host: hostOf('turned') })).toBe(503);
    await expectQuiet(shop);
  });
});

describe('an annotation that nobody knows', () => {
  it('is told with the name that may be meant, and the Ingress is served', async () => {
    await shop.apply(annotated('typo', { 'rewrite-targt': '/a' }));
    expect(await shop.goesTo({ host: hostOf('typo') })).toBe('tea');
    expect(shop.warnings('Ingress/typo')).toEqual([
      expect.objectContaining({ reason: 'ANNOTATION-UNKNOWN', message: expect.stringMatching(/rewrite-targt.*rewrite-target/) }),
    ]);
    await expectQuiet(shop);
  });
});

describe('a rule that only the service refuses', () => {
  it('stands alone: every other Ingress of the same batch is served, and the one that wrote it is named', async () => {
    const busy = Array.from({ length: 12 }, (_, index) => annotated(`many-${index}`, {}));
    const poisoned = annotated('poisoned', {}, [aPath('/poison', 'tea', 'Exact')]);
    // The service refuses things that nobody has written down; here it does so for one host, wherever in a batch that stands.
    const refusals = Array.from({ length: 20 }, (_, at) => ({
      match: { action: 'CreateRules', params: { [`Rules.${at + 1}.RuleConditions.1.HostConfig.Values.1`]: hostOf('poisoned') } },
      ...{ kind: 'error', code: 'IllegalParam', status: 400 },
    }));
    await shop.bench.alb.put('faults', refusals);
    await shop.apply(...busy, poisoned);
    await shop.bench.alb.put('faults', []);
    for (const { metadata } of busy) expect(await shop.goesTo({ host: hostOf(metadata.name) })).toBe('tea');
    expect(await shop.goesTo({ host: hostOf('poisoned'), path: '/poison' })).toBe(503);
    expect(shop.warnings('Ingress/poisoned').length).toBeGreaterThan(0);
    expect(busy.flatMap(({ metadata }) => shop.warnings(`Ingress/${metadata.name}`))).toEqual([]);
    await shop.apply(annotated('poisoned', {}, [aPath('/cure', 'tea', 'Exact')]));
    expect(await shop.goesTo({ host: hostOf('poisoned'), path: '/cure' })).toBe('tea');
    await expectQuiet(shop);
  });
});

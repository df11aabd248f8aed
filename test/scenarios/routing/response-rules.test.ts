/** Rules on answers: what they see, what they change, and how a rule turns from one direction to the other. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ingress } from '#shared/model/wish.ts';
import { aPath } from '#test/support/objects.ts';
import { expectQuiet, type Routed, routed } from '#test/support/routed.ts';
import { annotated, byAnnotation, hostOf, json } from '#test/support/routed-objects.ts';

let shop: Routed;
beforeAll(async () => {
  shop = await routed();
});
afterAll(() => shop?.stop());

const insert = { type: 'InsertHeader', InsertHeaderConfig: { key: 'X-Answered', value: 'by the edge', valueType: 'UserDefined' } };
const remove = { type: 'RemoveHeader', RemoveHeaderConfig: { key: 'X-Content-Type-Options' } };

/** Forwards to tea, and has a rule on answers with these annotations for the placeholder `answers`. */
const answering = (name: string, annotations: Readonly<Record<string, string>>): Ingress =>
  annotated(name, { 'rule-direction.answers': 'Response', ...annotations }, [aPath('/', 'tea'), byAnnotation('answers')]);

const ask = (name: string, path = '/') => shop.ask({ host: hostOf(name), path });

describe('annotation rule-direction.<service>', () => {
  it('Response: inserts and removes headers of the answers that servers give', async () => {
    await shop.apply(answering('answers', { 'actions.answers': json(insert, remove) }));
    const reply = await ask('answers');
    expect(reply.service).toBe('tea');
    expect(reply.headers['x-answered']).toBe('by the edge');
    expect(reply.headers).not.toHaveProperty('x-content-type-options');
    expect(reply.echo?.headers).not.toHaveProperty('X-Answered');
    await expectQuiet(shop);
  });

  it('Response: looks at the status of the answer, in the conditions of the request too', async () => {
    const status = (code: string) => json({ type: 'ResponseStatusCode', responseStatusCodeConfig: { values: [code] } });
    await shop.apply(
      answering('status-200', { 'actions.answers': json(insert), 'conditions.answers': status('200') }),
      answering('status-404', { 'actions.answers': json(insert), 'conditions.answers': status('404') }),
    );
    expect((await ask('status-200')).headers['x-answered']).toBe('by the edge');
    expect((await ask('status-404')).headers).not.toHaveProperty('x-answered');
    await expectQuiet(shop);
  });

  for (const config of ['responseHeaderConfig', 'headerConfig']) {
    it(`Response: looks at headers of the answer, written as ${config}`, async () => {
      const name = `by-${config.toLowerCase()}`;
      const type = (value: string) => json({ type: 'ResponseHeader', [config]: { key: 'Content-Type', values: [value] } });
      await shop.apply(
        answering(`${name}-json`, { 'actions.answers': json(insert), 'conditions.answers': type('application/json*') }),
        answering(`${name}-html`, { 'actions.answers': json(insert), 'conditions.answers': type('text/html*') }),
      );
      expect((await ask(`${name}-json`)).headers['x-answered']).toBe('by the edge');
      expect((await ask(`${name}-html`)).headers).not.toHaveProperty('x-answered');
      await expectQuiet(shop);
    });
  }

  it('Request is what a rule is without it', async () => {
    await shop.apply(annotated('requests', { 'rule-direction.tea': 'Request', 'actions.tea': json(insert) }));
    const reply = await ask('requests');
    expect(reply.echo?.headers['X-Answered']).toEqual(['by the edge']);
    expect(reply.headers).not.toHaveProperty('x-answered');
    await expectQuiet(shop);
  });

  it('can be changed: the rule is made anew, and the other rules of the Ingress answer throughout', async () => {
    const turning = (direction: string): Ingress => {
      const { metadata, ...ingress } = answering('turning', { 'actions.answers': json(insert) });
      const key = 'alb.ingress.kubernetes.io/rule-direction.answers';
      const final = { type: 'FixedResponse', FixedResponseConfig: { content: 'x', httpCode: '200', contentType: 'text/plain' } };
      const actions = direction === 'Response' ? json(insert) : json(final);
      const annotations = { ...metadata.annotations, [key]: direction, 'alb.ingress.kubernetes.io/actions.answers': actions };
      return { ...ingress, metadata: { ...metadata, annotations } };
    };
    await shop.apply(turning('Request'));
    expect((await ask('turning')).headers).not.toHaveProperty('x-answered');
    await shop.bench.calls();
    const services = new Set<string>();
    await shop.write(turning('Response'));
    await shop.settle(async () => {
      services.add((await ask('turning')).service);
    });
    expect([...services]).toEqual(['tea']);
    expect((await ask('turning')).headers['x-answered']).toBe('by the edge');
    const writes = (await shop.bench.calls()).filter((one) => one.write).map((one) => one.action);
    expect(writes.sort()).toEqual(['CreateRules', 'DeleteRules']);
    await expectQuiet(shop);
    await shop.apply(turning('Request'));
    expect((await ask('turning')).headers).not.toHaveProperty('x-answered');
    await expectQuiet(shop);
  });

  it('goes away with its Ingress', async () => {
    const ingress = answering('passing', { 'actions.answers': json(insert) });
    await shop.apply(ingress, annotated('staying', {}, [aPath('/', 'coffee')]));
    await shop.remove(ingress);
    const directions = (await shop.bench.alb.state())['rules']?.map(
      (one) => `${one['Direction']} ${JSON.stringify(one['RuleConditions'])}`,
    );
    expect(directions?.filter((one) => one.includes('passing'))).toEqual([]);
    expect((await ask('staying')).service).toBe('coffee');
    await expectQuiet(shop);
  });

  const bad: Readonly<Record<string, Ingress>> = {
    'another word': annotated('bad-direction', { 'rule-direction.tea': 'response' }),
    'Response with a port of the Service': annotated('bad-direction', { 'rule-direction.tea': 'Response', 'actions.tea': json(insert) }),
    'Response with an action for requests': answering('bad-direction', {
      'actions.answers': json({ type: 'Rewrite', RewriteConfig: { Path: '/a' } }),
    }),
    'Response with a header that must stay': answering('bad-direction', {
      'actions.answers': json({ type: 'RemoveHeader', RemoveHeaderConfig: { key: 'Content-Length' } }),
    }),
  };
  for (const [what, ingress] of Object.entries(bad)) {
    it(`refuses ${what}, and the neighbours go on`, async () => {
      const beside = `beside-${Object.keys(bad).indexOf(what)}`;
      await shop.apply(ingress, annotated(beside, {}));
      expect(await shop.goesTo({ host: hostOf('bad-direction') })).toBe(503);
      expect(await shop.goesTo({ host: hostOf(beside) })).toBe('tea');
      expect(shop.warnings('Ingress/bad-direction').at(-1)?.reason).toMatch(/^ANNOTATION-/);
      await expectQuiet(shop);
    });
  }
});

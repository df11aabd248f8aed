/** What docs/routing.md shows in YAML is applied as it stands there, and requests find it true. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Ingress } from '#shared/model/wish.ts';
import { anIngress } from '#test/support/objects.ts';
import { type Routed, routed } from '#test/support/routed.ts';
import { annotated } from '#test/support/routed-objects.ts';

interface Shown {
  readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
  readonly spec: Ingress['spec'];
}

const page = readFileSync('docs/routing.md', 'utf8');
const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text);

/** The one block of the page that says this. */
function block(word: string): string {
  const found = blocks.filter((text) => text.includes(word));
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} blocks of the page say ${word}`);
  return found[0];
}

/** A block that shows annotations and rules, as an Ingress. */
function ingressOf(name: string, word: string): Ingress {
  const { metadata, spec } = parse(block(word)) as Shown; // every use below would fail on another shape
  return { ...anIngress({ name, metadata }), spec: { ingressClassName: 'alb', ...spec } };
}

let shop: Routed;
beforeAll(async () => {
  shop = await routed();
});
afterAll(() => shop.stop());

describe('docs/routing.md', () => {
  it('has no block that is not tried here', () => {
    expect(blocks).toHaveLength(3);
  });

  it('rewrites with a group as it says', async () => {
    await shop.apply(ingressOf('rewriting', 'rewrite-target'));
    const reply = await shop.ask({ host: 'cafe.example.com', path: '/api/menu/today' });
    expect([reply.service, reply.echo?.path]).toEqual(['tea', '/menu/today']);
    expect(await shop.goesTo({ host: 'cafe.example.com', path: '/apis' })).toBe(503);
  });

  it('asks for both headers and methods as it says', async () => {
    const conditions = parse(block('conditions.tea')) as Readonly<Record<string, string>>; // annotations alone
    await shop.apply(annotated('conditions', { ...conditions }));
    const asked = (team: string, method: string) => shop.goesTo({ host: 'conditions.example.com', method, headers: { 'x-team': team } });
    expect(await Promise.all([asked('green', 'GET'), asked('black', 'GET'), asked('red', 'GET'), asked('green', 'POST')])).toEqual([
      'tea',
      'tea',
      503,
      503,
    ]);
  });

  it('splits as it says, and clients that bring the cookie back stay', async () => {
    await shop.apply(ingressOf('split', 'actions.split'));
    const first = await shop.ask({ host: 'any.example.com', path: '/drinks' });
    expect(first.echo?.headers).toMatchObject({ 'X-From': ['alb'] });
    const cookie = String(first.headers['set-cookie']).split(';')[0] ?? '';
    expect(await shop.spread(10, { host: 'any.example.com', path: '/drinks', headers: { cookie } })).toEqual({ [first.service]: 10 });
    expect(await shop.spread(10, { host: 'any.example.com', path: '/drinks' })).toEqual({ tea: 9, coffee: 1 });
  });

  it('is read without a Warning', () => {
    expect(shop.warnings()).toEqual([]);
  });
});

/** Canaries: an Ingress that takes some of the requests of another one with the same host and path. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ingress, IngressPath } from '#shared/model/wish.ts';
import { anIngress, aPath, aService } from '#test/support/objects.ts';
import { expectQuiet, type Routed, routed } from '#test/support/routed.ts';
import { hostOf, json } from '#test/support/routed-objects.ts';

let shop: Routed;
beforeAll(async () => {
  shop = await routed({ services: ['stable', 'next', 'later'] });
});
afterAll(() => shop?.stop());

/** Stable Ingress of a host. */
const stable = (name: string, paths = [aPath('/', 'stable')], annotations: Readonly<Record<string, string>> = {}): Ingress =>
  anIngress({ name, host: hostOf(name), paths, annotations });
interface CanaryDraft {
  readonly service?: string;
  readonly paths?: readonly IngressPath[];
  /** Name of the Ingress. */
  readonly as?: string;
}

/** A canary of `name`, before it in order unless it says otherwise. */
const canary = (
  name: string,
  annotations: Readonly<Record<string, string>>,
  { service = 'next', paths = [aPath('/', service)], as = `${name}-canary` }: CanaryDraft = {},
): Ingress => anIngress({ name: as, host: hostOf(name), paths, annotations: { order: '5', canary: 'true', ...annotations } });

const to = (name: string, headers: Readonly<Record<string, string>> = {}, path = '/') => shop.goesTo({ host: hostOf(name), headers, path });
const shares = (name: string, path = '/') => shop.spread(20, { host: hostOf(name), path });

describe('annotation canary', () => {
  it('false: an Ingress like any other', async () => {
    await shop.apply(stable('plain'), canary('plain', { canary: 'false', 'canary-weight': '100' }));
    expect(await to('plain')).toBe('next');
    await expectQuiet(shop);
  });

  it('needs a stable Ingress with its host and path; a canary alone is held and nobody else', async () => {
    await shop.apply(canary('alone', { 'canary-by-header': 'X-Next', 'canary-by-header-value': 'yes' }), stable('neighbour'));
    expect(await to('alone', { 'X-Next': 'yes' })).toBe(503);
    expect(await to('neighbour')).toBe('stable');
    expect(shop.warnings('Ingress/alone-canary')).toEqual([
      expect.objectContaining({ reason: 'CANARY-ALONE', message: expect.stringContaining(hostOf('alone')) }),
    ]);
    await expectQuiet(shop);
    await shop.apply(stable('alone'));
    expect([await to('alone', { 'X-Next': 'yes' }), await to('alone')]).toEqual(['next', 'stable']);
    await expectQuiet(shop);
  });

  it('does not go with conditions of its own', async () => {
    const conditions = json({ type: 'Method', methodConfig: { values: ['GET'] } });
    await shop.apply(stable('both'), canary('both', { 'canary-weight': '50', 'conditions.next': conditions }));
    expect(await shares('both')).toEqual({ stable: 20 });
    expect(shop.warnings('Ingress/both-canary').map((one) => one.reason)).toEqual(['ANNOTATION-CONFLICT']);
    await expectQuiet(shop);
  });
});

describe('annotation canary-by-header', () => {
  it('sends requests with the header to the canary', async () => {
    await shop.apply(stable('header'), canary('header', { 'canary-by-header': 'X-Next', 'canary-by-header-value': 'yes' }));
    expect(await to('header', { 'x-next': 'yes' })).toBe('next');
    expect(await to('header', { 'X-Next': 'no' })).toBe('stable');
    expect(await to('header')).toBe('stable');
    await expectQuiet(shop);
  });

  it('behind its stable Ingress never matches, and that is told', async () => {
    const late = { 'canary-by-header': 'X-Next', 'canary-by-header-value': 'yes', order: '10' };
    await shop.apply(stable('early'), canary('early', late, { as: 'zz-canary' }));
    expect(await to('early', { 'X-Next': 'yes' })).toBe('stable');
    expect(shop.warnings('Ingress/zz-canary').map((one) => one.reason)).toEqual(['CANARY-SHADOWED']);
    await shop.apply(canary('early', { ...late, order: '9' }, { as: 'zz-canary' }));
    expect(await to('early', { 'X-Next': 'yes' })).toBe('next');
    await expectQuiet(shop);
  });
});

describe('annotation canary-by-header-value', () => {
  it('is the value that the header must have, wildcards included', async () => {
    await shop.apply(stable('value'), canary('value', { 'canary-by-header': 'User-Agent', 'canary-by-header-value': '*Mobile*' }));
    expect(await to('value', { 'User-Agent': 'Some Mobile 1.0' })).toBe('next');
    expect(await to('value', { 'User-Agent': 'Some Desktop' })).toBe('stable');
    await expectQuiet(shop);
  });

  it('is needed with canary-by-header', async () => {
    await shop.apply(stable('valueless'), canary('valueless', { 'canary-by-header': 'X-Next' }));
    expect(await to('valueless', { 'X-Next': '' })).toBe('stable');
    expect(shop.warnings('Ingress/valueless-canary')[0]?.message).toContain('canary-by-header');
    await expectQuiet(shop);
  });
});

describe('annotation canary-by-cookie', () => {
  it('sends requests whose cookie says always to the canary', async () => {
    await shop.apply(stable('cookie'), canary('cookie', { 'canary-by-cookie': 'next' }));
    expect(await to('cookie', { Cookie: 'a=b; next=always' })).toBe('next');
    expect(await to('cookie', { Cookie: 'next=never' })).toBe('stable');
    expect(await to('cookie')).toBe('stable');
    await expectQuiet(shop);
  });

  it('with a header needs both', async () => {
    const both = { 'canary-by-cookie': 'next', 'canary-by-header': 'X-Next', 'canary-by-header-value': 'yes' };
    await shop.apply(stable('pair'), canary('pair', both));
    expect(await to('pair', { Cookie: 'next=always', 'X-Next': 'yes' })).toBe('next');
    expect(await to('pair', { Cookie: 'next=always' })).toBe('stable');
    expect(await to('pair', { 'X-Next': 'yes' })).toBe('stable');
    await expectQuiet(shop);
  });
});

describe('annotation canary-weight', () => {
  it('is the share of the canary, and its change is one write that moves no rule', async () => {
    await shop.apply(stable('weight'), canary('weight', { 'canary-weight': '30' }));
    expect(await shares('weight')).toEqual({ stable: 14, next: 6 });
    await expectQuiet(shop);
    await shop.apply(canary('weight', { 'canary-weight': '75' }));
    const writes = (await shop.bench.calls()).filter((one) => one.write);
    expect(writes.map((one) => one.action)).toEqual(['UpdateRulesAttribute']);
    expect(await shares('weight')).toEqual({ stable: 5, next: 15 });
    await expectQuiet(shop);
  });

  it('0 gives nothing away, 100 everything', async () => {
    await shop.apply(stable('ends'), canary('ends', { 'canary-weight': '0' }));
    expect(await shares('ends')).toEqual({ stable: 20 });
    await shop.apply(canary('ends', { 'canary-weight': '100' }));
    expect(await shares('ends')).toEqual({ next: 20 });
    await expectQuiet(shop);
  });

  it('of several canaries adds up', async () => {
    await shop.apply(
      stable('three'),
      canary('three', { 'canary-weight': '20' }),
      canary('three', { 'canary-weight': '30' }, { service: 'later', as: 'three-later' }),
    );
    expect(await shares('three')).toEqual({ stable: 10, next: 4, later: 6 });
    await expectQuiet(shop);
  });

  it('above 100 in all holds the one that goes over, and nobody else', async () => {
    await shop.apply(
      stable('over'),
      canary('over', { 'canary-weight': '60' }),
      canary('over', { 'canary-weight': '50' }, { service: 'later', as: 'over-later' }),
    );
    expect(await shares('over')).toEqual({ stable: 8, next: 12 });
    expect(shop.warnings('Ingress/over-later')).toEqual([
      expect.objectContaining({ reason: 'CANARY-WEIGHT', message: expect.stringContaining('110') }),
    ]);
    expect(shop.warnings('Ingress/over-canary')).toEqual([]);
    await expectQuiet(shop);
  });

  it('concerns each path that both have, and no other', async () => {
    await shop.apply(
      stable('paths', [aPath('/a', 'stable'), aPath('/b', 'stable'), aPath('/c', 'stable')]),
      canary('paths', { 'canary-weight': '50' }, { paths: [aPath('/a', 'next'), aPath('/c', 'later')] }),
    );
    expect(await shares('paths', '/a')).toEqual({ stable: 10, next: 10 });
    expect(await shares('paths', '/b')).toEqual({ stable: 20 });
    expect(await shares('paths', '/c')).toEqual({ stable: 10, later: 10 });
    await expectQuiet(shop);
  });

  it('pairs by text: the path type is that of the stable Ingress', async () => {
    await shop.apply(
      stable('types', [aPath('/a', 'stable', 'Exact')]),
      canary('types', { 'canary-weight': '50' }, { paths: [aPath('/a', 'next', 'Prefix')] }),
    );
    expect(await shares('types', '/a')).toEqual({ stable: 10, next: 10 });
    expect(await to('types', {}, '/a/b')).toBe(503);
    await expectQuiet(shop);
  });

  it('does not go with header or cookie on one Ingress', async () => {
    await shop.apply(stable('mixed'), canary('mixed', { 'canary-weight': '50', 'canary-by-cookie': 'next' }));
    expect(await shares('mixed')).toEqual({ stable: 20 });
    expect(shop.warnings('Ingress/mixed-canary').map((one) => one.reason)).toEqual(['ANNOTATION-CONFLICT']);
    await expectQuiet(shop);
  });

  it('does not go with a ForwardGroup of its own', async () => {
    const forward = { type: 'ForwardGroup', ForwardConfig: { ServerGroups: [{ ServiceName: 'later', ServicePort: 80 }] } };
    const path = { ...aPath('/', 'next'), backend: { service: { name: 'next', port: { name: 'use-annotation' } } } };
    await shop.apply(stable('own'), canary('own', { 'canary-weight': '50', 'actions.next': json(forward) }, { paths: [path] }));
    expect(await shares('own')).toEqual({ stable: 20 });
    expect(shop.warnings('Ingress/own-canary').map((one) => one.reason)).toEqual(['ANNOTATION-CONFLICT']);
    await expectQuiet(shop);
  });

  it('is refused above 100', async () => {
    await shop.apply(stable('hundred'), canary('hundred', { 'canary-weight': '101' }));
    expect(await shares('hundred')).toEqual({ stable: 20 });
    expect(shop.warnings('Ingress/hundred-canary').map((one) => one.reason)).toEqual(['ANNOTATION-INVALID']);
    await expectQuiet(shop);
  });
});

describe('canaries together', () => {
  it('header before cookie before weight, by their order', async () => {
    await shop.apply(
      stable('all', [aPath('/', 'stable')], { order: '20' }),
      canary('all', { 'canary-by-header': 'X-Next', 'canary-by-header-value': 'yes', order: '1' }, { as: 'all-header' }),
      canary('all', { 'canary-by-cookie': 'later', order: '2' }, { service: 'later', as: 'all-cookie' }),
      canary('all', { 'canary-weight': '100', order: '30' }, { as: 'all-weight' }),
    );
    expect(await to('all', { 'X-Next': 'yes', Cookie: 'later=always' })).toBe('next');
    expect(await to('all', { Cookie: 'later=always' })).toBe('later');
    expect(await shares('all')).toEqual({ next: 20 });
    await expectQuiet(shop);
  });

  it('finishing: without the canary the stable Ingress gets everything, and the group of the canary is collected', async () => {
    const names = async (): Promise<readonly string[]> =>
      ((await shop.bench.alb.state())['serverGroups'] ?? []).map((one) => String(one['ServerGroupName']));
    const ending = canary('ending', { 'canary-weight': '50' }, { service: 'ending-next' });
    await shop.apply(aService('ending-next'), stable('ending'), ending);
    expect(await shares('ending')).toEqual({ stable: 10, 'ending-next': 10 });
    expect((await names()).filter((one) => one.includes('ending-next'))).toHaveLength(1);
    const seen = new Set<string | number>();
    await shop.erase(ending);
    await shop.settle(async () => {
      seen.add(await to('ending'));
    });
    expect([...seen].filter((one) => one !== 'stable' && one !== 'ending-next')).toEqual([]);
    expect(await shares('ending')).toEqual({ stable: 20 });
    expect((await names()).filter((one) => one.includes('ending-next'))).toEqual([]);
    await expectQuiet(shop);
  });

  it('a canary that turns bad keeps its share, and the stable Ingress with it', async () => {
    await shop.apply(stable('turned'), canary('turned', { 'canary-weight': '25' }));
    await shop.apply(canary('turned', { 'canary-weight': 'half' }));
    expect(await shares('turned')).toEqual({ stable: 15, next: 5 });
    await expectQuiet(shop);
    await shop.apply(canary('turned', { 'canary-weight': '50' }));
    expect(await shares('turned')).toEqual({ stable: 10, next: 10 });
    await expectQuiet(shop);
  });
});

describe('the nginx keys of canaries', () => {
  const nginx = (annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
    Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`nginx.ingress.kubernetes.io/${key}`, value]));

  it('do the same', async () => {
    const aliased = (name: string, annotations: Readonly<Record<string, string>>, as: string): Ingress =>
      anIngress({
        name: as,
        host: hostOf(name),
        paths: [aPath('/', 'next')],
        annotations: { order: '5', ...nginx({ canary: 'true', ...annotations }) },
      });
    await shop.apply(
      ...['nginx-a', 'nginx-b', 'nginx-c'].map((name) => stable(name)),
      aliased('nginx-a', { 'canary-by-header': 'X-Next', 'canary-by-header-value': 'yes' }, 'nginx-a-canary'),
      aliased('nginx-b', { 'canary-by-cookie': 'next' }, 'nginx-b-canary'),
      aliased('nginx-c', { 'canary-weight': '50' }, 'nginx-c-canary'),
    );
    expect([await to('nginx-a', { 'X-Next': 'yes' }), await to('nginx-a')]).toEqual(['next', 'stable']);
    expect([await to('nginx-b', { Cookie: 'next=always' }), await to('nginx-b')]).toEqual(['next', 'stable']);
    expect(await shares('nginx-c')).toEqual({ stable: 10, next: 10 });
    await expectQuiet(shop);
  });

  it('win over the others', async () => {
    await shop.apply(stable('wins'), canary('wins', { 'canary-weight': '100', ...nginx({ 'canary-weight': '50' }) }));
    expect(await shares('wins')).toEqual({ stable: 10, next: 10 });
    await expectQuiet(shop);
  });
});

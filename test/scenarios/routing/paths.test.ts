/** Which paths a rule catches, and what the server is asked for. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aPath } from '#test/support/objects.ts';
import { expectQuiet, type Routed, routed } from '#test/support/routed.ts';
import { annotated, hostOf, onHost } from '#test/support/routed-objects.ts';

let shop: Routed;
beforeAll(async () => {
  shop = await routed();
});
afterAll(() => shop?.stop());

/** Which of these paths of an Ingress's host are answered. */
const caught = async (name: string, ...paths: readonly string[]): Promise<readonly string[]> => {
  const found: string[] = [];
  for (const path of paths) if ((await shop.goesTo({ host: hostOf(name), path })) !== 503) found.push(path);
  return found;
};

describe('path types', () => {
  it('Exact matches the path alone, whatever the query, and minds the case', async () => {
    await shop.apply(annotated('exact', {}, [aPath('/menu', 'tea', 'Exact')]));
    expect(await caught('exact', '/menu', '/menu?x=1', '/menu/', '/Menu', '/menu/today', '/')).toEqual(['/menu', '/menu?x=1']);
    await expectQuiet(shop);
  });

  it('Prefix matches whole elements; a slash at its end changes nothing', async () => {
    await shop.apply(annotated('prefix', {}, [aPath('/menu/', 'tea'), aPath('/wine', 'tea')]));
    expect(await caught('prefix', '/menu', '/menu/', '/menu/a/b', '/menus', '/wine', '/wine/red', '/winery', '/')).toEqual([
      '/menu',
      '/menu/',
      '/menu/a/b',
      '/wine',
      '/wine/red',
    ]);
    await expectQuiet(shop);
  });

  it('Prefix / catches everything', async () => {
    await shop.apply(annotated('root', {}));
    expect(await caught('root', '/', '/a', '/a/b?c')).toEqual(['/', '/a', '/a/b?c']);
    await expectQuiet(shop);
  });

  it('ImplementationSpecific is passed on as it is written: plain, with wildcards, or as an expression', async () => {
    await shop.apply(
      annotated('verbatim', {}, [
        aPath('/plain', 'tea', 'ImplementationSpecific'),
        aPath('/glob*', 'tea', 'ImplementationSpecific'),
        aPath('~*^/v[0-9]+$', 'tea', 'ImplementationSpecific'),
      ]),
    );
    expect(await caught('verbatim', '/plain', '/plain/x', '/glob', '/globe/x', '/v12', '/v12/x', '/vx')).toEqual([
      '/plain',
      '/glob',
      '/globe/x',
      '/v12',
    ]);
    await expectQuiet(shop);
  });

  for (const [pathType, path] of [
    ['Exact', '/a*'],
    ['Prefix', '/a?b'],
    ['ImplementationSpecific', '/a(b)'],
    ['Prefix', `/${'a'.repeat(128)}`],
  ] as const) {
    it(`${pathType} ${path.slice(0, 10)} is refused before the service refuses it, and the neighbours go on`, async () => {
      const beside = `beside-${pathType.toLowerCase()}-${path.length}`;
      await shop.bench.calls();
      await shop.apply(annotated('bad-path', {}, [aPath(path, 'tea', pathType)]), annotated(beside, {}));
      expect(await shop.goesTo({ host: hostOf(beside) })).toBe('tea');
      expect((await shop.bench.calls()).filter((one) => one.code !== '')).toEqual([]);
      expect(shop.warnings('Ingress/bad-path').at(-1)?.reason).toMatch(/^PATH-/);
      await expectQuiet(shop);
    });
  }
});

describe('hosts', () => {
  it('a wildcard matches the hosts below it; no host matches every host that nobody else claims', async () => {
    await shop.apply(
      onHost(annotated('zz-anywhere', { order: '900' }, [aPath('/anywhere', 'coffee')]), undefined),
      onHost(annotated('wildcard', {}), '*.bar.example.com'),
    );
    expect(await shop.goesTo({ host: 'a.bar.example.com', path: '/anywhere' })).toBe('tea');
    expect(await shop.goesTo({ host: 'bar.example.com', path: '/' })).toBe(503);
    expect(await shop.goesTo({ host: 'bar.example.com', path: '/anywhere' })).toBe('coffee');
    await expectQuiet(shop);
  });
});

describe('annotation use-regex', () => {
  it('makes Prefix paths expressions, matched anywhere in the path and minding the case', async () => {
    await shop.apply(annotated('regex', { 'use-regex': 'true' }, [aPath('/v[0-9]+/menu', 'tea')]));
    expect(await caught('regex', '/v1/menu', '/v22/menu', '/x/v1/menu/y', '/vx/menu', '/V1/menu', '/v1')).toEqual([
      '/v1/menu',
      '/v22/menu',
      '/x/v1/menu/y',
    ]);
    await expectQuiet(shop);
  });

  it('leaves / and the other path types as they are', async () => {
    await shop.apply(
      annotated('regex-types', { 'use-regex': 'true' }, [aPath('/a.c', 'tea', 'Exact'), aPath('/b.d', 'tea', 'ImplementationSpecific')]),
    );
    expect(await caught('regex-types', '/a.c', '/abc', '/b.d', '/bcd')).toEqual(['/a.c', '/b.d']);
    await shop.apply(annotated('regex-types', { 'use-regex': 'true' }, [aPath('/', 'tea')]));
    expect(await caught('regex-types', '/', '/any/thing')).toEqual(['/', '/any/thing']);
    await expectQuiet(shop);
  });

  it('means no when it says false', async () => {
    await shop.apply(annotated('regex-off', { 'use-regex': 'false' }, [aPath('/a.c', 'tea')]));
    expect(await caught('regex-off', '/a.c', '/a.c/x', '/abc')).toEqual(['/a.c', '/a.c/x']);
    await expectQuiet(shop);
  });

  it('with an expression that is none holds the Ingress', async () => {
    await shop.apply(annotated('regex-bad', { 'use-regex': 'true' }, [aPath('/a(b', 'tea')]));
    expect(await caught('regex-bad', '/a(b', '/ab')).toEqual([]);
    expect(shop.warnings('Ingress/regex-bad')).toEqual([expect.objectContaining({ reason: 'PATH-ILLEGAL' })]);
    await expectQuiet(shop);
  });
});

describe('annotation rewrite-target', () => {
  const asked = async (name: string, path: string): Promise<string | undefined> =>
    (await shop.ask({ host: hostOf(name), path })).echo?.path;

  it('puts groups of the path into the path that the server is asked for, and keeps the query', async () => {
    // The braces are the service's own notation.
    const target = ['/bar/', '{1}/', '{2}'].join('$');
    await shop.apply(annotated('rewrite', { 'rewrite-target': target }, [aPath('/foo/([^/]+)/(.*)', 'tea')]));
    expect(await asked('rewrite', '/foo/a/b/c?d=e')).toBe('/bar/a/b/c?d=e');
    expect(await asked('rewrite', '/foo/a/')).toBe('/bar/a/');
    expect(await caught('rewrite', '/foo/a')).toEqual([]);
    await expectQuiet(shop);
  });

  it('without groups asks for that path whatever matched', async () => {
    await shop.apply(annotated('rewrite-fixed', { 'rewrite-target': '/bar' }, [aPath('/foo', 'tea')]));
    expect(await asked('rewrite-fixed', '/foo/a/b')).toBe('/bar');
    expect(await asked('rewrite-fixed', '/x/food')).toBe('/bar');
    await expectQuiet(shop);
  });

  it('rewrites what an Exact path caught without making it an expression', async () => {
    await shop.apply(annotated('rewrite-exact', { 'rewrite-target': '/bar' }, [aPath('/a.c', 'tea', 'Exact')]));
    expect(await asked('rewrite-exact', '/a.c')).toBe('/bar');
    expect(await caught('rewrite-exact', '/abc')).toEqual([]);
    await expectQuiet(shop);
  });

  it('with more groups than the path has holds the Ingress', async () => {
    await shop.apply(annotated('rewrite-more', { 'rewrite-target': ['/', '{2}'].join('$') }, [aPath('/foo/(.*)', 'tea')]));
    expect(await caught('rewrite-more', '/foo/a')).toEqual([]);
    expect(shop.warnings('Ingress/rewrite-more')).toHaveLength(1);
    await expectQuiet(shop);
  });
});

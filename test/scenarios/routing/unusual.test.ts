/** Manifests that are legal and seldom written: what they mean is what the requests say. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ingress, IngressPath } from '#shared/model/wish.ts';
import { anIngress, aPath, aService, toService } from '#test/support/objects.ts';
import { expectQuiet, type Routed, routed } from '#test/support/routed.ts';
import { annotated, byAnnotation, hostOf, json } from '#test/support/routed-objects.ts';

let shop: Routed;
beforeAll(async () => {
  shop = await routed({ services: ['coffee', 'tea', 'water'] });
});
afterAll(() => shop?.stop());

type Spec = NonNullable<Ingress['spec']>;
const specified = (name: string, spec: Spec, annotations: Readonly<Record<string, string>> = {}): Ingress =>
  anIngress({ name, annotations, spec: { ingressClassName: 'alb', ...spec } });
const at = (host: string, ...paths: readonly IngressPath[]) => ({ host, http: { paths } });
const to = (name: string, path: string, headers: Readonly<Record<string, string>> = {}) =>
  shop.goesTo({ host: hostOf(name), path, headers });

describe('hosts and paths', () => {
  it('a host that is written in several rules has the paths of all of them; of equal ones the first is asked', async () => {
    const host = hostOf('twice');
    const rules = [at(host, aPath('/a', 'tea')), at(hostOf('between'), aPath('/')), at(host, aPath('/a'), aPath('/b', 'water'))];
    await shop.apply(specified('twice', { rules }));
    expect([await to('twice', '/a'), await to('twice', '/b'), await to('between', '/b')]).toEqual(['tea', 'water', 'coffee']);
    await expectQuiet(shop);
  });

  it('a host without paths is left to the default backend', async () => {
    const ingress = specified('bare', { rules: [{ host: hostOf('bare') }], defaultBackend: toService('water') });
    await shop.apply(ingress);
    expect(await to('bare', '/any')).toBe('water');
    await expectQuiet(shop);
    await shop.remove(ingress);
    expect(await to('bare', '/any')).toBe(503);
  });

  it('a path of no type is one of type Prefix, and one that is empty is every path of its host', async () => {
    const { pathType: _, ...untyped } = aPath('/old', 'tea');
    const empty = aPath('', 'water', 'ImplementationSpecific');
    // Objects from before networking.k8s.io/v1 have no type.
    await shop.apply(annotated('untyped', {}, [untyped as IngressPath, empty]));
    expect([await to('untyped', '/old/x'), await to('untyped', '/older')]).toEqual(['tea', 'water']);
    await expectQuiet(shop);
  });

  it('a TLS section that names no host says nothing about listeners', async () => {
    await shop.apply(specified('nameless', { tls: [{ secretName: 'nameless-tls' }], rules: [at(hostOf('nameless'), aPath('/', 'tea'))] }));
    expect([await to('nameless', '/'), await shop.goesTo({ host: hostOf('nameless'), port: 443 })]).toEqual(['tea', 503]);
    expect(shop.warnings('Ingress/nameless')).toEqual([]);
  });
});

describe('one annotation for several paths', () => {
  it('concerns each path that names its Service, by whatever port', async () => {
    const insert = { type: 'InsertHeader', InsertHeaderConfig: { key: 'X-Marked', value: 'yes', valueType: 'UserDefined' } };
    const named = { ...aPath('/named'), backend: toService('tea', 'http') };
    await shop.apply(annotated('marked', { 'actions.tea': json(insert) }, [aPath('/numbered', 'tea'), named, aPath('/other', 'coffee')]));
    const marks = ['/numbered', '/named', '/other'].map(
      async (path) => (await shop.ask({ host: hostOf('marked'), path })).echo?.headers['X-Marked']?.[0],
    );
    expect(await Promise.all(marks)).toEqual(['yes', 'yes', undefined]);
    await expectQuiet(shop);
  });

  it('may be the whole action of several placeholders, in the default backend too', async () => {
    const gone = { type: 'FixedResponse', FixedResponseConfig: { content: 'gone', httpCode: '410' } };
    const ingress = specified(
      'closed',
      {
        rules: [at(hostOf('closed'), byAnnotation('own', '/a'), byAnnotation('own', '/b'))],
        defaultBackend: toService('own', 'use-annotation'),
      },
      { 'actions.own': json(gone) },
    );
    await shop.apply(ingress);
    expect([await to('closed', '/a'), await to('closed', '/b'), await to('closed', '/c')]).toEqual([410, 410, 410]);
    await expectQuiet(shop);
    await shop.remove(ingress);
  });

  it('with conditions narrows a default backend as it does a path', async () => {
    const ingress = specified(
      'picky',
      { defaultBackend: toService('water') },
      { 'conditions.water': json({ type: 'Header', headerConfig: { key: 'X-Thirsty', values: ['yes'] } }) },
    );
    await shop.apply(ingress);
    expect([await to('nobody', '/', { 'X-Thirsty': 'yes' }), await to('nobody', '/')]).toEqual(['water', 503]);
    await expectQuiet(shop);
    await shop.remove(ingress);
  });

  it('is refused where it says a member twice: one of the two would have no effect', async () => {
    const value = '[{"type":"FixedResponse","FixedResponseConfig":{"httpCode":"200","HTTPCODE":"500"}}]';
    await shop.apply(annotated('torn', { 'actions.own': value }, [byAnnotation('own')]), annotated('beside-torn', {}));
    expect([await to('torn', '/'), await to('beside-torn', '/')]).toEqual([503, 'tea']);
    expect(shop.warnings('Ingress/torn')).toEqual([
      expect.objectContaining({ reason: 'ANNOTATION-INVALID', message: expect.stringContaining('"httpCode" stands before it already') }),
    ]);
  });

  it('may have spaces and line breaks around it', async () => {
    const spaced = {
      'listen-ports': '\n [ {"HTTP" : 80},\n {"HTTP":8080} ] ',
      order: ' 7 ',
      'ssl-redirect': ' false\n',
      'enable-cors': ' true ',
    };
    await shop.apply(annotated('spaced', { ...spaced, 'cors-allow-origin': ' https://a.example.org , https://b.example.org ' }));
    expect(await shop.goesTo({ host: hostOf('spaced'), port: 8080 })).toBe('tea');
    const answer = await shop.ask({ host: hostOf('spaced'), headers: { Origin: 'https://b.example.org' } });
    expect(answer.headers['access-control-allow-origin']).toBe('https://b.example.org');
    expect(shop.warnings('Ingress/spaced')).toEqual([]);
    await expectQuiet(shop);
  });
});

describe('settings of what is switched off', () => {
  it('are told when they are wrong, and nobody is held', async () => {
    const wrong = { 'cors-max-age': 'long', 'healthcheck-interval-seconds': '0', 'canary-weight': 'half', 'enable-cors': 'false' };
    await shop.apply(annotated('idle', wrong));
    expect(await to('idle', '/')).toBe('tea');
    expect(
      shop
        .warnings('Ingress/idle')
        .map((one) => one.reason)
        .sort(),
    ).toEqual(['ANNOTATION-ALONE', 'ANNOTATION-UNUSED', 'ANNOTATION-UNUSED']);
    await expectQuiet(shop);
  });
});

describe('canaries', () => {
  const both = (exact: string, prefix: string) => [aPath('/x', exact, 'Exact'), aPath('/x', prefix)];
  const canaryOf = (annotations: Readonly<Record<string, string>>) => ({ canary: 'true', order: '5', ...annotations });

  it('of a path that is there once as Exact and once as Prefix have a share of each, with the Service of its type', async () => {
    const host = hostOf('pair');
    await shop.apply(
      annotated('pair', {}, both('coffee', 'coffee')),
      anIngress({ name: 'pair-canary', host, annotations: canaryOf({ 'canary-weight': '60' }), paths: both('tea', 'water') }),
    );
    expect(shop.warnings('Ingress/pair-canary')).toEqual([]);
    expect(await shop.spread(10, { host, path: '/x' })).toEqual({ coffee: 4, tea: 6 });
    expect(await shop.spread(10, { host, path: '/x/y' })).toEqual({ coffee: 4, water: 6 });
    await expectQuiet(shop);
  });

  it('by header of such a path go by its type as well', async () => {
    const host = hostOf('led');
    const byHeader = canaryOf({ 'canary-by-header': 'X-Canary', 'canary-by-header-value': 'yes' });
    await shop.apply(
      annotated('led', {}, both('coffee', 'coffee')),
      anIngress({ name: 'led-canary', host, annotations: byHeader, paths: both('tea', 'water') }),
    );
    const headers = { 'X-Canary': 'yes' };
    expect([await to('led', '/x', headers), await to('led', '/x/y', headers), await to('led', '/x/y')]).toEqual(['tea', 'water', 'coffee']);
    await expectQuiet(shop);
  });

  it('may stand in another namespace, with the Services there', async () => {
    const host = hostOf('abroad');
    await shop.apply(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'apart' } },
      aService('wine', { namespace: 'apart' }),
      annotated('abroad', {}),
      anIngress({
        name: 'abroad-canary',
        namespace: 'apart',
        host,
        annotations: canaryOf({ 'canary-weight': '50' }),
        paths: [aPath('/', 'wine')],
      }),
    );
    expect(await shop.spread(10, { host })).toEqual({ tea: 5, wine: 5 });
    await expectQuiet(shop);
  });

  it('of a stable Ingress that answers by itself: by header they have a rule, by weight there is nothing to share', async () => {
    const host = hostOf('self');
    const gone = { type: 'FixedResponse', FixedResponseConfig: { content: 'gone', httpCode: '410' } };
    const canary = (name: string, annotations: Readonly<Record<string, string>>) =>
      anIngress({ name, host, annotations: canaryOf(annotations), paths: [aPath('/', 'tea')] });
    await shop.apply(
      annotated('self', { 'actions.own': json(gone) }, [byAnnotation('own')]),
      canary('self-by-header', { 'canary-by-cookie': 'try' }),
      canary('self-by-weight', { 'canary-weight': '50' }),
    );
    expect([await to('self', '/', { Cookie: 'try=always' }), await to('self', '/')]).toEqual(['tea', 410]);
    expect(shop.warnings('Ingress/self-by-weight').map((one) => one.reason)).toEqual(['ANNOTATION-CONFLICT']);
    expect(shop.warnings('Ingress/self-by-header')).toEqual([]);
    await expectQuiet(shop);
  });

  it('of a default backend share it', async () => {
    const stable = specified('fallback', { defaultBackend: toService('coffee') });
    const canary = specified('fallback-canary', { defaultBackend: toService('tea') }, canaryOf({ 'canary-weight': '30' }));
    await shop.apply(stable, canary);
    expect(await shop.spread(10, { host: 'nobody.example.org' })).toEqual({ coffee: 7, tea: 3 });
    await expectQuiet(shop);
    await shop.remove(stable, canary);
  });
});

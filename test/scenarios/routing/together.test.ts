/** Annotations in combination, and what they do when the objects around them come and go. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ingress } from '#shared/model/wish.ts';
import { anIngress, aPath, aService } from '#test/support/objects.ts';
import { cafeWith, expectQuiet, firstListeners, type Routed, routed } from '#test/support/routed.ts';
import { annotated, byAnnotation, hostOf, json, withTls } from '#test/support/routed-objects.ts';
import { until } from '#test/support/until.ts';

let shop: Routed;
beforeAll(async () => {
  shop = await routed({ services: ['stable', 'next', 'tea'], settings: { dataPlane: { trafficLimitBurst: 1 } } });
});
afterAll(() => shop?.stop());

const both = '[{"HTTP":80},{"HTTPS":443}]';
const stable = (name: string, annotations: Readonly<Record<string, string>> = {}): Ingress =>
  annotated(name, annotations, [aPath('/', 'stable')]);
const canary = (name: string, annotations: Readonly<Record<string, string>>, service = 'next', as = `${name}-${service}`): Ingress =>
  anIngress({ name: as, host: hostOf(name), paths: [aPath('/', service)], annotations: { canary: 'true', order: '5', ...annotations } });
const shares = (name: string, port = 80) => shop.spread(10, { host: hostOf(name), port });
const header = { 'canary-by-header': 'X-Next', 'canary-by-header-value': 'yes' };
const withHeader = (name: string) => shop.goesTo({ host: hostOf(name), headers: { 'X-Next': 'yes' } });

/** A Service whose pods are yet to come. */
async function emptyService(name: string): Promise<void> {
  await shop.apply(aService(name));
  await shop.bench.kube.mergePatch({ kind: 'EndpointSlice', namespace: 'shop', name: `${name}-slice` }, { endpoints: [] });
  shop.bench.membersChanged('shop', name);
  await shop.settle();
}
async function givePods(name: string): Promise<void> {
  const { endpoints } = await shop.startPods(name, 1);
  await shop.bench.kube.mergePatch({ kind: 'EndpointSlice', namespace: 'shop', name: `${name}-slice` }, { endpoints });
  shop.bench.membersChanged('shop', name);
  await shop.settle();
}

describe('a canary and listeners', () => {
  it('has its share on the listeners where it stands, and none on the others', async () => {
    await shop.apply(stable('listeners', { 'listen-ports': both }), canary('listeners', { 'canary-weight': '50' }));
    expect(await shares('listeners', 80)).toEqual({ stable: 5, next: 5 });
    expect(await shares('listeners', 443)).toEqual({ stable: 10 });
    await expectQuiet(shop);
  });

  it('on a listener without its stable Ingress is alone there, and is held', async () => {
    await shop.apply(withTls(stable('sealed')), canary('sealed', header));
    expect(await withHeader('sealed')).toBe(503);
    expect(shop.warnings('Ingress/sealed-next').map((one) => one.reason)).toEqual(['CANARY-ALONE']);
    await shop.apply(withTls(canary('sealed', header), [hostOf('sealed')]));
    expect(await shop.goesTo({ host: hostOf('sealed'), port: 443, headers: { 'X-Next': 'yes' } })).toBe('next');
    await expectQuiet(shop);
  });

  it('has its share behind the redirect of its stable Ingress', async () => {
    const secure = { 'ssl-redirect': 'true', 'listen-ports': both };
    await shop.apply(withTls(stable('redirected', secure)), canary('redirected', { 'canary-weight': '50', 'listen-ports': both }));
    expect((await shop.ask({ host: hostOf('redirected') })).status).toBe(308);
    expect(await shares('redirected', 443)).toEqual({ stable: 5, next: 5 });
    await expectQuiet(shop);
  });
});

describe('a canary and its stable Ingress', () => {
  it('that is deleted takes the shares with it; the canary says that it is alone', async () => {
    await shop.apply(stable('leaving'), canary('leaving', { 'canary-weight': '50' }));
    await shop.remove(stable('leaving'));
    expect(await shop.goesTo({ host: hostOf('leaving') })).toBe(503);
    expect(shop.warnings('Ingress/leaving-next').map((one) => one.reason)).toEqual(['CANARY-ALONE']);
    await expectQuiet(shop);
    await shop.apply(stable('leaving'));
    expect(await shares('leaving')).toEqual({ stable: 5, next: 5 });
    await expectQuiet(shop);
  });

  it('that is held is a stable Ingress all the same', async () => {
    await shop.apply(stable('held'), canary('held', header));
    await shop.apply(stable('held', { order: 'x' }));
    expect([await withHeader('held'), await shop.goesTo({ host: hostOf('held') })]).toEqual(['next', 'stable']);
    expect(shop.warnings('Ingress/held-next')).toEqual([]);
    await expectQuiet(shop);
  });

  it('with conditions, limits and headers of its own shares all of them', async () => {
    const annotations = {
      'conditions.stable': json({ type: 'Method', methodConfig: { values: ['GET'] } }),
      'actions.stable': json({ type: 'InsertHeader', InsertHeaderConfig: { key: 'X-A', value: 'b', valueType: 'UserDefined' } }),
    };
    await shop.apply(stable('rich', annotations), canary('rich', { 'canary-weight': '100' }));
    expect((await shop.ask({ host: hostOf('rich') })).echo?.headers['X-A']).toEqual(['b']);
    expect(await shares('rich')).toEqual({ next: 10 });
    expect(await shop.goesTo({ host: hostOf('rich'), method: 'POST' })).toBe(503);
    await expectQuiet(shop);
  });

  it('may have at most four canaries by weight: the fifth is held with the limit', async () => {
    const five = ['c1', 'c2', 'c3', 'c4', 'c5'];
    await shop.apply(...five.map((name) => aService(name)));
    await shop.apply(stable('crowd'), ...five.map((service) => canary('crowd', { 'canary-weight': '10' }, service)));
    expect(await shares('crowd')).toEqual({ stable: 6, c1: 1, c2: 1, c3: 1, c4: 1 });
    expect(shop.warnings('Ingress/crowd-c5').map((one) => one.reason)).toEqual(['RULE-LIMIT']);
    await expectQuiet(shop);
  });
});

describe('pods that are yet to come', () => {
  it('a share of a Service without any is answered 503, as the wish says, until it has one', async () => {
    await emptyService('unborn');
    await shop.apply(stable('waiting'), canary('waiting', { 'canary-weight': '50' }, 'unborn'));
    expect(await shares('waiting')).toEqual({ stable: 5, '503': 5 });
    await givePods('unborn');
    expect(await shares('waiting')).toEqual({ stable: 5, unborn: 5 });
    await expectQuiet(shop);
  });

  it('a rule turns to a new Service only when pods of it are members, and a canary gets its share only then', async () => {
    await shop.apply(annotated('moving', {}, [aPath('/', 'tea')]), stable('sharing'));
    const seen = new Set<string | number>();
    await shop.write(
      annotated('moving', {}, [aPath('/', 'fresh')]),
      canary('sharing', { 'canary-weight': '50' }, 'fresh'),
      aService('fresh'),
    );
    await shop.settle(async () => {
      for (const name of ['moving', 'sharing', 'sharing']) seen.add(await shop.goesTo({ host: hostOf(name) }));
    });
    expect([...seen].sort()).toEqual(['fresh', 'stable', 'tea']);
    expect(await shop.goesTo({ host: hostOf('moving') })).toBe('fresh');
    expect(await shares('sharing')).toEqual({ stable: 5, fresh: 5 });
    await expectQuiet(shop);
  });
});

describe('rules and their listener', () => {
  it('a limit per client comes into force when the listener learns to look addresses up', async () => {
    const limited = annotated('late', { 'traffic-limit-ip-qps': '1', 'listen-ports': '[{"HTTP":8080}]' });
    await shop.apply(limited);
    expect(await shop.goesTo({ host: hostOf('late'), port: 8080 })).toBe(503);
    const looking = { XForwardedForClientSourceIpsEnabled: true, XForwardedForClientSourceIpsTrusted: '127.0.0.1/32' };
    const listeners = firstListeners.map((one) => (one.port === 8080 ? { ...one, xForwardedForConfig: looking } : one));
    await shop.apply(cafeWith({}, listeners));
    shop.pass(10_000);
    expect(await shop.spread(2, { host: hostOf('late'), port: 8080 })).toEqual({ tea: 1, '503': 1 });
    await expectQuiet(shop);
  });

  it('a listener that comes gets the rules that waited for it', async () => {
    await shop.apply(annotated('early', { 'listen-ports': '[{"HTTP":9090}]' }));
    expect(shop.warnings('Ingress/early').map((one) => one.reason)).toEqual(['LISTENER-MISSING']);
    await shop.apply(cafeWith({}, [...firstListeners, { port: 9090, protocol: 'HTTP' }]));
    expect(await shop.goesTo({ host: hostOf('early'), port: 9090 })).toBe('tea');
    await expectQuiet(shop);
  });
});

describe('rules that are split', () => {
  const hosts = Array.from({ length: 15 }, (_, index) => `s${index}.split.example.org`);
  const many = (values: readonly string[]) => json({ type: 'Host', hostConfig: { values } });

  it('share a canary by weight in every part', async () => {
    await shop.apply(stable('parts', { 'conditions.stable': many(hosts) }), canary('parts', { 'canary-weight': '50' }));
    for (const host of [hosts[0], hosts[14], hostOf('parts')]) {
      expect(await shop.spread(4, host === undefined ? {} : { host })).toEqual({ stable: 2, next: 2 });
    }
    await expectQuiet(shop);
  });

  it('shrink and grow, and every host that stays is answered throughout', async () => {
    const grown = annotated('growing', { 'conditions.tea': many(hosts.map((one) => `g${one}`)) });
    const shrunk = annotated('growing', { 'conditions.tea': many([`g${hosts[0]}`]) });
    await shop.apply(grown);
    const seen = new Set<string | number>();
    for (const next of [shrunk, grown]) {
      await shop.write(next);
      await shop.settle(async () => {
        seen.add(await shop.goesTo({ host: `g${hosts[0]}` }));
      });
      await expectQuiet(shop);
    }
    expect([...seen]).toEqual(['tea']);
  });

  it('are refused where a limit would be counted in each part', async () => {
    await shop.apply(annotated('counted', { 'traffic-limit-qps': '5', 'conditions.tea': many(hosts) }));
    expect(shop.warnings('Ingress/counted').map((one) => one.reason)).toEqual(['RULE-LIMIT']);
    expect(await shop.goesTo({ host: hostOf('counted') })).toBe(503);
    await expectQuiet(shop);
  });
});

describe('expressions with conditions and rewriting', () => {
  it('the groups are those of the expression that matched', async () => {
    const target = ['/found/', '{1}'].join('$');
    const more = json({ type: 'Path', pathConfig: { values: ['~*^/second/(.+)$'] } });
    await shop.apply(annotated('expressions', { 'rewrite-target': target, 'conditions.tea': more }, [aPath('/first/([a-z]+)', 'tea')]));
    const asked = async (path: string) => (await shop.ask({ host: hostOf('expressions'), path })).echo?.path;
    expect([await asked('/first/abc'), await asked('/second/x/y')]).toEqual(['/found/abc', '/found/x/y']);
    await expectQuiet(shop);
  });
});

describe('rules on answers and redirects', () => {
  it('a rule on answers stays what it is on a listener that redirects', async () => {
    const answers = { type: 'InsertHeader', InsertHeaderConfig: { key: 'X-Answered', value: 'a', valueType: 'UserDefined' } };
    const annotations = { 'ssl-redirect': 'true', 'rule-direction.answers': 'Response', 'actions.answers': json(answers) };
    await shop.apply(withTls(annotated('answered', annotations, [aPath('/', 'tea'), byAnnotation('answers')])));
    expect((await shop.ask({ host: hostOf('answered') })).status).toBe(308);
    expect((await shop.ask({ host: hostOf('answered'), port: 443 })).headers['x-answered']).toBe('a');
    await expectQuiet(shop);
  });
});

describe('default backends', () => {
  const byDefault = (name: string, service: string, port: object, annotations: Readonly<Record<string, string>>): Ingress =>
    anIngress({ name, annotations, spec: { ingressClassName: 'alb', defaultBackend: { service: { name: service, port } } } });
  const anyone = (port: number) => shop.goesTo({ host: 'nobody.example.org', path: '/any', port });

  it('redirect as rules do', async () => {
    const ingress = byDefault('default-secure', 'tea', { number: 80 }, { 'ssl-redirect': 'true', 'listen-ports': both });
    await shop.apply(ingress);
    expect([await anyone(80), await anyone(443)]).toEqual([308, 'tea']);
    await expectQuiet(shop);
    await shop.remove(ingress);
    expect([await anyone(80), await anyone(443)]).toEqual([503, 503]);
  });

  it('may be what an annotation says', async () => {
    const gone = { type: 'FixedResponse', FixedResponseConfig: { content: 'gone', httpCode: '404', contentType: 'text/plain' } };
    const ingress = byDefault('default-gone', 'act', { name: 'use-annotation' }, { 'actions.act': json(gone) });
    await shop.apply(ingress);
    expect(await anyone(80)).toBe(404);
    await expectQuiet(shop);
    await shop.remove(ingress);
  });
});

describe('a listener QUIC', () => {
  const quic = { port: 443, protocol: 'QUIC', certificates: [{ CertificateId: '1234567-cn-hangzhou', IsDefault: true }] };

  it('gets the rules of HTTPS on the same port, and refuses limits per client', async () => {
    await shop.apply(cafeWith({}, [...firstListeners, quic]));
    const ports = '[{"HTTPS":443},{"QUIC":443}]';
    await shop.apply(
      annotated('fast', { 'listen-ports': ports }),
      annotated('per-client', { 'listen-ports': '[{"QUIC":443}]', 'traffic-limit-ip-qps': '5' }),
    );
    expect(await shop.goesTo({ host: hostOf('fast'), port: 443 })).toBe('tea');
    expect((await shop.bench.alb.state())['rules']?.filter((one) => JSON.stringify(one).includes(hostOf('fast')))).toHaveLength(2);
    expect(shop.warnings('Ingress/per-client').map((one) => one.reason)).toEqual(['ANNOTATION-CONFLICT']);
    await expectQuiet(shop);
  });
});

describe('redirects that lead nowhere good', () => {
  const away = (config: object): string => json({ type: 'Redirect', RedirectConfig: config });

  it('from HTTPS to HTTP, or to the request itself, are refused', async () => {
    await shop.apply(
      annotated('back', { 'listen-ports': '[{"HTTPS":443}]', 'actions.act': away({ protocol: 'http', host: 'a.example.org' }) }, [
        byAnnotation('act'),
      ]),
      annotated('itself', { 'actions.act': away({ httpCode: '302' }) }, [byAnnotation('act')]),
    );
    for (const name of ['back', 'itself']) {
      expect(shop.warnings(`Ingress/${name}`)).toHaveLength(1);
      expect(shop.warnings(`Ingress/${name}`)[0]?.message).toContain('Redirect');
    }
    expect(await shop.goesTo({ host: hostOf('itself') })).toBe(503);
    await expectQuiet(shop);
  });
});

describe('a copy and cross-origin requests', () => {
  it('stand in the order that the strictest reading of the service wants', async () => {
    await shop.bench.alb.put('settings', { mirrorBeforeCors: 'mirror-first' });
    const tuple = { ServiceName: 'next', ServicePort: 80 };
    const TrafficMirrorConfig = { TargetType: 'ForwardGroupMirror', MirrorGroupConfig: { ServerGroupTuples: [tuple] } };
    const annotations = {
      'enable-cors': 'true',
      'cors-allow-origin': 'https://app.example.org',
      'actions.tea': json({ type: 'TrafficMirror', TrafficMirrorConfig }),
    };
    await shop.apply(annotated('copied', annotations));
    const before = shop.served('next');
    const reply = await shop.ask({ host: hostOf('copied'), headers: { Origin: 'https://app.example.org' } });
    expect(reply).toMatchObject({ service: 'tea', headers: { 'access-control-allow-origin': 'https://app.example.org' } });
    await until(() => shop.served('next') === before + 1, 'the copy of the request');
    await expectQuiet(shop);
  });
});

/**
 * What is known to go wrong with rules in the existing controllers, and must not here: one test an item, as far as it shows from outside.
 * Items that are decided in pure code have tests of the same names under test/shared.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ingress } from '#shared/model/wish.ts';
import { anIngress, aPath, aService } from '#test/support/objects.ts';
import { cafeWith, expectQuiet, firstListeners, type Routed, routed } from '#test/support/routed.ts';
import { annotated, byAnnotation, hostOf, json, onHost, withTls } from '#test/support/routed-objects.ts';

let shop: Routed;
beforeAll(async () => {
  shop = await routed({ services: ['coffee', 'tea', 'juice'], settings: { dataPlane: { trafficLimitBurst: 1 } } });
});
afterAll(() => shop?.stop());

const writes = async (): Promise<readonly string[]> => (await shop.bench.calls()).filter((one) => one.write).map((one) => one.action);
const insert = (key: string) => ({ type: 'InsertHeader', InsertHeaderConfig: { key, value: 'a', valueType: 'UserDefined' } });
const onCanary = (name: string, service: string, annotations: Readonly<Record<string, string>>, paths = [aPath('/', service)]): Ingress =>
  anIngress({ name: `${name}-${service}`, host: hostOf(name), paths, annotations: { canary: 'true', order: '5', ...annotations } });

describe('CPAC', () => {
  it('CPAC 1: rules with everything in them, health checks included, are written once', async () => {
    const rich = annotated('rich', {
      ...{ 'healthcheck-enabled': 'true', 'healthcheck-httpcode': 'http_3xx,http_2xx', 'traffic-limit-qps': '100', 'enable-cors': 'true' },
      'actions.tea': json(insert('X-A'), insert('X-B')),
      'conditions.tea': json(
        { type: 'Method', methodConfig: { values: ['POST', 'GET'] } },
        { type: 'Header', headerConfig: { key: 'X-K', values: ['b', 'a'] } },
      ),
    });
    await shop.apply(rich);
    await shop.bench.calls();
    await expectQuiet(shop);
    await shop.bench.sweep();
    await shop.settle();
    expect(await writes()).toEqual([]);
    await shop.remove(rich);
  });

  it('CPAC 9: the class is what an IngressClass says, not the word alb, and path types stay what they are', async () => {
    const spec = { ...annotated('other-class', {}).spec, ingressClassName: 'mine' };
    const mine = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name: 'mine' },
      spec: { controller: 'ingress.k8s.alibabacloud/alb', parameters: { apiGroup: 'alibabacloud.com', kind: 'AlbConfig', name: 'cafe' } },
    };
    const typed = annotated('typed', {}, [aPath('/a', 'tea', 'ImplementationSpecific')]);
    await shop.apply(mine, anIngress({ name: 'other-class', spec }), typed);
    expect(await shop.goesTo({ host: hostOf('other-class') })).toBe('tea');
    expect(await shop.goesTo({ host: hostOf('typed'), path: '/a/b' })).toBe(503);
    expect(shop.bench.kube.held<Ingress>('Ingress').find((one) => one.metadata.name === 'typed')?.spec).toEqual(typed.spec);
    await expectQuiet(shop);
  });

  it('CPAC 10: no request meets the default action while rules change', async () => {
    const before = annotated('changing', {}, [aPath('/a', 'coffee'), aPath('/', 'tea')]);
    const after = annotated('changing', {}, [aPath('/b', 'juice'), aPath('/', 'coffee')]);
    await shop.apply(before);
    const seen = new Set<string | number>();
    await shop.write(after);
    await shop.settle(async () => {
      for (const path of ['/', '/a', '/b']) seen.add(await shop.goesTo({ host: hostOf('changing'), path }));
    });
    expect([...seen].filter((one) => typeof one === 'number')).toEqual([]);
    await expectQuiet(shop);
  });

  it('CPAC 10: a redirect of a rule without a host keeps the host of the request', async () => {
    await shop.apply(
      onHost(withTls(annotated('anywhere', { order: '990', 'ssl-redirect': 'true' }, [aPath('/redirected', 'tea')])), undefined),
    );
    const { status, headers } = await shop.ask({ host: 'some.example.org', path: '/redirected' });
    expect([status, new URL(headers.location ?? '').hostname]).toEqual([308, 'some.example.org']);
    await expectQuiet(shop);
  });

  it('CPAC 10: a path without host and conditions is a rule all the same', async () => {
    const ingress = onHost(annotated('everything', { order: '1000' }, [aPath('/', 'juice')]), undefined);
    await shop.apply(ingress);
    expect(await shop.goesTo({ host: 'nobody.example.org' })).toBe('juice');
    await expectQuiet(shop);
    await shop.remove(ingress);
  });

  it('CPAC 11: every canary counts, on every path, and one with everything leaves nothing to the stable Ingress', async () => {
    const paths = (service: string) => [aPath('/a', service), aPath('/b', service)];
    await shop.apply(
      anIngress({ name: 'all-paths', host: hostOf('all-paths'), paths: paths('coffee') }),
      onCanary('all-paths', 'tea', { 'canary-weight': '60' }, paths('tea')),
      onCanary('all-paths', 'juice', { 'canary-weight': '40' }, paths('juice')),
    );
    for (const path of ['/a', '/b']) expect(await shop.spread(10, { host: hostOf('all-paths'), path })).toEqual({ tea: 6, juice: 4 });
    await expectQuiet(shop);
  });
});

describe('ALC', () => {
  it('ALC 1: rules on answers are seen, and not created again', async () => {
    const annotations = { 'rule-direction.answers': 'Response', 'actions.answers': json(insert('X-Seen')) };
    await shop.apply(annotated('answers', annotations, [aPath('/', 'tea'), byAnnotation('answers')]));
    expect((await shop.ask({ host: hostOf('answers') })).headers['x-seen']).toBe('a');
    await shop.bench.calls();
    await expectQuiet(shop);
    expect((await shop.bench.alb.state())['rules']?.filter((one) => one['Direction'] === 'Response')).toHaveLength(1);
  });

  it('ALC 6: use-regex "false" is off', async () => {
    await shop.apply(annotated('no-regex', { 'use-regex': 'false' }, [aPath('/a.c', 'tea')]));
    expect(await shop.goesTo({ host: hostOf('no-regex'), path: '/abc' })).toBe(503);
    await expectQuiet(shop);
  });

  it('ALC 7: a canary by weight and header is not ignored silently, nor weights above 100', async () => {
    await shop.apply(
      anIngress({ name: 'seven', host: hostOf('seven'), paths: [aPath('/', 'coffee')] }),
      onCanary('seven', 'tea', { 'canary-weight': '50', 'canary-by-header': 'X-A', 'canary-by-header-value': 'b' }),
      onCanary('seven', 'juice', { 'canary-weight': '101' }),
    );
    expect(await shop.spread(4, { host: hostOf('seven') })).toEqual({ coffee: 4 });
    for (const name of ['seven-tea', 'seven-juice']) expect(shop.warnings(`Ingress/${name}`)).toHaveLength(1);
    await expectQuiet(shop);
  });

  it('ALC 8: ssl-redirect on another HTTPS port leads to 443, and 443 never to itself', async () => {
    await shop.apply(
      cafeWith({}, [
        ...firstListeners,
        { port: 8443, protocol: 'HTTPS', certificates: [{ CertificateId: '1234567-cn-hangzhou', IsDefault: true }] },
      ]),
      withTls(annotated('eight', { 'ssl-redirect': 'true', 'listen-ports': '[{"HTTPS":8443},{"HTTPS":443}]' })),
    );
    for (const port of [80, 8443]) {
      const { status, headers } = await shop.ask({ host: hostOf('eight'), port, path: '/a' });
      expect([status, new URL(headers.location ?? '').href]).toEqual([308, 'https://eight.example.com/a']);
    }
    expect(await shop.goesTo({ host: hostOf('eight'), port: 443 })).toBe('tea');
    await expectQuiet(shop);
  });

  it('ALC 9: members left out of a Redirect, or left empty, are those of the request', async () => {
    const redirect = { type: 'Redirect', RedirectConfig: { host: 'new.example.org', path: '' } };
    await shop.apply(annotated('nine', { 'actions.act': json(redirect) }, [byAnnotation('act')]));
    const { status, headers } = await shop.ask({ host: hostOf('nine'), path: '/a?b=c' });
    expect([status, new URL(headers.location ?? '').href]).toEqual([301, 'http://new.example.org/a?b=c']);
    await expectQuiet(shop);
  });

  it('ALC 10: stickiness between groups is not dropped', async () => {
    const ServerGroups = ['coffee', 'tea'].map((ServiceName) => ({ ServiceName, ServicePort: 80, Weight: 50 }));
    const forward = { type: 'ForwardGroup', ForwardConfig: { ServerGroups, ServerGroupStickySession: { Enabled: true, Timeout: 60 } } };
    await shop.apply(annotated('ten', { 'actions.act': json(forward) }, [byAnnotation('act')]));
    const first = await shop.ask({ host: hostOf('ten') });
    const Cookie = (first.headers['set-cookie'] ?? []).map((one) => one.split(';')[0]).join('; ');
    expect(await shop.spread(6, { host: hostOf('ten'), headers: { Cookie } })).toEqual({ [first.service]: 6 });
    await expectQuiet(shop);
  });

  it('ALC 11: one bad Ingress, or a class without parameters, stops nobody', async () => {
    const bare = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name: 'bare' },
      spec: { controller: 'ingress.k8s.alibabacloud/alb' },
    };
    const { spec } = annotated('classless', {});
    await shop.apply(
      bare,
      anIngress({ name: 'classless', spec: { ...spec, ingressClassName: 'bare' } }),
      annotated('broken', { 'listen-ports': '{' }),
      annotated('sound', {}),
    );
    expect(await shop.goesTo({ host: hostOf('sound') })).toBe('tea');
    expect(await shop.goesTo({ host: hostOf('broken') })).toBe(503);
    await expectQuiet(shop);
  });

  it('ALC 18: a Service of another namespace with the same name is another Service', async () => {
    await shop.apply(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } },
      aService('tea', { namespace: 'other' }),
      anIngress({ name: 'theirs', namespace: 'other', host: 'theirs.example.com', paths: [aPath('/', 'tea')] }),
      annotated('ours', {}),
    );
    const namespaceOf = async (host: string) => JSON.parse((await shop.ask({ host })).text).namespace;
    expect([await namespaceOf('theirs.example.com'), await namespaceOf(hostOf('ours'))]).toEqual(['other', 'shop']);
    await expectQuiet(shop);
  });
});

describe('ACK', () => {
  it('ACK 1: the error of one Ingress is told to that one', async () => {
    await shop.apply(annotated('guilty', { 'actions.tea': '[' }), annotated('innocent', {}));
    expect(shop.warnings('Ingress/guilty')).toHaveLength(1);
    expect(shop.warnings('Ingress/innocent')).toEqual([]);
    await expectQuiet(shop);
  });

  it('ACK 3: a suffix that is no backend is told', async () => {
    await shop.apply(annotated('suffixes', { 'actions.te': json(insert('X-A')), 'conditions.te': '[]', 'rule-direction.te': 'Request' }));
    const told = shop.warnings('Ingress/suffixes');
    expect(told.map((one) => one.reason)).toEqual(['ANNOTATION-SUFFIX', 'ANNOTATION-SUFFIX', 'ANNOTATION-SUFFIX']);
    expect(await shop.goesTo({ host: hostOf('suffixes') })).toBe('tea');
    await expectQuiet(shop);
  });

  it('ACK 4: a canary that its stable Ingress hides is told', async () => {
    const late = { 'canary-by-header': 'X-A', 'canary-by-header-value': 'b', order: '11' };
    await shop.apply(anIngress({ name: 'four', host: hostOf('four'), paths: [aPath('/', 'coffee')] }), onCanary('four', 'tea', late));
    expect(shop.warnings('Ingress/four-tea').map((one) => one.reason)).toEqual(['CANARY-SHADOWED']);
    await expectQuiet(shop);
  });

  it('ACK 5: at the quota of rules changes still come through, and who does not fit is named', async () => {
    const small = await routed({
      albConfig: cafeWith({}, [{ port: 80, protocol: 'HTTP' }]),
      settings: { quotas: { rulesPerLoadBalancer: { Standard: 100 } } },
    });
    const many = Array.from({ length: 101 }, (_, at) => annotated(`n${String(at).padStart(3, '0')}`, {}));
    await small.apply(...many);
    expect(await small.goesTo({ host: hostOf('n099') })).toBe('tea');
    expect(await small.goesTo({ host: hostOf('n100') })).toBe(503);
    expect(small.warnings('Ingress/n100').map((one) => one.reason)).toEqual(['QUOTA-RULES']);
    await small.apply(annotated('n050', {}, [aPath('/moved', 'coffee')]));
    expect(await small.goesTo({ host: hostOf('n050'), path: '/moved' })).toBe('coffee');
    await small.remove({ kind: 'Ingress', namespace: 'shop', name: 'n000' });
    expect(await small.goesTo({ host: hostOf('n100') })).toBe('tea');
    await expectQuiet(small);
    await small.stop();
  });

  it('ACK 9: another protocol towards the pods needs nothing to be recreated by hand', async () => {
    const speaking = (protocol: string) => withTls(annotated('nine-protocol', { 'backend-protocol': protocol }));
    await shop.apply(speaking('https'));
    await shop.apply(speaking('http'));
    expect(await shop.goesTo({ host: hostOf('nine-protocol'), port: 443 })).toBe('tea');
    await expectQuiet(shop);
  });

  it('ACK 10: capitals, quoted numbers and Chinese punctuation are named as what they are', async () => {
    const quoted = { type: 'ForwardGroup', ForwardConfig: { ServerGroups: [{ ServiceName: 'tea', ServicePort: '80' }] } };
    await shop.apply(
      annotated('capitals', { 'backend-protocol': 'GRPC' }),
      annotated('quoted', { 'actions.act': json(quoted) }, [byAnnotation('act')]),
      annotated('chinese', { 'actions.tea': '［{"type"："Rewrite"}］' }),
    );
    expect(shop.warnings('Ingress/capitals')[0]?.message).toContain('grpc');
    expect(shop.warnings('Ingress/quoted')[0]?.message).toMatch(/[Ss]ervicePort.*number/);
    expect(shop.warnings('Ingress/chinese')[0]?.message).toMatch(/punctuation|：|［/);
    await expectQuiet(shop);
  });

  it('ACK 11: a limit has no burst, and its text says so', async () => {
    await shop.apply(annotated('eleven', { 'traffic-limit-qps': '5' }));
    shop.pass(10_000);
    const { tea = 0 } = await shop.spread(20, { host: hostOf('eleven') });
    expect(tea).toBeGreaterThan(0);
    expect(tea).toBeLessThan(5);
    await expectQuiet(shop);
  });

  it('ACK 14: one Service in two Ingresses has one group', async () => {
    await shop.apply(
      aService('shared-one'),
      annotated('one', {}, [aPath('/', 'shared-one')]),
      annotated('two', {}, [aPath('/', 'shared-one')]),
    );
    const groups = ((await shop.bench.alb.state())['serverGroups'] ?? []).filter((one) =>
      String(one['ServerGroupName']).includes('shared-one'),
    );
    expect(groups).toHaveLength(1);
    await expectQuiet(shop);
  });

  it('ACK 16: an Ingress with a low order comes before everything, as solvers of certificate challenges need', async () => {
    const challenge = aPath('/.well-known/acme-challenge/token', 'juice', 'Exact');
    await shop.apply(annotated('certified', {}), onHost(annotated('solver', { order: '1' }, [challenge]), hostOf('certified')));
    const to = (path: string) => shop.goesTo({ host: hostOf('certified'), path });
    expect([await to('/.well-known/acme-challenge/token'), await to('/')]).toEqual(['juice', 'tea']);
    await expectQuiet(shop);
  });
});

/** On which listeners the rules of an Ingress stand, and which AlbConfig it belongs to. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anAlbConfig, anIngress, aPath } from '#test/support/objects.ts';
import { cafeWith, expectQuiet, firstListeners, type Routed, routed } from '#test/support/routed.ts';
import { annotated, hostOf, withTls } from '#test/support/routed-objects.ts';

let shop: Routed;
beforeAll(async () => {
  shop = await routed();
});
afterAll(() => shop?.stop());

/** What each listener answers for the host of an Ingress. */
const onPorts = async (name: string, ...ports: readonly number[]): Promise<readonly (string | number)[]> =>
  Promise.all(ports.map((port) => shop.goesTo({ host: hostOf(name), port })));

describe('listeners of an Ingress that names none', () => {
  it('are HTTP 80 alone without a TLS section', async () => {
    await shop.apply(annotated('plain', {}));
    expect(await onPorts('plain', 80, 8080, 443)).toEqual(['tea', 503, 503]);
    await expectQuiet(shop);
  });

  it('are HTTPS 443 alone when every host has TLS', async () => {
    await shop.apply(withTls(annotated('tls', {})));
    expect(await onPorts('tls', 80, 8080, 443)).toEqual([503, 503, 'tea']);
    await expectQuiet(shop);
  });

  it('follow each host where some have TLS; a rule without a host stands on both', async () => {
    const rules = [hostOf('sealed'), hostOf('open')].map((host) => ({ host, http: { paths: [aPath('/', 'tea')] } }));
    const anywhere = { http: { paths: [aPath('/anywhere', 'coffee')] } };
    await shop.apply(
      anIngress({
        name: 'mixed',
        spec: { ingressClassName: 'alb', tls: [{ hosts: [hostOf('sealed')], secretName: 'x' }], rules: [...rules, anywhere] },
      }),
    );
    expect(await onPorts('sealed', 80, 443)).toEqual([503, 'tea']);
    expect(await onPorts('open', 80, 443)).toEqual(['tea', 503]);
    for (const port of [80, 443]) expect(await shop.goesTo({ host: 'else.example.org', path: '/anywhere', port })).toBe('coffee');
    await expectQuiet(shop);
  });

  it('compare hosts as they are written, and warn of one that stands in the TLS section alone', async () => {
    await shop.apply(withTls(annotated('wild', {}), ['*.wild.example.com']));
    expect(await onPorts('wild', 80, 443)).toEqual(['tea', 503]);
    expect(shop.warnings('Ingress/wild')).toEqual([
      expect.objectContaining({ reason: 'TLS-HOSTS', message: expect.stringContaining('*.wild.example.com') }),
    ]);
    await expectQuiet(shop);
  });
});

describe('annotation listen-ports', () => {
  it('puts all rules on each listed listener and on no other', async () => {
    await shop.apply(annotated('both', { 'listen-ports': '[{"HTTP":80},{"HTTPS":443}]' }));
    expect(await onPorts('both', 80, 8080, 443)).toEqual(['tea', 503, 'tea']);
    await shop.apply(annotated('both', { 'listen-ports': '[{"HTTP":8080}]' }));
    expect(await onPorts('both', 80, 8080, 443)).toEqual([503, 'tea', 503]);
    await expectQuiet(shop);
  });

  it('turns off the choice by TLS hosts, and names each listener once', async () => {
    await shop.apply(withTls(annotated('forced', { 'listen-ports': '[{"HTTP":80},{"HTTP": 80}]' })));
    expect(await onPorts('forced', 80, 443)).toEqual(['tea', 503]);
    await expectQuiet(shop);
  });

  it('that names a listener the AlbConfig lacks holds the Ingress', async () => {
    await shop.apply(annotated('absent', { 'listen-ports': '[{"HTTP":81}]' }));
    expect(await onPorts('absent', 80, 8080, 443)).toEqual([503, 503, 503]);
    expect(shop.warnings('Ingress/absent')).toEqual([
      expect.objectContaining({ reason: 'LISTENER-MISSING', message: expect.stringContaining('port: 81') }),
    ]);
    await expectQuiet(shop);
  });

  for (const value of ['[]', '[{"http":80}]', '[{"HTTP":"80"}]', '[{"HTTP":0}]', '80']) {
    it(`refuses ${value}, and the neighbours go on`, async () => {
      const ingress = annotated('bad-ports', { 'listen-ports': value });
      await shop.apply(ingress, annotated('beside', {}, [aPath('/', value === '80' ? 'coffee' : 'tea')]));
      expect(await onPorts('bad-ports', 80, 8080)).toEqual([503, 503]);
      expect(await onPorts('beside', 80)).toEqual([value === '80' ? 'coffee' : 'tea']);
      expect(shop.warnings('Ingress/bad-ports').map((one) => one.reason)).toContain('ANNOTATION-INVALID');
      await expectQuiet(shop);
    });
  }
});

describe('annotation kubernetes.io/ingress.class', () => {
  const classless = (name: string, value: string) => {
    const { ingressClassName: _, ...spec } = anIngress({ host: hostOf(name), paths: [aPath('/', 'tea')] }).spec ?? {};
    return anIngress({ name, spec, annotations: { 'kubernetes.io/ingress.class': value } });
  };

  it('selects the class of an Ingress that has none in its spec', async () => {
    await shop.apply(classless('old-style', 'alb'), classless('others', 'nginx'));
    expect(await onPorts('old-style', 80)).toEqual(['tea']);
    expect(await onPorts('others', 80)).toEqual([503]);
    await expectQuiet(shop);
  });

  it('is not read where the spec names a class', async () => {
    await shop.apply(annotated('both-classes', { 'kubernetes.io/ingress.class': 'nginx' }));
    expect(await onPorts('both-classes', 80)).toEqual(['tea']);
    await expectQuiet(shop);
  });
});

describe('annotation albconfig.name', () => {
  it('overrides the AlbConfig that the class names', async () => {
    const bistro = anAlbConfig({ name: 'bistro', metadata: { annotations: { 'albeit.io/mode': 'paused' } } });
    await shop.apply(bistro, annotated('moved', { 'albconfig.name': 'bistro' }));
    expect(await onPorts('moved', 80)).toEqual([503]);
    await shop.apply(annotated('moved', { 'albconfig.name': 'cafe' }));
    expect(await onPorts('moved', 80)).toEqual(['tea']);
    await expectQuiet(shop);
  });

  it('does not make an Ingress of no class ours', async () => {
    const { ingressClassName: _, ...spec } = anIngress({ host: hostOf('unbound'), paths: [aPath('/', 'coffee')] }).spec ?? {};
    await shop.apply(anIngress({ name: 'unbound', spec, annotations: { 'albconfig.name': 'cafe' } }));
    expect(await onPorts('unbound', 80)).toEqual([503]);
    await expectQuiet(shop);
  });
});

describe('a default backend', () => {
  it('gets what no rule of any Ingress catches', async () => {
    const spec = { ingressClassName: 'alb', defaultBackend: { service: { name: 'coffee', port: { number: 80 } } } };
    await shop.apply(anIngress({ name: 'aaa-default', spec }));
    expect(await shop.goesTo({ host: 'nobody.example.org', path: '/at/all' })).toBe('coffee');
    expect(await onPorts('plain', 80)).toEqual(['tea']);
    await expectQuiet(shop);
    await shop.remove({ kind: 'Ingress', namespace: 'shop', name: 'aaa-default' });
    expect(await shop.goesTo({ host: 'nobody.example.org', path: '/at/all' })).toBe(503);
  });
});

describe('a listener that changes under its Ingresses', () => {
  it('and leaves the AlbConfig while an Ingress wants it goes on serving, is told of, and goes when nobody wants it', async () => {
    const open = () => shop.plane.describe().map((one) => one.port);
    await shop.apply(withTls(annotated('sealed', {})));
    await shop.apply(
      cafeWith(
        {},
        firstListeners.filter((one) => one.port !== 443),
      ),
    );
    expect(await onPorts('sealed', 443)).toEqual(['tea']);
    expect(shop.warnings('Ingress/sealed').map((one) => one.reason)).toEqual(['LISTENER-MISSING']);
    await expectQuiet(shop);
    const others = ['tls', 'mixed', 'wild', 'both'].map((name) => annotated(name, {}));
    await shop.apply(...others, annotated('sealed', {}));
    expect(open()).not.toContain(443);
    expect(await onPorts('sealed', 80)).toEqual(['tea']);
    await shop.apply(cafeWith());
    expect(open()).toContain(443);
    await expectQuiet(shop);
  });

  it('and switches HTTP/2 off under gRPC leaves the rules as they are, and keeps nobody from changing', async () => {
    const grpc = (annotations: Readonly<Record<string, string>> = {}) =>
      withTls(annotated('speaker', { 'backend-protocol': 'grpc', ...annotations }));
    const http2Enabled = (on: boolean) =>
      cafeWith(
        {},
        firstListeners.map((one) => (one.port === 443 ? { ...one, http2Enabled: on } : one)),
      );
    await shop.apply(grpc());
    await shop.apply(http2Enabled(false), annotated('neighbour', {}));
    expect(shop.warnings('Ingress/speaker')).toEqual([
      expect.objectContaining({ reason: 'LISTENER-NEEDS', message: expect.stringContaining('http2Enabled: true of listener HTTPS:443') }),
    ]);
    expect(await onPorts('neighbour', 80)).toEqual(['tea']);
    // The service does not take it while the held Ingress's group stands behind the listener: told once, and nothing is tried over and over.
    expect(shop.warnings('AlbConfig/cafe').filter((one) => one.reason === 'CLOUD-INVALID')).toEqual([
      expect.objectContaining({ reason: 'CLOUD-INVALID', message: expect.stringContaining('GRPCServerGroup') }),
    ]);
    await expectQuiet(shop);
    await shop.apply(http2Enabled(true), grpc({ order: '5' }));
    expect(await onPorts('speaker', 443)).not.toEqual([503]);
    await shop.remove(grpc());
    await shop.apply(cafeWith());
  });
});

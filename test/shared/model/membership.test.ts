import { describe, expect, it } from 'vitest';
import { albConfigNameOf, albConfigOf, referencedServices } from '#shared/model/membership.ts';
import { aClass, anIngress, aPath, toService } from '#test/support/objects.ts';

const classless = (annotations: Readonly<Record<string, string>>) => anIngress({ annotations, spec: {} });
const legacy = (name: string) => classless({ 'kubernetes.io/ingress.class': name });

describe('an Ingress belongs to the AlbConfig', () => {
  it('that the parameters of its class name', () => {
    expect(albConfigOf(anIngress(), [aClass({ albConfig: 'shop' })])).toEqual({ albConfig: 'shop' });
  });

  it('of its class in either spelling of the controller', () => {
    expect(albConfigNameOf(anIngress(), [aClass({ controller: 'ingress.k8s.alibabacloud.com/alb' })])).toBe('cafe');
  });

  it('that its annotation names, before the one of the class', () => {
    expect(albConfigNameOf(anIngress({ annotations: { 'albconfig.name': 'mine' } }), [aClass()])).toBe('mine');
  });

  it('of the class in the legacy annotation when it names no class otherwise', () => {
    expect(albConfigNameOf(legacy('alb'), [aClass()])).toBe('cafe');
    expect(albConfigNameOf(legacy('web'), [aClass({ name: 'web', albConfig: 'web-alb' })])).toBe('web-alb');
  });

  it('called default when the legacy class alb has no object', () => {
    expect(albConfigNameOf(legacy('alb'), [])).toBe('default');
  });
});

describe('an Ingress is not ours', () => {
  it('when its class is missing, or of another controller, or named by nothing', () => {
    expect(albConfigOf(anIngress(), [])).toBeUndefined();
    expect(albConfigOf(anIngress(), [aClass({ controller: 'k8s.io/ingress-nginx' })])).toBeUndefined();
    expect(albConfigOf(classless({}), [aClass()])).toBeUndefined();
    expect(albConfigOf(legacy('web'), [])).toBeUndefined();
    expect(albConfigOf(legacy('alb'), [aClass({ controller: 'k8s.io/ingress-nginx' })])).toBeUndefined();
  });

  it('by annotation alone: the annotation chooses the AlbConfig, not the controller', () => {
    expect(albConfigOf(classless({ 'albconfig.name': 'mine' }), [aClass()])).toBeUndefined();
  });
});

describe('a class without parameters', () => {
  const bare = { ...aClass(), spec: { controller: 'ingress.k8s.alibabacloud/alb' } };

  it('is a problem of each Ingress that names it, and of no other', () => {
    expect(albConfigOf(anIngress(), [bare])).toMatchObject({ problem: { code: 'CLASS-PARAMETERS', facts: { class: 'alb' } } });
    expect(albConfigNameOf(anIngress(), [bare])).toBeUndefined();
  });

  it('does not matter to an Ingress that names its AlbConfig itself', () => {
    expect(albConfigNameOf(anIngress({ annotations: { 'albconfig.name': 'mine' } }), [bare])).toBe('mine');
  });
});

describe('the Services of an Ingress', () => {
  const actions = (list: readonly unknown[]) => ({ 'actions.own': JSON.stringify(list) });
  const placeholder = [{ ...aPath('/'), backend: toService('own', 'use-annotation') }];
  const groups = [
    { ServiceName: 'blue', ServicePort: 80, Weight: 90 },
    { ServerGroupID: 'sgp-1', Weight: 10 },
  ];
  const forward = { type: 'ForwardGroup', ForwardConfig: { ServerGroups: groups } };
  const mirror = {
    type: 'TrafficMirror',
    TrafficMirrorConfig: { MirrorGroupConfig: { ServerGroupTuples: [{ ServiceName: 'copy', ServicePort: 80 }] } },
  };

  it('are those too that its actions forward or mirror to; a placeholder is none', () => {
    const ingress = anIngress({ paths: placeholder, annotations: actions([forward, mirror]) });
    expect(referencedServices(ingress)).toEqual(['shop/blue', 'shop/copy']);
  });

  it('are those of its paths alone while its actions cannot be read', () => {
    expect(referencedServices(anIngress({ annotations: { 'actions.coffee': '[{' } }))).toEqual(['shop/coffee']);
  });

  it('are those of its paths and its default backend, each once', () => {
    const spec = {
      ingressClassName: 'alb',
      defaultBackend: toService('fallback'),
      rules: [{ http: { paths: [aPath('/a', 'coffee'), aPath('/b', 'tea'), aPath('/c', 'coffee')] } }, { host: 'no-http.example.com' }],
    };
    expect(referencedServices(anIngress({ spec }))).toEqual(['shop/fallback', 'shop/coffee', 'shop/tea']);
  });
});

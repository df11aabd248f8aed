import { describe, expect, it } from 'vitest';
import { buildStack } from '#shared/model/build-stack.ts';
import { stepHashes } from '#shared/model/stack-hash.ts';
import { tagKeys } from '#shared/ownership.ts';
import { anAlbConfig, anIngress, aPath, aService, aSite, aWish, toService } from '#test/support/objects.ts';

const codesOf = (stack: ReturnType<typeof buildStack>): string[] => stack.problems.map((one) => one.code);

describe('the stack of an ordinary Ingress', () => {
  const stack = buildStack(aWish(), aSite);

  it('has an instance, a listener with its default group, a group and a rule', () => {
    expect(stack.want).toBe('present');
    expect(stack.loadBalancer?.settings.loadBalancerName).toMatch(/^k8s-kubesystem-cafe-[0-9a-f]{10}$/);
    expect(stack.listeners.map((one) => one.identity)).toEqual(['HTTP:80']);
    expect(stack.groups.map((one) => one.settings.serverGroupName).sort()).toEqual(['kube-system-fake-svc-80', 'shop-coffee-80']);
    expect(stack.rules).toHaveLength(1);
    expect(stack.held).toEqual([]);
    expect(stack.problems).toEqual([]);
  });

  it('carries the tags by which everything is found again', () => {
    expect(stack.loadBalancer?.tags).toEqual({
      'ack.aliyun.com': 'c-test',
      'ingress.k8s.alibaba/albconfig': 'kube-system/cafe',
      'ingress.k8s.alibaba/resource': 'ApplicationLoadBalancer',
    });
    const coffee = stack.groups.find((one) => one.members?.service === 'coffee');
    expect(coffee?.tags).toMatchObject({
      'ingress.k8s.alibaba/resource': coffee?.identity,
      'ingress.k8s.alibaba/service_ns': 'shop',
      'ingress.k8s.alibaba/service_name': 'coffee',
      'ingress.k8s.alibaba/service_port': '80',
    });
    expect(stack.rules[0]?.tags[tagKeys.identity]).toBe(stack.rules[0]?.identity);
  });

  it('fills in the defaults of the service, so that comparing finds nothing', () => {
    expect(stack.listeners[0]?.settings).toEqual({
      listenerDescription: 'ingress-auto-listener-80',
      idleTimeout: 15,
      requestTimeout: 60,
      gzipEnabled: true,
    });
    expect(stack.groups[0]?.settings.healthCheckConfig).toMatchObject({ healthCheckEnabled: false, healthCheckCodes: ['http_2xx'] });
  });

  it('has hashes that stand when inputs come in another order', () => {
    const two = [anIngress(), anIngress({ name: 'bar', paths: [aPath('/x', 'tea')] })];
    const one = buildStack(aWish({ ingresses: two }), aSite);
    const other = buildStack(aWish({ ingresses: [...two].reverse(), services: [aService('tea'), aService('coffee')] }), aSite);
    expect(stepHashes(other)).toEqual(stepHashes(one));
    expect(other).toEqual(one);
  });
});

describe('faults of one Ingress', () => {
  it('hold it alone: its neighbours are as if it were not there', () => {
    const good = anIngress({ name: 'good' });
    const bad = anIngress({ name: 'bad', paths: [aPath('/', 'nowhere')] });
    const stack = buildStack(aWish({ ingresses: [good, bad] }), aSite);
    const alone = buildStack(aWish({ ingresses: [good] }), aSite);
    expect(stack.held.map((one) => one.ref.name)).toEqual(['bad']);
    expect(stack.rules).toEqual(alone.rules);
    expect(stack.groups).toEqual(alone.groups);
    expect(stack.problems).toEqual([
      {
        code: 'SERVICE-NOT-FOUND',
        object: { kind: 'Ingress', namespace: 'shop', name: 'bad' },
        path: 'spec.rules[0].http.paths[0].backend.service.name',
        facts: { service: 'shop/nowhere' },
      },
    ]);
  });

  it('ALC 22: are told in the same words and the same order, whatever the order in which objects are read', () => {
    const wrong = ['x', 'y', 'z'].map((name) =>
      anIngress({
        name,
        annotations: { 'listen-ports': '[{"HTTP":80},{"HTTP":81},{"HTTP":82}]' },
        paths: [aPath('/a*'), aPath('/', 'nowhere')],
      }),
    );
    const told = (ingresses: typeof wrong) => buildStack(aWish({ ingresses }), aSite).problems;
    expect(told(wrong).length).toBeGreaterThan(wrong.length);
    expect(told([...wrong].reverse())).toEqual(told(wrong));
  });

  it('are all named at once', () => {
    const spec = {
      ingressClassName: 'alb',
      rules: [{ host: 'nodot', http: { paths: [aPath('/a*'), { ...aPath('/b'), backend: toService('coffee', 'web') }] } }],
    };
    const stack = buildStack(aWish({ ingresses: [anIngress({ spec, annotations: { order: 'x' } })] }), aSite);
    expect(codesOf(stack)).toEqual(['ANNOTATION-INVALID', 'HOST-ILLEGAL', 'HOST-ILLEGAL', 'PORT-NOT-FOUND']);
  });
});

describe('an AlbConfig', () => {
  it('that is gone or going wants removal', () => {
    expect(buildStack(aWish({ albConfig: undefined }), aSite).want).toBe('remove');
    const going = anAlbConfig({ metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } });
    expect(buildStack(aWish({ albConfig: going }), aSite).want).toBe('remove');
  });

  it('that is wrong is left alone as a whole', () => {
    const stack = buildStack(aWish({ albConfig: anAlbConfig({ spec: { config: { addressType: 'internet' } } }) }), aSite);
    expect(stack.want).toBe('hold');
    expect(stack.problems[0]).toMatchObject({ code: 'CONFIG-INVALID', path: 'spec.config.addressType' });
  });

  it('with an HTTPS listener without a certificate keeps it out of its hands, and manages the others', () => {
    const albConfig = anAlbConfig({ spec: { listeners: [{ port: 443, protocol: 'HTTPS' }, { port: 80 }] } });
    const stack = buildStack(aWish({ albConfig }), aSite);
    expect(stack.listeners.map((one) => one.identity)).toEqual(['HTTP:80']);
    expect(stack.heldListeners).toEqual(['HTTPS:443']);
    expect(stack.problems).toMatchObject([{ code: 'CONFIG-INVALID', path: 'spec.listeners[0].certificates' }]);
    expect(stack.rules).toHaveLength(1);
  });
});

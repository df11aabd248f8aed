import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ruleName } from '#shared/model/build-rule.ts';
import { buildStack } from '#shared/model/build-stack.ts';
import { groupRefsOf, type RuleSpec, type Stack } from '#shared/model/stack.ts';
import { stepHashes } from '#shared/model/stack-hash.ts';
import type { Ingress } from '#shared/model/wish.ts';
import { shortHash } from '#shared/ownership.ts';
import { explainProblem } from '#shared/problem.ts';
import { anAlbConfig, anIngress, aPath, aService, aSite, aWish, toService } from '#test/support/objects.ts';

const stackOf = (ingresses: readonly Ingress[], more: Parameters<typeof aWish>[0] = {}): Stack =>
  buildStack(aWish({ ingresses, ...more }), aSite);
const pathsOf = (rules: readonly RuleSpec[]): string[] =>
  rules.map((rule) =>
    rule.conditions
      .map((one) => (one.type === 'Host' ? one.hostConfig : one.type === 'Path' ? one.pathConfig : undefined)?.values[0])
      .join(''),
  );
const codes = (stack: Stack): string[] => stack.problems.map((one) => one.code);
const serviceGroups = (stack: Stack) => stack.groups.filter((one) => one.members !== undefined);

describe('the order of rules', () => {
  const named = (name: string, order?: string, namespace = 'shop') =>
    anIngress({ name, namespace, host: `${name}.example.com`, ...(order === undefined ? {} : { annotations: { order } }) });

  it('is by order, then namespace and name', () => {
    const services = [aService('coffee'), aService('coffee', { namespace: 'apart' })];
    const stack = stackOf([named('b'), named('late', '11'), named('z', undefined, 'apart'), named('a'), named('early', '9')], { services });
    expect(stack.rules.map((rule) => rule.owners[0]?.name)).toEqual(['early', 'z', 'a', 'b', 'late']);
  });

  it('allows the same explicit order twice', () => {
    expect(stackOf([named('a', '3'), named('b', '3')]).held).toEqual([]);
  });

  it('within an Ingress is the order of writing: no sorting by length or type', () => {
    const paths = [aPath('/'), aPath('/long/path'), aPath('/exact', 'tea', 'Exact')];
    expect(pathsOf(stackOf([anIngress({ host: '', paths })]).rules)).toEqual(['/*', '/long/path', '/exact']);
  });

  it('puts default backends behind the rules of all Ingresses, where they shadow nobody', () => {
    const spec = { ingressClassName: 'alb', defaultBackend: toService('tea') };
    const stack = stackOf([anIngress({ name: 'a', spec }), anIngress({ name: 'b' })]);
    expect(pathsOf(stack.rules)).toEqual(['cafe.example.com/*', '/*']);
    expect(stack.rules[1]?.owners[0]?.name).toBe('a');
  });
});

describe('identities of rules', () => {
  it('stay when others come before them', () => {
    const before = stackOf([anIngress()]).rules[0];
    const after = stackOf([anIngress({ paths: [aPath('/new'), aPath('/')] }), anIngress({ name: 'aaa' })]).rules;
    expect(after.map((one) => one.identity)).toContain(before?.identity);
  });

  it('stay when the object is made anew, and differ between Ingresses, listeners, hosts, paths and path types', () => {
    const albConfig = anAlbConfig({ spec: { listeners: [{ port: 80 }, { port: 8080 }] } });
    const both = { 'listen-ports': '[{"HTTP":80},{"HTTP":8080}]' };
    const paths = [aPath('/a'), aPath('/a', 'coffee', 'Exact'), aPath('/b')];
    const ingresses = [
      anIngress({ paths, annotations: both }),
      anIngress({ name: 'other', paths }),
      anIngress({ name: 'host', host: 'x.example.com', paths }),
    ];
    const rules = stackOf(ingresses, { albConfig }).rules;
    expect(rules).toHaveLength(12);
    expect(new Set(rules.map((one) => one.identity)).size).toBe(12);
    const again = ingresses.map((one) => ({ ...one, metadata: { ...one.metadata, uid: 'other', resourceVersion: '99' } }));
    expect(stackOf(again, { albConfig })).toEqual(stackOf(ingresses, { albConfig }));
  });

  it('are what they were before paths could be more than one rule, so that an update makes no rule anew', () => {
    const content = ['shop', 'cafe', 'HTTP:80', 'Request', 'cafe.example.com', 'Prefix', '/', 0];
    expect(stackOf([anIngress()]).rules[0]?.identity).toBe(shortHash(content.join('\n')));
  });

  it('of equal paths are told apart by their ordinal', () => {
    const rules = stackOf([anIngress({ paths: [aPath('/a'), aPath('/a', 'tea')] })]).rules;
    expect(new Set(rules.map((one) => one.identity)).size).toBe(2);
  });

  it('make names that ALB accepts, whatever the Ingress is called', () => {
    const services = [aService('coffee', { namespace: '9lives' })];
    const rules = [
      stackOf([anIngress({ namespace: '9lives', name: 'x'.repeat(250) })], { services }).rules[0],
      stackOf([anIngress()]).rules[0],
    ];
    for (const rule of rules) expect(rule && ruleName(rule)).toMatch(/^[A-Za-z][A-Za-z0-9._-]{1,127}$/);
  });
});

describe('server groups', () => {
  it('are shared by all paths and Ingresses that name the same port, by number or name', () => {
    const byName = anIngress({ name: 'b', paths: [{ ...aPath('/x'), backend: toService('coffee', 'http') }] });
    const groups = serviceGroups(stackOf([anIngress({ paths: [aPath('/1'), aPath('/2')] }), byName]));
    expect(groups).toHaveLength(1);
    expect(groups[0]?.owners.map((one) => one.name)).toEqual(['b', 'cafe']);
    expect(groups[0]?.members).toEqual({ namespace: 'shop', service: 'coffee', portName: 'http', mode: 'eni' });
  });

  it('are apart when their settings differ, and one again when they do not', () => {
    const checked = (name: string, interval: string) =>
      anIngress({ name, annotations: { 'healthcheck-enabled': 'true', 'healthcheck-interval-seconds': interval } });
    expect(serviceGroups(stackOf([anIngress(), checked('b', '3'), checked('c', '4')]))).toHaveLength(3);
    expect(serviceGroups(stackOf([anIngress(), checked('b', '3'), checked('c', '3')]))).toHaveLength(2);
  });

  it('are one when a health check that is off is written differently', () => {
    const off = anIngress({ name: 'b', annotations: { 'healthcheck-enabled': 'false', 'healthcheck-path': '/live' } });
    expect(serviceGroups(stackOf([anIngress(), off]))).toHaveLength(1);
  });

  it('have names that ALB accepts, and tag values that it does not refuse', () => {
    const service = 's'.repeat(63);
    const namespace = `aliyun-${'n'.repeat(56)}`;
    const ingress = anIngress({ namespace, paths: [aPath('/', service)] });
    const group = serviceGroups(stackOf([ingress], { services: [aService(service, { namespace })] }))[0];
    expect(group?.settings.serverGroupName).toMatch(/^[A-Za-z].{1,127}$/);
    expect(Object.values(group?.tags ?? {}).every((value) => value.length <= 128 && !/^(aliyun|acs:)/.test(value))).toBe(true);
  });
});

describe('backends', () => {
  const one = (backend: ReturnType<typeof toService> | { resource: { kind: string; name: string } }, services = [aService('coffee')]) =>
    stackOf([anIngress({ paths: [{ ...aPath('/'), backend }] })], { services });
  const typed = (type: string, annotations?: Readonly<Record<string, string>>) => [
    aService('coffee', { spec: { type }, ...(annotations === undefined ? {} : { annotations }) }),
  ];
  const backendType = (value: string) => ({ 'service.beta.kubernetes.io/backend-type': value });

  it('may be ports by number or name', () => {
    expect(one(toService('coffee', 80)).held).toEqual([]);
    expect(one(toService('coffee', 'http')).held).toEqual([]);
  });

  it.each([
    ['a resource', one({ resource: { kind: 'Bucket', name: 'b' } }), 'INGRESS-RESOURCE-BACKEND'],
    ['a Service that is not there', one(toService('nowhere')), 'SERVICE-NOT-FOUND'],
    ['a port number that it has not', one(toService('coffee', 81)), 'PORT-NOT-FOUND'],
    ['a port name that it has not', one(toService('coffee', 'web')), 'PORT-NOT-FOUND'],
    [
      'a UDP port',
      one(toService('coffee', 53), [aService('coffee', { spec: { ports: [{ port: 53, protocol: 'UDP' }] } })]),
      'PORT-NOT-FOUND',
    ],
    ['an ExternalName', one(toService('coffee'), typed('ExternalName')), 'BACKEND-MODE'],
    ['a NodePort Service without a node port', one(toService('coffee'), typed('NodePort')), 'BACKEND-MODE'],
    ['a Service that wants nodes', one(toService('coffee'), typed('ClusterIP', backendType('ecs'))), 'BACKEND-MODE'],
    ['a Service with an unknown backend type', one(toService('coffee'), typed('ClusterIP', backendType('pods'))), 'ANNOTATION-INVALID'],
    ['a placeholder without actions', one(toService('coffee', 'use-annotation')), 'ACTION-MISSING'],
  ])('that are %s hold the Ingress', (_what, stack, code) => {
    expect(codes(stack)).toEqual([code]);
    expect(stack.held).toHaveLength(1);
    expect(stack.problems[0]?.path).toMatch(/^spec\.rules\[0\]\.http\.paths\[0\]\.backend/);
  });

  it('of node-port types are reached by pod address when they say so, or the site does', () => {
    expect(one(toService('coffee'), typed('LoadBalancer', backendType('eni'))).held).toEqual([]);
    const wish = aWish({ services: typed('NodePort') });
    expect(buildStack(wish, { ...aSite, podAddresses: true }).held).toEqual([]);
  });

  it('name the ports that there are', () => {
    expect(one(toService('coffee', 81)).problems[0]?.facts).toEqual({ service: 'shop/coffee', port: '81', ports: '80 (http)' });
  });
});

describe('listeners of an Ingress', () => {
  const tls = (hosts: readonly string[], draft: Parameters<typeof anIngress>[0] = {}) => {
    const plain = anIngress(draft);
    return { ...plain, spec: { ...plain.spec, tls: [{ hosts, secretName: 's' }] } };
  };

  it('hold it when one is not in the AlbConfig', () => {
    const stack = stackOf([anIngress({ annotations: { 'listen-ports': '[{"HTTP":80},{"HTTP":8080}]' } })]);
    expect(stack.problems).toMatchObject([
      { code: 'LISTENER-MISSING', facts: { albconfig: 'cafe', port: '8080', protocol: 'HTTP' } },
      { code: 'LISTENER-WANTED' },
    ]);
    const [problem] = stack.problems;
    expect(problem === undefined ? '' : explainProblem(problem)).toContain(
      '(at metadata.annotations[alb.ingress.kubernetes.io/listen-ports]); use a listener that is there (HTTP:80), or add this one',
    );
    expect(stack.rules).toEqual([]);
  });

  it('hold it when it needs HTTPS, by its TLS section or by annotation, and there is none', () => {
    const missing = ['LISTENER-MISSING', 'LISTENER-WANTED'];
    expect(codes(stackOf([tls(['cafe.example.com'])]))).toEqual(missing);
    expect(codes(stackOf([anIngress({ annotations: { 'listen-ports': '[{"HTTPS":443}]' } })]))).toEqual(missing);
  });

  it('may be HTTP alone by annotation, TLS section or not', () => {
    expect(stackOf([tls(['cafe.example.com'], { annotations: { 'listen-ports': '[{"HTTP":80}]' } })]).held).toEqual([]);
  });

  it('each get all of its rules', () => {
    const albConfig = anAlbConfig({ spec: { listeners: [{ port: 8080 }, { port: 80 }] } });
    const annotations = { 'listen-ports': '[{"HTTP":8080},{"HTTP":80},{"HTTP":80}]' };
    const stack = stackOf([anIngress({ annotations, paths: [aPath('/a'), aPath('/b')] })], { albConfig });
    expect(stack.rules.map((rule) => rule.listener)).toEqual(['HTTP:80', 'HTTP:80', 'HTTP:8080', 'HTTP:8080']);
  });
});

describe('members', () => {
  it('are no longer those that are being deleted, nor those of another AlbConfig', () => {
    const going = anIngress({ metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } });
    const elsewhere = anIngress({ name: 'b', annotations: { 'albconfig.name': 'other' } });
    expect(stackOf([going, elsewhere])).toMatchObject({ want: 'present', rules: [], ingresses: [] });
  });

  it('that are held are still named among the Ingresses whose status is ours', () => {
    expect(stackOf([anIngress({ paths: [aPath('/', 'nowhere')] })]).ingresses).toHaveLength(1);
  });
});

describe('health checks', () => {
  const check = (annotations: Readonly<Record<string, string>>) => {
    const stack = stackOf([anIngress({ annotations: { 'healthcheck-enabled': 'true', ...annotations } })]);
    return { stack, config: serviceGroups(stack)[0]?.settings.healthCheckConfig };
  };

  it('take every annotation', () => {
    const { config } = check({
      'healthcheck-path': '/live',
      'healthcheck-protocol': 'HTTPS',
      'healthcheck-httpversion': 'HTTP1.0',
      'healthcheck-method': 'GET',
      'healthcheck-code': 'http_3xx,http_2xx',
      'healthcheck-timeout-seconds': '6',
      'healthcheck-interval-seconds': '7',
      'healthy-threshold-count': '4',
      'unhealthy-threshold-count': '8',
      'healthcheck-connect-port': '9000',
    });
    expect(config).toEqual({
      healthCheckEnabled: true,
      healthCheckProtocol: 'HTTPS',
      healthCheckPath: '/live',
      healthCheckHost: '$SERVER_IP',
      healthCheckMethod: 'GET',
      healthCheckCodes: ['http_2xx', 'http_3xx'],
      healthCheckHttpVersion: 'HTTP1.0',
      healthCheckConnectPort: 9000,
      healthCheckInterval: 7,
      healthCheckTimeout: 6,
      healthyThreshold: 4,
      unhealthyThreshold: 8,
    });
  });

  it('by TCP have no path, by GRPC the defaults of gRPC', () => {
    expect(check({ 'healthcheck-protocol': 'TCP', 'healthcheck-path': '/live' }).config).toMatchObject({ healthCheckPath: '/' });
    expect(check({ 'healthcheck-protocol': 'GRPC' }).config).toMatchObject({
      healthCheckProtocol: 'gRPC',
      healthCheckMethod: 'POST',
      healthCheckCodes: ['0'],
    });
  });

  it('that contradict their protocol hold the Ingress', () => {
    expect(codes(check({ 'healthcheck-code': '0-20' }).stack)).toEqual(['ANNOTATION-INVALID']);
    expect(codes(check({ 'healthcheck-protocol': 'GRPC', 'healthcheck-method': 'HEAD' }).stack)).toEqual(['ANNOTATION-INVALID']);
    expect(codes(check({ 'healthcheck-interval-seconds': '51' }).stack)).toEqual(['ANNOTATION-INVALID']);
  });

  it.each([{}, { 'healthcheck-enabled': 'false' }])('that are off (%j) hold nobody, whatever else is written', (off) => {
    const stack = stackOf([anIngress({ annotations: { ...off, 'healthcheck-interval-seconds': '51', 'healthcheck-method': 'PUT' } })]);
    expect(codes(stack)).toEqual(['ANNOTATION-UNUSED', 'ANNOTATION-UNUSED']);
    expect(stack.problems.map((one) => one.facts['other'])).toEqual(Array(2).fill('alb.ingress.kubernetes.io/healthcheck-enabled: true'));
    expect(stack.groups).toEqual(stackOf([anIngress()]).groups);
    expect(stack.rules).toHaveLength(1);
  });

  it('that are neither on nor off hold the Ingress', () => {
    const stack = stackOf([anIngress({ annotations: { 'healthcheck-enabled': 'on', 'healthcheck-interval-seconds': '51' } })]);
    expect(codes(stack)).toEqual(['ANNOTATION-INVALID', 'ANNOTATION-INVALID']);
  });
});

/** Ingresses that may be fine or wrong in several ways. */
const someIngress = fc
  .record({
    host: fc.constantFrom('', 'a.example.com', '*.example.com', 'nodot'),
    paths: fc.array(fc.record({ path: fc.constantFrom('/', '/a', '/a*', '/b/'), service: fc.constantFrom('coffee', 'tea', 'nowhere') }), {
      maxLength: 3,
    }),
    order: fc.constantFrom(undefined, '5', '10', 'x'),
    fallback: fc.boolean(),
  })
  .map((draft) => (name: string) => {
    const plain = anIngress({
      name,
      host: draft.host,
      paths: draft.paths.map((one) => aPath(one.path, one.service)),
      ...(draft.order === undefined ? {} : { annotations: { order: draft.order } }),
    });
    return draft.fallback ? { ...plain, spec: { ...plain.spec, defaultBackend: toService('tea') } } : plain;
  });
const someIngresses = fc.array(someIngress, { maxLength: 6 }).map((list) => list.map((make, index) => make(`i${index}`)));

describe('whatever the Ingresses', () => {
  it('the order of the inputs does not matter', () => {
    fc.assert(
      fc.property(
        someIngresses.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
        ([list, shuffled]) => {
          expect(stackOf(shuffled)).toEqual(stackOf(list));
          expect(stepHashes(stackOf(shuffled))).toEqual(stepHashes(stackOf(list)));
        },
      ),
    );
  });

  it('held ones are as if they were not there, and nobody is both held and in force', () => {
    fc.assert(
      fc.property(someIngresses, (list) => {
        const stack = stackOf(list);
        const held = new Set(stack.held.map((one) => one.ref.name));
        const alone = stackOf(list.filter((one) => !held.has(one.metadata.name)));
        expect(stack.rules).toEqual(alone.rules);
        expect(stack.groups).toEqual(alone.groups);
        expect(stack.rules.some((rule) => held.has(rule.owners[0]?.name ?? ''))).toBe(false);
      }),
    );
  });

  it('every rule points to a group and a listener of the stack, and identities are unique', () => {
    fc.assert(
      fc.property(someIngresses, (list) => {
        const stack = stackOf(list);
        const groups = new Set<string>(stack.groups.map((one) => one.identity));
        for (const rule of stack.rules) for (const one of groupRefsOf(rule.actions)) expect(groups).toContain(one.group);
        expect(new Set(stack.rules.map((one) => one.identity)).size).toBe(stack.rules.length);
        expect(groups.size).toBe(stack.groups.length);
      }),
    );
  });
});

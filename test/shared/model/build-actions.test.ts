import { describe, expect, it } from 'vitest';
import { requestVariables, variable } from '#shared/cloud/alb/defaults.ts';
import { stepHashes } from '#shared/model/stack-hash.ts';
import { anIngress, aPath, toService } from '#test/support/objects.ts';
import { codesOf, forwardsOf, stackOf, typesOf, withHosts, withTls } from '#test/support/stacks.ts';

type Annotations = Readonly<Record<string, string>>;
type Written = Readonly<Record<string, unknown>> & { readonly type: string };

const actions = (...list: readonly Written[]): string => JSON.stringify(list);
const placeholder = (path = '/') => [{ ...aPath(path), backend: { service: { name: 'own', port: { name: 'use-annotation' } } } }];

const forward = (...groups: readonly Readonly<Record<string, unknown>>[]): Written => ({
  type: 'ForwardGroup',
  ForwardConfig: { ServerGroups: groups },
});
const to = (service: string, weight = 50) => ({ ServiceName: service, ServicePort: 80, Weight: weight });
const mirror = (group: Readonly<Record<string, unknown>>): Written => ({
  type: 'TrafficMirror',
  TrafficMirrorConfig: { TargetType: 'ForwardGroupMirror', MirrorGroupConfig: { ServerGroupTuples: [group] } },
});
const fixed: Written = { type: 'FixedResponse', FixedResponseConfig: { contentType: 'text/plain', content: 'no', httpCode: '503' } };
const redirect = (protocol: string): Written => ({ type: 'Redirect', RedirectConfig: { protocol, host: 'x.example.com' } });
const insert = (key: string): Written => ({ type: 'InsertHeader', InsertHeaderConfig: { key, value: 'v', valueType: 'UserDefined' } });
const remove = (key: string): Written => ({ type: 'RemoveHeader', RemoveHeaderConfig: { key } });
const limit = (QPS: string, QPSPerIp?: string): Written => ({
  type: 'TrafficLimit',
  TrafficLimitConfig: { QPS, ...(QPSPerIp === undefined ? {} : { QPSPerIp }) },
});
const rewriteTo = (Path: string): Written => ({ type: 'Rewrite', RewriteConfig: { Path } });

/** `/` goes to Service coffee. */
const real = (annotations: Annotations) => stackOf([anIngress({ annotations })]);
/** `/` goes where `actions.own` says. */
const own = (list: readonly Written[], annotations: Annotations = {}, albConfig = withTls()) =>
  stackOf([anIngress({ paths: placeholder(), annotations: { ...annotations, 'actions.own': actions(...list) } })], albConfig);

describe('the actions of a rule', () => {
  it('are the forward to its backend where nothing else is said', () => {
    expect(real({}).rules[0]?.actions).toEqual([{ type: 'ForwardGroup', groups: [{ group: expect.any(String), weight: 100 }] }]);
  });

  it('stand in one order, however they are written: limits, mirror, CORS, the others, the final one', () => {
    const list = [insert('x-a'), mirror({ ServerGroupID: 'sgp-1' }), forward(to('a', 100))];
    const stack = own(
      list,
      { 'enable-cors': 'true', 'traffic-limit-qps': '5', 'cors-allow-origin': 'https://a.example.com' },
      withTls([], foreign('*')),
    );
    expect(stack.problems).toEqual([]);
    expect(typesOf(stack.rules[0])).toEqual(['TrafficLimit', 'TrafficMirror', 'Cors', 'InsertHeader', 'ForwardGroup']);
  });

  it('keep the order of writing among headers, rewriting behind them', () => {
    const stack = real({ 'actions.coffee': actions(remove('x-b'), insert('x-a')), 'rewrite-target': '/x' });
    expect(typesOf(stack.rules[0])).toEqual(['RemoveHeader', 'InsertHeader', 'Rewrite', 'ForwardGroup']);
  });

  it('concern the paths of their Service alone', () => {
    const stack = stackOf([
      anIngress({ paths: [aPath('/a'), aPath('/b', 'tea')], annotations: { 'actions.tea': actions(insert('x-a')) } }),
    ]);
    expect(stack.rules.map(typesOf)).toEqual([['ForwardGroup'], ['InsertHeader', 'ForwardGroup']]);
  });

  it('are at most five', () => {
    const four = ['a', 'b', 'c', 'd'].map((key) => insert(`x-${key}`));
    expect(own([...four, fixed]).problems).toEqual([]);
    const stack = own([...four, insert('x-e'), fixed]);
    expect(stack.problems).toMatchObject([
      { code: 'RULE-LIMIT', facts: { path: '/', has: '6', what: 'actions (the final one counted)', limit: '5' } },
    ]);
    expect(stack.held).toHaveLength(1);
  });

  it('ALC 9: keep the defaults of what is not written', () => {
    const config = { ...requestVariables, host: 'x.example.com', httpCode: '301' };
    expect(own([{ type: 'Redirect', RedirectConfig: { host: 'x.example.com', path: '' } }]).rules[0]?.actions).toEqual([
      { type: 'Redirect', redirectConfig: config },
    ]);
  });

  it('CPAC 1: are the same in every reading of the same Ingress, numbers as numbers', () => {
    const list = [limit('500', '5'), forward(to('a', 90), to('b', 10))];
    const [one, other] = [own(list, {}, withTls([80])), own(list, {}, withTls([80]))];
    expect(other).toEqual(one);
    expect(stepHashes(other)).toEqual(stepHashes(one));
    expect(one.rules[0]?.actions[0]).toEqual({ type: 'TrafficLimit', trafficLimitConfig: { QPS: 500, perIpQps: 5 } });
  });

  it('of default backends are the same', () => {
    const spec = { ingressClassName: 'alb', defaultBackend: { service: { name: 'own', port: { name: 'use-annotation' } } } };
    const stack = stackOf([anIngress({ spec, annotations: { 'actions.own': actions(fixed) } })]);
    expect(stack.rules.map(typesOf)).toEqual([['FixedResponse']]);
  });

  it('of default backends have no path to rewrite, whatever becomes of the paths of the Ingress', () => {
    const plain = anIngress({ annotations: { 'rewrite-target': `/${variable(1)}` }, paths: [aPath('/a/(.*)')] });
    const stack = stackOf([{ ...plain, spec: { ...plain.spec, defaultBackend: toService('tea') } }]);
    expect(codesOf(stack)).toEqual([]);
    expect(stack.rules.map(typesOf)).toEqual([['Rewrite', 'ForwardGroup'], ['ForwardGroup']]);
  });
});

const foreign = (ids: string): Annotations => ({ 'albeit.io/foreign-server-groups': ids });

describe('groups that actions name', () => {
  it('are those of Services, made with the settings of the Ingress', () => {
    const stack = own([forward(to('a', 90), to('b', 10))], { 'healthcheck-enabled': 'true' });
    expect(forwardsOf(stack, stack.rules[0])).toEqual({ a: 90, b: 10 });
    const made = stack.groups.filter((group) => group.members !== undefined);
    expect(made.map((group) => group.settings.healthCheckConfig.healthCheckEnabled)).toEqual([true, true]);
  });

  it('ALC 10: keep their stickiness', () => {
    const sticky = { ServerGroups: [to('a'), to('b')], ServerGroupStickySession: { Enabled: true, Timeout: 600 } };
    const [action] = own([{ type: 'ForwardGroup', ForwardConfig: sticky }]).rules[0]?.actions ?? [];
    expect(action).toMatchObject({ stickiness: { enabled: true, timeout: 600 } });
  });

  it.each([
    ['not at all', {}, ['GROUP-FOREIGN']],
    ['by another id', foreign('sgp-2'), ['GROUP-FOREIGN']],
    ['by its id', foreign('sgp-2,sgp-1'), []],
    ['by *', foreign('*'), []],
  ])('elsewhere count where the AlbConfig allows them: %s', (_what, annotations, expected) => {
    const stack = own([forward({ ServerGroupID: 'sgp-1', Weight: 100 })], {}, withTls([], annotations));
    expect(codesOf(stack)).toEqual(expected);
    if (expected.length === 0) expect(forwardsOf(stack, stack.rules[0])).toEqual({ 'sgp-1': 100 });
  });

  it('must have a Service with such a port', () => {
    expect(codesOf(own([forward(to('nowhere', 100))]))).toEqual(['SERVICE-NOT-FOUND']);
    expect(codesOf(own([forward({ ServiceName: 'a', ServicePort: 81, Weight: 100 })]))).toEqual(['PORT-NOT-FOUND']);
  });

  it('are not forwarded to and mirrored to at once', () => {
    const stack = real({ 'actions.coffee': actions(mirror({ ServiceName: 'coffee', ServicePort: 80 })) });
    expect(stack.problems).toMatchObject([{ code: 'ANNOTATION-CONFLICT', facts: { first: 'TrafficMirror', second: 'ForwardGroup' } }]);
    expect(real({ 'actions.coffee': actions(mirror({ ServiceName: 'tea', ServicePort: 80 })) }).problems).toEqual([]);
  });
});

describe('what cannot go together names both', () => {
  const conflict = (annotations: Annotations, paths = [aPath('/')], hosts: readonly string[] = []) =>
    stackOf([hosts.length === 0 ? anIngress({ paths, annotations }) : withHosts(hosts, { paths, annotations })]);
  const oneMirror = mirror({ ServiceName: 'tea', ServicePort: 80 });

  it.each([
    ['a limit', conflict({ 'traffic-limit-qps': '5', 'actions.coffee': actions(limit('6')) }), 'traffic-limit-qps', 'TrafficLimit in'],
    [
      'CORS',
      conflict({
        'enable-cors': 'true',
        'cors-allow-credentials': 'false',
        'actions.coffee': actions({ type: 'Cors', CorsConfig: { AllowCredentials: 'off' } }),
      }),
      'enable-cors',
      'Cors in',
    ],
    ['rewriting', conflict({ 'rewrite-target': '/x', 'actions.coffee': actions(rewriteTo('/y')) }), 'rewrite-target', 'Rewrite in'],
    [
      'rewriting an answer',
      conflict({ 'rewrite-target': '/x', 'actions.own': actions(fixed) }, placeholder()),
      'rewrite-target',
      'FixedResponse in',
    ],
    ['rewriting a copy', conflict({ 'rewrite-target': '/x', 'actions.coffee': actions(oneMirror) }), 'TrafficMirror in', 'rewrite-target'],
    [
      'copies to servers that speak HTTPS',
      conflict({ 'backend-protocol': 'https', 'actions.coffee': actions(oneMirror) }, [aPath('/')], ['cafe.example.com']),
      'TrafficMirror in',
      'backend-protocol',
    ],
    ['a port and a final action', conflict({ 'actions.coffee': actions(fixed) }), 'a port of the Service', 'FixedResponse in'],
    ['a port and a rule on responses', conflict({ 'rule-direction.coffee': 'Response' }), 'Response in', 'a port of the Service'],
  ])('%s', (_what, stack, first, second) => {
    expect(codesOf(stack)).toEqual(['ANNOTATION-CONFLICT']);
    expect(stack.problems[0]?.facts['first']).toContain(first);
    expect(stack.problems[0]?.facts['second']).toContain(second);
    expect(stack.problems[0]?.path).toBe('spec.rules[0].http.paths[0]');
    expect(stack.held).toHaveLength(1);
  });

  it('a limit per client that is not below that of all', () => {
    expect(codesOf(real({ 'traffic-limit-qps': '5', 'traffic-limit-ip-qps': '5' }))).toContain('ANNOTATION-INVALID');
  });
});

describe('a placeholder backend', () => {
  it('needs a final action, but no Service', () => {
    expect(own([fixed]).problems).toEqual([]);
    const stack = own([insert('x-a')]);
    const annotation = 'alb.ingress.kubernetes.io/actions.own';
    expect(stack.problems).toMatchObject([{ code: 'ACTION-MISSING', facts: { service: 'own', annotation } }]);
  });

  it('whose actions cannot be read is told of that alone', () => {
    const stack = stackOf([anIngress({ paths: placeholder(), annotations: { 'actions.own': '[{]' } })]);
    expect(codesOf(stack)).toEqual(['ANNOTATION-INVALID']);
  });

  it('ALC 1: with rules on responses needs no final action, and takes none of the annotations for requests', () => {
    const annotations = {
      'rule-direction.own': 'Response',
      'enable-cors': 'true',
      'traffic-limit-qps': '5',
      'cors-allow-credentials': 'false',
    };
    const stack = own([insert('x-a'), remove('x-b')], annotations);
    expect(stack.problems).toEqual([]);
    expect(stack.rules).toMatchObject([{ direction: 'Response' }]);
    expect(typesOf(stack.rules[0])).toEqual(['InsertHeader', 'RemoveHeader']);
    const request = own([fixed]).rules[0];
    expect(stack.rules[0]?.identity).not.toBe(request?.identity);
  });
});

describe('annotations of the Ingress', () => {
  it('limit requests of every rule', () => {
    const stack = stackOf([anIngress({ annotations: { 'traffic-limit-qps': '5' }, paths: [aPath('/a'), aPath('/b')] })]);
    expect(stack.rules.map((rule) => rule.actions[0])).toEqual([
      { type: 'TrafficLimit', trafficLimitConfig: { QPS: 5 } },
      { type: 'TrafficLimit', trafficLimitConfig: { QPS: 5 } },
    ]);
  });

  it('answer cross-origin requests, with the documented defaults', () => {
    const [action] = real({ 'enable-cors': 'true' }).rules[0]?.actions ?? [];
    expect(action).toMatchObject({
      type: 'Cors',
      corsConfig: { allowOrigin: ['*'], exposeHeaders: [], allowCredentials: 'on', maxAge: 172_800 },
    });
    expect(typesOf(real({ 'enable-cors': 'false', 'cors-max-age': '5' }).rules[0])).toEqual(['ForwardGroup']);
  });

  it.each([{}, { 'enable-cors': 'false' }])('about cross-origin requests hold nobody while they are off (%j)', (off) => {
    const stack = real({ ...off, 'cors-max-age': '999999', 'cors-allow-origin': 'example.com' });
    expect(codesOf(stack)).toEqual(['ANNOTATION-UNUSED', 'ANNOTATION-UNUSED']);
    expect(typesOf(stack.rules[0])).toEqual(['ForwardGroup']);
  });

  it('about cross-origin requests hold the Ingress where it asks for them, or may ask for them', () => {
    for (const enabled of ['true', 'on']) {
      const stack = real({ 'enable-cors': enabled, 'cors-max-age': '999999' });
      expect(new Set(codesOf(stack))).toEqual(new Set(['ANNOTATION-INVALID']));
      expect(stack.held).toHaveLength(1);
    }
  });

  it('tell once of credentials for any origin', () => {
    const annotations = { 'enable-cors': 'true' };
    expect(codesOf(stackOf([anIngress({ annotations, paths: [aPath('/a'), aPath('/b')] })]))).toEqual(['CORS-ANY-ORIGIN']);
    expect(codesOf(real({ ...annotations, 'cors-allow-credentials': 'false' }))).toEqual([]);
    expect(codesOf(real({ 'actions.coffee': actions({ type: 'Cors', CorsConfig: {} }) }))).toEqual(['CORS-ANY-ORIGIN']);
    expect(codesOf(real({ ...annotations, 'cors-allow-origin': 'https://a.example.com' }))).toEqual([]);
  });
});

describe('ssl-redirect', () => {
  const host = 'cafe.example.com';
  const ssl = { 'ssl-redirect': 'true' };
  const redirected = (draft: Parameters<typeof anIngress>[0]) =>
    stackOf([withHosts([host], { ...draft, annotations: { ...ssl, ...draft?.annotations } })]);
  const on = (stack: ReturnType<typeof stackOf>, listener: string) => stack.rules.filter((rule) => rule.listener === listener);

  it('CPAC 10: answers 308 to HTTPS 443 with host, path and query of the request, host or no host', () => {
    const stack = redirected({ host: '' });
    expect(on(stack, 'HTTP:80')[0]?.actions).toEqual([
      {
        type: 'Redirect',
        redirectConfig: { ...requestVariables, protocol: 'HTTPS', port: '443', httpCode: '308' },
      },
    ]);
    expect(typesOf(on(stack, 'HTTPS:443')[0])).toEqual(['ForwardGroup']);
  });

  it('keeps headers, limits and CORS in front of the redirect, and drops rewriting, mirroring and final actions', () => {
    const list = [insert('x-a'), remove('x-b'), mirror({ ServiceName: 'tea', ServicePort: 80 }), forward(to('a', 100))];
    const stack = redirected({ paths: placeholder(), annotations: { 'actions.own': actions(...list) } });
    expect(typesOf(on(stack, 'HTTP:80')[0])).toEqual(['InsertHeader', 'RemoveHeader', 'Redirect']);
    expect(typesOf(on(stack, 'HTTPS:443')[0])).toEqual(['TrafficMirror', 'InsertHeader', 'RemoveHeader', 'ForwardGroup']);
    const limited = redirected({
      annotations: { 'traffic-limit-qps': '5', 'rewrite-target': '/x', 'enable-cors': 'true', 'cors-allow-credentials': 'false' },
    });
    expect(typesOf(on(limited, 'HTTP:80')[0])).toEqual(['TrafficLimit', 'Cors', 'Redirect']);
  });

  it('ALC 8: goes by the port: HTTPS on another one is redirected too', () => {
    const stack = redirected({ annotations: { 'listen-ports': '[{"HTTPS":443},{"HTTPS":8443}]' } });
    expect(stack.rules.map((rule) => [rule.listener, ...typesOf(rule)])).toEqual([
      ['HTTP:80', 'Redirect'],
      ['HTTPS:443', 'ForwardGroup'],
      ['HTTPS:8443', 'Redirect'],
    ]);
  });

  it('leaves rules on responses as they are', () => {
    const annotations = { 'rule-direction.own': 'Response', 'actions.own': actions(insert('x-a')) };
    expect(redirected({ paths: placeholder(), annotations }).rules.map(typesOf)).toEqual([['InsertHeader'], ['InsertHeader']]);
  });

  it('of nginx is read first', () => {
    const annotations = { ...ssl, 'nginx.ingress.kubernetes.io/ssl-redirect': 'false' };
    expect(stackOf([anIngress({ annotations })]).rules.map(typesOf)).toEqual([['ForwardGroup']]);
  });
});

describe('what a listener cannot do', () => {
  const secure = { 'listen-ports': '[{"HTTPS":443}]' };
  const perClient = { 'traffic-limit-ip-qps': '5' };

  it('redirects from HTTPS to HTTP', () => {
    const stack = own([redirect('HTTP')], secure);
    expect(stack.problems).toMatchObject([{ code: 'ANNOTATION-CONFLICT', path: 'spec.rules[0].http.paths[0]', object: { name: 'cafe' } }]);
    expect(own([redirect(requestVariables.protocol)], secure).problems).toEqual([]);
    expect(own([redirect('https')], secure).problems).toEqual([]);
    expect(own([redirect('HTTP')]).problems).toEqual([]);
  });

  it('limits per client where it does not know them', () => {
    const stack = real(perClient);
    expect(stack.problems).toMatchObject([
      { code: 'LISTENER-NEEDS', facts: { listener: 'HTTP:80', field: 'xForwardedForConfig.XForwardedForClientSourceIpsEnabled' } },
    ]);
    expect(stackOf([anIngress({ annotations: perClient })], withTls([80])).problems).toEqual([]);
  });

  it('limits per client on QUIC', () => {
    const quic = { 'listen-ports': '[{"QUIC":8444}]' };
    expect(codesOf(stackOf([anIngress({ annotations: { ...perClient, ...quic } })], withTls([8444])))).toEqual(['ANNOTATION-CONFLICT']);
    expect(codesOf(real({ 'traffic-limit-qps': '5', ...quic }))).toEqual([]);
  });
});

describe('ACK 1: whatever is wrong in one Ingress', () => {
  it.each([
    ['JSON', { 'actions.coffee': '[{' }],
    [
      'ACK 10: a quoted number',
      { 'actions.coffee': actions({ type: 'ForwardGroup', ForwardConfig: { ServerGroups: [{ ServiceName: 'a', ServicePort: '80' }] } }) },
    ],
    ['a type', { 'conditions.coffee': '[{"type":"Weather"}]' }],
    ['a direction', { 'rule-direction.coffee': 'response' }],
    ['a boolean', { 'ssl-redirect': 'on' }],
    ['ACK 10: a word', { 'backend-protocol': 'HTTPS' }],
    ['a limit', { 'traffic-limit-qps': '0' }],
    ['an order', { order: '1001' }],
    ['ports', { 'listen-ports': '[]' }],
  ])('ALC 11: such as %s holds that one alone', (_what, annotations) => {
    const neighbours = [anIngress({ name: 'a' }), anIngress({ name: 'z' })];
    const stack = stackOf([...neighbours, anIngress({ name: 'bad', annotations })]);
    expect(stack.held.map((one) => one.ref.name)).toEqual(['bad']);
    expect(stack.problems.every((one) => one.object.name === 'bad')).toBe(true);
    expect(stack.rules).toEqual(stackOf(neighbours).rules);
  });
});

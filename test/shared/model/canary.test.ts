import { describe, expect, it } from 'vitest';
import { variable } from '#shared/cloud/alb/defaults.ts';
import { buildStack } from '#shared/model/build-stack.ts';
import { anIngress, aPath, aService, aSite, aWish, toService } from '#test/support/objects.ts';
import { codesOf, forwardsOf, rulesOf, stackOf, typesOf, withHosts } from '#test/support/stacks.ts';

type Annotations = Readonly<Record<string, string>>;

const stable = (draft: Parameters<typeof anIngress>[0] = {}) => anIngress({ name: 'stable', ...draft });
/** A canary of `stable` to Service a, before it in order. */
const canary = (annotations: Annotations, draft: Parameters<typeof anIngress>[0] = {}) =>
  anIngress({ name: 'canary', paths: [aPath('/', 'a')], ...draft, annotations: { canary: 'true', order: '5', ...annotations } });
const weight = (value: number, name = 'canary', service = 'a') =>
  canary({ 'canary-weight': String(value) }, { name, paths: [aPath('/', service)] });
const byHeader = { 'canary-by-header': 'x-canary', 'canary-by-header-value': 'yes' };
const byCookie = { 'canary-by-cookie': 'canary' };
const header = { type: 'Header', headerConfig: { key: 'x-canary', values: ['yes'] } };
const cookie = { type: 'Cookie', cookieConfig: { values: [{ key: 'canary', value: 'always' }] } };

describe('a canary by weight', () => {
  it('has no rule of its own and a share of the rule of its stable Ingress', () => {
    const stack = stackOf([stable(), weight(20)]);
    expect(stack.problems).toEqual([]);
    expect(stack.rules).toHaveLength(1);
    expect(forwardsOf(stack, stack.rules[0])).toEqual({ coffee: 80, a: 20 });
    expect(stack.rules[0]?.owners.map((one) => one.name)).toEqual(['stable', 'canary']);
  });

  it('leaves the identity of the rule alone, whatever its share', () => {
    const identities = [[], [weight(20)], [weight(100)]].map((canaries) => stackOf([stable(), ...canaries]).rules[0]?.identity);
    expect(new Set(identities).size).toBe(1);
  });

  it('may stand in another namespace, with Services of its own there: hosts and paths are compared, as the existing controllers do', () => {
    const apart = canary({ 'canary-weight': '20' }, { namespace: 'apart' });
    const services = [aService('coffee'), aService('a', { namespace: 'apart' })];
    const stack = buildStack(aWish({ ingresses: [stable(), apart], services }), aSite);
    expect(stack.problems).toEqual([]);
    expect(
      stack.groups.flatMap(({ members }) => (members === undefined ? [] : [`${members.namespace}/${members.service}`])).sort(),
    ).toEqual(['apart/a', 'shop/coffee']);
    expect(forwardsOf(stack, stack.rules[0])).toEqual({ coffee: 80, a: 20 });
  });

  it('of a default backend shares that of the stable Ingress', () => {
    const spec = (service: string) => ({ ingressClassName: 'alb', defaultBackend: toService(service) });
    const stack = stackOf([stable({ spec: spec('coffee') }), canary({ 'canary-weight': '20' }, { spec: spec('a') })]);
    expect(stack.problems).toEqual([]);
    expect(stack.rules.map((rule) => forwardsOf(stack, rule))).toEqual([{ coffee: 80, a: 20 }]);
  });

  it('CPAC 11: all canaries and all paths count, not the first alone', () => {
    const both = [aPath('/x', 'a'), aPath('/y', 'b')];
    const stack = stackOf([
      stable({ paths: [aPath('/x'), aPath('/y', 'tea')] }),
      canary({ 'canary-weight': '20' }, { paths: both }),
      canary({ 'canary-weight': '30' }, { name: 'canary2', paths: [aPath('/y', 'c')] }),
    ]);
    expect(stack.rules.map((rule) => forwardsOf(stack, rule))).toEqual([
      { coffee: 80, a: 20 },
      { tea: 50, b: 20, c: 30 },
    ]);
  });

  it('that lists a path twice, once of each type, takes its share once of each rule, each with the Service of its type', () => {
    const both = (exact: string, prefix: string) => [aPath('/x', exact, 'Exact'), aPath('/x', prefix)];
    const stack = stackOf([stable({ paths: both('coffee', 'tea') }), canary({ 'canary-weight': '60' }, { paths: both('a', 'b') })]);
    expect(codesOf(stack)).toEqual([]);
    expect(stack.rules.map((rule) => forwardsOf(stack, rule))).toEqual([
      { coffee: 40, a: 60 },
      { tea: 40, b: 60 },
    ]);
    const alone = stackOf([stable({ paths: [aPath('/x')] }), canary({ 'canary-weight': '60' }, { paths: both('a', 'b') })]);
    expect(alone.rules.map((rule) => forwardsOf(alone, rule))).toEqual([{ coffee: 40, b: 60 }]);
  });

  it('CPAC 11: of 100 leaves the stable group out instead of giving it the weight 0, and keeps it for the way back', () => {
    const stack = stackOf([stable(), weight(60), weight(40, 'canary2', 'b')]);
    expect(forwardsOf(stack, stack.rules[0])).toEqual({ a: 60, b: 40 });
    expect(stack.groups.map((one) => one.members?.service)).toContain('coffee');
  });

  it('of 0 is nothing at all, not even a group', () => {
    expect(stackOf([stable(), weight(0)])).toMatchObject({
      problems: [],
      rules: stackOf([stable()]).rules,
      groups: stackOf([stable()]).groups,
    });
  });

  it('ALC 7: is held when it takes the sum above 100, and the others keep their shares', () => {
    const stack = stackOf([stable(), weight(60, 'c1', 'a'), weight(50, 'c2', 'b'), weight(40, 'c3', 'c')]);
    expect(stack.problems).toMatchObject([{ code: 'CANARY-WEIGHT', object: { name: 'c2' }, facts: { sum: '110' } }]);
    expect(forwardsOf(stack, rulesOf(stack, 'stable')[0])).toEqual({ a: 60, c: 40 });
    expect(stack.rules[0]?.actionsHeld).toBe(true);
  });

  it('is held when the rule would have more than five groups', () => {
    const canaries = ['a', 'b', 'c', 'd', 'e'].map((service) => weight(10, `c-${service}`, service));
    const stack = stackOf([stable(), ...canaries]);
    expect(stack.problems).toMatchObject([{ code: 'RULE-LIMIT', object: { name: 'c-e' }, facts: { has: '6', limit: '5' } }]);
    const whole = stackOf([stable(), ...canaries.slice(0, 4), weight(60, 'c-e', 'e')]);
    expect(whole.problems).toEqual([]);
  });

  it('to the Service of its stable Ingress is one group with both shares', () => {
    const stack = stackOf([stable(), weight(20, 'canary', 'coffee')]);
    expect(forwardsOf(stack, stack.rules[0])).toEqual({ coffee: 100 });
  });

  it('that is wrong holds what its stable rules do, and nothing else', () => {
    const wrong = canary({ 'canary-weight': 'much' });
    const stack = stackOf([stable({ paths: [aPath('/'), aPath('/other')] }), wrong]);
    expect(stack.held.map((one) => one.ref.name)).toEqual(['canary']);
    expect(stack.rules.map((rule) => rule.actionsHeld)).toEqual([true, undefined]);
    const nowhere = stackOf([stable(), canary({ 'canary-weight': '20', 'listen-ports': 'x' })]);
    expect(nowhere.rules.map((rule) => rule.actionsHeld)).toEqual([true]);
  });

  it('has settings of its own for its group', () => {
    const stack = stackOf([stable(), canary({ 'canary-weight': '20', 'healthcheck-enabled': 'true' })]);
    const enabled = stack.groups.map((one) => [one.members?.service, one.settings.healthCheckConfig.healthCheckEnabled]);
    expect(enabled).toContainEqual(['a', true]);
    expect(enabled).toContainEqual(['coffee', false]);
  });

  it('has no effect on redirects to HTTPS, where nothing is forwarded', () => {
    const hosts = ['cafe.example.com'];
    const redirecting = withHosts(hosts, { name: 'stable', annotations: { 'ssl-redirect': 'true' } });
    const shared = withHosts(hosts, {
      name: 'canary',
      paths: [aPath('/', 'a')],
      annotations: { 'ssl-redirect': 'true', canary: 'true', 'canary-weight': '20' },
    });
    const stack = stackOf([redirecting, shared]);
    expect(stack.problems).toEqual([]);
    expect(stack.rules.map(typesOf)).toEqual([['Redirect'], ['ForwardGroup']]);
    expect(forwardsOf(stack, stack.rules[1])).toEqual({ coffee: 80, a: 20 });
  });
});

describe('a canary by weight that stands only where its stable Ingress redirects', () => {
  it('is told that it shares nothing', () => {
    const redirecting = withHosts(['cafe.example.com'], { name: 'stable', annotations: { 'ssl-redirect': 'true' } });
    const stack = stackOf([redirecting, weight(20)]);
    expect(stack.problems).toMatchObject([{ code: 'CANARY-NOWHERE', object: { name: 'canary' } }]);
    expect(stack.held).toEqual([]);
    expect(stack.rules.map(typesOf)).toEqual([['Redirect'], ['ForwardGroup']]);
  });
});

describe('a canary by header or cookie', () => {
  it.each([
    ['header', byHeader, [header]],
    ['cookie', byCookie, [cookie]],
    ['header and cookie, both of them', { ...byHeader, ...byCookie }, [header, cookie]],
  ])('by %s has rules of its own, with the conditions of its stable path', (_what, annotations, conditions) => {
    const paths = [{ ...aPath('/x', 'a'), pathType: 'ImplementationSpecific' as const }];
    const stack = stackOf([stable({ paths: [aPath('/x')] }), canary(annotations, { paths })]);
    expect(stack.problems).toEqual([]);
    const [own] = rulesOf(stack, 'canary');
    expect(own?.conditions).toEqual([...(rulesOf(stack, 'stable')[0]?.conditions ?? []), ...conditions]);
    expect(forwardsOf(stack, own)).toEqual({ a: 100 });
    expect(stack.rules.map((rule) => rule.owners[0]?.name)).toEqual(['canary', 'stable']);
  });

  it('that lists a path twice, once of each type, matches as the stable path of its type', () => {
    const both = [aPath('/x', 'a', 'Exact'), aPath('/x', 'b')];
    const stack = stackOf([stable({ paths: [aPath('/x', 'coffee', 'Exact'), aPath('/x')] }), canary(byHeader, { paths: both })]);
    const paths = rulesOf(stack, 'canary').map((rule) => rule.conditions.find((one) => one.type === 'Path'));
    expect(paths).toMatchObject([{ pathConfig: { values: ['/x'] } }, { pathConfig: { values: ['/x', '/x/*'] } }]);
  });

  it('ACK 4: behind its stable Ingress is told that it never matches', () => {
    const stack = stackOf([stable(), canary({ ...byHeader, order: '11' })]);
    expect(stack.problems).toMatchObject([
      { code: 'CANARY-SHADOWED', object: { name: 'canary' }, facts: { stable: 'Ingress/shop/stable' } },
    ]);
    expect(stack.held).toEqual([]);
  });

  it('widened by the stable Ingress has its further conditions too', () => {
    const conditions = JSON.stringify([{ type: 'Method', methodConfig: { values: ['GET'] } }]);
    const stack = stackOf([stable({ annotations: { 'conditions.coffee': conditions } }), canary(byHeader)]);
    expect(rulesOf(stack, 'canary')[0]?.conditions.map((one) => one.type)).toEqual(['Host', 'Path', 'Method', 'Header']);
  });

  it('need not say again that paths are expressions, and may rewrite with the groups of its stable path', () => {
    const paths = (service: string) => [aPath('/x/(.*)', service)];
    const expressions = stable({ paths: paths('coffee'), annotations: { 'use-regex': 'true' } });
    const rewriting = (target: string) => canary({ ...byHeader, 'rewrite-target': target }, { paths: paths('a') });
    const stack = stackOf([expressions, rewriting(`/${variable(1)}`)]);
    expect(stack.problems).toEqual([]);
    expect(rulesOf(stack, 'canary')[0]?.conditions[1]).toEqual({ type: 'Path', pathConfig: { values: ['~*/x/(.*)'] } });
    expect(codesOf(stackOf([expressions, rewriting(`/${variable(2)}`)]))).toEqual(['ANNOTATION-INVALID']);
    const shared = stackOf([expressions, canary({ 'canary-weight': '20' }, { paths: paths('a') })]);
    expect(shared.problems).toEqual([]);
    expect(forwardsOf(shared, shared.rules[0])).toEqual({ coffee: 80, a: 20 });
  });

  it('stays as it is while the conditions of its stable Ingress cannot be told', () => {
    const wrong = stable({ paths: [aPath('/(', 'coffee')], annotations: { 'use-regex': 'true' } });
    const stack = stackOf([wrong, canary(byHeader, { paths: [aPath('/(', 'a', 'ImplementationSpecific')] })]);
    expect(stack.held.map((one) => one.ref.name)).toEqual(['canary', 'stable']);
  });
});

describe('a canary without a stable Ingress', () => {
  it.each([
    ['of the same path', stable({ paths: [aPath('/other')] })],
    ['of the same host', stable({ host: 'other.example.com' })],
    ['on the same listener', withHosts(['cafe.example.com'], { name: 'stable' })],
    ['because that is a canary as well', canary(byCookie, { name: 'stable' })],
  ])('%s is held', (_what, other) => {
    const held = stackOf([other, canary(byHeader)]).held.find((one) => one.ref.name === 'canary');
    expect(held?.problems.map((one) => one.code)).toEqual(['CANARY-ALONE']);
    expect(held?.problems[0]?.facts).toEqual({ host: 'cafe.example.com', path: '/' });
  });

  it('holds itself alone', () => {
    const stack = stackOf([stable({ paths: [aPath('/other')] }), weight(20)]);
    expect(stack.held.map((one) => one.ref.name)).toEqual(['canary']);
    expect(rulesOf(stack, 'stable')).toHaveLength(1);
  });

  it('is not alone when that one is held', () => {
    const wrong = stable({ annotations: { 'canary-weight': '1', order: 'x' } });
    expect(stackOf([wrong, weight(20)]).held.map((one) => one.ref.name)).toEqual(['stable']);
  });
});

describe('canaries that contradict themselves', () => {
  const action = (type: string, config: Readonly<Record<string, unknown>>) => JSON.stringify([{ type, ...config }]);
  const conditions = JSON.stringify([{ type: 'Method', methodConfig: { values: ['GET'] } }]);
  const forward = action('ForwardGroup', { ForwardConfig: { ServerGroups: [{ ServiceName: 'b', ServicePort: 80 }] } });

  it.each([
    ['ALC 7: weight and header', { ...byHeader, 'canary-weight': '20' }, 'ANNOTATION-CONFLICT'],
    ['weight 0 and cookie', { ...byCookie, 'canary-weight': '0' }, 'ANNOTATION-CONFLICT'],
    ['conditions', { ...byHeader, 'conditions.a': conditions }, 'ANNOTATION-CONFLICT'],
    ['a header without value', { 'canary-by-header': 'x-canary' }, 'ANNOTATION-INVALID'],
    ['a strange value', { canary: 'on' }, 'ANNOTATION-INVALID'],
    ['rules on responses', { ...byHeader, 'rule-direction.a': 'Response' }, 'ANNOTATION-CONFLICT'],
  ])('by %s are held', (_what, annotations, code) => {
    const stack = stackOf([stable(), canary(annotations)]);
    expect(codesOf(stack)).toContain(code);
    expect(stack.held.map((one) => one.ref.name)).toEqual(['canary']);
  });

  it('by weight and a ForwardGroup, of the canary or of its stable Ingress, are held', () => {
    const placeholder = (service: string) => [{ ...aPath('/'), backend: { service: { name: service, port: { name: 'use-annotation' } } } }];
    const own = canary({ 'canary-weight': '20', 'actions.a': forward }, { paths: placeholder('a') });
    const twin = stable({ paths: placeholder('x'), annotations: { 'actions.x': forward } });
    for (const stack of [stackOf([stable(), own]), stackOf([twin, weight(20)])]) {
      expect(stack.problems).toMatchObject([{ code: 'ANNOTATION-CONFLICT', object: { name: 'canary' } }]);
      expect(stack.held.map((one) => one.ref.name)).toEqual(['canary']);
    }
  });

  it('by weight and another protocol than the stable servers speak are held', () => {
    const hosts = ['cafe.example.com'];
    const spoken = (name: string, service: string, annotations: Annotations) =>
      withHosts(hosts, { name, paths: [aPath('/', service)], annotations });
    const stack = stackOf([
      spoken('stable', 'coffee', {}),
      spoken('canary', 'a', { canary: 'true', 'canary-weight': '20', 'backend-protocol': 'https' }),
    ]);
    expect(stack.problems).toMatchObject([
      { code: 'ANNOTATION-CONFLICT', facts: { second: 'alb.ingress.kubernetes.io/backend-protocol' } },
    ]);
  });

  it('that ask for nothing are told, and have no rule', () => {
    const stack = stackOf([stable(), canary({})]);
    expect(codesOf(stack)).toEqual(['CANARY-EMPTY']);
    expect(stack.rules).toHaveLength(1);
  });

  it('whose annotations mean nothing alone are told', () => {
    const stack = stackOf([stable({ annotations: { 'canary-weight': '20' } }), canary({ ...byCookie, 'canary-by-header-value': 'x' })]);
    expect(stack.problems.map((one) => [one.code, one.object.name])).toEqual([
      ['ANNOTATION-ALONE', 'canary'],
      ['ANNOTATION-ALONE', 'stable'],
    ]);
    expect(stack.held).toEqual([]);
  });
});

describe('keys of nginx', () => {
  it('are read first', () => {
    const nginx = 'nginx.ingress.kubernetes.io/canary';
    const stack = stackOf([
      stable(),
      anIngress({
        name: 'canary',
        paths: [aPath('/', 'a')],
        annotations: { [nginx]: 'true', [`${nginx}-weight`]: '20', 'canary-weight': '70' },
      }),
    ]);
    expect(forwardsOf(stack, stack.rules[0])).toEqual({ coffee: 80, a: 20 });
  });
});

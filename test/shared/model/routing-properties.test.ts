/** What holds of the rules of any Ingresses, right or wrong, with any annotations. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { variable } from '#shared/cloud/alb/defaults.ts';
import { buildStack } from '#shared/model/build-stack.ts';
import { limits, valueCount, valuesOf } from '#shared/model/rule-limits.ts';
import { groupRefsOf, type RuleSpec, type Stack } from '#shared/model/stack.ts';
import { stepHashes } from '#shared/model/stack-hash.ts';
import type { Ingress, IngressBackend } from '#shared/model/wish.ts';
import { anIngress, aService, aSite, aWish, toService } from '#test/support/objects.ts';
import { withTls } from '#test/support/stacks.ts';

const names = ['coffee', 'tea', 'a', 'b'];
const hosts = Array.from({ length: 12 }, (_, index) => `h${index}.example.com`);

type Annotations = Readonly<Record<string, string>>;

const json = (...list: readonly unknown[]): string => JSON.stringify(list);
const insert = { type: 'InsertHeader', InsertHeaderConfig: { key: 'x-a', value: 'v', valueType: 'UserDefined' } };
const forward = [
  { ServiceName: 'a', ServicePort: 80, Weight: 20 },
  { ServerGroupID: 'sgp-1', Weight: 80 },
];
const mirror = { ServerGroupTuples: [{ ServiceName: 'b', ServicePort: 80 }] };
const mirrored = { type: 'TrafficMirror', TrafficMirrorConfig: { MirrorGroupConfig: mirror } };
const limited = { type: 'TrafficLimit', TrafficLimitConfig: { QPS: '5' } };
const addresses = (third: number) => ({ values: [1, 2, 3].map((last) => `10.0.${third}.${last}`) });

/** What may be written for one Service; the last ones are for placeholders. */
const ownActions = [
  json({ type: 'FixedResponse', FixedResponseConfig: { contentType: 'text/plain', content: 'x', httpCode: '200' } }),
  json(insert, { type: 'Redirect', RedirectConfig: { host: 'x.example.com' } }),
  json({ type: 'Redirect', RedirectConfig: { protocol: 'HTTP', path: '/x' } }),
  json({ type: 'ForwardGroup', ForwardConfig: { ServerGroups: forward } }, mirrored),
];
const moreActions = [
  json(insert),
  json(limited, { type: 'RemoveHeader', RemoveHeaderConfig: { key: 'x-b' } }),
  json(mirrored),
  json({ type: 'Rewrite', RewriteConfig: { Path: '/y' } }),
];
const conditions = [
  json({ type: 'Host', hostConfig: { values: hosts } }),
  json(
    { type: 'Method', methodConfig: { values: ['GET', 'PUT'] } },
    { type: 'Header', headerConfig: { key: 'x-a', values: ['1', '2', '3'] } },
  ),
  json({ type: 'SourceIp', sourceIpConfig: addresses(0) }, { type: 'SourceIp', sourceIpConfig: addresses(1) }),
  json({ type: 'Path', pathConfig: { values: ['/x', '/y', '~*^/z(.*)'] } }),
];

/** Topics of which an Ingress has none, one or two. */
const topics: readonly Annotations[] = [
  { order: '5' },
  { order: '20' },
  { 'listen-ports': '[{"HTTPS":443},{"HTTP":80}]' },
  { 'listen-ports': '[{"QUIC":8444},{"HTTPS":8443}]' },
  { 'ssl-redirect': 'true' },
  { 'use-regex': 'true' },
  { 'rewrite-target': '/x' },
  { 'rewrite-target': `/${variable(1)}` },
  { 'backend-protocol': 'grpc' },
  { 'backend-protocol': 'https' },
  { 'traffic-limit-qps': '100' },
  { 'traffic-limit-ip-qps': '10' },
  { 'enable-cors': 'true' },
  { 'backend-scheduler': 'wlc' },
  { 'sticky-session': 'true', 'healthcheck-enabled': 'true' },
  { 'server-group-type': 'Ip' },
  ...moreActions.map((text) => ({ 'actions.coffee': text })),
  ...conditions.map((text) => ({ 'conditions.coffee': text })),
];
const wrong: readonly Annotations[] = [
  { order: 'x' },
  { 'listen-ports': '[' },
  { canary: 'on' },
  { 'canary-weight': '101', canary: 'true' },
  { 'rule-direction.coffee': 'Response' },
  { 'actions.coffee': '{}' },
  { 'slow-start-enabled': 'true', 'backend-scheduler': 'sch' },
];
const canaries: readonly Annotations[] = [
  ...['0', '20', '20', '30', '40', '60', '100'].map((weight) => ({ 'canary-weight': weight })),
  { 'canary-by-cookie': 'canary' },
  { 'canary-by-header': 'x-canary', 'canary-by-header-value': 'yes', order: '5' },
].map((one) => ({ canary: 'true', ...one }));

const annotations: fc.Arbitrary<Annotations> = fc
  .tuple(
    fc.constantFrom(...ownActions).map((text): Annotations => ({ 'actions.own': text })),
    fc.oneof({ weight: 3, arbitrary: fc.constant<Annotations>({}) }, { weight: 2, arbitrary: fc.constantFrom(...canaries) }),
    fc.oneof({ weight: 3, arbitrary: fc.constant<Annotations>({}) }, { weight: 1, arbitrary: fc.constantFrom(...topics) }),
    fc.oneof({ weight: 4, arbitrary: fc.constant<Annotations>({}) }, { weight: 1, arbitrary: fc.constantFrom(...topics) }),
    fc.oneof({ weight: 12, arbitrary: fc.constant<Annotations>({}) }, { weight: 1, arbitrary: fc.constantFrom(...wrong) }),
  )
  .map((parts) => Object.assign({}, ...parts) as Record<string, string>); // strings alone

/** Rules on responses stand on a placeholder of their own. */
const onResponses: Annotations = { 'rule-direction.answer': 'Response', 'actions.answer': json(insert) };

const toAnnotation = (name: string): IngressBackend => toService(name, 'use-annotation');
const backend: fc.Arbitrary<IngressBackend> = fc.constantFrom(
  ...['coffee', 'coffee', 'coffee', 'tea', 'a', 'b'].map((name) => toService(name)),
  toAnnotation('own'),
  toAnnotation('answer'),
);
const onePath = fc.record({
  path: fc.constantFrom('/', '/', '/', '/', '/', '/', '/a', '/a', '/a/(.*)'),
  pathType: fc.constantFrom('Prefix' as const, 'Prefix' as const, 'Exact' as const),
  backend,
});

const someIngress = fc
  .record({
    host: fc.constantFrom('', ...Array.from({ length: 6 }, () => 'a.example.com'), '*.example.com'),
    paths: fc.array(onePath, { minLength: 1, maxLength: 2 }),
    tls: fc.constantFrom([], [], [], [], [], ['a.example.com'], ['z.example.com']),
    annotations,
    fallback: fc.integer({ min: 0, max: 3 }),
  })
  .map((draft) => (name: string): Ingress => {
    const answers = draft.paths.some((one) => one.backend.service?.name === 'answer');
    const plain = anIngress({
      name,
      host: draft.host,
      paths: draft.paths,
      annotations: { ...draft.annotations, ...(answers ? onResponses : {}) },
    });
    const tls = draft.tls.length === 0 ? {} : { tls: [{ hosts: draft.tls }] };
    return { ...plain, spec: { ...plain.spec, ...tls, ...(draft.fallback === 0 ? { defaultBackend: toService('tea') } : {}) } };
  });
const someIngresses = fc.array(someIngress, { maxLength: 7 }).map((list) => list.map((make, index) => make(`i${index}`)));

const services = names.map((name) => aService(name));
const albConfig = withTls([80, 443], { 'albeit.io/foreign-server-groups': '*' });
const stackOf = (ingresses: readonly Ingress[], listed = services): Stack =>
  buildStack(aWish({ ingresses, services: listed, albConfig }), aSite);

const finals: readonly string[] = ['ForwardGroup', 'Redirect', 'FixedResponse'];
const once: readonly string[] = [...finals, 'Rewrite', 'TrafficLimit', 'Cors', 'TrafficMirror'];

function expectWellFormed({ direction, actions }: RuleSpec): void {
  const types = actions.map((one) => one.type);
  expect(types.length).toBeLessThanOrEqual(limits.actions.most);
  expect(types.length).toBeGreaterThan(0);
  for (const type of once) expect(types.filter((one) => one === type).length).toBeLessThanOrEqual(1);
  if (direction === 'Response') {
    expect(types.every((type) => type === 'InsertHeader' || type === 'RemoveHeader')).toBe(true);
    return;
  }
  expect(types.filter((type) => finals.includes(type))).toEqual([types.at(-1)]);
  if (types.includes('Rewrite') || types.includes('TrafficMirror')) expect(types.at(-1)).toBe('ForwardGroup');
  if (types.includes('TrafficMirror')) expect(types).not.toContain('Rewrite');
}

function expectGroups({ actions }: RuleSpec): void {
  for (const action of actions) {
    if (action.type !== 'ForwardGroup') continue;
    expect(action.groups.length).toBeGreaterThan(0);
    expect(action.groups.length).toBeLessThanOrEqual(limits.groups.most);
    expect(new Set(action.groups.map((one) => one.group ?? one.serverGroupId)).size).toBe(action.groups.length);
    expect(action.groups.reduce((sum, one) => sum + one.weight, 0)).toBe(100);
  }
}

function expectWithinLimits({ conditions }: RuleSpec): void {
  expect(conditions.length).toBeGreaterThan(0);
  expect(valueCount(conditions)).toBeLessThanOrEqual(limits.values.most);
  for (const one of conditions) if (one.type === 'SourceIp') expect(valuesOf(one).length).toBeLessThanOrEqual(limits.sourceIps.most);
}

describe('whatever the Ingresses and their annotations', () => {
  it('the order of the inputs does not matter', () => {
    const shuffled = someIngresses.chain((list) =>
      fc.tuple(
        fc.constant(list),
        fc.shuffledSubarray(list, { minLength: list.length }),
        fc.shuffledSubarray(services, { minLength: services.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([list, others, listed]) => {
        const [one, other] = [stackOf(list), stackOf(others, listed)];
        expect(other).toEqual(one);
        expect(stepHashes(other)).toEqual(stepHashes(one));
      }),
    );
  });

  it('every rule is one that ALB accepts, on a listener and to groups that are there, with an identity of its own', () => {
    fc.assert(
      fc.property(someIngresses, (list) => {
        const stack = stackOf(list);
        const groups = new Set<string | undefined>(stack.groups.map((one) => one.identity));
        const listeners = new Set(stack.listeners.map((one) => one.identity));
        expect(groups.size).toBe(stack.groups.length);
        for (const rule of stack.rules) {
          expectWellFormed(rule);
          expectGroups(rule);
          expectWithinLimits(rule);
          expect(listeners).toContain(rule.listener);
          for (const one of groupRefsOf(rule.actions)) if (one.serverGroupId === undefined) expect(groups).toContain(one.group);
        }
        expect(new Set(stack.rules.map((one) => one.identity)).size).toBe(stack.rules.length);
      }),
      { numRuns: 150 },
    );
  });

  it('nobody is both held and in force, and the rules of stable Ingresses are as if the held ones were not there', () => {
    fc.assert(
      fc.property(someIngresses, (list) => {
        const stack = stackOf(list);
        const held = new Set(stack.held.map((one) => one.ref.name));
        const canaries = new Set(
          list.filter((one) => one.metadata.annotations?.['alb.ingress.kubernetes.io/canary'] === 'true').map((one) => one.metadata.name),
        );
        expect(stack.rules.some((rule) => rule.owners.some((owner) => held.has(owner.name)))).toBe(false);
        const stableRules = (of: Stack) =>
          of.rules.filter((rule) => !canaries.has(rule.owners[0]?.name ?? '')).map(({ actionsHeld: _, ...rule }) => rule);
        // A canary of a held stable Ingress would be alone; those are left as they are too.
        const alone = stackOf(list.filter((one) => !held.has(one.metadata.name)));
        if (alone.held.length === 0) expect(stableRules(stack)).toEqual(stableRules(alone));
      }),
    );
  });
});

/** Rules of every kind that the service accepts: one condition and one action of each type at least, and as many as one asks for at random. */
import fc from 'fast-check';
import type { PlainAction, RuleAction, RuleCondition, RuleDirection } from '#shared/cloud/alb/port.ts';

export interface RuleContent {
  readonly ruleConditions: readonly RuleCondition[];
  readonly ruleActions: readonly RuleAction[];
}

const word = fc.stringMatching(/^[a-z][a-z0-9]{1,8}$/);
const some = <T>(value: fc.Arbitrary<T>, maxLength = 2): fc.Arbitrary<T[]> => fc.uniqueArray(value, { minLength: 1, maxLength });
const pair = fc.record({ key: word, value: word });
const somePairs = fc.uniqueArray(pair, { minLength: 1, maxLength: 2, selector: ({ key }) => key });
const headerKey = fc.stringMatching(/^X-[A-Za-z]{1,8}$/);
const statusCode = fc.constantFrom('200', '404', '5xx');

type ConditionType = RuleCondition['type'];

/** A row a type of condition. */
const conditionsOf: { readonly [T in ConditionType]: fc.Arbitrary<Extract<RuleCondition, { readonly type: T }>> } = {
  Host: some(word.map((name) => `${name}.example.com`)).map((values) => ({ type: 'Host', hostConfig: { values } })),
  Path: some(word.map((name) => `/${name}/*`)).map((values) => ({ type: 'Path', pathConfig: { values } })),
  Header: fc.record({ key: headerKey, values: some(word) }).map((headerConfig) => ({ type: 'Header', headerConfig })),
  QueryString: somePairs.map((values) => ({ type: 'QueryString', queryStringConfig: { values } })),
  Cookie: somePairs.map((values) => ({ type: 'Cookie', cookieConfig: { values } })),
  Method: some(fc.constantFrom('GET', 'HEAD', 'POST', 'PUT')).map((values) => ({ type: 'Method', methodConfig: { values } })),
  SourceIp: some(fc.constantFrom('10.0.0.1', '10.0.0.1/32', '192.168.0.0/16', '2001:db8::/32')).map((values) => ({
    type: 'SourceIp',
    sourceIpConfig: { values },
  })),
  ResponseHeader: fc.record({ key: headerKey, values: some(word) }).map((responseHeaderConfig) => ({
    type: 'ResponseHeader',
    responseHeaderConfig,
  })),
  ResponseStatusCode: some(statusCode).map((values) => ({ type: 'ResponseStatusCode', responseStatusCodeConfig: { values } })),
};

const responseOnly: ReadonlySet<ConditionType> = new Set(['ResponseHeader', 'ResponseStatusCode']);

/** Types of conditions that a rule of the direction may have. */
const conditionTypesOf = (direction: RuleDirection): readonly ConditionType[] =>
  // The table's own keys.
  (Object.keys(conditionsOf) as ConditionType[]).filter((type) => direction === 'Response' || !responseOnly.has(type));

type Unordered = RuleAction extends infer A ? (A extends RuleAction ? Omit<A, 'order'> : never) : never;
type ActionType = RuleAction['type'];

const weight = fc.integer({ min: 0, max: 100 });

const forwardTo = (groups: readonly string[]): fc.Arbitrary<Unordered> =>
  fc
    .record({
      tuples: fc.uniqueArray(fc.record({ serverGroupId: fc.constantFrom(...groups), weight }), {
        minLength: 1,
        maxLength: 3,
        selector: (one) => one.serverGroupId,
      }),
      sticky: fc.option(fc.record({ enabled: fc.boolean(), timeout: fc.integer({ min: 1, max: 86_400 }) })),
    })
    .map(({ tuples, sticky }) => ({
      type: 'ForwardGroup',
      forwardGroupConfig: { serverGroupTuples: tuples, ...(sticky === null ? {} : { serverGroupStickySession: sticky }) },
    }));

const template = (name: string): string => `\${${name}}`;
const path = fc.oneof(
  word.map((name) => `/${name}`),
  fc.constant(`/x${template('path')}`),
);

const redirect: fc.Arbitrary<PlainAction> = fc
  .record({
    protocol: fc.constantFrom('HTTPS', template('protocol')),
    host: fc.constantFrom('other.example.com', template('host')),
    port: fc.constantFrom('8443', template('port')),
    path,
    query: fc.constantFrom('a=b', template('query')),
    httpCode: fc.constantFrom('301', '302', '303', '307', '308'),
  })
  .map((redirectConfig) => ({ type: 'Redirect', redirectConfig }));

const fixedResponse: fc.Arbitrary<PlainAction> = fc
  .record({
    content: fc.constantFrom('', 'closed', '{"a":1}'),
    contentType: fc.constantFrom('text/plain', 'application/json'),
    httpCode: fc.constantFrom('200', '404', '503'),
  })
  .map((fixedResponseConfig) => ({ type: 'FixedResponse', fixedResponseConfig }));

const rewrite: fc.Arbitrary<PlainAction> = fc
  .record({ host: fc.constantFrom('other.example.com', template('host')), path, query: fc.constantFrom('a=b', template('query')) })
  .map((rewriteConfig) => ({ type: 'Rewrite', rewriteConfig }));

const insertHeader: fc.Arbitrary<PlainAction> = fc
  .oneof(
    fc.record({ key: headerKey, value: word, valueType: fc.constant('UserDefined' as const) }),
    fc.record({ key: headerKey, value: headerKey, valueType: fc.constant('ReferenceHeader' as const) }),
    fc.record({ key: headerKey, value: fc.constantFrom('SLBId', 'Protocol'), valueType: fc.constant('SystemDefined' as const) }),
  )
  .map((insertHeaderConfig) => ({ type: 'InsertHeader', insertHeaderConfig }));

const removeHeader: fc.Arbitrary<PlainAction> = headerKey.map((key) => ({ type: 'RemoveHeader', removeHeaderConfig: { key } }));

const trafficLimit: fc.Arbitrary<PlainAction> = fc
  .constantFrom({ QPS: 100 }, { perIpQps: 5 }, { QPS: 1_000_000, perIpQps: 1 })
  .map((trafficLimitConfig) => ({ type: 'TrafficLimit', trafficLimitConfig }));

const cors: fc.Arbitrary<PlainAction> = fc
  .record({
    allowOrigin: some(fc.constantFrom('*', 'https://a.example.com', 'http://b.example.com')),
    allowMethods: some(fc.constantFrom('GET', 'POST', 'PUT')),
    allowHeaders: some(headerKey),
    exposeHeaders: fc.uniqueArray(headerKey, { maxLength: 2 }),
    allowCredentials: fc.constantFrom('on', 'off'),
    maxAge: fc.integer({ min: -1, max: 172_800 }),
  })
  .map((corsConfig) => ({ type: 'Cors', corsConfig }));

const mirrorTo = (group: string): Unordered => ({
  type: 'TrafficMirror',
  trafficMirrorConfig: { targetType: 'ForwardGroupMirror', mirrorGroupConfig: { serverGroupTuples: [{ serverGroupId: group }] } },
});

const numbered = (actions: readonly Unordered[]): readonly RuleAction[] =>
  actions.map((action, index) => ({ ...action, order: index + 1 }));

/** What a rule of the direction may do, the final action last. `groups`: ids of groups that exist, three at least; the last is mirrored to. */
function actionsFor(direction: RuleDirection, groups: readonly string[]): fc.Arbitrary<readonly RuleAction[]> {
  if (direction === 'Response') return fc.tuple(insertHeader, removeHeader).map(numbered);
  const forward = forwardTo(groups.slice(0, -1));
  return fc
    .oneof(
      forward.map((one) => [one]),
      redirect.map((one) => [one]),
      fixedResponse.map((one) => [one]),
      fc.tuple(rewrite, forward),
      fc.tuple(insertHeader, removeHeader, forward),
      fc.tuple(trafficLimit, cors, forward),
      fc.tuple(fc.constant(mirrorTo(groups.at(-1) ?? '')), forward),
    )
    .map(numbered);
}

/** A rule that has a condition of the type, and one more at most. */
const withCondition = (type: ConditionType, direction: RuleDirection): fc.Arbitrary<readonly RuleCondition[]> =>
  fc.tuple(conditionsOf[type], fc.constantFrom(...conditionTypesOf(direction))).chain(([first, other]) => {
    const second: fc.Arbitrary<RuleCondition> = conditionsOf[other];
    return other === type ? fc.constant<readonly RuleCondition[]>([first]) : second.map((one): readonly RuleCondition[] => [first, one]);
  });

/** Any rule of the direction. */
export const aRuleContent = (direction: RuleDirection, groups: readonly string[]): fc.Arbitrary<RuleContent> =>
  fc.record({
    ruleConditions: fc.constantFrom(...conditionTypesOf(direction)).chain((type) => withCondition(type, direction)),
    ruleActions: actionsFor(direction, groups),
  });

/** So many rules, the same for the same seed. */
export const sampleRules = (
  count: number,
  direction: RuleDirection,
  { groups, seed }: { readonly groups: readonly string[]; readonly seed: number },
): readonly RuleContent[] => fc.sample(aRuleContent(direction, groups), { numRuns: count, seed });

/** Types that occur among rules. */
export const typesIn = (rules: readonly RuleContent[]): ReadonlySet<ConditionType | ActionType> =>
  new Set(rules.flatMap((rule) => [...rule.ruleConditions, ...rule.ruleActions]).map((one) => one.type));

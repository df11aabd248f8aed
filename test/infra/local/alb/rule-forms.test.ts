import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actionTypes } from '#infra/local/alb/rule-actions.ts';
import { conditionTypes } from '#infra/local/alb/rule-conditions.ts';
import { type CloudUnderTest, startCloudUnderTest } from './cloud-under-test.ts';
import { forward, type Ids, rule, type Wire, type WireParams } from './samples.ts';

let cloud: CloudUnderTest;
let ids: Ids;
let mirrored: string;
beforeAll(async () => {
  cloud = await startCloudUnderTest();
  // Only such a listener takes limits per client.
  ids = await cloud.listener({
    XForwardedForConfig: { XForwardedForClientSourceIpsEnabled: true, XForwardedForClientSourceIpsTrusted: '10.0.0.0/8' },
  });
  mirrored = await cloud.group();
});
afterAll(() => cloud.service.stop());

/** The code a rule with these parts would be refused with; `DryRunOperation` when it would be made. */
const judge = (parts: WireParams) =>
  cloud.codeOf('CreateRule', { ListenerId: ids.listenerId, ...rule(10, ids.serverGroupId), ...parts, DryRun: true });
const allowed = 'DryRunOperation';

const values = (type: string, ...list: Wire[]): WireParams => ({ Type: type, [`${type}Config`]: { Values: list } });
const keyed = (type: string, key: string, ...list: Wire[]): WireParams => ({ Type: type, [`${type}Config`]: { Key: key, Values: list } });
const pair = (Key: string, Value: string): WireParams => ({ Key, Value });
const long = (length: number, letter = 'a') => letter.repeat(length);

const goodConditions: readonly WireParams[] = [
  values('Host', 'a.example.com'),
  values('Host', '*.example.com', 'a?b.example.com'),
  values('Host', '~^[a-z]+\\.example\\.com$'),
  values('Path', '/', '/Tea/*', "/$-_.+/&~@:'*?"),
  values('Path', '~^/api/v[0-9]+'),
  values('Path', '~*^/(a|b)/(.*)$'),
  keyed('Header', 'x-canary', 'always', 'a b*'),
  values('QueryString', pair('a', 'b'), pair(long(100), long(128))),
  values('Cookie', pair('session', 'x'), pair(long(100), long(100))),
  values('Method', 'GET', 'PATCH'),
  values('SourceIp', '10.0.0.0/8', '2001:db8::/32', '192.0.2.1'),
];

const badConditions: readonly (readonly [why: string, condition: WireParams])[] = [
  ['no dot', values('Host', 'localhost')],
  ['upper case', values('Host', 'A.example.com')],
  ['a last label with digits', values('Host', 'a.example.c0m')],
  ['too short a host', values('Host', 'a.')],
  ['too long a host', values('Host', `${long(125)}.com`)],
  ['a port in the host', values('Host', 'a.example.com:80')],
  ['a host that begins with a dot', values('Host', '.example.com')],
  ['a label that ends in a hyphen', values('Host', 'a-.example.com')],
  ['an expression that is none', values('Path', '~*/(')],
  ['letters of expressions outside of one', values('Path', '/a(b)')],
  ['a path without slash', values('Path', 'tea')],
  ['a path with a forbidden letter', values('Path', '/tea%20')],
  ['too long a path', values('Path', `/${long(128)}`)],
  ['header Cookie', keyed('Header', 'Cookie', 'x')],
  ['header Host', keyed('Header', 'host', 'x')],
  ['too long a header', keyed('Header', long(41), 'x')],
  ['too long a header value', keyed('Header', 'x', long(129))],
  ['a quoted header value', keyed('Header', 'x', 'a"b')],
  ['a header value that begins with a space', keyed('Header', 'x', ' a')],
  ['a header value beyond ASCII', keyed('Header', 'x', 'é')],
  ['too long a query value', values('QueryString', pair('a', long(129)))],
  ['a query with a space', values('QueryString', pair('a', 'b c'))],
  ['a query with an ampersand', values('QueryString', pair('a', 'b&c'))],
  ['too long a cookie value', values('Cookie', pair('a', long(101)))],
  ['a cookie with a semicolon', values('Cookie', pair('a', 'b;c'))],
  ['an upper-case query', values('QueryString', pair('A', 'b'))],
  ['too long a query key', values('QueryString', pair(long(101), 'b'))],
  ['an upper-case cookie', values('Cookie', pair('a', 'B'))],
  ['an unknown method', values('Method', 'TRACE')],
  ['no address', values('SourceIp', '10.0.0.0/33')],
  ['too many addresses', values('SourceIp', ...Array.from({ length: 6 }, (_, index) => `10.0.0.${index}`))],
  ['a condition for responses', values('ResponseStatusCode', '404')],
  ['an unknown type', values('Weather', 'sunny')],
  ['the member of another type', { Type: 'Host', PathConfig: { Values: ['/'] } }],
  ['two members', { ...values('Host', 'a.example.com'), PathConfig: { Values: ['/'] } }],
  ['no member', { Type: 'Host' }],
];

describe('conditions', () => {
  it.each(goodConditions.map((one) => [JSON.stringify(one), one] as const))('may be %s', async (_, condition) => {
    expect(await judge({ RuleConditions: [condition] })).toBe(allowed);
  });

  it.each(badConditions)('may not have %s', async (why, condition) => {
    const expected = why === 'an unknown type' ? 'InvalidParameter' : 'IllegalParam.RuleConditions';
    expect(await judge({ RuleConditions: [condition] })).toBe(expected);
  });

  it('may have any type in a rule for responses', async () => {
    const header = { Type: 'InsertHeader', Order: 1, InsertHeaderConfig: { Key: 'x-a', Value: 'b' } };
    const response = (condition: WireParams, actions: readonly WireParams[] = [header]) =>
      judge({ Direction: 'Response', RuleConditions: [condition], RuleActions: [...actions] });
    const some = [...goodConditions, values('ResponseStatusCode', '404', '5xx'), keyed('ResponseHeader', 'x-a', 'b')];
    for (const condition of some) expect(await response(condition)).toBe(allowed);
    expect(new Set(some.map((one) => one['Type']))).toEqual(new Set(conditionTypes));
    expect(await judge({ Direction: 'Response' })).toBe('IllegalParam.RuleActions');
    const [condition = {}] = goodConditions;
    expect(await response(condition, [action('RemoveHeader', { Key: 'Set-Cookie' })])).toBe(allowed);
    expect(await response(condition, [action('RemoveHeader', { Key: 'Cookie' })])).toBe(allowed);
    expect(await response(condition, [action('RemoveHeader', { Key: 'Upgrade' })])).toBe('IllegalParam.RuleActions');
    expect(await response(condition, [action('Rewrite', { Path: '/x' })])).toBe('IllegalParam.RuleActions');
    expect(await response(condition, [action('TrafficLimit', { QPS: 1 })])).toBe('IllegalParam.RuleActions');
    expect(await response(condition, [])).toBe('MissingParam.RuleActions');
  });

  it('of one rule name at most five addresses, however they are spread', async () => {
    const three = (from: number) => values('SourceIp', ...[0, 1, 2].map((index) => `10.0.0.${from + index}`));
    expect(await judge({ RuleConditions: [three(0)] })).toBe(allowed);
    expect(await judge({ RuleConditions: [three(0), three(3)] })).toBe('IllegalParam.RuleConditions');
  });

  it('count by their values: ten on a Standard load balancer, five on a Basic one', async () => {
    const hosts = (count: number) => values('Host', ...Array.from({ length: count }, (_, index) => `h${index}.example.com`));
    expect(await judge({ RuleConditions: [hosts(8), values('Path', '/a', '/a/*')] })).toBe(allowed);
    expect(await judge({ RuleConditions: [hosts(9), values('Path', '/a', '/a/*')] })).toBe('QuotaExceeded.RuleMatchEvaluationsNum');
    const loadBalancerId = await cloud.loadBalancer({ LoadBalancerEdition: 'Basic' });
    const plain = await cloud.group({ ConnectionDrainConfig: { ConnectionDrainEnabled: false } });
    const basic = await cloud.listener({ loadBalancerId, serverGroupId: plain });
    const judgeBasic = (count: number) =>
      cloud.codeOf('CreateRule', { ListenerId: basic.listenerId, ...rule(10, plain), RuleConditions: [hosts(count)], DryRun: true });
    expect(await judgeBasic(5)).toBe(allowed);
    expect(await judgeBasic(6)).toBe('QuotaExceeded.RuleMatchEvaluationsNum');
  });

  it('follow the settings where the documents leave something to the account', async () => {
    const broken = values('Path', '~*/(');
    const host = values('Host', '~^a\\.example\\.com$');
    await cloud.put('settings', { brokenExpressions: 'accepted', hostExpressions: 'refused' });
    expect(await judge({ RuleConditions: [broken] })).toBe(allowed);
    expect(await judge({ RuleConditions: [host] })).toBe('IllegalParam.RuleConditions');
    await cloud.put('settings', { brokenExpressions: 'refused', hostExpressions: 'allowed' });
    expect(await judge({ RuleConditions: [broken] })).toBe('IllegalParam.RuleConditions');
    expect(await judge({ RuleConditions: [host] })).toBe(allowed);
  });
});

const action = (type: string, config: WireParams, Order = 1): WireParams => ({ Type: type, Order, [`${type}Config`]: config });
const mirror = (order = 1) =>
  action(
    'TrafficMirror',
    { TargetType: 'ForwardGroupMirror', MirrorGroupConfig: { ServerGroupTuples: [{ ServerGroupId: mirrored }] } },
    order,
  );
const fixed = (config: WireParams, order = 1) => action('FixedResponse', { HttpCode: '200', ...config }, order);

/** Before a final forward, or final themselves. */
const goodActions = (): readonly (readonly WireParams[])[] => [
  [forward(ids.serverGroupId)],
  [action('Redirect', { Protocol: 'HTTPS', HttpCode: '308' })],
  [action('Redirect', { Host: 'b.example.com', Port: '8443', Path: '/x', Query: 'a=b' })],
  [fixed({ Content: 'gone', ContentType: 'text/plain', HttpCode: '410' })],
  [action('Redirect', { Host: '\u0024{host}', Path: '/x\u0024{path}', Query: 'from=\u0024{host}&\u0024{query}' })],
  [action('Rewrite', { Path: '/new/\u0024{1}/\u0024{2}', Query: '\u0024{query}' }), forward(ids.serverGroupId, 2)],
  [action('Rewrite', { Path: '/new', Host: 'b.example.com', Query: 'a=b' }), forward(ids.serverGroupId, 2)],
  [
    action('InsertHeader', { Key: 'x-a', Value: 'b' }),
    action('InsertHeader', { Key: 'x-c', Value: 'SLBId', ValueType: 'SystemDefined' }, 2),
    action('InsertHeader', { Key: 'x-d', Value: 'user-agent', ValueType: 'ReferenceHeader' }, 3),
    forward(ids.serverGroupId, 4),
  ],
  [action('TrafficLimit', { QPS: 1_000_000 }), fixed({}, 2)],
  [action('TrafficLimit', { QPS: 5 }), action('Cors', { AllowOrigin: ['*'] }, 2), action('Redirect', { Path: '/x' }, 3)],
  [
    action('ForwardGroup', {
      ServerGroupTuples: [
        { ServerGroupId: ids.serverGroupId, Weight: 0 },
        { ServerGroupId: mirrored, Weight: 100 },
      ],
      ServerGroupStickySession: { Enabled: true, Timeout: 86_400 },
    }),
  ],
  [action('RemoveHeader', { Key: 'x-a' }), forward(ids.serverGroupId, 2)],
  [action('TrafficLimit', { QPS: 100, PerIpQps: 1 }), forward(ids.serverGroupId, 2)],
  [mirror(), forward(ids.serverGroupId, 2)],
  [
    action('Cors', { AllowOrigin: ['https://a.example.com'], AllowMethods: ['GET'], AllowCredentials: 'on', MaxAge: -1 }),
    forward(ids.serverGroupId, 2),
  ],
];

const tuples = (...list: WireParams[]): WireParams => ({ ServerGroupTuples: list });

const badActions: readonly (readonly [why: string, actions: (group: string) => readonly WireParams[]])[] = [
  ['no final one', () => [action('InsertHeader', { Key: 'x-a', Value: 'b' })]],
  ['two final ones', (group) => [fixed({}), forward(group, 2)]],
  ['the final one before another', (group) => [forward(group, 1), action('RemoveHeader', { Key: 'x' }, 2)]],
  ['one Order twice', (group) => [action('RemoveHeader', { Key: 'x' }), forward(group, 1)]],
  ['two rewrites', (group) => [action('Rewrite', { Path: '/a' }), action('Rewrite', { Path: '/b' }, 2), forward(group, 3)]],
  ['no group', () => [action('ForwardGroup', { ServerGroupStickySession: { Enabled: true } })]],
  ['groups without weights', (group) => [action('ForwardGroup', tuples({ ServerGroupId: group }, { ServerGroupId: mirrored }))]],
  ['a weight over 100', (group) => [action('ForwardGroup', tuples({ ServerGroupId: group, Weight: 101 }))]],
  [
    'one group twice',
    (group) => [action('ForwardGroup', tuples({ ServerGroupId: group, Weight: 1 }, { ServerGroupId: group, Weight: 2 }))],
  ],
  [
    'too long a stickiness',
    (group) => [
      action('ForwardGroup', { ...tuples({ ServerGroupId: group }), ServerGroupStickySession: { Enabled: true, Timeout: 86_401 } }),
    ],
  ],
  ['a redirect that changes nothing', () => [action('Redirect', { HttpCode: '302' })]],
  ['a redirect of another code', () => [action('Redirect', { Path: '/x', HttpCode: '305' })]],
  ['a redirect with an empty host', () => [action('Redirect', { Protocol: 'HTTPS', Host: '' })]],
  ['a redirect to something added to the host', () => [action('Redirect', { Host: 'www.\u0024{host}' })]],
  ['a redirect to an upper-case host', () => [action('Redirect', { Host: 'B.example.com' })]],
  ['a redirect to a path without slash', () => [action('Redirect', { Path: 'x' })]],
  ['a redirect to a path of forbidden letters', () => [action('Redirect', { Path: '/a%20b' })]],
  ['a redirect that names a variable twice', () => [action('Redirect', { Path: '\u0024{path}\u0024{path}' })]],
  ['a redirect with an upper-case query', () => [action('Redirect', { Query: 'A=b' })]],
  ['a redirect with a space in its query', () => [action('Redirect', { Query: 'a=b c' })]],
  ['a redirect to port 63336', () => [action('Redirect', { Port: '63336' })]],
  ['a redirect to port 0', () => [action('Redirect', { Port: '0' })]],
  ['a long response', () => [fixed({ Content: long(1025) })]],
  ['a response beyond ASCII', () => [fixed({ Content: 'prêt' })]],
  ['a response of code 304', () => [fixed({ HttpCode: '304' })]],
  ['a response of another type', () => [fixed({ ContentType: 'image/png' })]],
  ['a rewrite of nothing', (group) => [{ Type: 'Rewrite', Order: 1 }, forward(group, 2)]],
  ['a rewritten path without slash', (group) => [action('Rewrite', { Path: 'x' }), forward(group, 2)]],
  ['a rewritten upper-case query', (group) => [action('Rewrite', { Path: '/x', Query: 'A=b' }), forward(group, 2)]],
  ['too long a rewritten path', (group) => [action('Rewrite', { Path: `/${long(128)}` }), forward(group, 2)]],
  [
    'one header inserted twice',
    (group) => [
      action('InsertHeader', { Key: 'x-a', Value: 'b' }),
      action('InsertHeader', { Key: 'X-A', Value: 'c' }, 2),
      forward(group, 3),
    ],
  ],
  [
    'one header removed twice',
    (group) => [action('RemoveHeader', { Key: 'x' }), action('RemoveHeader', { Key: 'X' }, 2), forward(group, 3)],
  ],
  ['a reserved header removed', (group) => [action('RemoveHeader', { Key: 'Cookie' }), forward(group, 2)]],
  ['x-forwarded-host', (group) => [action('InsertHeader', { Key: 'x-forwarded-host', Value: 'b' }), forward(group, 2)]],
  ['a quoted value', (group) => [action('InsertHeader', { Key: 'x', Value: 'a"b' }), forward(group, 2)]],
  ['a value that ends in a space', (group) => [action('InsertHeader', { Key: 'x', Value: 'a ' }), forward(group, 2)]],
  ['a value that ends in a backslash', (group) => [action('InsertHeader', { Key: 'x', Value: 'a\\' }), forward(group, 2)]],
  ['too long a value', (group) => [action('InsertHeader', { Key: 'x', Value: long(129) }), forward(group, 2)]],
  [
    'a reference to what is no header',
    (group) => [action('InsertHeader', { Key: 'x', Value: 'a b', ValueType: 'ReferenceHeader' }), forward(group, 2)],
  ],
  ['a mirror beside a fixed response', () => [mirror(), fixed({}, 2)]],
  ['a mirror beside a redirect', () => [mirror(), action('Redirect', { Path: '/x' }, 2)]],
  ['a mirror beside a rewrite', (group) => [mirror(), action('Rewrite', { Path: '/x' }, 2), forward(group, 3)]],
  ['two limits', (group) => [action('TrafficLimit', { QPS: 1 }), action('TrafficLimit', { QPS: 2 }, 2), forward(group, 3)]],
  ['a limit over a million', (group) => [action('TrafficLimit', { QPS: 1_000_001 }), forward(group, 2)]],
  ['as much for a client as for all', (group) => [action('TrafficLimit', { QPS: 5, PerIpQps: 5 }), forward(group, 2)]],
  ['an origin without scheme', (group) => [action('Cors', { AllowOrigin: ['a.example.com'] }), forward(group, 2)]],
  ['an unknown method for CORS', (group) => [action('Cors', { AllowMethods: ['TRACE'] }), forward(group, 2)]],
  [
    'more than five groups',
    () => [action('ForwardGroup', tuples(...[1, 2, 3, 4, 5, 6].map((one) => ({ ServerGroupId: `sgp-${one}`, Weight: 1 }))))],
  ],
  ['a weight below zero', (group) => [action('ForwardGroup', tuples({ ServerGroupId: group, Weight: -1 }))]],
  ['a reserved header', (group) => [action('InsertHeader', { Key: 'X-Forwarded-For', Value: 'b' }), forward(group, 2)]],
  ['too long a header', (group) => [action('InsertHeader', { Key: long(41), Value: 'b' }), forward(group, 2)]],
  [
    'an unknown system value',
    (group) => [action('InsertHeader', { Key: 'x', Value: 'Weather', ValueType: 'SystemDefined' }), forward(group, 2)],
  ],
  ['no rate', (group) => [action('TrafficLimit', { QPS: 0 }), forward(group, 2)]],
  ['too long a CORS age', (group) => [action('Cors', { MaxAge: 172_801 }), forward(group, 2)]],
  ['no such type', (group) => [{ Type: 'Teleport', Order: 1 }, forward(group, 2)]],
  [
    'the member of another type',
    (group) => [{ Type: 'RemoveHeader', Order: 1, InsertHeaderConfig: { Key: 'x', Value: 'y' } }, forward(group, 2)],
  ],
];

describe('actions', () => {
  it('may be of every type', async () => {
    const seen = new Set<unknown>();
    for (const actions of goodActions()) {
      expect(await judge({ RuleActions: actions }), JSON.stringify(actions)).toBe(allowed);
      for (const one of actions) seen.add(one['Type']);
    }
    expect(seen).toEqual(new Set(actionTypes));
  });

  it.each(badActions)('may not have %s', async (_, actions) => {
    expect(await judge({ RuleActions: actions(ids.serverGroupId) })).toBe('IllegalParam.RuleActions');
  });

  it('allow a Cors before a TrafficMirror unless the settings forbid it', async () => {
    const cors = (order: number) => action('Cors', { AllowOrigin: ['*'] }, order);
    const final = forward(ids.serverGroupId, 3);
    expect(await judge({ RuleActions: [cors(1), mirror(2), final] })).toBe(allowed);
    await cloud.put('settings', { mirrorBeforeCors: 'mirror-first' });
    expect(await judge({ RuleActions: [cors(1), mirror(2), final] })).toBe('IllegalParam.RuleActions');
    expect(await judge({ RuleActions: [mirror(1), cors(2), final] })).toBe(allowed);
    await cloud.put('settings', { mirrorBeforeCors: 'any-order' });
  });

  it('may be five on a Standard load balancer, the final one included', async () => {
    const inserts = (count: number) =>
      Array.from({ length: count }, (_, index) => action('InsertHeader', { Key: `x-${index}`, Value: 'v' }, index + 1));
    expect(await judge({ RuleActions: [...inserts(4), forward(ids.serverGroupId, 9)] })).toBe(allowed);
    expect(await judge({ RuleActions: [...inserts(5), forward(ids.serverGroupId, 9)] })).toBe('QuotaExceeded.RuleActionsNum');
  });

  it('limit no single client on a QUIC listener', async () => {
    const quic = await cloud.listener({ ListenerProtocol: 'QUIC', ListenerPort: 443, Certificates: [{ CertificateId: '1-cn-local' }] });
    const limited = (config: WireParams) =>
      cloud.codeOf('CreateRule', {
        ListenerId: quic.listenerId,
        ...rule(10, quic.serverGroupId),
        RuleActions: [action('TrafficLimit', config), forward(quic.serverGroupId, 2)],
        DryRun: true,
      });
    expect(await limited({ QPS: 5 })).toBe(allowed);
    expect(await limited({ PerIpQps: 5 })).toBe('Mismatch.Protocol');
  });

  it('are kept in their order, with the defaults of the service', async () => {
    const made = await cloud.ok('CreateRules', {
      ListenerId: ids.listenerId,
      Rules: [
        {
          ...rule(100, ids.serverGroupId),
          RuleActions: [action('ForwardGroup', tuples({ ServerGroupId: ids.serverGroupId }), 9), action('RemoveHeader', { Key: 'x' }, 3)],
        },
        { ...rule(101, ids.serverGroupId), RuleActions: [action('Redirect', { Protocol: 'HTTPS' })] },
      ],
    });
    cloud.settle();
    const found = await cloud.ok('ListRules', { ListenerIds: [ids.listenerId] });
    expect(found['Rules']).toMatchObject([
      {
        RuleActions: [
          { Type: 'RemoveHeader' },
          { Type: 'ForwardGroup', ForwardGroupConfig: tuples({ ServerGroupId: ids.serverGroupId, Weight: 100 }) },
        ],
      },
      {
        RuleActions: [
          {
            RedirectConfig: {
              Protocol: 'HTTPS',
              Host: '\u0024{host}',
              Port: '\u0024{port}',
              Path: '\u0024{path}',
              Query: '\u0024{query}',
              HttpCode: '301',
            },
          },
        ],
      },
    ]);
    expect(made['RuleIds']).toHaveLength(2);
  });

  it('one bad rule fails the whole batch', async () => {
    const bad = { ...rule(201, ids.serverGroupId), RuleConditions: [values('Host', 'localhost')] };
    expect(await cloud.codeOf('CreateRules', { ListenerId: ids.listenerId, Rules: [rule(200, ids.serverGroupId), bad] })).toBe(
      'IllegalParam.RuleConditions',
    );
    expect((await cloud.ok('ListRules', { ListenerIds: [ids.listenerId] }))['TotalCount']).toBe(2);
  });
});

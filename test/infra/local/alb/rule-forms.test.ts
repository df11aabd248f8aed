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
  ids = await cloud.listener();
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
  keyed('Header', 'x-canary', 'always'),
  values('QueryString', pair('a', 'b'), pair('c', 'd')),
  values('Cookie', pair('session', 'x')),
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
  ['a path without slash', values('Path', 'tea')],
  ['a path with a forbidden letter', values('Path', '/tea%20')],
  ['too long a path', values('Path', `/${long(128)}`)],
  ['header Cookie', keyed('Header', 'Cookie', 'x')],
  ['header Host', keyed('Header', 'host', 'x')],
  ['too long a header', keyed('Header', long(41), 'x')],
  ['too long a header value', keyed('Header', 'x', long(129))],
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
    const response = (condition: WireParams) => judge({ Direction: 'Response', RuleConditions: [condition], RuleActions: [header] });
    const some = [...goodConditions, values('ResponseStatusCode', '404', '5xx'), keyed('ResponseHeader', 'x-a', 'b')];
    for (const condition of some) expect(await response(condition)).toBe(allowed);
    expect(new Set(some.map((one) => one['Type']))).toEqual(new Set(conditionTypes));
    expect(await judge({ Direction: 'Response' })).toBe('IllegalParam.RuleActions');
  });
});

const action = (type: string, config: WireParams, Order = 1): WireParams => ({ Type: type, Order, [`${type}Config`]: config });
const fixed = (config: WireParams, order = 1) => action('FixedResponse', { HttpCode: '200', ...config }, order);

/** Before a final forward, or final themselves. */
const goodActions = (): readonly (readonly WireParams[])[] => [
  [forward(ids.serverGroupId)],
  [action('Redirect', { Protocol: 'HTTPS', HttpCode: '308' })],
  [action('Redirect', { Host: 'b.example.com', Port: '8443', Path: '/x', Query: 'a=b' })],
  [fixed({ Content: 'gone', ContentType: 'text/plain', HttpCode: '410' })],
  [action('Rewrite', { Path: '/new', Host: 'b.example.com', Query: 'a=b' }), forward(ids.serverGroupId, 2)],
  [
    action('InsertHeader', { Key: 'x-a', Value: 'b' }),
    action('InsertHeader', { Key: 'x-c', Value: 'SLBId', ValueType: 'SystemDefined' }, 2),
    forward(ids.serverGroupId, 3),
  ],
  [action('RemoveHeader', { Key: 'x-a' }), forward(ids.serverGroupId, 2)],
  [action('TrafficLimit', { QPS: 100, PerIpQps: 1 }), forward(ids.serverGroupId, 2)],
  [
    action('TrafficMirror', { TargetType: 'ForwardGroupMirror', MirrorGroupConfig: { ServerGroupTuples: [{ ServerGroupId: mirrored }] } }),
    forward(ids.serverGroupId, 2),
  ],
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
  ['a redirect to port 0', () => [action('Redirect', { Port: '0' })]],
  ['a long response', () => [fixed({ Content: long(1025) })]],
  ['a response beyond ASCII', () => [fixed({ Content: 'prêt' })]],
  ['a response of code 304', () => [fixed({ HttpCode: '304' })]],
  ['a response of another type', () => [fixed({ ContentType: 'image/png' })]],
  ['a rewrite of nothing', (group) => [{ Type: 'Rewrite', Order: 1 }, forward(group, 2)]],
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

import { describe, expect, it } from 'vitest';
import type { CustomAction } from '#shared/model/annotations/custom.ts';
import { actionKinds } from '#shared/model/annotations/custom-actions.ts';
import { readCustomRules } from '#shared/model/annotations/custom-rules.ts';
import { anIngress } from '#test/support/objects.ts';

/** `${name}` of the service; put together here because a template would be filled in. */
const variable = (name: string | number): string => `\${${name}}`;
const asRequested = {
  protocol: variable('protocol'),
  host: variable('host'),
  port: variable('port'),
  path: variable('path'),
  query: variable('query'),
};
const long = (length: number): string => 'a'.repeat(length);

const annotated = (actions: string, direction?: string) =>
  readCustomRules(
    anIngress({ annotations: { 'actions.coffee': actions, ...(direction === undefined ? {} : { 'rule-direction.coffee': direction }) } }),
  );
const json = (...actions: readonly unknown[]): string => JSON.stringify(actions);

/** What the service is told, or why not. */
function outcome(actions: readonly unknown[], direction?: string): readonly CustomAction[] | string {
  const { rules, problems } = annotated(json(...actions), direction);
  return rules.get('coffee')?.actions ?? problems.map((one) => one.facts['allowed']).join(' | ');
}

const one = (type: string, config: unknown, member = `${type}Config`) => ({ type, [member]: config });
const forward = (...groups: readonly unknown[]) => one('ForwardGroup', { ServerGroups: groups }, 'ForwardConfig');
const mirror = (...groups: readonly unknown[]) => one('TrafficMirror', { MirrorGroupConfig: { ServerGroupTuples: groups } });
const insert = (key: string, value = 'x') => one('InsertHeader', { key, value, valueType: 'UserDefined' });
const remove = (key: string) => one('RemoveHeader', { key });
const limit = (config: unknown) => one('TrafficLimit', config);
const byName = (ServiceName: string, also: object = {}) => ({ ServiceName, ServicePort: 80, ...also });
const redirected = (config: object) => [{ type: 'Redirect', redirectConfig: { ...asRequested, httpCode: '301', ...config } }];

describe('actions that are read', () => {
  it.each<[string, unknown, readonly unknown[]]>([
    [
      'ForwardGroup to one Service, with the full weight',
      forward(byName('blue')),
      [{ type: 'ForwardGroup', groups: [{ service: 'blue', port: 80, weight: 100 }] }],
    ],
    [
      'ForwardGroup by id, which wins over a Service',
      forward({ ServerGroupID: 'sgp-1', ...byName('blue'), Weight: 0 }),
      [{ type: 'ForwardGroup', groups: [{ serverGroupId: 'sgp-1', weight: 0 }] }],
    ],
    [
      'ForwardGroup with an empty id, which is none',
      forward({ ServerGroupID: '', ...byName('blue') }),
      [{ type: 'ForwardGroup', groups: [{ service: 'blue', port: 80, weight: 100 }] }],
    ],
    [
      'ForwardGroup to five groups with stickiness',
      one(
        'ForwardGroup',
        {
          ServerGroups: [1, 2, 3, 4, 5].map((port) => ({ ServiceName: 'a', ServicePort: port, Weight: 20 })),
          ServerGroupStickySession: { Enabled: true, Timeout: 86_400 },
        },
        'ForwardConfig',
      ),
      [
        {
          type: 'ForwardGroup',
          groups: [1, 2, 3, 4, 5].map((port) => ({ service: 'a', port, weight: 20 })),
          stickiness: { enabled: true, timeout: 86_400 },
        },
      ],
    ],
    [
      'stickiness for 1000 seconds when nothing is said',
      one('ForwardGroup', { ServerGroups: [byName('a')], ServerGroupStickySession: { Enabled: true } }, 'ForwardConfig'),
      [{ type: 'ForwardGroup', groups: [{ service: 'a', port: 80, weight: 100 }], stickiness: { enabled: true, timeout: 1000 } }],
    ],
    [
      'stickiness that is switched off as none',
      one('ForwardGroup', { ServerGroups: [byName('a')], ServerGroupStickySession: { Enabled: false, Timeout: 5 } }, 'ForwardConfig'),
      [{ type: 'ForwardGroup', groups: [{ service: 'a', port: 80, weight: 100 }] }],
    ],
    ['Redirect with a protocol in lower case', one('Redirect', { protocol: 'https' }), redirected({ protocol: 'HTTPS' })],
    [
      'Redirect whose empty members are as in the request',
      one('Redirect', { host: '', path: '', query: '', protocol: '', httpCode: '', port: '8443' }),
      redirected({ port: '8443' }),
    ],
    [
      'Redirect with variables inside its path and query',
      one('Redirect', { path: `/new${variable('path')}`, query: `from=${variable('host')}&${variable('query')}`, httpCode: '308' }),
      redirected({ path: `/new${variable('path')}`, query: `from=${variable('host')}&${variable('query')}`, httpCode: '308' }),
    ],
    ...['301', '302', '303', '307', '308'].map((httpCode): [string, unknown, readonly unknown[]] => [
      `Redirect ${httpCode}`,
      one('Redirect', { host: 'www.example.com', httpCode }),
      redirected({ host: 'www.example.com', httpCode }),
    ]),
    [
      'Redirect at the bounds of its members',
      one('Redirect', { host: `${long(124)}.com`, path: `/${long(127)}`, query: long(128), port: '63335' }),
      redirected({ host: `${long(124)}.com`, path: `/${long(127)}`, query: long(128), port: '63335' }),
    ],
    [
      'FixedResponse of 1024 characters, quotes and lines',
      one('FixedResponse', { contentType: 'application/json', content: `"\n${long(1022)}`, httpCode: '503' }),
      [{ type: 'FixedResponse', fixedResponseConfig: { contentType: 'application/json', content: `"\n${long(1022)}`, httpCode: '503' } }],
    ],
    [
      'FixedResponse without a body',
      one('FixedResponse', { httpCode: '200' }),
      [{ type: 'FixedResponse', fixedResponseConfig: { contentType: 'text/plain', content: '', httpCode: '200' } }],
    ],
    [
      'Rewrite with groups of the expression',
      one('Rewrite', { Path: `/v2/${variable(1)}/${variable(9)}` }),
      [
        {
          type: 'Rewrite',
          rewriteConfig: { host: asRequested.host, path: `/v2/${variable(1)}/${variable(9)}`, query: asRequested.query },
        },
      ],
    ],
    [
      'Rewrite of host and query',
      one('Rewrite', { Host: 'in.example.com', Query: 'a=1&b=2' }),
      [{ type: 'Rewrite', rewriteConfig: { host: 'in.example.com', path: asRequested.path, query: 'a=1&b=2' } }],
    ],
    [
      'InsertHeader of the type that is meant when none is given',
      one('InsertHeader', { key: long(40), value: long(128) }),
      [{ type: 'InsertHeader', insertHeaderConfig: { key: long(40), value: long(128), valueType: 'UserDefined' } }],
    ],
    [
      'InsertHeader from another header',
      one('InsertHeader', { key: 'X-A', value: 'X-B_1', valueType: 'ReferenceHeader', coverEnabled: true }),
      [{ type: 'InsertHeader', insertHeaderConfig: { key: 'X-A', value: 'X-B_1', valueType: 'ReferenceHeader' } }],
    ],
    ...['ClientSrcPort', 'ClientSrcIp', 'Protocol', 'SLBId', 'SLBPort'].map((value): [string, unknown, readonly unknown[]] => [
      `InsertHeader of ${value}`,
      one('InsertHeader', { key: 'X-A', value, valueType: 'SystemDefined' }),
      [{ type: 'InsertHeader', insertHeaderConfig: { key: 'X-A', value, valueType: 'SystemDefined' } }],
    ]),
    ['RemoveHeader', remove('X-Old'), [{ type: 'RemoveHeader', removeHeaderConfig: { key: 'X-Old' } }]],
    [
      'TrafficLimit at both bounds',
      limit({ QPS: '1000000', QPSPerIp: '1' }),
      [{ type: 'TrafficLimit', trafficLimitConfig: { QPS: 1_000_000, perIpQps: 1 } }],
    ],
    ['TrafficLimit of clients alone', limit({ QPSPerIp: '9' }), [{ type: 'TrafficLimit', trafficLimitConfig: { perIpQps: 9 } }]],
    ['TrafficMirror by id', mirror({ ServerGroupID: 'sgp-9' }), [{ type: 'TrafficMirror', groups: [{ serverGroupId: 'sgp-9' }] }]],
    ['TrafficMirror by Service', mirror(byName('copy')), [{ type: 'TrafficMirror', groups: [{ service: 'copy', port: 80 }] }]],
    [
      'Cors with the defaults of the annotations',
      one('Cors', { AllowOrigin: ['https://a.example.com'], AllowCredentials: 'off', MaxAge: -1, ExposeHeaders: [] }),
      [
        {
          type: 'Cors',
          corsConfig: {
            allowOrigin: ['https://a.example.com'],
            allowMethods: ['GET', 'PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS'],
            allowHeaders: [
              'DNT',
              'X-CustomHeader',
              'Keep-Alive',
              'User-Agent',
              'X-Requested-With',
              'If-Modified-Since',
              'Cache-Control',
              'Content-Type',
              'Authorization',
            ],
            exposeHeaders: [],
            allowCredentials: 'off',
            maxAge: -1,
          },
        },
      ],
    ],
  ])('%s', (_, written, expected) => {
    expect(outcome([written])).toEqual(expected);
  });

  it('have their type and members in any case', () => {
    const upper = '[{"TYPE":"FORWARDGROUP","FORWARDCONFIG":{"SERVERGROUPS":[{"SERVICENAME":"a","SERVICEPORT":1}]}}]';
    expect(annotated(upper).rules.get('coffee')?.actions).toEqual(annotated(upper.toLowerCase()).rules.get('coffee')?.actions);
    expect(annotated(upper).problems).toEqual([]);
  });

  it('stay in the order in which they are written', () => {
    const types = [limit({ QPS: '5' }), insert('a'), remove('b'), insert('c'), forward(byName('a'))];
    const read = outcome(types);
    expect(typeof read === 'string' ? read : read.map((action) => action.type)).toEqual(types.map((action) => action['type']));
  });

  it('may be none, and a member that is null is absent', () => {
    expect(outcome([])).toEqual([]);
    expect(outcome([one('Redirect', { host: null, port: '81' })])).toEqual(redirected({ port: '81' }));
  });
});

describe('actions that are refused', () => {
  it.each<[string, unknown, string]>([
    [
      'a quoted port',
      forward({ ServiceName: 'a', ServicePort: '80' }),
      'ServicePort: a whole number from 1 to 65535, without quotes; found the text "80"; remove the quotes',
    ],
    ['a port with a fraction', forward({ ServiceName: 'a', ServicePort: 80.5 }), 'ServicePort: a whole number from 1 to 65535'],
    ['port 0', forward({ ServiceName: 'a', ServicePort: 0 }), 'found 0'],
    ['port 65536', forward({ ServiceName: 'a', ServicePort: 65_536 }), 'found 65536'],
    [
      'a Service without a port',
      forward({ ServiceName: 'a' }),
      'at [0].ForwardConfig.ServerGroups[0]: a server group is named by ServerGroupID, or by ServiceName and ServicePort',
    ],
    ['weight 101', forward(byName('a', { Weight: 101 })), 'Weight: a whole number from 0 to 100, without quotes; found 101'],
    ['weight -1', forward(byName('a', { Weight: -1 })), 'found -1'],
    [
      'several groups of which one has no weight',
      forward(byName('a', { Weight: 1 }), byName('b')),
      'each of several server groups needs a Weight',
    ],
    ['the same group twice', forward(byName('a', { Weight: 1 }), byName('a', { Weight: 2 })), 'named only once'],
    ['no group', forward(), 'ServerGroups: a list of 1 to 5 elements; found a list of 0'],
    [
      'six groups',
      forward(...[1, 2, 3, 4, 5, 6].map((ServicePort) => ({ ServiceName: 'a', ServicePort, Weight: 1 }))),
      'found a list of 6',
    ],
    [
      'a single group instead of a list',
      one('ForwardGroup', { ServerGroups: byName('a') }, 'ForwardConfig'),
      'found an object; put [ ] around it',
    ],
    [
      'stickiness for 0 seconds',
      one('ForwardGroup', { ServerGroups: [byName('a')], ServerGroupStickySession: { Enabled: true, Timeout: 0 } }, 'ForwardConfig'),
      'Timeout: a whole number from 1 to 86400',
    ],
    [
      'quoted stickiness',
      one('ForwardGroup', { ServerGroups: [byName('a')], ServerGroupStickySession: { Enabled: 'true' } }, 'ForwardConfig'),
      'Enabled: true, false, without quotes; found the text "true"; remove the quotes',
    ],
    [
      'the member name of the API',
      one('ForwardGroup', { ServerGroups: [byName('a')] }, 'ForwardGroupConfig'),
      'found "ForwardGroupConfig"; did you mean ForwardConfig?',
    ],
    [
      'a misspelt member',
      forward(byName('a', { Wieght: 5 })),
      'at [0].ForwardConfig.ServerGroups[0]: the members ServerGroupID, ServiceName, ServicePort, Weight; found "Wieght"; did you mean Weight?',
    ],
    [
      'a member with dots in its name',
      forward(byName('a', { 'a.b[0]': 5 })),
      'at [0].ForwardConfig.ServerGroups[0]: the members ServerGroupID, ServiceName, ServicePort, Weight; found "a.b[0]"',
    ],
    [
      'a Redirect that changes nothing',
      one('Redirect', { httpCode: '302', host: asRequested.host }),
      'at [0].RedirectConfig: something besides httpCode',
    ],
    ['a Redirect to another protocol', one('Redirect', { protocol: 'ftp' }), 'protocol: HTTP, HTTPS'],
    [
      'a status that is a number',
      one('Redirect', { port: '81', httpCode: 302 }),
      'httpCode: 301, 302, 303, 307, 308, in quotes; found 302; put it in quotes',
    ],
    ['status 304', one('Redirect', { port: '81', httpCode: '304' }), 'found the text "304"'],
    ['a redirect port that is a number', one('Redirect', { port: 443 }), 'in quotes, or'],
    ['redirect port 0', one('Redirect', { port: '0' }), 'a port from 1 to 63335'],
    ['redirect port 63336', one('Redirect', { port: '63336' }), 'a port from 1 to 63335'],
    ['a redirect host in upper case', one('Redirect', { host: 'WWW.example.com' }), 'RedirectConfig.host: a host of 3 to 128 characters'],
    ['a redirect host without a dot', one('Redirect', { host: 'localhost' }), 'RedirectConfig.host'],
    ['a redirect host that is too long', one('Redirect', { host: `${long(125)}.com` }), 'RedirectConfig.host'],
    ['a redirect path without a slash', one('Redirect', { path: 'a' }), 'RedirectConfig.path'],
    ['a redirect path that is too long', one('Redirect', { path: `/${long(128)}` }), 'RedirectConfig.path'],
    ['a redirect path with a group', one('Redirect', { path: `/${variable(1)}` }), 'RedirectConfig.path'],
    ['a redirect query in upper case', one('Redirect', { query: 'A=1' }), 'RedirectConfig.query'],
    ['a redirect query with a space', one('Redirect', { query: 'a= 1' }), 'RedirectConfig.query'],
    ['a redirect query that is too long', one('Redirect', { query: long(129) }), 'RedirectConfig.query'],
    [
      'an unknown content type',
      one('FixedResponse', { contentType: 'text/xml', httpCode: '200' }),
      'contentType: text/plain, text/css, text/html',
    ],
    ['a body of 1025 characters', one('FixedResponse', { content: long(1025), httpCode: '200' }), 'content: at most 1024 ASCII characters'],
    ['a body that is not ASCII', one('FixedResponse', { content: 'ä', httpCode: '200' }), 'content: at most 1024 ASCII characters'],
    ...['100', '301', '600', '2xx', ''].map((httpCode): [string, unknown, string] => [
      `fixed status ${httpCode}`,
      one('FixedResponse', { httpCode }),
      'httpCode: a 2xx, 4xx or 5xx status',
    ]),
    ['a fixed answer without a status', one('FixedResponse', {}), 'httpCode: a 2xx, 4xx or 5xx status, in quotes; found nothing'],
    [
      'a redirect path with a variable twice',
      one('Redirect', { path: `/${variable('host')}/${variable('host')}` }),
      'each variable such as',
    ],
    [
      'a redirect query with a variable twice',
      one('Redirect', { query: `${variable('query')}&${variable('query')}` }),
      'each variable such as',
    ],
    ['a redirect host with a label that ends in a hyphen', one('Redirect', { host: 'a-.example.com' }), 'RedirectConfig.host'],
    ['a rewrite with the group 10', one('Rewrite', { Path: `/${variable(10)}` }), 'RewriteConfig.Path'],
    ['a Rewrite of nothing', one('Rewrite', { Path: '' }), 'at [0].RewriteConfig: Host, Path or Query'],
    ['a rewritten query in upper case', one('Rewrite', { Query: 'A=b' }), 'RewriteConfig.Query'],
    ['a header name of 41 characters', insert(long(41)), 'InsertHeaderConfig.key: a header name of at most 40'],
    ['a header name with a dot', insert('x.y'), 'InsertHeaderConfig.key'],
    ['an empty header value', insert('a', ''), 'InsertHeaderConfig.value: for a value of type UserDefined'],
    ['a header value of 129 characters', insert('a', long(129)), 'InsertHeaderConfig.value'],
    ['a header value with a quote', insert('a', 'say "x"'), 'InsertHeaderConfig.value'],
    ['a header value with a space around', insert('a', 'x '), 'InsertHeaderConfig.value'],
    ['a header value that ends in a backslash', insert('a', 'x\\'), 'InsertHeaderConfig.value'],
    ['a header value that is not ASCII', insert('a', 'ä'), 'InsertHeaderConfig.value'],
    [
      'a reference that is no header name',
      one('InsertHeader', { key: 'a', value: 'x y', valueType: 'ReferenceHeader' }),
      'for a value of type ReferenceHeader',
    ],
    [
      'an unknown system value',
      one('InsertHeader', { key: 'a', value: 'SlbId', valueType: 'SystemDefined' }),
      'for a value of type SystemDefined: ClientSrcPort',
    ],
    ['an unknown type of value', one('InsertHeader', { key: 'a', value: 'x', valueType: 'userdefined' }), 'did you mean UserDefined?'],
    [
      'a header that is not to be overwritten',
      one('InsertHeader', { key: 'a', value: 'x', coverEnabled: false }),
      'a header of that name is always overwritten',
    ],
    ['a limit without numbers', limit({}), 'at [0].TrafficLimitConfig: QPS, QPSPerIp or both'],
    ['a limit that is a number', limit({ QPS: 5 }), 'QPS: a whole number from 1 to 1000000, in quotes; found 5; put it in quotes'],
    ['limit 0', limit({ QPS: '0' }), 'found the text "0"'],
    ['limit 1000001', limit({ QPS: '1000001' }), 'found the text "1000001"'],
    ['a client limit as high as the total', limit({ QPS: '5', QPSPerIp: '5' }), 'at [0].TrafficLimitConfig: QPSPerIp lower than QPS'],
    ['the name that the API has for the client limit', limit({ QPS: '5', PerIpQps: '1' }), 'found "PerIpQps"; did you mean QPSPerIp?'],
    ['a mirror without a group', mirror(), 'ServerGroupTuples: a list of 1 to 5 elements'],
    [
      'a mirror of another type',
      one('TrafficMirror', { TargetType: 'X', MirrorGroupConfig: { ServerGroupTuples: [{ ServerGroupID: 'a' }] } }),
      'TargetType: ForwardGroupMirror',
    ],
    ['Cors with a method in lower case', one('Cors', { AllowMethods: ['get'] }), 'AllowMethods[0]'],
    ['Cors with credentials that are true', one('Cors', { AllowCredentials: true }), 'AllowCredentials: on, off; found true'],
    ['Cors with an age beyond two days', one('Cors', { MaxAge: 172_801 }), 'MaxAge: a whole number from -1 to 172800'],
    ['Cors with a quoted age', one('Cors', { MaxAge: '60' }), 'remove the quotes'],
    [
      'an unknown type',
      one('Redirct', {}),
      'at [0].type: one of ForwardGroup, Redirect, FixedResponse, Rewrite, InsertHeader, RemoveHeader, TrafficLimit, TrafficMirror, Cors; found the text "Redirct"; did you mean Redirect?',
    ],
    ['no type', { RedirectConfig: {} }, 'at [0].type: one of'],
    ['a type without its settings', { type: 'Redirect' }, 'at [0]: type Redirect goes with RedirectConfig, which is missing'],
    [
      'settings of another type beside',
      { ...one('Redirect', { port: '81' }), ForwardConfig: {} },
      'at [0]: the members type, RedirectConfig; found "ForwardConfig"',
    ],
    ['settings that are text', one('Redirect', 'https'), 'at [0].RedirectConfig: an object; found the text "https"'],
    ['settings that are a list', one('Redirect', [{ port: '81' }]), 'found a list of 1; remove the [ ] around it'],
    ['an element that is text', 'Redirect', 'at [0]: an object with a type; found the text "Redirect"'],
    ['an element that is null', null, 'at [0]: an object with a type; found null'],
    ['a list in a list', [one('Redirect', { port: '81' })], 'at [0]: an object with a type; found a list of 1'],
  ])('%s', (_, written, expected) => {
    const read = outcome([written]);
    expect(typeof read === 'string' ? read : `accepted as ${JSON.stringify(read)}`).toContain(expected);
  });

  it.each([
    ['two final actions', [forward(byName('a')), one('FixedResponse', { httpCode: '200' })], 'at [1]: one final action only'],
    ['two rewrites', [one('Rewrite', { Path: '/a' }), one('Rewrite', { Path: '/b' })], 'at [1]: one Rewrite only'],
    ['two limits', [limit({ QPS: '5' }), limit({ QPSPerIp: '5' })], 'one TrafficLimit only'],
    ['two mirrors', [mirror({ ServerGroupID: 'a' }), mirror({ ServerGroupID: 'b' })], 'one TrafficMirror only'],
    ['two Cors', [one('Cors', {}), one('Cors', {})], 'one Cors only'],
    ['a header that is inserted twice', [insert('X-A'), insert('x-a')], 'at [1]: each header in one InsertHeader only; found x-a again'],
    ['a header that is removed twice', [remove('X-A'), remove('x-a')], 'at [1]: each header in one RemoveHeader only'],
    ['a rewrite before a redirect', [one('Rewrite', { Path: '/a' }), one('Redirect', { port: '81' })], 'Rewrite or Redirect, not both'],
    [
      'a rewrite before a fixed answer',
      [one('Rewrite', { Path: '/a' }), one('FixedResponse', { httpCode: '200' })],
      'Rewrite or FixedResponse, not both',
    ],
    ['a rewrite and a mirror', [one('Rewrite', { Path: '/a' }), mirror({ ServerGroupID: 'a' })], 'Rewrite or TrafficMirror, not both'],
    [
      'a mirror before a fixed answer',
      [mirror({ ServerGroupID: 'a' }), one('FixedResponse', { httpCode: '200' })],
      'TrafficMirror or FixedResponse',
    ],
  ])('%s', (_, written, expected) => {
    expect(outcome(written)).toContain(expected);
  });

  it('a header may be inserted and another action may remove it', () => {
    expect(outcome([insert('X-A'), remove('X-A'), insert('X-B')])).toHaveLength(3);
  });
});

it('headers that only begin like those of ALB are free', () => {
  expect(outcome([insert('X-Forwarded-Prefix'), remove('X-Forwarded-Server')])).toHaveLength(2);
});

describe('headers that ALB keeps for itself', () => {
  const kept = [
    'slb-id',
    'slb-ip',
    'x-forwarded-for',
    'x-forwarded-proto',
    'x-forwarded-eip',
    'x-forwarded-port',
    'x-forwarded-client-srcport',
    'x-forwarded-host',
    'connection',
    'upgrade',
    'content-length',
    'transfer-encoding',
    'keep-alive',
    'te',
    'host',
    'cookie',
    'remoteip',
    'authority',
  ];
  const framing = ['connection', 'upgrade', 'content-length', 'transfer-encoding'];

  it.each(kept)('%s is neither inserted nor removed, whatever its case', (key) => {
    expect(outcome([insert(key.toUpperCase())])).toContain('ALB keeps');
    expect(outcome([remove(key)])).toContain('ALB keeps');
    expect(outcome([insert(key)], 'Response')).toContain('ALB keeps');
  });

  it.each(kept)('%s is removed from answers unless it frames them', (key) => {
    if (framing.includes(key)) expect(outcome([remove(key)], 'Response')).toContain('ALB keeps');
    else expect(outcome([remove(key)], 'Response')).toHaveLength(1);
  });
});

describe('actions of rules for responses', () => {
  it('are InsertHeader and RemoveHeader', () => {
    expect(outcome([insert('X-A'), remove('Server')], 'Response')).toHaveLength(2);
  });

  it.each([
    forward(byName('a')),
    one('Redirect', { port: '81' }),
    one('FixedResponse', { httpCode: '200' }),
    one('Rewrite', { Path: '/a' }),
    limit({ QPS: '1' }),
    mirror({ ServerGroupID: 'a' }),
    one('Cors', {}),
  ])('are not $type', (action) => {
    expect(outcome([action], 'Response')).toContain(
      `at [0]: ${action['type']} is for rules of direction Request; this one is for Response`,
    );
  });
});

it('every type of action has members to document', () => {
  for (const kind of actionKinds) expect([kind.type, kind.members().length]).toEqual([kind.type, expect.any(Number)]);
  expect(actionKinds.filter((kind) => kind.members().length === 0)).toEqual([]);
});

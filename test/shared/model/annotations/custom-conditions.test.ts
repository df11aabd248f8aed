import { describe, expect, it } from 'vitest';
import type { RuleCondition } from '#shared/cloud/alb/port.ts';
import { conditionKinds } from '#shared/model/annotations/custom-conditions.ts';
import { readCustomRules } from '#shared/model/annotations/custom-rules.ts';
import { anIngress } from '#test/support/objects.ts';

const long = (length: number): string => 'a'.repeat(length);

function outcome(conditions: readonly unknown[], direction?: string): readonly RuleCondition[] | string {
  const also = direction === undefined ? {} : { 'rule-direction.coffee': direction };
  const { rules, problems } = readCustomRules(anIngress({ annotations: { 'conditions.coffee': JSON.stringify(conditions), ...also } }));
  return rules.get('coffee')?.conditions ?? problems.map((one) => one.facts['allowed']).join(' | ');
}

/** `Host` goes with `hostConfig`. */
const member = (type: string): string => `${type.charAt(0).toLowerCase()}${type.slice(1)}Config`;
const one = (type: string, ...values: readonly unknown[]) => ({ type, [member(type)]: { values } });
const headed = (type: string, key: string, ...values: readonly string[]) => ({ type, [member(type)]: { key, values } });
const pair = (key: string, value: string) => ({ key, value });
const direction = (type: string): string | undefined => (type.startsWith('Response') ? 'Response' : undefined);

/** The same form goes in and comes out: the annotation uses the names of the service. */
const good: readonly (readonly [string, { readonly type: string }])[] = [
  ['a host', one('Host', 'a.example.com')],
  ['hosts with wildcards', one('Host', '*.example.com', 'a?.example.*')],
  ['hosts at their bounds', one('Host', 'a.b', `${long(124)}.com`)],
  ['a host that is a regular expression', one('Host', '~^a[0-9]{2}.example.com')],
  ['a path', one('Path', '/')],
  ['paths with wildcards', one('Path', '/a/*', '/b?')],
  ['a path of 128 characters', one('Path', `/${long(127)}`)],
  ['a path that is a regular expression', one('Path', '~*^/a/(b|c)')],
  ['a header', headed('Header', 'X-Kind', 'red', 'a*', 'b c')],
  ['a header at its bounds', headed('Header', long(40), long(128))],
  ['a query parameter', one('QueryString', pair('a', '1'), pair(long(100), long(128)))],
  ['a cookie', one('Cookie', pair('a', '1'), pair(long(100), long(100)))],
  ['every method', one('Method', 'GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH')],
  ['more sources than one rule holds', one('SourceIp', ...[1, 2, 3, 4, 5, 6].map((n) => `10.0.0.${n}`))],
  ['sources', one('SourceIp', '10.0.0.1', '10.0.0.0/8', '::1', '2001:db8::/32', '0.0.0.0/0')],
  ['a header of the answer', headed('ResponseHeader', 'Content-Type', 'text/*')],
  ['statuses of the answer', one('ResponseStatusCode', '200', '404', '5xx')],
];

describe('conditions that are read', () => {
  it.each(good)('%s', (_, condition) => {
    expect(outcome([condition], direction(condition.type))).toEqual([condition]);
  });

  it('have their type and members in any case', () => {
    expect(outcome([{ Type: 'sourceIP', SOURCEIPCONFIG: { Values: ['10.0.0.1'] } }])).toEqual([one('SourceIp', '10.0.0.1')]);
  });

  it('may carry headerConfig for a header of the answer, as one table of the documentation says', () => {
    const written = { type: 'ResponseHeader', headerConfig: { key: 'Server', values: ['a'] } };
    expect(outcome([written], 'Response')).toEqual([headed('ResponseHeader', 'Server', 'a')]);
  });

  it('may be none, and of the request also in rules for responses', () => {
    expect(outcome([])).toEqual([]);
    const request = good.map(([, condition]) => condition).filter((condition) => direction(condition.type) === undefined);
    expect(outcome(request, 'Response')).toEqual(request);
  });

  it('stay apart where they are written apart', () => {
    expect(outcome([headed('Header', 'A', '1'), headed('Header', 'A', '2')])).toHaveLength(2);
  });
});

describe('conditions that are refused', () => {
  it('with settings under two names, of which one would have no effect', () => {
    const headerConfig = { key: 'Server', values: ['a'] };
    const written = { type: 'ResponseHeader', headerConfig, responseHeaderConfig: { ...headerConfig, values: ['b'] } };
    expect(outcome([written], 'Response')).toContain('at [0]: the settings once; found headerConfig and responseHeaderConfig');
  });

  const values = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `/${index}`);

  it.each<[string, unknown, string]>([
    ['a host in upper case', one('Host', 'A.example.com'), 'at [0].hostConfig.values[0]: a host of 3 to 128 characters'],
    ['a host without a dot', one('Host', 'localhost'), 'hostConfig.values[0]'],
    ['a host of two characters', one('Host', 'a.'), 'hostConfig.values[0]'],
    ['a host of 129 characters', one('Host', `${long(125)}.com`), 'hostConfig.values[0]'],
    ['a host whose last label has a digit', one('Host', 'a.b1'), 'hostConfig.values[0]'],
    ...['-a.example.com', 'a.-b.com', 'a-.example.com', '.example.com'].map((host): [string, unknown, string] => [
      `host ${host}`,
      one('Host', host),
      'hostConfig.values[0]',
    ]),
    ['a path without a slash', one('Path', 'a'), 'pathConfig.values[0]: a path of at most 128'],
    ['a path of 129 characters', one('Path', `/${long(128)}`), 'pathConfig.values[0]'],
    ['a path with a strange character', one('Path', '/ok', '/a b'), 'pathConfig.values[1]'],
    ['a header named Cookie', headed('Header', 'cookie', 'a'), 'headerConfig.key: a header name'],
    ['a header named Host', headed('Header', 'Host', 'a'), 'headerConfig.key'],
    ['a header name of 41 characters', headed('Header', long(41), 'a'), 'headerConfig.key'],
    ['a header value of 129 characters', headed('Header', 'a', long(129)), 'headerConfig.values[0]'],
    ['a header value with a quote', headed('Header', 'a', 'a"b'), 'headerConfig.values[0]'],
    [
      'a header value with a space before',
      headed('Header', 'a', ' b'),
      'headerConfig.values[0]: 1 to 128 printable characters without double quotes and without spaces around (* and ? are wildcards); found the text " b"; remove the spaces',
    ],
    [
      'a header without values',
      { type: 'Header', headerConfig: { key: 'a' } },
      'headerConfig.values: a list of 1 to 50 elements; found nothing',
    ],
    ['a header without a name', { type: 'Header', headerConfig: { values: ['a'] } }, 'headerConfig.key'],
    ['a parameter in upper case', one('QueryString', pair('A', '1')), 'queryStringConfig.values[0].key: 1 to 100 printable characters'],
    ['a parameter with &', one('QueryString', pair('a', '1&b=2')), 'queryStringConfig.values[0].value'],
    ['a parameter name of 101 characters', one('QueryString', pair(long(101), '1')), 'values[0].key'],
    ['a parameter value of 129 characters', one('QueryString', pair('a', long(129))), 'values[0].value'],
    ['a parameter without a value', one('QueryString', { key: 'a' }), 'values[0].value'],
    ['a parameter that is text', one('QueryString', 'a=1'), 'values[0]: an object; found the text "a=1"'],
    ['a cookie in upper case', one('Cookie', pair('a', 'B')), 'cookieConfig.values[0].value'],
    ['a cookie with ;', one('Cookie', pair('a', 'b;c')), 'cookieConfig.values[0].value'],
    ['a cookie value of 101 characters', one('Cookie', pair('a', long(101))), 'cookieConfig.values[0].value'],
    ['an empty cookie value', one('Cookie', pair('a', '')), 'cookieConfig.values[0].value'],
    ['a method in lower case', one('Method', 'get'), 'found the text "get"; did you mean GET?'],
    ['a method that ALB does not know', one('Method', 'TRACE'), 'methodConfig.values[0]: GET, POST'],
    ...['10.0.0', '10.0.0.256', '10.0.0.0/33', 'fe80::/129', 'example.com', ''].map((text): [string, unknown, string] => [
      `source ${text}`,
      one('SourceIp', text),
      'an IPv4 or IPv6 address',
    ]),
    ['no value', one('Path'), 'found a list of 0'],
    ['51 values', one('Path', ...values(51)), 'found a list of 51'],
    ['a value that is a number', one('Path', 7), 'values[0]: a path of at most 128'],
    ['a value that is null', one('Path', null), 'found null'],
    ['values that are no list', { type: 'Path', pathConfig: { values: '/a' } }, 'found the text "/a"; put [ ] around it'],
    ['an unknown type', one('Hosts', 'a.example.com'), 'at [0].type: one of Host, Path, Header'],
    ['an unknown member', { type: 'Path', pathConfig: { values: ['/a'], key: 'a' } }, 'at [0].pathConfig: the members values; found "key"'],
  ])('%s', (_, condition, expected) => {
    const read = outcome([condition]);
    expect(typeof read === 'string' ? read : `accepted as ${JSON.stringify(read)}`).toContain(expected);
  });

  it.each([
    [
      'a status that is a number',
      one('ResponseStatusCode', 404),
      'a status in quotes, such as "404" or "5xx"; found 404; put it in quotes',
    ],
    ['status 600', one('ResponseStatusCode', '600'), 'a status in quotes'],
    ['a header of the answer named Cookie', headed('ResponseHeader', 'Cookie', 'a'), 'responseHeaderConfig.key'],
  ])('%s', (_, condition, expected) => {
    expect(outcome([condition], 'Response')).toContain(expected);
  });

  it.each(['ResponseHeader', 'ResponseStatusCode'])('%s in rules for requests', (type) => {
    const condition = type === 'ResponseHeader' ? headed(type, 'A', 'b') : one(type, '200');
    const expected = `at [0]: ${type} is for rules of direction Response; this one is for Request`;
    expect(outcome([condition])).toContain(expected);
    expect(outcome([condition], 'Request')).toContain(expected);
  });

  it('are all told, up to three of one annotation', () => {
    const read = outcome([one('Path', 'a'), one('Method', 'x'), one('Host', 'b'), one('SourceIp', 'c'), one('Cookie')]);
    expect(read).toContain('[0].pathConfig');
    expect(read).toContain('[2].hostConfig');
    expect(read).not.toContain('[3]');
    expect(read).toContain('and 2 more');
  });
});

it('every type of condition is among those tried here', () => {
  expect(new Set(good.map(([, condition]) => condition.type))).toEqual(new Set(conditionKinds.map((kind) => kind.type)));
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Annotation, readAnnotation } from '#shared/model/annotations/annotation.ts';
import { annotationKeys, topics } from '#shared/model/annotations/index.ts';
import { anIngress } from '#test/support/objects.ts';

/** Groups of a rewrite are written so; put together here because a template would be filled in. */
const group = (number: number): string => `\${${number}}`;
const variable = (name: string): string => `\${${name}}`;
const numbers = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => String(index));
const long = (length: number): string => 'a'.repeat(length);

interface Samples {
  /** Values that are allowed, both bounds among them, with what they are read as where that is not the text. */
  readonly good: readonly (string | readonly [string, unknown])[];
  readonly bad: readonly string[];
}

const onOff: Samples = {
  good: [
    ['true', true],
    ['false', false],
    [' true ', true],
  ],
  bad: ['on', 'True', '1', ''],
};

const number = (min: number, max: number): Samples => ({
  good: [
    [String(min), min],
    [String(max), max],
  ],
  bad: [String(min - 1), String(max + 1), 'x', '', '1.5'],
});

const samples: Readonly<Record<string, Samples>> = {
  'ingress.class': { good: ['alb', 'web'], bad: [''] },
  'albconfig.name': { good: ['cafe', 'a.b-c'], bad: ['Cafe', '-a', ''] },
  'listen-ports': {
    good: [
      ['[{"HTTP":80}]', [{ protocol: 'HTTP', port: 80 }]],
      [
        '[{"HTTP":1},{"HTTPS":65535}]',
        [
          { protocol: 'HTTP', port: 1 },
          { protocol: 'HTTPS', port: 65_535 },
        ],
      ],
      [' [{"QUIC":443}] ', [{ protocol: 'QUIC', port: 443 }]],
    ],
    bad: [
      '',
      '80',
      '[]',
      '{"HTTP":80}',
      '[{"http":80}]',
      '[{"HTTP":"80"}]',
      '[{"HTTP":0}]',
      '[{"HTTP":65536}]',
      '[{"HTTP":80.5}]',
      '[{"HTTP":80,"HTTPS":443}]',
      '[null]',
      '[{"HTTP":80}',
    ],
  },
  'ssl-redirect': onOff,
  'albconfig.order': number(1, 1000),
  'use-regex': onOff,
  'rewrite-target': {
    good: ['/', `/${long(127)}`, `/bar/${group(1)}/x${group(9)}`, `${variable('path')}/x`, "/a$-_.+/&~@:'*?"],
    bad: ['', 'bar', `/${long(128)}`, '/a b', '/a{1}', `/${group(0)}`, `/${group(12)}`, `/${group(1)}${group(1)}`, '/ä', '/a#b'],
  },
  'traffic-limit-qps': number(1, 1_000_000),
  'traffic-limit-ip-qps': number(1, 1_000_000),
  'enable-cors': onOff,
  'cors-allow-origin': {
    good: [
      ['*', ['*']],
      ['https://a.example.com, http://localhost:8080', ['https://a.example.com', 'http://localhost:8080']],
      ['https://*.example.com', ['https://*.example.com']],
      [`https://${long(116)}.com`, [`https://${long(116)}.com`]],
    ],
    bad: [
      '',
      'example.com',
      'ftp://a.example.com',
      'https://a.example.com/',
      'https://a.*.com',
      `https://${long(117)}.com`,
      'https://',
      'https://a,,https://b',
    ],
  },
  'cors-allow-methods': {
    good: [
      ['*', ['*']],
      ['GET, POST,GET', ['GET', 'POST']],
      ['GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD', ['GET', 'PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD']],
    ],
    bad: ['', 'get', 'TRACE', 'GET POST'],
  },
  'cors-allow-headers': {
    good: [
      ['*', ['*']],
      [`X-A_1,${long(128)}`, ['X-A_1', long(128)]],
    ],
    bad: ['', 'X A', 'X:A', long(129)],
  },
  'cors-expose-headers': {
    good: [
      ['X-Total', ['X-Total']],
      ['', []],
    ],
    bad: [',', 'X Total'],
  },
  'cors-allow-credentials': onOff,
  'cors-max-age': number(-1, 172_800),
  canary: onOff,
  'canary-by-header': { good: ['X-Canary', 'a_1', long(40)], bad: ['', long(41), 'Cookie', 'HOST', 'x canary', 'x:y'] },
  'canary-by-header-value': { good: ['always', 'a b', 'x*?', long(128)], bad: ['', long(129), 'say "x"', 'ä'] },
  'canary-by-cookie': { good: ['canary', 'a.b-c_1', long(100)], bad: ['', long(101), 'Canary', 'a b', 'a;b', 'a&b', 'ä'] },
  'canary-weight': number(0, 100),
  'backend-protocol': { good: ['http', 'https', 'grpc'], bad: ['HTTPS', 'gRPC', 'h2c', ''] },
  'backend-scheduler': { good: ['wrr', 'wlc', 'sch', 'uch'], bad: ['WRR', 'Wlc', 'random', ''] },
  'backend-scheduler-uch-value': { good: ['user', 'User_id', long(100)], bad: ['', 'a b', 'a&b', 'a=b', long(101)] },
  'backend-keepalive': onOff,
  'slow-start-enabled': onOff,
  'slow-start-duration': number(30, 900),
  'connection-drain-enabled': onOff,
  'connection-drain-timeout': number(0, 900),
  'cross-zone-enabled': onOff,
  'server-group-type': { good: ['Ip', 'Instance'], bad: ['ip', 'IP', 'Fc', ''] },
  'server-group-resource-group-id': { good: ['rg-acfm1', `rg-${long(61)}`], bad: ['', 'rg 1', 'acfm1', `rg-${long(62)}`] },
  'sticky-session': onOff,
  'sticky-session-type': { good: ['Insert', 'Server'], bad: ['insert', 'server', ''] },
  'cookie-timeout': number(1, 86_400),
  cookie: {
    good: ['JSESSIONID', 'connect.sid', '_my-session1', 'a$', 'a', long(200)],
    bad: ['', '$sid', 'a,b', 'a;b', 'a b', 'ä', 'a=b', long(201)],
  },
  'healthcheck-enabled': onOff,
  'healthcheck-path': { good: ['/', `/${long(79)}`, '/a?b=c%20'], bad: ['a', `/${long(80)}`, '/a b', ''] },
  'healthcheck-protocol': { good: ['HTTP', 'HTTPS', 'TCP', 'GRPC'], bad: ['http', 'UDP'] },
  'healthcheck-httpversion': { good: ['HTTP1.0', 'HTTP1.1'], bad: ['HTTP2'] },
  'healthcheck-method': { good: ['HEAD', 'GET', 'POST'], bad: ['get', 'PUT'] },
  'healthcheck-code': {
    good: [
      ['http_2xx', ['http_2xx']],
      ['http_2xx, http_3xx', ['http_2xx', 'http_3xx']],
      ['0', ['0']],
      ['0-20,99', ['0-20', '99']],
      [numbers(20).join(), numbers(20)],
    ],
    bad: ['200', 'http_6xx', '', 'http_2xx,', numbers(21).join()],
  },
  'healthcheck-timeout-seconds': number(1, 300),
  'healthcheck-interval-seconds': number(1, 50),
  'healthy-threshold-count': number(2, 10),
  'unhealthy-threshold-count': number(2, 10),
  'healthcheck-connect-port': number(0, 65_535),
  'backend-type': { good: ['eni', 'ecs'], bad: ['ENI', ''] },
  'server-group-id': { good: ['sgp-abc123'], bad: ['', 'sgp 1', 'sgp-1,sgp-2', long(65)] },
  'alibaba-cloud-loadbalancer-backend-label': {
    good: [
      ['pool=edge', { pool: 'edge' }],
      ['a.io/pool=edge, zone=b', { 'a.io/pool': 'edge', zone: 'b' }],
      ['pool=', { pool: '' }],
      ['pool=edge,pool=edge', { pool: 'edge' }],
    ],
    bad: ['', 'pool', '=edge', 'pool=a=b', 'pool=edge,', 'pool=edge,pool=core', 'pool = edge', `pool=${long(64)}`],
  },
  'alibaba-cloud-loadbalancer-remove-unscheduled-backend': { good: ['on', 'off'], bad: ['true', 'On', ''] },
  mode: { good: ['manage', 'observe', 'paused'], bad: ['dry-run', 'Manage', ''] },
  'path-order': { good: ['listed', 'specific-first'], bad: ['longest-first', ''] },
  'foreign-server-groups': {
    good: [
      ['*', ['*']],
      ['sgp-1, sgp-2', ['sgp-1', 'sgp-2']],
    ],
    bad: ['', 'sgp 1', 'sgp-1,', long(65)],
  },
  id: { good: ['alb-1', ''], bad: [long(129)] },
  'force-override-listeners': onOff,
  name: { good: ['shop'], bad: [long(129)] },
  'address-type': { good: ['Internet', 'Intranet'], bad: ['internet'] },
  'address-allocated-mode': { good: ['Fixed', 'Dynamic'], bad: ['fixed'] },
  'charge-type': { good: ['PostPay'], bad: ['PrePay'] },
  edition: { good: ['Standard', 'StandardWithWaf'], bad: ['Basic'] },
  'vswitch-ids': {
    good: [
      ['vsw-1', ['vsw-1']],
      ['vsw-1, vsw-2', ['vsw-1', 'vsw-2']],
    ],
    bad: ['', 'vsw-1,'],
  },
  'access-log': {
    good: [['{"project":"p","logstore":"alb_s"}', { project: 'p', logstore: 'alb_s' }]],
    bad: ['p', 'null', '{"project":"p"}'],
  },
};

const shortKey = (row: Annotation<unknown>): string => row.keys[0].slice(row.keys[0].indexOf('/') + 1);
const read = (row: Annotation<unknown>, key: string, value: string) => readAnnotation(row, anIngress({ annotations: { [key]: value } }));
const rows = topics.flatMap((topic) => topic.rows);
const rowOf = (key: string): Annotation<unknown> => {
  const row = rows.find((one) => one.keys.some((full) => full.endsWith(`/${key}`)));
  if (row === undefined) throw new Error(`there is no annotation ${key}`);
  return row;
};

describe.each(rows.map((row) => [shortKey(row), row] as const))('annotation %s', (name, row) => {
  it('has its default when absent', () => {
    expect(readAnnotation(row, anIngress())).toEqual({ value: row.default });
  });

  it('takes every value that the reference allows, under each of its keys', () => {
    expect(samples[name]?.good.length).toBeGreaterThan(0);
    for (const key of row.keys) {
      for (const good of samples[name]?.good ?? []) {
        const [text, value] = typeof good === 'string' ? [good, good] : good;
        expect([text, read(row, key, text)]).toEqual([text, { value }]);
      }
    }
  });

  it('refuses others, names key and value, and says what is allowed', () => {
    expect(samples[name]?.bad.length).toBeGreaterThan(0);
    for (const value of samples[name]?.bad ?? []) {
      const { problem } = read(row, row.keys[0], value);
      expect([value, problem]).toMatchObject([
        value,
        {
          code: 'ANNOTATION-INVALID',
          facts: { annotation: row.keys[0], value: value.length > 200 ? `${value.slice(0, 200)}…` : value },
          path: `metadata.annotations[${row.keys[0]}]`,
        },
      ]);
      expect(problem?.facts['allowed']).toContain(row.format.allowed);
    }
  });
});

describe('a refused value', () => {
  const guess = (key: string, value: string): string => {
    const row = rowOf(key);
    return (read(row, row.keys[0], value).problem?.facts['allowed'] ?? '').slice(row.format.allowed.length);
  };

  it.each([
    ['backend-protocol', 'HTTPS', '; write it exactly so: https'],
    ['enable-cors', 'on', '; write it exactly so: true'],
    ['backend-scheduler', 'WLC', '; write it exactly so: wlc'],
    ['server-group-type', 'ip', '; write it exactly so: Ip'],
    ['alibaba-cloud-loadbalancer-backend-label', 'pool=a,zone', '; the text "zone" is wrong'],
    ['canary', 'False', '; write it exactly so: false'],
    ['use-regex', 'maybe', ''],
    ['cors-allow-methods', 'GET,put', '; the text "put" is wrong'],
    ['listen-ports', '[{"HTTP":"80"}]', '; at [0]: a port from 1 to 65535 without quotes; found the text "80"'],
    ['listen-ports', '{"HTTP":80}', '; put [ ] around it'],
    ['listen-ports', '[{"https":443}]', '; at [0]: the protocol is one of HTTP, HTTPS, QUIC; found https; did you mean HTTPS?'],
    ['listen-ports', '[{"HTTP":80,"HTTPS":443}]', '; at [0]: each listener is an object of its own; found HTTP and HTTPS in one'],
    ['listen-ports', '[{"HTTP":80},7]', '; at [1]: an object such as {"HTTP":80}; found 7'],
    ['listen-ports', '80', '; found 80'],
    [
      'listen-ports',
      '[{“HTTP”:80}]',
      '; at line 1, column 3: a member name in double quotes or }; found "“HTTP”:80}]"; "“" is not JSON punctuation, write "',
    ],
  ])('of %s, %s, is explained', (key, value, expected) => {
    expect(guess(key, value)).toBe(expected);
  });

  it('is repeated in the problem only as far as a message has room', () => {
    const row = rowOf('healthcheck-path');
    expect(read(row, row.keys[0], long(5000)).problem?.facts['value']).toBe(`${long(200)}…`);
  });
});

/** What JSON is made of and mistaken for, and a few others. */
const marks = 'aB1{}[]":,.-/*$“”，：\\ \n\t\u0000\u3000ä😀';

it('whatever is written is read or refused', () => {
  const texts = fc.oneof(
    fc.string({ unit: fc.constantFrom(...marks), maxLength: 300 }),
    fc.json(),
    fc.constantFrom('[{}]', '{"project":{}}', ',', '-', '1e3'),
  );
  fc.assert(
    fc.property(fc.constantFrom(...rows), texts, (row, text) => {
      const { value, problem } = read(row, row.keys[0], text);
      expect(value === undefined).toBe(problem !== undefined);
    }),
    { numRuns: 500 },
  );
});

describe('annotations with two keys', () => {
  it.each([
    ['the legacy key of the order', { order: '5', 'albconfig.order': '6' }, 'order', 6],
    [
      'the newer key of health codes',
      { 'healthcheck-httpcode': 'http_3xx', 'healthcheck-code': 'http_2xx' },
      'healthcheck-code',
      ['http_2xx'],
    ],
    [
      'the key of the nginx controller',
      { 'nginx.ingress.kubernetes.io/ssl-redirect': 'false', 'ssl-redirect': 'true' },
      'ssl-redirect',
      false,
    ],
    ['the key of the nginx controller', { 'nginx.ingress.kubernetes.io/canary-weight': '7', 'canary-weight': '9' }, 'canary-weight', 7],
  ])('are read by %s first', (_, annotations, key, value) => {
    expect(readAnnotation(rowOf(key), anIngress({ annotations }))).toEqual({ value });
  });

  it('are six under the prefix of the nginx controller, no more', () => {
    const nginx = rows.filter((row) => row.keys[0].startsWith('nginx.')).map((row) => row.keys[0].split('/')[1]);
    expect(nginx.sort()).toEqual(
      ['canary', 'canary-by-cookie', 'canary-by-header', 'canary-by-header-value', 'canary-weight', 'ssl-redirect'].sort(),
    );
  });
});

describe('the list of annotation keys', () => {
  it('names every row once, and the three families', () => {
    const keys = annotationKeys();
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys).toHaveLength(rows.length + 3);
    expect(keys).toEqual(
      expect.arrayContaining([
        'order',
        'healthcheck-code',
        'ssl-redirect',
        'canary-weight',
        'actions.<service>',
        'rule-direction.<service>',
      ]),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { type Annotation, readAnnotation } from '#shared/model/annotations/annotation.ts';
import { topics } from '#shared/model/annotations/index.ts';
import { notYet, unsupportedAnnotations } from '#shared/model/annotations/not-yet.ts';
import { buildStack } from '#shared/model/build-stack.ts';
import { anIngress, aSite, aWish } from '#test/support/objects.ts';

/** For each key: values that are allowed (bounds among them), and values that are not. */
const samples: Readonly<Record<string, { readonly good: readonly string[]; readonly bad: readonly string[] }>> = {
  'ingress.class': { good: ['alb', 'web'], bad: [''] },
  'albconfig.name': { good: ['cafe', 'a.b-c'], bad: ['Cafe', '-a', ''] },
  'listen-ports': {
    good: ['[{"HTTP":80}]', '[{"HTTP":1},{"HTTPS":65535}]', ' [{"QUIC":443}] '],
    bad: [
      '',
      '80',
      '[]',
      '{"HTTP":80}',
      '[{"http":80}]',
      '[{"HTTP":"80"}]',
      '[{"HTTP":0}]',
      '[{"HTTP":65536}]',
      '[{"HTTP":80,"HTTPS":443}]',
      '[null]',
      '[{"HTTP":80}',
    ],
  },
  'albconfig.order': { good: ['1', '1000'], bad: ['0', '1001', 'x', '1.5', '-1', ''] },
  'healthcheck-enabled': { good: ['true', 'false'], bad: ['on', 'True', ''] },
  'healthcheck-path': { good: ['/', `/${'a'.repeat(79)}`, '/a?b=c%20'], bad: ['a', `/${'a'.repeat(80)}`, '/a b', ''] },
  'healthcheck-protocol': { good: ['HTTP', 'HTTPS', 'TCP', 'GRPC'], bad: ['http', 'UDP'] },
  'healthcheck-httpversion': { good: ['HTTP1.0', 'HTTP1.1'], bad: ['HTTP2'] },
  'healthcheck-method': { good: ['HEAD', 'GET', 'POST'], bad: ['get', 'PUT'] },
  'healthcheck-code': { good: ['http_2xx', 'http_2xx, http_3xx', '0', '0-20,99'], bad: ['200', 'http_6xx', '', 'http_2xx,'] },
  'healthcheck-timeout-seconds': { good: ['1', '300'], bad: ['0', '301', '5s'] },
  'healthcheck-interval-seconds': { good: ['1', '50'], bad: ['0', '51'] },
  'healthy-threshold-count': { good: ['2', '10'], bad: ['1', '11'] },
  'unhealthy-threshold-count': { good: ['2', '10'], bad: ['1', '11'] },
  'healthcheck-connect-port': { good: ['0', '65535'], bad: ['65536', '-1'] },
  'backend-type': { good: ['eni', 'ecs'], bad: ['ENI', ''] },
  id: { good: ['alb-1', ''], bad: ['a'.repeat(129)] },
  'force-override-listeners': { good: ['true'], bad: ['yes'] },
  name: { good: ['shop'], bad: ['a'.repeat(129)] },
  'address-type': { good: ['Internet', 'Intranet'], bad: ['internet'] },
  'address-allocated-mode': { good: ['Fixed', 'Dynamic'], bad: ['fixed'] },
  'charge-type': { good: ['PostPay'], bad: ['PrePay'] },
  edition: { good: ['Standard', 'StandardWithWaf'], bad: ['Basic'] },
  'vswitch-ids': { good: ['vsw-1', 'vsw-1, vsw-2'], bad: ['', 'vsw-1,'] },
  'access-log': { good: ['{"project":"p","logstore":"alb_s"}'], bad: ['p', 'null', '{"project":"p"}'] },
};

const shortKey = (row: Annotation<unknown>): string => row.keys[0].slice(row.keys[0].indexOf('/') + 1);
const read = (row: Annotation<unknown>, key: string, value: string) => readAnnotation(row, anIngress({ annotations: { [key]: value } }));

describe.each(topics.flatMap((topic) => topic.rows).map((row) => [shortKey(row), row] as const))('annotation %s', (name, row) => {
  it('has its default when absent', () => {
    expect(readAnnotation(row, anIngress())).toEqual({ value: row.default });
  });

  it('takes every value that the reference allows, under each of its keys', () => {
    for (const key of row.keys) for (const value of samples[name]?.good ?? []) expect(read(row, key, value)).toHaveProperty('value');
  });

  it('refuses others, names key and value, and says what is allowed', () => {
    expect(samples[name]?.bad.length).toBeGreaterThan(0);
    for (const value of samples[name]?.bad ?? []) {
      expect(read(row, row.keys[0], value).problem).toMatchObject({
        code: 'ANNOTATION-INVALID',
        facts: { annotation: row.keys[0], value, allowed: row.format.allowed },
        path: `metadata.annotations[${row.keys[0]}]`,
      });
    }
  });
});

describe('annotations with two keys', () => {
  it('are read by the legacy key first, and health codes by the newer one', () => {
    const order = topics[0]?.rows.find((row) => shortKey(row) === 'albconfig.order');
    const codes = topics[1]?.rows.find((row) => shortKey(row) === 'healthcheck-code');
    const ingress = anIngress({
      annotations: { order: '5', 'albconfig.order': '6', 'healthcheck-httpcode': 'http_3xx', 'healthcheck-code': 'http_2xx' },
    });
    expect(order && readAnnotation(order, ingress)).toEqual({ value: 6 });
    expect(codes && readAnnotation(codes, ingress)).toEqual({ value: ['http_2xx'] });
  });
});

describe.each(notYet)('annotation $key, which is not supported yet', (row) => {
  const key = `alb.ingress.kubernetes.io/${row.key}${row.family === true ? 'coffee' : ''}`;

  it('does nothing with a value that asks for nothing', () => {
    for (const value of row.harmless) expect(unsupportedAnnotations(anIngress({ annotations: { [key]: value } }))).toEqual([]);
  });

  it(row.policy === 'hold' ? 'holds its Ingress' : 'leaves its Ingress in force and is told', () => {
    const ingress = anIngress({ annotations: { [key]: 'something' } });
    const stack = buildStack(aWish({ ingresses: [ingress] }), aSite);
    expect(stack.problems).toMatchObject([{ facts: { annotation: key } }]);
    expect(stack.held).toHaveLength(row.policy === 'hold' ? 1 : 0);
    expect(stack.rules).toHaveLength(row.policy === 'hold' ? 0 : 1);
  });
});

describe('keys of the nginx controller', () => {
  it('are read first: its false hides our true', () => {
    const nginx = { 'nginx.ingress.kubernetes.io/ssl-redirect': 'false', 'ssl-redirect': 'true' };
    expect(unsupportedAnnotations(anIngress({ annotations: nginx }))).toEqual([]);
    expect(unsupportedAnnotations(anIngress({ annotations: { 'nginx.ingress.kubernetes.io/canary': 'true' } }))).toHaveLength(1);
  });
});

/** What `conditions.<service>` adds to the rules of a backend: every type, alternatives, and several at once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aPath } from '#test/support/objects.ts';
import { expectQuiet, type Routed, routed, type To } from '#test/support/routed.ts';
import { annotated, hostOf, json } from '#test/support/routed-objects.ts';

let shop: Routed;
beforeAll(async () => {
  shop = await routed();
});
afterAll(() => shop?.stop());

interface Case {
  readonly type: string;
  readonly conditions: readonly object[];
  /** Requests to the Ingress's own host unless they name one. */
  readonly yes: readonly To[];
  readonly no: readonly To[];
}

const from = (address: string): To => ({ headers: { 'X-Forwarded-For': address } });
const header = (key: string, ...values: readonly string[]) => ({ type: 'Header', headerConfig: { key, values } });

const cases: readonly Case[] = [
  {
    type: 'Host',
    conditions: [{ type: 'Host', hostConfig: { values: ['more.example.org', '*.wild.example.org'] } }],
    yes: [{}, { host: 'more.example.org' }, { host: 'a.wild.example.org' }],
    no: [{ host: 'other.example.org' }, { host: 'wild.example.org' }],
  },
  {
    type: 'Path',
    conditions: [{ type: 'Path', pathConfig: { values: ['/also', '/glob*'] } }],
    yes: [{ path: '/own/x' }, { path: '/also' }, { path: '/globe' }],
    no: [{ path: '/' }, { path: '/also/x' }],
  },
  {
    type: 'Header',
    conditions: [header('X-Kind', 'red', 'bl*')],
    yes: [{ headers: { 'x-kind': 'red' } }, { headers: { 'X-KIND': 'blue' } }],
    no: [{}, { headers: { 'X-Kind': 'green' } }, { headers: { 'X-Other': 'red' } }],
  },
  {
    type: 'QueryString',
    conditions: [
      {
        type: 'QueryString',
        queryStringConfig: {
          values: [
            { key: 'kind', value: 'red' },
            { key: 'size', value: 'x*' },
          ],
        },
      },
    ],
    yes: [{ path: '/own?kind=red' }, { path: '/own?a=b&size=xl' }],
    no: [{}, { path: '/own?kind=blue' }, { path: '/own?size=m' }],
  },
  {
    type: 'Cookie',
    conditions: [{ type: 'Cookie', cookieConfig: { values: [{ key: 'kind', value: 'red' }] } }],
    yes: [{ headers: { Cookie: 'kind=red' } }, { headers: { Cookie: 'a=b; kind=red; c=d' } }],
    no: [{}, { headers: { Cookie: 'kind=blue' } }, { headers: { Cookie: 'unkind=red' } }],
  },
  {
    type: 'Method',
    conditions: [{ type: 'Method', methodConfig: { values: ['POST', 'DELETE'] } }],
    yes: [{ method: 'POST', body: 'x' }, { method: 'DELETE' }],
    no: [{}, { method: 'PUT', body: 'x' }],
  },
  {
    type: 'SourceIp',
    conditions: [{ type: 'SourceIp', sourceIpConfig: { values: ['192.0.2.7', '198.51.100.0/24'] } }],
    yes: [from('192.0.2.7'), from('198.51.100.200')],
    no: [{}, from('192.0.2.8'), from('198.51.101.1')],
  },
];

describe('annotation conditions.<service>', () => {
  for (const { type, conditions, yes, no } of cases) {
    it(`with ${type}: any of its values is enough, and one of them is needed`, async () => {
      const name = `only-${type.toLowerCase()}`;
      await shop.apply(annotated(name, { 'conditions.tea': json(...conditions) }, [aPath('/own', 'tea')]));
      const to = (one: To) => shop.goesTo({ host: hostOf(name), path: '/own', ...one });
      for (const one of yes) expect(await to(one), JSON.stringify(one)).toBe('tea');
      for (const one of no) expect(await to(one), JSON.stringify(one)).toBe(503);
      expect(shop.warnings(`Ingress/${name}`)).toEqual([]);
      await expectQuiet(shop);
    });
  }

  it('needs all of several blocks, except that hosts, paths, methods and addresses widen what they name', async () => {
    const blocks = [
      header('X-Kind', 'red'),
      header('X-Size', 'xl'),
      { type: 'Cookie', cookieConfig: { values: [{ key: 'a', value: 'b' }] } },
      { type: 'Method', methodConfig: { values: ['GET'] } },
      { type: 'Method', methodConfig: { values: ['HEAD'] } },
    ];
    await shop.apply(annotated('several', { 'conditions.tea': json(...blocks) }));
    const full = { 'X-Kind': 'red', 'X-Size': 'xl', Cookie: 'a=b' };
    const to = (headers: Readonly<Record<string, string>>, method = 'GET') => shop.ask({ host: hostOf('several'), headers, method });
    expect((await to(full)).service).toBe('tea');
    expect((await to(full, 'HEAD')).status).toBe(200);
    expect((await to(full, 'POST')).status).toBe(503);
    for (const missing of Object.keys(full)) {
      const { [missing]: _, ...others } = full as Readonly<Record<string, string>>;
      expect((await to(others)).status, `without ${missing}`).toBe(503);
    }
    await expectQuiet(shop);
  });

  it('concerns the paths of its own Service alone, and what it does not catch goes on to the next rule', async () => {
    const paths = [aPath('/', 'tea'), aPath('/', 'coffee')];
    await shop.apply(annotated('falling', { 'conditions.tea': json(header('X-Kind', 'red')) }, paths));
    expect(await shop.goesTo({ host: hostOf('falling'), headers: { 'X-Kind': 'red' } })).toBe('tea');
    expect(await shop.goesTo({ host: hostOf('falling') })).toBe('coffee');
    await expectQuiet(shop);
  });

  it('reads types and member names in any case', async () => {
    const value =
      '[{"Type":"SOURCEIP","SourceIPConfig":{"Values":["192.0.2.9"]}},{"type":"header","HeaderConfig":{"Key":"X-A","Values":["b"]}}]';
    await shop.apply(annotated('any-case', { 'conditions.tea': value }));
    const headers = { 'X-Forwarded-For': '192.0.2.9', 'X-A': 'b' };
    expect(await shop.goesTo({ host: hostOf('any-case'), headers })).toBe('tea');
    expect(await shop.goesTo({ host: hostOf('any-case'), headers: { 'X-A': 'b' } })).toBe(503);
    await expectQuiet(shop);
  });

  it('with more values than one rule holds is spread over several rules and means the same', async () => {
    const values = Array.from({ length: 24 }, (_, index) => `h${index}.many.example.org`);
    await shop.apply(annotated('many', { 'conditions.tea': json({ type: 'Host', hostConfig: { values } }) }));
    for (const host of [hostOf('many'), ...values]) expect(await shop.goesTo({ host })).toBe('tea');
    expect(await shop.goesTo({ host: 'h24.many.example.org' })).toBe(503);
    expect(shop.warnings('Ingress/many')).toEqual([]);
    await expectQuiet(shop);
  });

  it('with more addresses than one rule holds is spread too', async () => {
    const values = Array.from({ length: 8 }, (_, index) => `192.0.2.${index + 100}`);
    const block = (some: readonly string[]) => ({ type: 'SourceIp', sourceIpConfig: { values: some } });
    await shop.apply(
      annotated('addresses', { 'conditions.tea': json(block(values)) }),
      annotated('blocks', { 'conditions.tea': json(block(values.slice(0, 4)), block(values.slice(4))) }),
    );
    for (const host of [hostOf('addresses'), hostOf('blocks')]) {
      for (const address of values) expect(await shop.goesTo({ host, ...from(address) })).toBe('tea');
      expect(await shop.goesTo({ host, ...from('192.0.2.99') })).toBe(503);
    }
    await expectQuiet(shop);
  });

  const bad: Readonly<Record<string, string>> = {
    'no JSON': '[{"type":"Method"',
    'an object': JSON.stringify(header('X-A', 'b')),
    'an unknown type': json({ type: 'Weather', weatherConfig: { values: ['rain'] } }),
    'a header that is reserved': json(header('Cookie', 'a=b')),
    'a network that is none': json({ type: 'SourceIp', sourceIpConfig: { values: ['192.0.2.0/33'] } }),
    'a condition on answers without that direction': json({ type: 'ResponseStatusCode', responseStatusCodeConfig: { values: ['500'] } }),
  };
  for (const [what, value] of Object.entries(bad)) {
    it(`refuses ${what} before the service does, and the neighbours go on`, async () => {
      const beside = `beside-${Object.keys(bad).indexOf(what)}`;
      await shop.bench.calls();
      await shop.apply(annotated('bad-conditions', { 'conditions.tea': value }), annotated(beside, {}));
      expect((await shop.bench.calls()).filter((one) => one.code !== '')).toEqual([]);
      expect(await shop.goesTo({ host: hostOf('bad-conditions') })).toBe(503);
      expect(await shop.goesTo({ host: hostOf(beside) })).toBe('tea');
      expect(shop.warnings('Ingress/bad-conditions').at(-1)).toMatchObject({
        reason: 'ANNOTATION-INVALID',
        message: expect.stringContaining('conditions.tea'),
      });
      await expectQuiet(shop);
    });
  }

  it('for a Service that is no backend is told, and the Ingress is served without it', async () => {
    await shop.apply(annotated('misspelt', { 'conditions.teaa': json(header('X-Kind', 'red')) }));
    expect(await shop.goesTo({ host: hostOf('misspelt') })).toBe('tea');
    expect(shop.warnings('Ingress/misspelt')).toEqual([
      expect.objectContaining({ reason: 'ANNOTATION-SUFFIX', message: expect.stringMatching(/conditions\.teaa.*tea/) }),
    ]);
    await expectQuiet(shop);
  });
});

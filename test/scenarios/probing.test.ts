/**
 * While rules change, each request goes where the old or the new wish sends it, at every instant: after every single rule that the service
 * takes over, in whatever order the calls had to be made.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '#shared/kube/port.ts';
import type { Ingress } from '#shared/model/wish.ts';
import { anEndpointSlice, podIp, zones } from '#test/support/cafe.ts';
import { aClass, anAlbConfig, anIngress, aPath, aService } from '#test/support/objects.ts';
import { type Probe, watchProbes } from '#test/support/probes.ts';
import { whole } from '#test/support/whole.ts';
import { createWorkbench, type Workbench } from '#test/support/workbench.ts';

const services = ['coffee', 'tea', 'water'] as const;
const hosts = ['a.example.com', 'b.example.com'] as const;
const paths = ['/', '/one', '/one/two', '/two'] as const;

const albConfig = anAlbConfig({
  spec: {
    config: zones,
    listeners: [
      { port: 80, protocol: 'HTTP' },
      { port: 443, protocol: 'HTTPS', certificates: [{ CertificateId: '1234567-cn-hangzhou', IsDefault: true }] },
    ],
  },
});

const cluster: readonly KubeObject[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
  albConfig,
  aClass(),
  ...services.flatMap((name, index) => [aService(name), anEndpointSlice(name, [podIp(index + 1, 0)])]),
];
const pods = services.map((_, index) => podIp(index + 1, 0));

const sides = [{ protocol: 'HTTP', port: 80 } as const, { protocol: 'HTTPS', port: 443 } as const];
/** First all of HTTP, then the same of HTTPS. */
const probes: readonly Probe[] = sides.flatMap((side) =>
  [...hosts, 'c.example.com'].flatMap((host) =>
    ['/', '/one', '/one/two/three', '/two'].flatMap((path) => [
      { ...side, host, path },
      { ...side, host, path, headers: { 'x-canary': 'yes' } },
      { ...side, host, path, cookies: { taster: 'always' } },
    ]),
  ),
);

const nowhere = 'default';

/** Where a client ends that follows redirects from HTTP to HTTPS, for each probe of HTTP. */
const followed = (state: readonly string[]): readonly string[] => {
  const half = state.length / 2;
  return state.slice(0, half).map((target, index) => (target.includes('"HttpCode":"308"') ? (state[half + index] ?? '') : target));
};

/** Makes the cluster's Ingresses these, and no others. */
async function write(bench: Workbench, wanted: readonly Ingress[]): Promise<void> {
  const held = bench.kube.held<Ingress>('Ingress');
  for (const one of held) {
    if (!wanted.some(({ metadata }) => metadata.name === one.metadata.name)) await bench.kube.remove(nameOf(one));
  }
  for (const one of wanted) {
    const there = held.some(({ metadata }) => metadata.name === one.metadata.name);
    if (there) await bench.kube.remove(nameOf(one));
    await bench.kube.create(one);
  }
  bench.changed();
}

const nameOf = (one: KubeObject) => ({ kind: 'Ingress' as const, namespace: 'shop', name: one.metadata.name });

/** States in which a probe went neither where the old nor where the new wish sends it. */
async function strayed(bench: Workbench, wanted: readonly Ingress[]): Promise<readonly string[]> {
  const watched = watchProbes(bench.alb.service.view, probes);
  const before = watched.now();
  await write(bench, wanted);
  await bench.settle();
  const states = watched.seen();
  const after = watched.now();
  watched.stop();
  const astray = states.flatMap((state) =>
    state.flatMap((target, index) => {
      if (target === before[index] || target === after[index]) return [];
      return [`${JSON.stringify(probes[index])} went to ${target}, neither ${before[index]} nor ${after[index]}`];
    }),
  );
  // Its two requests may meet one wish each; but nobody is led to where nothing is.
  const [old, next] = [followed(before), followed(after)];
  const lost = states.flatMap((state) =>
    followed(state).flatMap((target, index) => {
      if (target !== nowhere || old[index] === nowhere || next[index] === nowhere) return [];
      return [`${JSON.stringify(probes[index])} was led nowhere`];
    }),
  );
  return [...astray, ...lost].slice(0, 3);
}

const name = fc.constantFrom('i1', 'i2', 'i3', 'i4', 'i5');
const ingress: fc.Arbitrary<Ingress> = fc
  .record({
    name,
    order: fc.option(fc.integer({ min: 1, max: 12 })),
    host: fc.option(fc.constantFrom(...hosts)),
    ports: fc.constantFrom('[{"HTTP":80}]', '[{"HTTP":80},{"HTTPS":443}]', '[{"HTTPS":443}]'),
    more: fc.constantFrom<Readonly<Record<string, string>>>(
      {},
      {},
      { 'ssl-redirect': 'true' },
      { 'use-regex': 'true' },
      { 'rewrite-target': '/new' },
      { 'conditions.coffee': '[{"type":"Header","headerConfig":{"key":"x-canary","values":["yes"]}}]' },
      { 'conditions.tea': '[{"type":"Path","pathConfig":{"values":["/two*"]}}]' },
      { 'actions.coffee': '[{"type":"InsertHeader","InsertHeaderConfig":{"key":"x-a","value":"b"}}]' },
      { canary: 'true', 'canary-weight': '20' },
      { canary: 'true', 'canary-weight': '100' },
      { canary: 'true', 'canary-by-header': 'x-canary', 'canary-by-header-value': 'yes' },
      { canary: 'true', 'canary-by-cookie': 'taster' },
    ),
    paths: fc.uniqueArray(
      fc.record({
        path: fc.constantFrom(...paths),
        service: fc.constantFrom(...services),
        type: fc.constantFrom('Exact' as const, 'Prefix' as const),
      }),
      { minLength: 1, maxLength: 4, selector: ({ path, type }) => `${type} ${path}` },
    ),
  })
  .map((draft) =>
    anIngress({
      name: draft.name,
      annotations: { 'listen-ports': draft.ports, ...draft.more, ...(draft.order === null ? {} : { order: String(draft.order) }) },
      spec: {
        ingressClassName: 'alb',
        rules: [
          {
            ...(draft.host === null ? {} : { host: draft.host }),
            http: { paths: draft.paths.map(({ path, service, type }) => aPath(path, service, type)) },
          },
        ],
      },
    }),
  );
const wish = fc.uniqueArray(ingress, { maxLength: 5, selector: (one) => one.metadata.name });

describe('each request goes where the old or the new wish sends it', () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await createWorkbench(cluster, pods);
    bench.resync();
    await bench.settle();
  });
  afterAll(() => bench.stop());

  const plain = (changes: Readonly<Record<string, string>> = {}, list = [aPath('/one', 'coffee'), aPath('/', 'tea')]): Ingress =>
    anIngress({ name: 'i1', host: 'a.example.com', paths: list, annotations: changes });
  const other = (changes: Readonly<Record<string, string>> = {}): Ingress =>
    anIngress({ name: 'i2', host: 'a.example.com', paths: [aPath('/', 'water')], annotations: changes });

  const canary = (changes: Readonly<Record<string, string>>): Ingress =>
    anIngress({ name: 'i3', host: 'a.example.com', paths: [aPath('/one', 'water')], annotations: { canary: 'true', ...changes } });
  const byHeader = { 'canary-by-header': 'x-canary', 'canary-by-header-value': 'yes' };
  const header = (value: string): string => `[{"type":"Header","headerConfig":{"key":"x-canary","values":["${value}"]}}]`;
  const [green, black] = [header('yes'), header('no')];
  const longer = [aPath('/one/two', 'water'), aPath('/one', 'coffee'), aPath('/', 'tea')];

  const turns: readonly (readonly [what: string, wish: readonly Ingress[]])[] = [
    ['the first Ingress comes', [plain()]],
    ['a path is inserted at the top', [plain({}, [aPath('/one/two', 'water'), aPath('/one', 'coffee'), aPath('/', 'tea')])]],
    ['paths change places', [plain({}, [aPath('/', 'tea'), aPath('/one', 'coffee'), aPath('/one/two', 'water')])]],
    ['paths change places and Services', [plain({}, [aPath('/one', 'tea'), aPath('/', 'coffee')])]],
    ['another Ingress comes behind', [plain(), other()]],
    ['it goes in front', [plain(), other({ order: '5' })]],
    ['it goes behind again', [plain(), other({ order: '20' })]],
    ['the first one goes', [other()]],
    ['it comes back with conditions', [plain({ 'conditions.coffee': green }), other()]],
    ['its conditions change', [plain({ 'conditions.coffee': black }), other()]],
    ['a canary gets a fifth', [plain(), canary({ 'canary-weight': '20' })]],
    ['the canary gets a half', [plain(), canary({ 'canary-weight': '50' })]],
    ['the canary gets everything', [plain(), canary({ 'canary-weight': '100' })]],
    ['the canary has taken over', [plain({}, [aPath('/one', 'water'), aPath('/', 'tea')])]],
    ['a canary asks for a header', [plain(), canary({ ...byHeader, order: '1' })]],
    ['HTTP is sent on to HTTPS', [plain({ 'ssl-redirect': 'true', 'listen-ports': '[{"HTTPS":443}]' }), other()]],
    ['a path is inserted under the redirect', [plain({ 'ssl-redirect': 'true', 'listen-ports': '[{"HTTPS":443}]' }, longer), other()]],
    ['HTTP is served again', [plain({}, longer), other()]],
    ['everything goes', []],
  ];
  it.each(turns)('while %s', async (_what, wanted) => {
    expect(await strayed(bench, wanted)).toEqual([]);
  });

  it.each(turns)('while %s, and jobs fail', async (_what, wanted) => {
    const failing = ['CreateRules', 'UpdateRulesAttribute', 'DeleteRules'].map((action) => ({
      match: { action },
      times: 2,
      kind: 'failed-job',
      code: 'OperationFailed.Some',
    }));
    await bench.alb.put('faults', failing);
    expect(await strayed(bench, wanted)).toEqual([]);
    await bench.alb.put('faults', []);
  });

  it('while anything changes into anything else', async () => {
    await fc.assert(
      fc.asyncProperty(wish, wish, async (from, to) => {
        await strayed(bench, from);
        expect(await strayed(bench, to)).toEqual([]);
      }),
      { numRuns: whole ? 300 : 12 },
    );
  }, 120_000);
});

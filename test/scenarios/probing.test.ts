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
import { createWorkbench, type Workbench } from '#test/support/workbench.ts';

const services = ['coffee', 'tea', 'water'] as const;
const hosts = ['a.example.com', 'b.example.com'] as const;
const paths = ['/', '/one', '/one/two', '/two'] as const;

const albConfig = anAlbConfig({
  spec: {
    config: zones,
    listeners: [
      { port: 80, protocol: 'HTTP' },
      { port: 8080, protocol: 'HTTP' },
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

const probes: readonly Probe[] = [80, 8080].flatMap((port) =>
  [...hosts, 'c.example.com'].flatMap((host) =>
    ['/', '/one', '/one/two/three', '/two'].flatMap((path) => [
      { port, host, path },
      { port, host, path, headers: { 'x-canary': 'yes' } },
    ]),
  ),
);

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
  return states.flatMap((state) =>
    state.flatMap((target, index) => {
      if (target === before[index] || target === after[index]) return [];
      return [`${JSON.stringify(probes[index])} went to ${target}, neither ${before[index]} nor ${after[index]}`];
    }),
  );
}

const name = fc.constantFrom('i1', 'i2', 'i3', 'i4', 'i5');
const ingress: fc.Arbitrary<Ingress> = fc
  .record({
    name,
    order: fc.option(fc.integer({ min: 1, max: 12 })),
    host: fc.option(fc.constantFrom(...hosts)),
    ports: fc.constantFrom('[{"HTTP":80}]', '[{"HTTP":80},{"HTTP":8080}]', '[{"HTTP":8080}]'),
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
      annotations: { 'listen-ports': draft.ports, ...(draft.order === null ? {} : { order: String(draft.order) }) },
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

  const turns: readonly (readonly [what: string, wish: readonly Ingress[]])[] = [
    ['the first Ingress comes', [plain()]],
    ['a path is inserted at the top', [plain({}, [aPath('/one/two', 'water'), aPath('/one', 'coffee'), aPath('/', 'tea')])]],
    ['paths change places', [plain({}, [aPath('/', 'tea'), aPath('/one', 'coffee'), aPath('/one/two', 'water')])]],
    ['paths change places and Services', [plain({}, [aPath('/one', 'tea'), aPath('/', 'coffee')])]],
    ['another Ingress comes behind', [plain(), other()]],
    ['it goes in front', [plain(), other({ order: '5' })]],
    ['it goes behind again', [plain(), other({ order: '20' })]],
    ['the first one goes', [other()]],
    ['everything goes', []],
  ];
  it.each(turns)('while %s', async (_what, wanted) => {
    expect(await strayed(bench, wanted)).toEqual([]);
  });

  it('while anything changes into anything else', async () => {
    await fc.assert(
      fc.asyncProperty(wish, wish, async (from, to) => {
        await strayed(bench, from);
        expect((await strayed(bench, to)).slice(0, 3)).toEqual([]);
      }),
      { numRuns: process.env['WHOLE_TESTS'] === '1' ? 300 : 25 },
    );
  }, 120_000);
});

/** As `crash-points.test.ts`, for what changes in server groups: an invocation dies at any of its calls, and nothing shows it. */
import { describe, expect, it } from 'vitest';
import type { KubeObject, ObjectName } from '#shared/kube/port.ts';
import type { Ingress } from '#shared/model/wish.ts';
import { anEndpointSlice, podIp, zones } from '#test/support/cafe.ts';
import { dieEverywhere, type Workload } from '#test/support/deaths.ts';
import { aClass, anAlbConfig, anIngress, aPath, aService } from '#test/support/objects.ts';
import { whole } from '#test/support/whole.ts';
import type { Workbench } from '#test/support/workbench.ts';

/** Every call in turn takes minutes on two cores: `npm run test:all` does, `npm test` takes a few of each workload. */
const stride = whole ? 1 : 61;

type Annotations = Readonly<Record<string, string | null>>;
type Change = (bench: Workbench) => Promise<void>;

const services = ['coffee', 'tea'];
const pods = services.map((_, at) => podIp(at + 1, 0));
const shop: readonly KubeObject[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
  anAlbConfig({ spec: { config: zones, listeners: [{ port: 80, protocol: 'HTTP' }] } }),
  aClass(),
  ...services.flatMap((name, at) => [aService(name), anEndpointSlice(name, [podIp(at + 1, 0)])]),
];

const refOf = (name: string): ObjectName => ({ kind: 'Ingress', namespace: 'shop', name });
const annotate =
  (annotations: Annotations, name = 'one'): Change =>
  async (bench) => {
    const prefixed = Object.entries(annotations).map(([key, value]) => [`alb.ingress.kubernetes.io/${key}`, value] as const);
    await bench.kube.mergePatch(refOf(name), { metadata: { annotations: Object.fromEntries(prefixed) } });
    bench.changed();
  };

/** Two that share a Service. */
const one = anIngress({ name: 'one', host: 'one.example.com', paths: [aPath('/', 'coffee')] });
const two = anIngress({ name: 'two', host: 'two.example.com', paths: [aPath('/', 'coffee'), aPath('/tea', 'tea')] });
const canary = anIngress({
  name: 'canary',
  host: 'one.example.com',
  paths: [aPath('/', 'tea')],
  annotations: { canary: 'true', 'canary-weight': '20' },
});
const nowhere = { 'server-group-resource-group-id': 'rg-nowhere' };
const many = (count: number): Ingress =>
  anIngress({ name: 'many', host: 'many.example.com', paths: Array.from({ length: count }, (_, at) => aPath(`/p${at}`, 'coffee')) });

const workload = (name: string, ingresses: readonly KubeObject[], change: Change): Workload => ({
  name,
  objects: [...shop, ...ingresses],
  pods,
  settings: { resourceGroups: ['rg-shop'] },
  change,
});

const workloads: readonly Workload[] = [
  workload('a setting changes that a neighbour does not want', [one, two], annotate({ 'sticky-session': 'true' })),
  workload(
    'a setting changes back',
    [anIngress({ name: 'one', host: 'one.example.com', paths: [aPath('/', 'coffee')], annotations: { 'backend-scheduler': 'wlc' } }), two],
    annotate({ 'backend-scheduler': null }),
  ),
  workload('the type of a group changes for good', [one, two], annotate({ 'server-group-type': 'Ip' })),
  workload('a group is refused', [one, two], annotate(nowhere)),
  workload('a group of a canary is refused', [one, two, canary], annotate(nowhere, 'canary')),
  workload('a group that was refused is corrected', [one, two, canary], async (bench) => {
    await annotate(nowhere, 'canary')(bench);
    await bench.settle();
    await annotate({ 'server-group-resource-group-id': 'rg-shop' }, 'canary')(bench);
  }),
  workload('a Service is reached on nodes instead, of which there are none', [one, two], async (bench) => {
    const ports = [{ name: 'http', port: 80, targetPort: 8080, nodePort: 30_080 }];
    await bench.kube.mergePatch({ kind: 'Service', namespace: 'shop', name: 'coffee' }, { spec: { type: 'NodePort', ports } });
    bench.changed();
    bench.membersChanged('shop', 'coffee', { whole: true });
  }),
  workload('a Service goes, and its Ingresses are held', [one, two], async (bench) => {
    await bench.kube.remove({ kind: 'Service', namespace: 'shop', name: 'coffee' });
    bench.changed();
    bench.membersChanged('shop', 'coffee', { whole: true });
  }),
];

/** Sixty rules take their time. */
const large = workload('a group has fewer shards', [many(60)], async (bench) => {
  await bench.kube.mergePatch(refOf('many'), { spec: many(40).spec });
  bench.changed();
});

describe('a death at any call', () => {
  for (const [index, each] of [...workloads, ...(whole ? [large] : [])].entries()) {
    for (const lost of whole ? [false, true] : [index % 2 === 0]) {
      it(`leaves no trace while ${each.name}, ${lost ? 'the call done' : 'the call not done'}`, async () => {
        const from = whole ? 0 : 3 + ((index * 5) % 17);
        expect(await dieEverywhere(each, { lost, from, stride })).toBeGreaterThan(whole ? 5 : 0);
      }, 600_000);
    }
  }
});

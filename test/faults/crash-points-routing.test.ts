/** As `crash-points.test.ts`, for what changes in rules and listeners: an invocation dies at any of its calls, and nothing shows it. */
import { describe, expect, it } from 'vitest';
import type { KubeObject, ObjectName } from '#shared/kube/port.ts';
import type { IngressPath } from '#shared/model/wish.ts';
import { anEndpointSlice, podIp, serviceName, zones } from '#test/support/cafe.ts';
import { dieEverywhere, type Workload } from '#test/support/deaths.ts';
import { aClass, anAlbConfig, anIngress, aPath, aService, toService } from '#test/support/objects.ts';
import { refuseRules, ruleNameOf } from '#test/support/refused-rules.ts';
import { whole } from '#test/support/whole.ts';
import type { Workbench } from '#test/support/workbench.ts';

/** Every call in turn takes minutes on two cores: `npm run test:all` does, `npm test` takes a few of each workload. */
const stride = whole ? 1 : 31;

const [coffee, tea, water] = [1, 2, 3].map(serviceName) as [string, string, string]; // of three
const listeners = (certificate: string) => [
  { port: 80, protocol: 'HTTP' },
  { port: 443, protocol: 'HTTPS', certificates: [{ CertificateId: certificate, IsDefault: true }] },
];
const albConfig = anAlbConfig({
  spec: { config: zones, listeners: listeners('1-cn-local') },
  metadata: { annotations: { 'albeit.io/foreign-server-groups': '*' } },
});
const shop: readonly KubeObject[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
  albConfig,
  aClass(),
  ...[coffee, tea, water].flatMap((name, index) => [aService(name), anEndpointSlice(name, [podIp(index + 1, 0)])]),
];
const pods = [1, 2, 3].map((service) => podIp(service, 0));

const host = 'shop.example.com';
const refOf = (name: string): ObjectName => ({ kind: 'Ingress', namespace: 'shop', name });
const annotate = async (bench: Workbench, name: string, annotations: Readonly<Record<string, string | null>>): Promise<void> => {
  const prefixed = Object.entries(annotations).map(([key, value]) => [`alb.ingress.kubernetes.io/${key}`, value] as const);
  await bench.kube.mergePatch(refOf(name), { metadata: { annotations: Object.fromEntries(prefixed) } });
  bench.changed();
};
const turn = async (bench: Workbench, name: string, paths: readonly IngressPath[]): Promise<void> => {
  await bench.kube.mergePatch(refOf(name), { spec: anIngress({ host, paths }).spec });
};

const stable = anIngress({ name: 'stable', host, paths: [aPath('/', coffee), aPath('/menu', tea)] });
const canary = anIngress({ name: 'canary', host, paths: [aPath('/', water)], annotations: { canary: 'true', 'canary-weight': '20' } });
const both = { 'listen-ports': '[{"HTTP":80},{"HTTPS":443}]' };
const header = (value: string): string => `[{"type":"Header","headerConfig":{"key":"x-taste","values":["${value}"]}}]`;
const byAnnotation = (service: string): IngressPath => ({ path: '/', pathType: 'Prefix', backend: toService(service, 'use-annotation') });
const marked = '[{"type":"InsertHeader","InsertHeaderConfig":{"key":"x-marked","value":"yes","valueType":"UserDefined"}}]';
const nowhere = '[{"type":"ForwardGroup","ForwardConfig":{"ServerGroups":[{"ServerGroupID":"sgp-nowhere","Weight":100}]}}]';
const blocks = (count: number): string =>
  JSON.stringify([{ type: 'SourceIp', sourceIpConfig: { values: Array.from({ length: count }, (_, at) => `10.1.${at}.0/24`) } }]);

type Change = (bench: Workbench) => Promise<void>;

const workload = (name: string, ingresses: readonly KubeObject[], change: Change): Workload => ({
  name,
  objects: [...shop, ...ingresses],
  pods,
  change,
});

const workloads: readonly Workload[] = [
  workload('a canary comes', [stable], async (bench) => {
    await bench.kube.create(canary);
    bench.changed();
  }),
  workload('a canary gets another weight', [stable, canary], (bench) => annotate(bench, 'canary', { 'canary-weight': '50' })),
  workload('HTTP is sent on to HTTPS', [anIngress({ name: 'shop', host, paths: [aPath('/', coffee)], annotations: both })], (bench) =>
    annotate(bench, 'shop', { 'ssl-redirect': 'true' }),
  ),
  workload(
    'HTTP is served again',
    [anIngress({ name: 'shop', host, paths: [aPath('/', coffee)], annotations: { ...both, 'ssl-redirect': 'true' } })],
    (bench) => annotate(bench, 'shop', { 'ssl-redirect': null }),
  ),
  workload('a rule for responses comes', [stable], async (bench) => {
    await annotate(bench, 'stable', { 'actions.marked': marked, 'rule-direction.marked': 'Response' });
    await turn(bench, 'stable', [aPath('/', coffee), aPath('/menu', tea), byAnnotation('marked')]);
  }),
  workload(
    'a rule for responses goes',
    [
      anIngress({
        name: 'stable',
        host,
        paths: [aPath('/', coffee), byAnnotation('marked')],
        annotations: { 'actions.marked': marked, 'rule-direction.marked': 'Response' },
      }),
    ],
    async (bench) => {
      await turn(bench, 'stable', [aPath('/', coffee)]);
      bench.changed();
    },
  ),
  workload(
    'a condition changes in place',
    [anIngress({ name: 'shop', host, paths: [aPath('/', coffee)], annotations: { [`conditions.${coffee}`]: header('sweet') } })],
    (bench) => annotate(bench, 'shop', { [`conditions.${coffee}`]: header('bitter') }),
  ),
  workload(
    'a list of values is spread over more rules',
    [anIngress({ name: 'shop', host, paths: [aPath('/', coffee)], annotations: { [`conditions.${coffee}`]: blocks(3) } })],
    (bench) => annotate(bench, 'shop', { [`conditions.${coffee}`]: blocks(30) }),
  ),
  workload('one of three new rules is refused', [stable], async (bench) => {
    for (const name of ['a', 'b', 'c']) {
      const bad = { paths: [byAnnotation('gone')], annotations: { 'actions.gone': nowhere } };
      await bench.kube.create(anIngress({ name, host: `${name}.example.com`, ...(name === 'b' ? bad : { paths: [aPath('/', tea)] }) }));
    }
    bench.changed();
  }),
  workload('the job of one of three new rules fails', [stable], async (bench) => {
    const ingresses = ['a', 'b', 'c'].map((name) => anIngress({ name, host: `${name}.example.com`, paths: [aPath('/', tea)] }));
    const guilty = ingresses.slice(1, 2).map((one) => ruleNameOf(one, albConfig));
    await refuseRules(bench, 'CreateRules', guilty, { kind: 'failed-job', code: 'OperationFailed.Some' });
    for (const one of ingresses) await bench.kube.create(one);
    bench.changed();
  }),
  workload(
    'a certificate is exchanged',
    [anIngress({ name: 'shop', host, paths: [aPath('/', coffee)], annotations: both })],
    async (bench) => {
      await bench.kube.mergePatch({ kind: 'AlbConfig', namespace: '', name: 'cafe' }, { spec: { listeners: listeners('2-cn-local') } });
      bench.changed();
    },
  ),
  workload(
    'everything goes',
    [
      stable,
      canary,
      anIngress({ name: 'shop', host: 'other.example.com', annotations: { ...both, 'ssl-redirect': 'true' }, paths: [aPath('/', water)] }),
    ],
    async (bench) => {
      await bench.kube.remove({ kind: 'AlbConfig', namespace: '', name: 'cafe' });
      bench.changed();
    },
  ),
];

describe('a death at any call', () => {
  for (const [index, one] of workloads.entries()) {
    for (const lost of whole ? [false, true] : [index % 2 === 0]) {
      it(`leaves no trace while ${one.name}, ${lost ? 'the call done' : 'the call not done'}`, async () => {
        // The samples of no two workloads are at the same places.
        const from = whole ? 0 : 3 + ((index * 5) % 17);
        // So many calls it takes at least: a workload that made none would prove nothing.
        expect(await dieEverywhere(one, { lost, from, stride })).toBeGreaterThan(whole ? 15 : 0);
      }, 600_000);
    }
  }
});

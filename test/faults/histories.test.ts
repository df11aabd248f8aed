/**
 * Random histories: Ingresses come, change and go, endpoints and certificates change, messages are repeated, late or old, the service
 * throttles, loses answers and fails jobs, and does what is not known of it in one way or another. However it went, the cloud ends as if the last wish had been the only one, and a second look calls nothing.
 */
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { nameOf } from '#shared/kube/paths.ts';
import type { KubeObject } from '#shared/kube/port.ts';
import { aCafe, anEndpointSlice, anIngressOf, podIp, serviceName, zones } from '#test/support/cafe.ts';
import { aFault, anySettings, aRepeat, expectEndOf, putFault, repeat, setSlice } from '#test/support/histories.ts';
import { anAlbConfig, anIngress, aPath, toService } from '#test/support/objects.ts';
import { rewrite } from '#test/support/rewrite.ts';
import { whole } from '#test/support/whole.ts';
import { createWorkbench, type Workbench } from '#test/support/workbench.ts';

const services = 3;
const pods = 4;

/** What the Ingress of a Service may say, and whether it names an answering rule too. */
const sayings: readonly ((service: string) => Readonly<Record<string, string>>)[] = [
  () => ({}),
  (service) => ({ [`conditions.${service}`]: '[{"type":"Header","headerConfig":{"key":"x-taste","values":["sweet"]}}]' }),
  (service) => ({ [`conditions.${service}`]: '[{"type":"Header","headerConfig":{"key":"x-taste","values":["bitter"]}}]' }),
  (service) => ({
    [`conditions.${service}`]: JSON.stringify([
      { type: 'SourceIp', sourceIpConfig: { values: Array.from({ length: 20 }, (_, at) => `10.1.${at}.0/24`) } },
    ]),
  }),
  () => ({ 'traffic-limit-qps': '100', order: '1' }),
  () => ({ 'listen-ports': '[{"HTTP":80},{"HTTPS":443}]' }),
  () => ({ 'listen-ports': '[{"HTTP":80},{"HTTPS":443}]', 'ssl-redirect': 'true' }),
  () => ({
    'actions.marked': '[{"type":"InsertHeader","InsertHeaderConfig":{"key":"x-marked","value":"yes","valueType":"UserDefined"}}]',
    'rule-direction.marked': 'Response',
  }),
];

const ingressSaying = (index: number, saying: number): KubeObject => {
  const annotations = sayings[saying]?.(serviceName(index)) ?? {};
  const { name } = anIngressOf(index).metadata;
  const answering = 'actions.marked' in annotations;
  const paths = [aPath('/', serviceName(index)), aPath('/menu', serviceName((index % services) + 1))];
  const marked = { path: '/', pathType: 'Prefix' as const, backend: toService('marked', 'use-annotation') };
  return anIngress({ name, host: `host-${index}.example.com`, paths: answering ? [...paths, marked] : paths, annotations });
};

/** Beside the Ingresses that come and go: one that stays, and what its canary says while it is there. */
const stable = anIngress({ name: 'stable', host: 'stable.example.com', paths: [aPath('/', serviceName(1))] });
const canaries: readonly (Readonly<Record<string, string>> | undefined)[] = [
  undefined,
  { 'canary-weight': '20' },
  { 'canary-weight': '50' },
  { 'canary-by-header': 'x-canary' },
];
const canarySaying = (annotations: Readonly<Record<string, string>>): KubeObject =>
  anIngress({
    name: 'canary',
    host: 'stable.example.com',
    paths: [aPath('/', serviceName(2))],
    annotations: { canary: 'true', ...annotations },
  });

const albConfigWith = (certificate: number): KubeObject =>
  anAlbConfig({
    spec: {
      config: zones,
      listeners: [
        { port: 80, protocol: 'HTTP' },
        { port: 443, protocol: 'HTTPS', certificates: [{ CertificateId: `${certificate}-cn-local`, IsDefault: true }] },
      ],
    },
  });

type Step =
  /** Absent: it is not wanted. */
  | { readonly kind: 'ingress'; readonly index: number; readonly saying: number | undefined }
  | { readonly kind: 'canary'; readonly saying: number }
  | { readonly kind: 'certificate'; readonly certificate: number }
  | { readonly kind: 'endpoints'; readonly index: number; readonly pods: readonly number[] }
  | { readonly kind: 'repeat'; readonly what: 'changed' | 'resync' | 'members' | 'old-step'; readonly index: number }
  | { readonly kind: 'sweep' }
  | { readonly kind: 'fault'; readonly fault: string; readonly action: string }
  | { readonly kind: 'settle' };

const index = fc.integer({ min: 1, max: services });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('ingress' as const),
      index,
      saying: fc.option(fc.nat({ max: sayings.length - 1 }), { nil: undefined, freq: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('canary' as const), saying: fc.nat({ max: canaries.length - 1 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('certificate' as const), certificate: fc.constantFrom(1, 2) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('endpoints' as const),
      index,
      pods: fc.uniqueArray(fc.integer({ min: 0, max: pods - 1 }), { maxLength: pods }),
    }),
  },
  {
    weight: 2,
    arbitrary: aRepeat(index),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'sweep' as const }) },
  {
    weight: 3,
    arbitrary: aFault(
      'CreateServerGroup',
      'AddServersToServerGroup',
      'ReplaceServersInServerGroup',
      'CreateRules',
      'UpdateRulesAttribute',
      'DeleteRules',
      'UpdateListenerAttribute',
      'ListRules',
      'CreateListener',
      'CreateLoadBalancer',
      'ListAsynJobs',
      'DeleteServerGroup',
      'DescribeNetworkInterfaces',
    ),
  },
  { weight: 3, arbitrary: fc.constant({ kind: 'settle' as const }) },
);

interface Wanted {
  /** By Service, what its Ingress says. */
  readonly ingresses: Map<number, number>;
  readonly endpoints: Map<number, readonly number[]>;
  canary: number;
  certificate: number;
}

const slicePods = (wanted: Wanted, service: number): readonly string[] =>
  (wanted.endpoints.get(service) ?? [0]).map((pod) => podIp(service, pod));

async function play(bench: Workbench, wanted: Wanted, one: Step): Promise<void> {
  if (one.kind === 'settle') await bench.settle();
  else if (one.kind === 'sweep') await bench.sweep();
  else if (one.kind === 'ingress') await setIngress(bench, wanted, one.index, one.saying);
  else if (one.kind === 'canary') await setCanary(bench, wanted, one.saying);
  else if (one.kind === 'certificate') await setCertificate(bench, wanted, one.certificate);
  else if (one.kind === 'endpoints') await setEndpoints(bench, wanted, one);
  else if (one.kind === 'fault') await putFault(bench, one);
  else repeat(bench, one, { step: 'rule', phase: 'apply' });
}

/** Writes an object or removes it, and tells of it. */
async function write(bench: Workbench, name: ReturnType<typeof nameOf>, object: KubeObject | undefined): Promise<void> {
  await rewrite(bench, name, object);
  bench.changed();
}

async function setIngress(bench: Workbench, wanted: Wanted, service: number, saying: number | undefined): Promise<void> {
  if (saying === undefined) wanted.ingresses.delete(service);
  else wanted.ingresses.set(service, saying);
  await write(bench, nameOf(anIngressOf(service)), saying === undefined ? undefined : ingressSaying(service, saying));
}

async function setCanary(bench: Workbench, wanted: Wanted, saying: number): Promise<void> {
  wanted.canary = saying;
  const annotations = canaries[saying];
  await write(bench, nameOf(canarySaying({})), annotations === undefined ? undefined : canarySaying(annotations));
}

async function setCertificate(bench: Workbench, wanted: Wanted, certificate: number): Promise<void> {
  wanted.certificate = certificate;
  await write(bench, nameOf(albConfigWith(certificate)), albConfigWith(certificate));
}

async function setEndpoints(
  bench: Workbench,
  wanted: Wanted,
  one: { readonly index: number; readonly pods: readonly number[] },
): Promise<void> {
  wanted.endpoints.set(one.index, one.pods);
  const service = serviceName(one.index);
  await setSlice(bench, service, anEndpointSlice(service, slicePods(wanted, one.index)));
}

/** A cluster with all Services, one pod each, and the given Ingresses. */
async function open(wanted: Wanted, settings: unknown): Promise<Workbench> {
  const { objects, pods: addresses } = aCafe(services, 1);
  const kept = objects
    .filter((one) => one.kind !== 'Ingress' && one.kind !== 'AlbConfig')
    .map((one) => {
      const service = Array.from({ length: services }, (_, at) => at + 1).find((at) => one.metadata.name === `${serviceName(at)}-slice`);
      return service === undefined ? one : anEndpointSlice(serviceName(service), slicePods(wanted, service));
    });
  const canary = canaries[wanted.canary];
  const ingresses = [...wanted.ingresses].map(([service, saying]) => ingressSaying(service, saying));
  const weighed = canary === undefined ? [] : [canarySaying(canary)];
  const bench = await createWorkbench([...kept, albConfigWith(wanted.certificate), stable, ...ingresses, ...weighed], addresses, settings);
  bench.resync();
  return bench;
}

describe('any history', () => {
  it('ends in what the last wish alone would have made', async () => {
    const runs = whole ? 400 : 12;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), anySettings, async (steps, settings) => {
        const wanted: Wanted = { ingresses: new Map([[1, 0]]), endpoints: new Map(), canary: 0, certificate: 1 };
        const lived = await open(wanted, settings);
        for (const one of steps) await play(lived, wanted, one);
        await lived.settle();
        await lived.alb.put('faults', []);
        await expectEndOf(lived, () => open(wanted, settings));
      }),
      { numRuns: runs, endOnFailure: !whole },
    );
  }, 600_000);
});

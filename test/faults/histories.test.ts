/**
 * Random histories: Ingresses come, change and go, endpoints and certificates change, messages are repeated, late or old, the service
 * throttles, loses answers and fails jobs, and does what is not known of it in one way or another. However it went, the cloud ends as if the last wish had been the only one, and a second look calls nothing.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nameOf } from '#shared/kube/paths.ts';
import type { KubeObject } from '#shared/kube/port.ts';
import { aCafe, anEndpointSlice, anIngressOf, podIp, serviceName, zones } from '#test/support/cafe.ts';
import { cloudShape } from '#test/support/cloud-shape.ts';
import { anAlbConfig, anIngress, aPath, toService } from '#test/support/objects.ts';
import { rewrite } from '#test/support/rewrite.ts';
import { rowsOfPairs } from '#test/support/switch-rows.ts';
import { settingsOfRow } from '#test/support/switches.ts';
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
    arbitrary: fc.record({
      kind: fc.constant('repeat' as const),
      what: fc.constantFrom('changed' as const, 'resync' as const, 'members' as const, 'old-step' as const),
      index,
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'sweep' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('fault' as const),
      fault: fc.constantFrom('throttle', 'lost-answer', 'failed-job', 'reset', 'html'),
      action: fc.constantFrom(
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
    }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: 'settle' as const }) },
);

/** Rows of the emulator's switches; 0: none is turned. */
const rows = fc.constantFrom(0, ...rowsOfPairs);

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
  else if (one.kind === 'fault') await bench.alb.put('faults', [{ match: { action: one.action }, times: 1, kind: one.fault }]);
  else if (one.what === 'changed') bench.changed();
  else if (one.what === 'resync') bench.resync();
  else if (one.what === 'members') bench.membersChanged('shop', serviceName(one.index));
  else
    bench.send({ type: 'albeit.step.requested', version: 1, key: bench.key, step: 'rule', phase: 'apply', chain: 'last-week', attempt: 0 });
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
  const slice = anEndpointSlice(serviceName(one.index), slicePods(wanted, one.index));
  await bench.kube.mergePatch({ kind: 'EndpointSlice', namespace: 'shop', name: slice.metadata.name }, { endpoints: slice.endpoints });
  bench.membersChanged('shop', serviceName(one.index));
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
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), rows, async (steps, row) => {
        const settings = row === 0 ? {} : settingsOfRow(row);
        const wanted: Wanted = { ingresses: new Map([[1, 0]]), endpoints: new Map(), canary: 0, certificate: 1 };
        const lived = await open(wanted, settings);
        for (const one of steps) await play(lived, wanted, one);
        await lived.settle();
        await lived.alb.put('faults', []);
        // What a message could not repair because its sender gave up is the sweep's to find.
        await lived.sweep();
        await lived.settle();
        const direct = await open(wanted, settings);
        await direct.settle();
        expect(await cloudShape(lived.alb)).toEqual(await cloudShape(direct.alb));
        await lived.calls();
        lived.resync();
        await lived.settle();
        expect((await lived.calls()).map((call) => call.action)).toEqual([]);
        await Promise.all([lived.stop(), direct.stop()]);
      }),
      { numRuns: runs, endOnFailure: !whole },
    );
  }, 600_000);
});

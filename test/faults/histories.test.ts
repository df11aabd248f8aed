/**
 * Random histories: Ingresses come and go, endpoints change, messages are repeated, late or old, the service throttles, loses answers and
 * fails jobs. However it went, the cloud ends as if the last wish had been the only one, and a second look calls nothing.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aCafe, anEndpointSlice, anIngressOf, podIp, serviceName } from '#test/support/cafe.ts';
import { cloudShape } from '#test/support/cloud-shape.ts';
import { createWorkbench, type Workbench } from '#test/support/workbench.ts';

const services = 3;
const pods = 4;

type Step =
  | { readonly kind: 'ingress'; readonly index: number; readonly wanted: boolean }
  | { readonly kind: 'endpoints'; readonly index: number; readonly pods: readonly number[] }
  | { readonly kind: 'repeat'; readonly what: 'changed' | 'resync' | 'members' | 'old-step'; readonly index: number }
  | { readonly kind: 'sweep' }
  | { readonly kind: 'fault'; readonly fault: string; readonly action: string }
  | { readonly kind: 'settle' };

const index = fc.integer({ min: 1, max: services });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('ingress' as const), index, wanted: fc.boolean() }) },
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
        'DeleteRules',
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

/** Switches of the emulator for what is not known about the service. */
const switches = fc.record({
  updatePriorityCheck: fc.constantFrom('end-state', 'each-step'),
  creatingGroupAcceptsServers: fc.boolean(),
  referenceLingerMs: fc.constantFrom(0, 500, 4000),
});

interface Wanted {
  readonly ingresses: Set<number>;
  readonly endpoints: Map<number, readonly number[]>;
}

const slicePods = (wanted: Wanted, service: number): readonly string[] =>
  (wanted.endpoints.get(service) ?? [0]).map((pod) => podIp(service, pod));

async function play(bench: Workbench, wanted: Wanted, one: Step): Promise<void> {
  if (one.kind === 'settle') await bench.settle();
  else if (one.kind === 'sweep') await bench.sweep();
  else if (one.kind === 'ingress') await setIngress(bench, wanted, one.index, one.wanted);
  else if (one.kind === 'endpoints') await setEndpoints(bench, wanted, one);
  else if (one.kind === 'fault') await bench.alb.put('faults', [{ match: { action: one.action }, times: 1, kind: one.fault }]);
  else if (one.what === 'changed') bench.changed();
  else if (one.what === 'resync') bench.resync();
  else if (one.what === 'members') bench.membersChanged('shop', serviceName(one.index));
  else
    bench.send({ type: 'albeit.step.requested', version: 1, key: bench.key, step: 'rule', phase: 'apply', chain: 'last-week', attempt: 0 });
}

async function setIngress(bench: Workbench, wanted: Wanted, service: number, present: boolean): Promise<void> {
  if (present === wanted.ingresses.has(service)) return;
  if (present) {
    wanted.ingresses.add(service);
    await bench.kube.create(anIngressOf(service));
  } else {
    wanted.ingresses.delete(service);
    await bench.kube.remove({ kind: 'Ingress', namespace: 'shop', name: anIngressOf(service).metadata.name });
  }
  bench.changed();
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
    .filter((one) => one.kind !== 'Ingress')
    .map((one) => {
      const service = Array.from({ length: services }, (_, at) => at + 1).find((at) => one.metadata.name === `${serviceName(at)}-slice`);
      return service === undefined ? one : anEndpointSlice(serviceName(service), slicePods(wanted, service));
    });
  const bench = await createWorkbench([...kept, ...[...wanted.ingresses].map(anIngressOf)], addresses, settings);
  bench.resync();
  return bench;
}

describe('any history', () => {
  it('ends in what the last wish alone would have made', async () => {
    const runs = process.env['WHOLE_TESTS'] === undefined ? 25 : 400;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), switches, async (steps, settings) => {
        const wanted: Wanted = { ingresses: new Set([1]), endpoints: new Map() };
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
      { numRuns: runs, endOnFailure: process.env['WHOLE_TESTS'] === undefined },
    );
  }, 600_000);
});

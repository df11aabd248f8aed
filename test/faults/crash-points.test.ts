/**
 * An invocation dies at every one of its calls in turn, with the call done or not done: the queue delivers again, a successor takes over when
 * the claim has run out, and the cloud ends as if nothing had happened. Then a second look calls nothing.
 */
import { describe, expect, it } from 'vitest';
import { aCafe, anEndpointSlice, anIngressOf, type Cafe, podIp, serviceName } from '#test/support/cafe.ts';
import { dieEverywhere, type Workload } from '#test/support/deaths.ts';
import { aService } from '#test/support/objects.ts';
import { switches } from '#test/support/switches.ts';
import { whole } from '#test/support/whole.ts';
import type { Workbench } from '#test/support/workbench.ts';

/** Every call in turn takes minutes on two cores: `npm run test:all` does, `npm test` takes every ninth. */
const stride = whole ? 1 : 13;

/** So many Ingresses; addresses for one Service more. */
function cafeOf(ingresses: number): Cafe {
  const { objects, pods } = aCafe(ingresses);
  return { objects, pods: [...pods, podIp(2, 0)] };
}

async function addAnother(bench: Workbench): Promise<void> {
  await bench.kube.create(aService(serviceName(2)));
  await bench.kube.create(anEndpointSlice(serviceName(2), [podIp(2, 0)]));
  await bench.kube.create(anIngressOf(2));
  bench.changed();
}

const workloads: readonly Workload[] = [
  { name: 'a first Ingress', ...cafeOf(1) },
  {
    name: 'one Ingress more',
    ...cafeOf(1),
    change: addAnother,
  },
  {
    name: 'one Ingress more, tokens being forgotten at once,',
    ...cafeOf(1),
    settings: switches['tokens forgotten at once'],
    change: addAnother,
  },
  {
    name: 'an endpoint exchanged',
    ...cafeOf(1),
    async change(bench) {
      const slice = anEndpointSlice(serviceName(1), [podIp(1, 1), podIp(1, 2), podIp(1, 3)]);
      await bench.kube.mergePatch({ kind: 'EndpointSlice', namespace: 'shop', name: slice.metadata.name }, { endpoints: slice.endpoints });
      bench.membersChanged('shop', serviceName(1));
    },
  },
  {
    name: 'an Ingress removed',
    ...cafeOf(2),
    async change(bench) {
      await bench.kube.remove({ kind: 'Ingress', namespace: 'shop', name: 'ingress-002' });
      bench.changed();
    },
  },
  {
    name: 'the AlbConfig removed',
    ...cafeOf(2),
    async change(bench) {
      await bench.kube.remove({ kind: 'AlbConfig', namespace: '', name: 'cafe' });
      bench.changed();
    },
  },
];

describe('a death at any call', () => {
  for (const workload of workloads) {
    for (const lost of [false, true]) {
      it(`leaves no trace while ${workload.name} is worked on, ${lost ? 'the call done' : 'the call not done'}`, async () => {
        // So many calls it takes at least: a workload that made none would prove nothing.
        expect(await dieEverywhere(workload, { lost, stride })).toBeGreaterThan(10 / stride);
      }, 180_000);
    }
  }
});

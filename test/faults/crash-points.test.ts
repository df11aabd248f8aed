/**
 * An invocation dies at every one of its calls in turn, with the call done or not done: the queue delivers again, a successor takes over when
 * the claim has run out, and the cloud ends as if nothing had happened. Then a second look calls nothing.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { aCafe, anEndpointSlice, anIngressOf, podIp, serviceName } from '#test/support/cafe.ts';
import { cloudShape } from '#test/support/cloud-shape.ts';
import { aService } from '#test/support/objects.ts';
import { createWorkbench, type Workbench } from '#test/support/workbench.ts';

/** Every call in turn takes minutes on two cores: `npm run test:all` does, `npm test` takes every fifth. */
const stride = process.env['WHOLE_TESTS'] === undefined ? 5 : 1;

interface Workload {
  readonly name: string;
  readonly ingresses: number;
  /** What happens after the first Ingresses are live; absent: their creation is the workload. */
  change?(bench: Workbench): Promise<void>;
}

const workloads: readonly Workload[] = [
  { name: 'a first Ingress', ingresses: 1 },
  {
    name: 'one Ingress more',
    ingresses: 1,
    async change(bench) {
      await bench.kube.create(aService(serviceName(2)));
      await bench.kube.create(anEndpointSlice(serviceName(2), [podIp(2, 0)]));
      await bench.kube.create(anIngressOf(2));
      bench.changed();
    },
  },
  {
    name: 'an endpoint exchanged',
    ingresses: 1,
    async change(bench) {
      const slice = anEndpointSlice(serviceName(1), [podIp(1, 1), podIp(1, 2), podIp(1, 3)]);
      await bench.kube.mergePatch({ kind: 'EndpointSlice', namespace: 'shop', name: slice.metadata.name }, { endpoints: slice.endpoints });
      bench.membersChanged('shop', serviceName(1));
    },
  },
  {
    name: 'an Ingress removed',
    ingresses: 2,
    async change(bench) {
      await bench.kube.remove({ kind: 'Ingress', namespace: 'shop', name: 'ingress-002' });
      bench.changed();
    },
  },
  {
    name: 'the AlbConfig removed',
    ingresses: 2,
    async change(bench) {
      await bench.kube.remove({ kind: 'AlbConfig', namespace: '', name: 'cafe' });
      bench.changed();
    },
  },
];

const open: Workbench[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((bench) => bench.stop()));
});

async function prepare(workload: Workload): Promise<Workbench> {
  const { objects, pods } = aCafe(workload.ingresses);
  const bench = await createWorkbench(objects, [...pods, podIp(2, 0)]);
  open.push(bench);
  bench.resync();
  if (workload.change !== undefined) {
    await bench.settle();
    await workload.change(bench);
  }
  return bench;
}

/** Ends in the same state and finds nothing more to do, or says what differs. */
/** What is left anywhere: in the cloud, and of records. */
const remains = async (bench: Workbench): Promise<unknown> => ({
  cloud: await cloudShape(bench.alb),
  records: bench.kube
    .held('Lease')
    .map((one) => one.metadata.name)
    .sort(),
});

async function survive(workload: Workload, at: number, lost: boolean, wanted: unknown): Promise<boolean> {
  const bench = await prepare(workload);
  bench.dieAfter(at, lost);
  await bench.settle();
  const died = bench.died();
  const where = `death at call ${at}${lost ? ', answer lost' : ''}`;
  expect(await remains(bench), where).toEqual(wanted);
  await bench.calls();
  bench.resync();
  await bench.settle();
  expect(
    (await bench.calls()).map((one) => one.action),
    `${where}: a second look`,
  ).toEqual([]);
  await bench.stop();
  return died;
}

describe('a death at any call', () => {
  for (const workload of workloads) {
    for (const lost of [false, true]) {
      it(`leaves no trace while ${workload.name} is worked on, ${lost ? 'the call done' : 'the call not done'}`, async () => {
        const undisturbed = await prepare(workload);
        await undisturbed.settle();
        const wanted = await remains(undisturbed);
        let at = 0;
        while (await survive(workload, at, lost, wanted)) at += stride;
        // So many calls it takes at least: a workload that made none would prove nothing.
        expect(at).toBeGreaterThan(10);
      }, 180_000);
    }
  }
});

/**
 * An invocation of the member lane dies at every one of its calls in turn, with the call done or not done. Nothing is saved between the claim
 * and the write: whoever takes over knows from the claim alone that he must look.
 */
import { describe, expect, it } from 'vitest';
import { aCafe, anEndpointSlice, podIp, serviceName } from '#test/support/cafe.ts';
import { dieEverywhere, type Workload } from '#test/support/deaths.ts';
import { switches } from '#test/support/switches.ts';
import { whole } from '#test/support/whole.ts';
import { createWorkbench, type Workbench } from '#test/support/workbench.ts';

async function endpointsBecome(bench: Workbench, service: number, pods: readonly number[]): Promise<void> {
  const slice = anEndpointSlice(
    serviceName(service),
    pods.map((pod) => podIp(service, pod)),
  );
  await bench.kube.mergePatch({ kind: 'EndpointSlice', namespace: 'shop', name: slice.metadata.name }, { endpoints: slice.endpoints });
  bench.membersChanged('shop', serviceName(service));
}

const changes: Readonly<Record<string, (bench: Workbench) => Promise<void>>> = {
  'an endpoint is added': (bench) => endpointsBecome(bench, 1, [0, 1, 2, 3]),
  'all endpoints are exchanged': (bench) => endpointsBecome(bench, 1, [3, 4, 5]),
  'all endpoints go': (bench) => endpointsBecome(bench, 1, []),
  'two Services change in one batch': async (bench) => {
    await endpointsBecome(bench, 1, [0, 3]);
    await endpointsBecome(bench, 2, [1, 2, 4]);
  },
};

/** Every so manieth call; every call in turn takes a minute on two cores, so `npm test` leaves some out, and some ways to die. */
const settings: Readonly<Record<string, { readonly own: unknown; readonly stride: number }>> = {
  'as usual': { own: {}, stride: whole ? 1 : 6 },
  'slow work': { own: switches['slow work'], stride: whole ? 1 : 17 },
  'tokens forgotten at once': { own: switches['tokens forgotten at once'], stride: whole ? 1 : 13 },
};

/** Servers of the one Service, as the emulated ALB holds them. */
async function registered({ alb }: Workbench): Promise<readonly string[]> {
  const groups = ((await alb.state())['serverGroups'] ?? []) as readonly { readonly Servers: readonly { readonly ServerIp: string }[] }[]; // the snapshot's shape
  return groups.flatMap((group) => group.Servers.map((server) => server.ServerIp)).sort();
}

const returnStride = whole ? 1 : 2;

const [former, other] = [
  [0, 1, 2],
  [2, 3, 4],
];

/** The endpoints change, whoever applies it dies, and they change back before anybody takes over. False: it made fewer calls. */
async function changeAndReturn(at: number, lost: boolean): Promise<boolean> {
  const { objects, pods } = aCafe(1);
  const bench = await createWorkbench(objects, pods);
  try {
    bench.resync();
    await bench.settle();
    await endpointsBecome(bench, 1, other);
    bench.dieAfter(at, lost);
    let returned = false;
    await bench.settle(async () => {
      if (!bench.died() || returned) return;
      returned = true;
      await endpointsBecome(bench, 1, former);
    });
    const where = `death at call ${at}${lost ? ', answer lost' : ''}`;
    const wanted = returned ? former : other;
    expect(await registered(bench), where).toEqual(wanted.map((pod) => podIp(1, pod)));
    return bench.died();
  } finally {
    await bench.stop();
  }
}

/** Each change under each setting; by default half of the ways to die where work is not as usual. */
const deaths = Object.entries(changes).flatMap(([what, change], index) =>
  Object.entries(settings).flatMap(([how, { own, stride }]) => {
    const workload: Workload = { name: what, ...aCafe(2), settings: own, change };
    const ways = whole || how === 'as usual' ? [false, true] : [index % 2 === 0];
    return ways.map((lost) => ({ what, how, lost, stride, workload }));
  }),
);

describe('a death in the member lane', () => {
  for (const { what, how, lost, stride, workload } of deaths) {
    it(`leaves no trace when ${what}, ${how}, ${lost ? 'the call done' : 'the call not done'}`, async () => {
      // Claim, endpoints, write and release at least.
      expect(await dieEverywhere(workload, { lost, from: lost ? 1 : 0, stride })).toBeGreaterThanOrEqual(4 / stride);
    }, 60_000);
  }

  for (const lost of [false, true]) {
    it(`is noticed by who takes over when the endpoints are again as its record says, ${lost ? 'the call done' : 'the call not done'}`, async () => {
      let times = 0;
      while (await changeAndReturn(times * returnStride, lost)) times += 1;
      expect(times * returnStride).toBeGreaterThanOrEqual(5);
    }, 60_000);
  }
});

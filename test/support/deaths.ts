/** Deaths: a workload in which an invocation dies at one of its calls, and what must come of it all the same. */
import { expect } from 'vitest';
import type { KubeObject } from '#shared/kube/port.ts';
import { cloudShape } from './cloud-shape.ts';
import { whole } from './whole.ts';
import { createWorkbench, type Workbench } from './workbench.ts';

export interface Workload {
  readonly name: string;
  readonly objects: readonly KubeObject[];
  /** Addresses of pods that the cloud knows. */
  readonly pods: readonly string[];
  /** Of the emulated ALB. */
  readonly settings?: unknown;
  /** What happens after the objects are live; absent: their creation is the workload. */
  change?(bench: Workbench): Promise<void>;
}

/** What is left anywhere: in the cloud, and of records. */
const remains = async (bench: Workbench): Promise<unknown> => ({
  cloud: await cloudShape(bench.alb),
  records: bench.kube
    .held('Lease')
    .map((one) => one.metadata.name)
    .sort(),
});

async function prepare({ objects, pods, settings, change }: Workload): Promise<Workbench> {
  const bench = await createWorkbench(objects, pods, settings);
  bench.resync();
  if (change !== undefined) {
    await bench.settle();
    await change(bench);
  }
  return bench;
}

/** Where workloads end that nobody disturbs: the same for every way to die in one. */
const ends = new WeakMap<Workload, Promise<unknown>>();

async function undisturbed(workload: Workload): Promise<unknown> {
  const bench = await prepare(workload);
  try {
    await bench.settle();
    return await remains(bench);
  } finally {
    await bench.stop();
  }
}

interface Death {
  /** Calls that are made before. */
  readonly at: number;
  /** The call is done, and only its answer is lost. */
  readonly lost: boolean;
}

/** Ends in `wanted` and finds nothing more to do, or says what differs. False: the workload makes fewer calls. */
async function survive(workload: Workload, { at, lost }: Death, wanted: unknown): Promise<boolean> {
  const bench = await prepare(workload);
  try {
    bench.dieAfter(at, lost);
    await bench.settle();
    const where = `death at call ${at}${lost ? ', answer lost' : ''}`;
    expect(await remains(bench), where).toEqual(wanted);
    await bench.calls();
    bench.resync();
    await bench.settle();
    expect(
      (await bench.calls()).map((one) => one.action),
      `${where}: a second look`,
    ).toEqual([]);
    return bench.died();
  } finally {
    await bench.stop();
  }
}

/** Dies at every call in turn, or from the one numbered `from` on at every so manieth. Answers how often it died. */
export async function dieEverywhere(
  workload: Workload,
  { lost, from = 0, stride }: { readonly lost: boolean; readonly from?: number; readonly stride: number },
): Promise<number> {
  const known = ends.get(workload) ?? undisturbed(workload);
  ends.set(workload, known);
  const wanted = await known;
  let deaths = 0;
  while (await survive(workload, { at: from + deaths * stride, lost }, wanted)) deaths += 1;
  if (whole) console.log(`${workload.name}: ${deaths} points of death`);
  return deaths;
}

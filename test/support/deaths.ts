/** Deaths: a workload in which an invocation dies at one of its calls, and what must come of it all the same. */
import { expect } from 'vitest';
import type { KubeObject } from '#shared/kube/port.ts';
import { cloudShape } from './cloud-shape.ts';
import { createWorkbench, type Workbench } from './workbench.ts';

export interface Workload {
  readonly name: string;
  readonly objects: readonly KubeObject[];
  /** Addresses of pods that the cloud knows. */
  readonly pods: readonly string[];
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

async function prepare({ objects, pods, change }: Workload): Promise<Workbench> {
  const bench = await createWorkbench(objects, pods);
  bench.resync();
  if (change !== undefined) {
    await bench.settle();
    await change(bench);
  }
  return bench;
}

/** Where a workload ends that nobody disturbs. */
export async function undisturbed(workload: Workload): Promise<unknown> {
  const bench = await prepare(workload);
  try {
    await bench.settle();
    return await remains(bench);
  } finally {
    await bench.stop();
  }
}

export interface Death {
  /** Calls that are made before. */
  readonly at: number;
  /** The call is done, and only its answer is lost. */
  readonly lost: boolean;
}

/** Ends in `wanted` and finds nothing more to do, or says what differs. False: the workload makes fewer calls. */
export async function survive(workload: Workload, { at, lost }: Death, wanted: unknown): Promise<boolean> {
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

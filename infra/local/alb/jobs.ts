/** Asynchronous work: the call answers at once, the job ends later, well or with a failure that a fault asked for. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../openapi/clock.ts';
import type { JobRecord } from './records.ts';
import type { State } from './state.ts';

interface Work extends Pick<JobRecord, 'apiName' | 'operateType' | 'resourceType' | 'resourceId'> {
  readonly takesMs: number;
  /** Set by a fault: the job ends as Failed with this code. */
  readonly failWith: string | undefined;
  /** Makes it so. Must stand that what it is about is gone. */
  done(): void;
  /** Puts back what was there before. */
  undone(): void;
}

export interface Jobs {
  /** Starts the work; answers the id that ListAsynJobs knows it by. */
  start(work: Work): string;
  /** Calls off all timers. */
  stop(): void;
}

/** Ended jobs are forgotten beyond this many. */
const keep = 5000;

/** No jobs yet. */
export function createJobs(clock: Clock, state: State): Jobs {
  const timers = new Set<() => void>();
  const forgetOld = () => {
    const ended = state.jobs.all().filter((job) => job.status !== 'Processing');
    for (const job of ended.slice(0, Math.max(0, ended.length - keep))) state.jobs.remove(job.id);
  };
  const end = (id: string, work: Work) => {
    const outcome =
      work.failWith === undefined ? ({ status: 'Succeeded' } as const) : ({ status: 'Failed', errorCode: work.failWith } as const);
    if (work.failWith === undefined) work.done();
    else work.undone();
    state.jobs.change(id, (job) => ({ ...job, ...outcome, modifiedAt: clock.now() }));
    forgetOld();
  };
  return {
    start(work) {
      const id = randomUUID();
      const { apiName, operateType, resourceType, resourceId } = work;
      const now = clock.now();
      state.jobs.put({
        id,
        seq: state.nextSeq(),
        apiName,
        operateType,
        resourceType,
        resourceId,
        status: 'Processing',
        createdAt: now,
        modifiedAt: now,
      });
      const cancel = clock.after(work.takesMs, () => {
        timers.delete(cancel);
        end(id, work);
      });
      timers.add(cancel);
      return id;
    },
    stop: () => {
      for (const cancel of timers) cancel();
      timers.clear();
    },
  };
}

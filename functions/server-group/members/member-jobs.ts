/** Jobs of the service that change servers: asked about once for all groups of a batch. */
import type { Job } from '#shared/cloud/alb/port.ts';
import { done, type Outcome } from '#shared/step/outcome.ts';
import type { GroupMembers } from '#shared/step/record.ts';
import type { Workshop } from '#shared/step/workshop.ts';
import { asObserved, type GroupWork } from './group-work.ts';
import { type Lane, remember } from './lane.ts';

interface Pending {
  readonly lane: Lane;
  readonly work: GroupWork;
  readonly members: GroupMembers;
  readonly jobId: string;
}

/** Groups with a job that is not known to have ended. */
export const pendingOf = (lanes: readonly Lane[]): readonly Pending[] =>
  lanes.flatMap((lane) =>
    lane.work.flatMap((work) => {
      const members = lane.ledger.members[work.group];
      return work.state === 'pending' && members?.jobId !== undefined ? [{ lane, work, members, jobId: members.jobId }] : [];
    }),
  );

/** The lane waits for a job. */
export const isPending = (lane: Lane): boolean => pendingOf([lane]).length > 0;

/** Begun again, but with growing pauses: what fails every time would otherwise be written every second. */
const outcomeOfFailed = ({ apiText }: { readonly apiText: string }): Outcome => ({
  kind: 'park',
  because: `a job of the service failed${apiText}`,
  problems: [],
});

/** What the end of a job means for its group; nothing while it goes on. */
function settleJob({ lane, work, members }: Pending, job: Job | undefined): void {
  if (job?.status === 'Processing') return;
  const { jobId: _ended, next, servers: _before, ...rest } = members;
  if (job?.status === 'Succeeded' && next !== undefined) {
    remember(lane, work.group, { ...rest, servers: next, registered: next.length });
    work.observed = next.map(asObserved);
    work.listed = false;
    work.state = 'ready';
    work.outcome = done(true);
    return;
  }
  // Failed, or unknown to the service: what is there now must be listed, by the next run.
  remember(lane, work.group, rest);
  work.state = 'settled';
  work.outcome = outcomeOfFailed({ apiText: job?.errorCode === undefined ? '' : `: ${job.errorCode}` });
}

/** Asks about every job of the batch at once. */
export async function digestJobs(lanes: readonly Lane[], at: Workshop): Promise<void> {
  const pending = pendingOf(lanes);
  if (pending.length === 0) return;
  const jobs = new Map((await at.cloud.alb.getJobs(pending.map(({ jobId }) => jobId))).map((job) => [job.jobId, job]));
  for (const one of pending) settleJob(one, jobs.get(one.jobId));
}

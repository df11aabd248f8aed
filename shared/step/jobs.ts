/** Verifying asynchronous work: every unverified job of the record is asked about in one go, ten ids a call. */
import type { Job } from '#shared/cloud/alb/port.ts';
import type { ObjectRef, Problem } from '#shared/problem.ts';
import { forgetStep } from './ledger.ts';
import { type Outcome, wait } from './outcome.ts';
import type { AlbConfigLedger, PendingJob } from './record.ts';
import type { Scene } from './scene.ts';

const failureOf = (pending: PendingJob, job: Job, owner: ObjectRef): Problem => ({
  code: 'CLOUD-CONFLICT',
  object: owner,
  facts: { action: `job for ${pending.what}`, code: job.errorCode ?? 'Failed', detail: job.errorMessage ?? '' },
});

/** Drops what has succeeded; makes the steps of what has failed look again. A job that the service no longer knows counts as ended. */
export function digestJobs(ledger: AlbConfigLedger, jobs: readonly Job[]): AlbConfigLedger {
  const byId = new Map(jobs.map((job) => [job.jobId, job]));
  const failed = ledger.jobs.filter((one) => byId.get(one.jobId)?.status === 'Failed');
  const rest = { ...ledger, jobs: ledger.jobs.filter((one) => byId.get(one.jobId)?.status === 'Processing') };
  return failed.reduce((left, one) => forgetStep(left, one.step), rest);
}

/** Asks about all unverified jobs. An outcome means: not yet. */
export async function verifyJobs(scene: Scene, owner: ObjectRef): Promise<Outcome | undefined> {
  const pending = scene.ledger.jobs;
  if (pending.length === 0) return undefined;
  const jobs = await scene.cloud.alb.getJobs(pending.map((one) => one.jobId));
  const byId = new Map(jobs.map((job) => [job.jobId, job]));
  for (const one of pending) {
    const job = byId.get(one.jobId);
    if (job?.status === 'Failed') scene.tell(failureOf(one, job, owner));
  }
  scene.remember((ledger) => digestJobs(ledger, jobs));
  return scene.ledger.jobs.length > 0 ? wait(1, `${scene.ledger.jobs.length} job(s) of the service still run`) : undefined;
}

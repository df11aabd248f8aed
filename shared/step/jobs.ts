/** Verifying asynchronous work: every unverified job of the record is asked about in one go, ten ids a call. */
import { type ChainStep, chainSteps, type Phase } from '#events/contract/messages.ts';
import type { Job } from '#shared/cloud/alb/port.ts';
import { classify } from '#shared/cloud/classify.ts';
import type { FailureClass } from '#shared/cloud/failure.ts';
import type { ObjectRef, Problem } from '#shared/problem.ts';
import { forgetLoadBalancer, forgetStep } from './ledger.ts';
import { type Outcome, wait } from './outcome.ts';
import type { AlbConfigLedger, PendingJob } from './record.ts';
import { shortDetail } from './refusal.ts';
import type { Scene } from './scene.ts';

const failureOf = (pending: PendingJob, job: Job, owner: ObjectRef): Problem => ({
  code: 'CLOUD-CONFLICT',
  object: owner,
  facts: { action: `job for ${pending.what}`, code: job.errorCode ?? 'Failed', detail: job.errorMessage ?? '' },
});

/** What says nothing about what a job was to write, whoever writes it next. */
const ofTheMoment: ReadonlySet<FailureClass> = new Set(['throttled', 'busy', 'forbidden']);

/** One of the rules that a failed job was to write may be to blame: they are remembered with what is known of them. */
function suspect(ledger: AlbConfigLedger, { rules }: PendingJob, { errorCode, errorMessage }: Job): AlbConfigLedger {
  if (rules === undefined || ofTheMoment.has(classify(errorCode ?? '', 400))) return ledger;
  const { listener, failures, ...suspects } = rules;
  const job = { failures: failures + 1, code: errorCode ?? '', detail: shortDetail(errorMessage) };
  return { ...ledger, suspects: { ...ledger.suspects, [listener]: { ...suspects, job } } };
}

/** Pending jobs that failed, each with what the service says of it. */
const failuresAmong = (pending: readonly PendingJob[], jobs: readonly Job[]): readonly (readonly [PendingJob, Job])[] =>
  pending.flatMap((one) => jobs.filter((job) => job.jobId === one.jobId && job.status === 'Failed').map((job) => [one, job] as const));

/**
 * Drops what has succeeded; makes the steps of what has failed look again, and look closer at its rules. A job that the service no longer
 * knows counts as ended.
 */
export function digestJobs(ledger: AlbConfigLedger, jobs: readonly Job[]): AlbConfigLedger {
  const running = new Set(jobs.filter((job) => job.status === 'Processing').map((job) => job.jobId));
  const rest: AlbConfigLedger = { ...ledger, jobs: ledger.jobs.filter((one) => running.has(one.jobId)) };
  return failuresAmong(ledger.jobs, jobs).reduce<AlbConfigLedger>(
    (left, [one, job]) => forgetStep(suspect(left, one, job), one.step),
    rest,
  );
}

/** A job for rules of which one had failed before: the next one is for fewer of them, so there is an end to it. */
const narrows = ({ rules }: PendingJob): boolean => rules !== undefined && rules.failures > 0;

/**
 * Whose unverified jobs keep a step from going on. The last step answers for all, and so does whoever takes things down, because what a
 * chain that was broken off has begun must end first; a job is never asked about for its own sake alone.
 */
const gates: Readonly<Record<ChainStep, readonly ChainStep[]>> = {
  instance: ['instance'],
  'server-group': ['server-group'],
  listener: ['listener'],
  rule: chainSteps,
};

/** Balancers take tens of seconds in the cloud and seconds here; asking sooner than this is a wasted call. */
export const firstLookMs = 3000;

/** Learns whether a new load balancer is there yet: its creation has no job to ask about. An outcome means: not yet. */
export async function verifyLoadBalancer(scene: Scene, owner: ObjectRef): Promise<Outcome | undefined> {
  const made = scene.ledger.loadBalancer;
  if (made === undefined || made.active) return undefined;
  const restMs = (made.createdAt ?? 0) + firstLookMs - scene.now();
  if (restMs > 0) return wait(Math.ceil(restMs / 1000), 'the load balancer is being made');
  const found = await scene.cloud.alb.getLoadBalancer(made.id);
  if (found?.status === 'Active' || found?.status === 'Configuring') {
    scene.remember((ledger) => ({ ...ledger, loadBalancer: { ...made, active: true, dnsName: found.dnsName } }));
    return undefined;
  }
  if (found !== undefined && found.status !== 'CreateFailed') return wait(2, `the load balancer is ${found.status}`);
  scene.tell({ code: 'LOAD-BALANCER-FAILED', object: owner, facts: { id: made.id } });
  // The service takes away what it could not make; then there is none, and the chain makes another.
  if (found === undefined && made.createdAt !== undefined) scene.remember(forgetLoadBalancer);
  return { kind: 'park', because: `the load balancer ${made.id} was not made`, problems: [] };
}

/** Begun again, but with growing pauses: what fails every time would otherwise be written every second. */
const outcomeOfFailed = (failed: readonly (readonly [PendingJob, Job])[], owner: ObjectRef): Outcome =>
  failed.every(([one]) => narrows(one))
    ? wait(1, 'a rule that the service does not take is looked for')
    : {
        kind: 'park',
        because: `${failed.length} job(s) of the service failed`,
        problems: failed.map(([one, job]) => failureOf(one, job, owner)),
      };

/** Asks about all unverified jobs at once when one of them keeps this step from going on. An outcome means: not yet. */
export async function verifyJobs(
  scene: Scene,
  at: { readonly step: ChainStep; readonly phase: Phase },
  owner: ObjectRef,
): Promise<Outcome | undefined> {
  const gating = new Set<ChainStep>(at.phase === 'apply' ? gates[at.step] : chainSteps);
  const pending = scene.ledger.jobs;
  if (!pending.some((one) => gating.has(one.step))) return undefined;
  const jobs = await scene.cloud.alb.getJobs(pending.map((one) => one.jobId));
  const failed = failuresAmong(pending, jobs);
  scene.remember((ledger) => digestJobs(ledger, jobs));
  if (failed.length > 0) return outcomeOfFailed(failed, owner);
  const left = scene.ledger.jobs.filter((one) => gating.has(one.step)).length;
  return left > 0 ? wait(1, `${left} job(s) of the service still run`) : undefined;
}

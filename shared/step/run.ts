/**
 * The sentence of every step of the chain, written once: claim the key, read the wish, build the stack, observe, compare, apply, record,
 * pass on. A step supplies its nouns.
 */
import { type AlbConfigKey, type ChainStep, keyText, type Message, type StepRequested } from '#events/contract/messages.ts';
import { readWish } from '#shared/kube/wish-reader.ts';
import { buildStack } from '#shared/model/build-stack.ts';
import type { Stack } from '#shared/model/stack.ts';
import { stepHashes } from '#shared/model/stack-hash.ts';
import type { Wish } from '#shared/model/wish.ts';
import { finalizer, shortHash } from '#shared/ownership.ts';
import type { ObjectRef, Problem } from '#shared/problem.ts';
import { type Hop, hopAfter, type StepHashes, wishHash } from './chain.ts';
import { outcomeOf, staleMemory } from './failure-outcome.ts';
import { guardWrites, OutOfTime } from './guard.ts';
import { verifyJobs, verifyLoadBalancer } from './jobs.ts';
import { beginStep, forgetAll, forgetStep, markApplied, settleSteps } from './ledger.ts';
import type { Noun } from './noun.ts';
import { combine, done, type Outcome, wait } from './outcome.ts';
import { type AlbConfigLedger, emptyAlbConfigLedger, emptyServiceLedger, type ServiceLedger } from './record.ts';
import type { Claim, StoredRecord } from './records.ts';
import { project } from './report.ts';
import type { Scene } from './scene.ts';
import type { Send, Settlement, Workshop } from './workshop.ts';
import { writeReport } from './write-report.ts';

export interface StepDefinition {
  readonly name: ChainStep;
  /** In the order in which they are applied; removed in the other. */
  readonly nouns: readonly Noun[];
}

/** Everything one run knows; the part that nouns see is `scene`. */
interface Run {
  readonly step: StepDefinition;
  readonly request: StepRequested;
  readonly at: Workshop;
  readonly claim: Claim<AlbConfigLedger>;
  readonly wish: Wish;
  readonly stack: Stack;
  readonly hashes: StepHashes;
  readonly scene: Scene;
  readonly problems: Problem[];
  readonly sends: Send[];
}

const refOf = (key: AlbConfigKey): ObjectRef => ({ kind: 'AlbConfig', namespace: '', name: key.name });

/** Runs one step for one AlbConfig and says how its message is to be settled. Throws only when not even the claim could be taken. */
export async function runStep(step: StepDefinition, request: StepRequested, at: Workshop): Promise<Settlement> {
  const claim = await at.records.claim(request.key, at, emptyAlbConfigLedger);
  if (claim === 'taken') return { outcome: done(false), sends: [], facts: { claim: 'taken' } };
  const { underway } = claim.record.ledger;
  if (request.attempt > 0 && underway !== undefined && underway.chain !== request.chain) {
    // Another chain is under way for the same key and will do all there is to do: one poll is enough.
    await claim.release(claim.record.ledger);
    return { outcome: done(false), sends: [], facts: { superseded: underway.chain } };
  }
  const wish = await readWish(at.kube, request.key);
  const stack = buildStack(wish, at.site);
  const run = prepare(step, request, at, claim, wish, stack);
  const outcome = await advance(run).catch((error: unknown) => recover(run, error));
  return conclude(run, outcome);
}

function prepare(step: StepDefinition, request: StepRequested, at: Workshop, claim: Claim<AlbConfigLedger>, wish: Wish, stack: Stack): Run {
  let ledger: AlbConfigLedger = claim.record.ledger;
  let services: Promise<ReadonlyMap<string, StoredRecord<ServiceLedger>>> | undefined;
  const problems: Problem[] = [];
  const sends: Send[] = [];
  const covers = (ms: number): boolean => claim.covers(ms) && at.hasTime(ms);
  const scene: Scene = {
    stack,
    site: at.site,
    cloud: { ...at.cloud, alb: guardWrites(at.cloud.alb, covers) },
    records: at.records,
    services: () => {
      services ??= at.records.list('Service', emptyServiceLedger);
      return services;
    },
    attempt: request.attempt,
    fresh: claim.record.ledger.untouched.includes(step.name),
    get ledger() {
      return ledger;
    },
    remember: (change) => {
      ledger = change(ledger);
    },
    token: (what, body) => `${shortHash(`${keyText(request.key)}|${what}`)}-${ledger.incarnation}-${shortHash(JSON.stringify(body))}`,
    started: (job, what) => {
      if (job !== undefined) ledger = { ...ledger, jobs: [...ledger.jobs, { step: step.name, jobId: job.jobId, what }] };
    },
    ask: (message: Message, delaySeconds: number) => sends.push({ message, delaySeconds }),
    tell: (problem) => problems.push(problem),
    now: () => at.kube.now(),
  };
  return { step, request, at, claim, wish, stack, hashes: stepHashes(stack), scene, problems, sends };
}

async function advance(run: Run): Promise<Outcome> {
  const { scene, step, stack, request } = run;
  if (stack.mode === 'paused' || stack.want === 'hold') return done(false);
  if (stack.mode === 'observe') return observeOnly(run);
  const unverified =
    (await verifyJobs(scene, step.name, refOf(request.key))) ??
    (needsBalancer(run) ? await verifyLoadBalancer(scene, refOf(request.key)) : undefined);
  if (unverified !== undefined) return unverified;
  scene.remember(settleSteps);
  if (stack.want === 'remove' || request.phase !== 'apply') return takeDown(run);
  const { hash, target, applied } = scene.ledger.steps[step.name] ?? {};
  const wanted = run.hashes[step.name];
  if (hash === wanted || (applied === true && target === wanted)) return done(false);
  return applyNouns(run);
}

/** Groups can be made while the balancer is; what stands on it cannot. */
const needsBalancer = ({ step, request, stack }: Run): boolean =>
  request.phase === 'apply' && stack.want === 'present' && (step.name === 'listener' || step.name === 'rule');

async function applyNouns(run: Run): Promise<Outcome> {
  const { scene, step, hashes, claim } = run;
  scene.remember((ledger) => beginStep(ledger, step.name, hashes[step.name]));
  // The hash is gone from the stored record before the first write: a crash after it makes the successor look again.
  await Promise.all([claim.save(scene.ledger), ensureFinalizer(run)]);
  let outcome = done(false);
  for (const noun of step.nouns) {
    outcome = combine(outcome, await noun.apply(scene));
    if (outcome.kind === 'wait' || outcome.kind === 'refuse') return outcome;
  }
  if (outcome.kind !== 'done') return outcome;
  scene.remember((ledger) => settleSteps(markApplied(ledger, step.name)));
  return outcome;
}

/** `collect` and `delete`: the nouns remove what the stack does not want (with `want: remove`, everything). */
async function takeDown(run: Run): Promise<Outcome> {
  let outcome = done(false);
  for (const noun of [...run.step.nouns].reverse()) outcome = combine(outcome, await noun.collect(run.scene));
  return outcome.kind === 'done' && run.scene.ledger.jobs.length > 0 ? wait(1, 'deletion is being carried out') : outcome;
}

/** Shadow mode: the chain runs and says what it would do; nothing is written to the cloud or the record. */
async function observeOnly(run: Run): Promise<Outcome> {
  for (const noun of run.step.nouns) {
    const { kind, create, update, remove } = await noun.differences(run.scene);
    run.at.log.info({ key: keyText(run.request.key), kind, create, update, remove }, 'observe mode: would change');
  }
  return done(false);
}

/** On the AlbConfig while anything of it may exist in the cloud; otherwise its deletion would not wait for us. */
async function ensureFinalizer({ wish, at, request }: Run): Promise<void> {
  const present = wish.albConfig?.metadata.finalizers ?? [];
  if (wish.albConfig === undefined || present.includes(finalizer)) return;
  const metadata = { resourceVersion: wish.albConfig.metadata.resourceVersion, finalizers: [...present, finalizer] };
  await at.kube.mergePatch({ kind: 'AlbConfig', namespace: '', name: request.key.name }, { metadata });
}

function recover(run: Run, error: unknown): Outcome {
  if (error instanceof OutOfTime) return wait(1, error.message);
  const memory = staleMemory(error);
  if (memory === 'step') run.scene.remember((ledger) => forgetStep(ledger, run.step.name));
  if (memory === 'all') run.scene.remember(forgetAll);
  return outcomeOf(error, refOf(run.request.key));
}

function nextHop(run: Run, outcome: Outcome): Hop | undefined {
  if (outcome.kind !== 'done' || run.stack.want === 'hold' || run.stack.mode !== 'manage') return undefined;
  // The wish may have changed its mind since the message was sent: removal starts over at the top, and so does a wish come back.
  const { phase } = run.request;
  if (run.stack.want === 'remove' && phase !== 'delete') return { step: 'instance', phase: 'delete', delaySeconds: 0 };
  if (run.stack.want === 'present' && phase === 'delete') return { step: 'instance', phase: 'apply', delaySeconds: 0 };
  const at = { step: run.step.name, phase };
  return hopAfter(at, run.stack, run.scene.ledger, run.hashes, run.scene.now());
}

async function conclude(run: Run, outcome: Outcome): Promise<Settlement> {
  const { scene, request, at, claim } = run;
  const hop = nextHop(run, outcome);
  const gone = outcome.kind === 'done' && hop === undefined && run.stack.want === 'remove' && request.phase === 'delete';
  if (gone) await dropFinalizer(run);
  const problems = [...run.problems, ...(outcome.kind === 'park' ? outcome.problems : [])];
  const complete = outcome.kind === 'done' && hop === undefined;
  const report = project({ wish: run.wish, stack: run.stack, ledger: scene.ledger, problems, complete, now: scene.now() });
  if (claim.covers(0)) await writeReport(at.kube, request.key, gone ? { ...report, status: {} } : report, at.log);
  const { underway: _former, ...ledger } = scene.ledger;
  const back = outcome.kind === 'wait' || outcome.kind === 'park' ? request.step : hop?.step;
  const underway =
    back === undefined ? {} : { underway: { chain: request.chain, step: back, wish: wishHash(run.hashes), at: scene.now() } };
  const stays: AlbConfigLedger = { ...ledger, reported: report.reported, ...underway };
  const { again } = await claim.release(gone ? tombstoneOf(run) : stays);
  return {
    outcome,
    sends: [...run.sends, ...hopSends(request, hop), ...(again ? [putBack(request.key)] : [])],
    facts: factsOf(run, outcome, hop),
  };
}

/** The last thing that is remembered of a removed AlbConfig: while Ingresses still name it, none is made for them again. */
const tombstoneOf = ({ stack }: Run): AlbConfigLedger | undefined =>
  stack.ingresses.length === 0 ? undefined : { ...emptyAlbConfigLedger, removed: true };

const hopSends = (request: StepRequested, hop: Hop | undefined): Send[] =>
  hop === undefined ? [] : [{ message: { ...request, step: hop.step, phase: hop.phase, attempt: 0 }, delaySeconds: hop.delaySeconds }];

const putBack = (key: AlbConfigKey): Send => ({
  message: { type: 'albeit.object.changed', version: 1, key, reason: 'modified', attempt: 0 },
  delaySeconds: 0,
});

const factsOf = (run: Run, outcome: Outcome, hop: Hop | undefined): Readonly<Record<string, unknown>> => ({
  phase: run.request.phase,
  chain: run.request.chain,
  changed: outcome.kind === 'done' ? outcome.changed : undefined,
  next: hop === undefined ? undefined : `${hop.step}/${hop.phase}`,
  held: run.stack.held.length,
  problems: run.problems.length,
});

async function dropFinalizer({ wish, at, request }: Run): Promise<void> {
  const present = wish.albConfig?.metadata.finalizers;
  if (wish.albConfig === undefined || present === undefined || !present.includes(finalizer)) return;
  const metadata = { resourceVersion: wish.albConfig.metadata.resourceVersion, finalizers: present.filter((one) => one !== finalizer) };
  const result = await at.kube.mergePatch({ kind: 'AlbConfig', namespace: '', name: request.key.name }, { metadata });
  if (result.kind === 'conflict') throw new Error('the AlbConfig changed while its finalizer was removed');
}

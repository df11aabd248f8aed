/**
 * The sentence of every step of the chain, written once: claim the key, read the wish, build the stack, observe, compare, apply, record,
 * pass on. A step supplies its nouns.
 */
import { chainSteps, keyText, type StepRequested } from '#events/contract/messages.ts';
import { CloudFailure } from '#shared/cloud/failure.ts';
import { readWish } from '#shared/kube/wish-reader.ts';
import { firstUnsatisfied, hasChain } from './chain.ts';
import { conclude, giveBack } from './conclude.ts';
import { isUnexpected, outcomeOf, staleMemory } from './failure-outcome.ts';
import { ensureFinalizer } from './finalizer.ts';
import { verifyJobs, verifyLoadBalancer } from './jobs.ts';
import {
  beginRemoval,
  beginStep,
  dropDoubt,
  everything,
  expectResponseRules,
  forgetAll,
  forgetStep,
  isRemovalBegun,
  markApplied,
  settleSteps,
} from './ledger.ts';
import { combine, done, type Outcome, wait } from './outcome.ts';
import { emptyAlbConfigLedger } from './record.ts';
import { isTaken, outcomeOfTaken } from './records.ts';
import { tryRefusedGroups } from './refused-groups.ts';
import { type Beginning, openRun, type Run, refOf, type StepDefinition } from './run-context.ts';
import type { Settlement, Workshop } from './workshop.ts';

/** Pause before the second reading that must also find the AlbConfig gone without a word. */
const confirmSeconds = 5;

/** Runs one step for one AlbConfig and says how its message is to be settled. Throws only when not even the claim could be taken. */
export async function runStep(step: StepDefinition, request: StepRequested, at: Workshop): Promise<Settlement> {
  const claim = await at.records.claim(request.key, at, emptyAlbConfigLedger);
  if (isTaken(claim)) return { outcome: outcomeOfTaken(claim), sends: [], facts: { claim: 'taken' } };
  const { ledger } = claim.record;
  const { underway } = ledger;
  if (request.attempt > 0 && underway !== undefined && underway.chain !== request.chain && hasChain(ledger, at.kube.now())) {
    // Another chain is under way for the same key and will do all there is to do: one poll is enough.
    return giveBack({ claim, ledger, request, at }, { outcome: done(false), sends: [], facts: { superseded: underway.chain } });
  }
  return runClaimed({ step, request, at, claim });
}

/** Whatever happens, the claim is given back. */
async function runClaimed(beginning: Beginning): Promise<Settlement> {
  const { request, at, claim } = beginning;
  let run: Run | undefined;
  try {
    const wish = await readWish(at.kube, request.key);
    // A message that was late: what it is about has gone with its record, and a new one would be kept for a removal that has nothing to remove.
    if (wish.albConfig === undefined && claim.record.epoch === 1) {
      return giveBack({ claim, ledger: undefined, request, at }, { outcome: done(false), sends: [], facts: { gone: true } });
    }
    run = openRun(beginning, wish);
    const opened = run;
    return await conclude(run, await advance(run).catch((error: unknown) => recover(opened, error)));
  } catch (error) {
    logUnexpected(at, error);
    const ledger = run?.scene.ledger ?? claim.record.ledger;
    return giveBack({ claim, ledger, request, at }, { outcome: outcomeOf(error, refOf(request.key)), sends: run?.sends ?? [] });
  }
}

async function advance(run: Run): Promise<Outcome> {
  const { scene, step, stack, request } = run;
  if (stack.mode === 'paused' || stack.want === 'hold') return done(false);
  if (stack.mode === 'observe') return observeOnly(run);
  if (stack.want === 'present') scene.remember(dropDoubt);
  // A wish that turned round since the message was sent: the next hop is the way back.
  if ((stack.want === 'remove') !== (request.phase === 'delete')) return done(false);
  const at = { step: step.name, phase: request.phase };
  const unverified =
    (await verifyJobs(scene, at, refOf(request.key))) ??
    (needsBalancer(run) ? await verifyLoadBalancer(scene, refOf(request.key)) : undefined);
  if (unverified !== undefined) return unverified;
  scene.remember(settleSteps);
  if (request.phase === 'apply') scene.remember((ledger) => tryRefusedGroups(ledger, scene.now()));
  return request.phase === 'apply' ? applyStep(run) : takeDown(run);
}

/** Groups can be made while the balancer is; what stands on it cannot. */
const needsBalancer = ({ step, request }: Run): boolean => request.phase === 'apply' && (step.name === 'listener' || step.name === 'rule');

/** Applies when it is this step's turn: those before it have given it what it builds on, and it has something to do. */
async function applyStep(run: Run): Promise<Outcome> {
  const first = firstUnsatisfied(run.scene.ledger, run.hashes);
  return first === undefined || chainSteps.indexOf(first) !== chainSteps.indexOf(run.step.name) ? done(false) : applyNouns(run);
}

async function applyNouns(run: Run): Promise<Outcome> {
  const { scene, step, hashes, claim } = run;
  scene.remember((ledger) => beginStep(ledger, step.name, hashes[step.name]));
  if (run.stack.rules.some((rule) => rule.direction === 'Response')) scene.remember(expectResponseRules);
  // The hash is gone from the stored record before the first write: a crash after it makes the successor look again.
  await claim.save(scene.ledger);
  if (!(await ensureFinalizer(run.wish, run.at.kube))) return wait(1, 'the AlbConfig changed while its finalizer was set');
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
  const { scene, step, claim, request } = run;
  if (request.phase === 'delete') {
    const doubt = unconfirmed(run);
    if (doubt !== undefined) return doubt;
    if (!isRemovalBegun(scene.ledger)) {
      scene.remember(beginRemoval);
      await claim.save(scene.ledger);
    }
  }
  let outcome = done(false);
  for (const noun of [...step.nouns].reverse()) outcome = combine(outcome, await noun.collect(scene));
  return outcome.kind === 'done' && scene.ledger.jobs.length > 0 ? wait(1, 'deletion is being carried out') : outcome;
}

/** An AlbConfig that is being deleted says so; one that is simply not there may be a reading gone wrong, and is looked for once more. */
function unconfirmed({ scene, wish }: Run): Outcome | undefined {
  if (wish.albConfig !== undefined) return undefined;
  const asked = scene.ledger.removalAsked;
  const at = asked?.target === everything ? asked.at : scene.now();
  const restMs = at + confirmSeconds * 1000 - scene.now();
  scene.remember((ledger) => ({ ...ledger, removalAsked: { target: everything, at } }));
  return restMs > 0
    ? wait(Math.ceil(restMs / 1000), 'the AlbConfig is gone without having been deleted: it is looked for once more')
    : undefined;
}

/** Shadow mode: the chain runs and says what it would do; nothing is written to the cloud or the record. */
async function observeOnly(run: Run): Promise<Outcome> {
  for (const noun of run.step.nouns) {
    const { kind, create, update, remove } = await noun.differences(run.scene);
    run.at.log.info({ key: keyText(run.request.key), kind, create, update, remove }, 'observe mode: would change');
  }
  return done(false);
}

function recover(run: Run, error: unknown): Outcome {
  logUnexpected(run.at, error);
  const memory = staleMemory(error);
  if (memory === 'step') run.scene.remember((ledger) => forgetStep(ledger, run.step.name));
  if (memory === 'all') run.scene.remember(forgetAll);
  return standBack(outcomeOf(error, refOf(run.request.key)), error, run);
}

/** Pause (s) of a chain that was let through in part when the service asked for time: longer than those of lanes, whose pods go first. */
const standBackSeconds = 4;

/** A chain that comes further with every run need not wait longer and longer, however few writes the service takes. */
function standBack(outcome: Outcome, error: unknown, { progress }: Run): Outcome {
  const isSlowed = outcome.kind === 'park' && error instanceof CloudFailure && error.failure === 'throttled' && progress.writes > 0;
  return isSlowed ? { ...outcome, progressed: true, afterSeconds: Math.max(standBackSeconds, outcome.afterSeconds ?? 0) } : outcome;
}

/** An error of the family is told by its code; any other is a defect, and its stack is what finds it. */
function logUnexpected(at: Workshop, error: unknown): void {
  if (isUnexpected(error))
    at.log.warn({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }, 'unexpected error');
}

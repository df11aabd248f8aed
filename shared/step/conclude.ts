/** The end of a run: tell people, record, give the claim back, pass on. */
import type { AlbConfigKey, StepRequested } from '#events/contract/messages.ts';
import { type Hop, hopAfter, wishHash } from './chain.ts';
import type { Claim } from './claim.ts';
import { dropFinalizer } from './finalizer.ts';
import { type Outcome, wait } from './outcome.ts';
import { type AlbConfigLedger, emptyAlbConfigLedger } from './record.ts';
import { project } from './report.ts';
import type { Run } from './run-context.ts';
import type { Send, Settlement, Workshop } from './workshop.ts';
import { writeReport } from './write-report.ts';

function nextHop(run: Run, outcome: Outcome): Hop | undefined {
  if (outcome.kind !== 'done' || run.stack.want === 'hold' || run.stack.mode !== 'manage') return undefined;
  // The wish may have changed its mind since the message was sent: removal starts over at the top, and so does a wish come back.
  const { phase } = run.request;
  if (run.stack.want === 'remove' && phase !== 'delete') return { step: 'instance', phase: 'delete', delaySeconds: 0 };
  if (run.stack.want === 'present' && phase === 'delete') return { step: 'instance', phase: 'apply', delaySeconds: 0 };
  return hopAfter({ step: run.step.name, phase }, run.stack, run.scene.ledger, run.hashes, run.scene.now());
}

/** What is told, and what is to be remembered as told: the former, when not all of it could be written. */
async function tell(run: Run, told: { readonly outcome: Outcome; readonly complete: boolean; readonly gone: boolean }) {
  const { wish, stack, scene, request, at, claim } = run;
  const former = scene.ledger.reported;
  if (stack.mode !== 'manage' || !claim.covers(0)) return former;
  const problems = [...run.problems, ...(told.outcome.kind === 'park' ? told.outcome.problems : [])];
  const { status, ...report } = project({ wish, stack, ledger: scene.ledger, problems, complete: told.complete, now: scene.now() });
  // Without its finalizer the AlbConfig is gone: there is nothing to write a status on.
  const all = await writeReport(at.kube, request.key, told.gone || status === undefined ? report : { ...report, status }, at.log);
  return all ? report.reported : former;
}

/** The chain's next message is in a queue, or this one comes back. */
function underwayOf(run: Run, outcome: Outcome, hop: Hop | undefined): Pick<AlbConfigLedger, 'underway'> {
  const step = outcome.kind === 'wait' || outcome.kind === 'park' ? run.request.step : hop?.step;
  return step === undefined ? {} : { underway: { chain: run.request.chain, step, wish: wishHash(run.hashes), at: run.scene.now() } };
}

/** Records how far the run came and says what is to be sent. Throws when that could not be recorded. */
export async function conclude(run: Run, reached: Outcome): Promise<Settlement> {
  const { scene, request, claim } = run;
  const hop = nextHop(run, reached);
  const ending = reached.kind === 'done' && hop === undefined && run.stack.want === 'remove' && request.phase === 'delete';
  const gone = ending && (await dropFinalizer(run.wish, run.at.kube));
  const outcome = ending && !gone ? wait(1, 'the AlbConfig changed while its finalizer was removed') : reached;
  const reported = await tell(run, { outcome, complete: outcome.kind === 'done' && hop === undefined, gone });
  const { underway: _former, reported: _told, ...ledger } = scene.ledger;
  const stays: AlbConfigLedger = { ...ledger, ...(reported === undefined ? {} : { reported }), ...underwayOf(run, outcome, hop) };
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

interface GivenBack {
  readonly claim: Claim<AlbConfigLedger>;
  /** Absent: the record goes. */
  readonly ledger: AlbConfigLedger | undefined;
  readonly request: StepRequested;
  readonly at: Workshop;
}

/**
 * Gives the claim back when a run came to nothing, so that its message need not wait for the claim to run out. When even that fails, it
 * must; the mark of a contender is then seen by whoever takes the claim next, who reads everything anew.
 */
export async function giveBack({ claim, ledger, request, at }: GivenBack, settlement: Settlement): Promise<Settlement> {
  try {
    const { again } = await claim.release(ledger);
    return again ? { ...settlement, sends: [...settlement.sends, putBack(request.key)] } : settlement;
  } catch (error) {
    at.log.warn({ error: error instanceof Error ? error.message : String(error) }, 'claim not given back');
    return settlement;
  }
}

const hopSends = (request: StepRequested, hop: Hop | undefined): readonly Send[] =>
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

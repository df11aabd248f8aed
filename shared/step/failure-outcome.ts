/** What the runtime does about a thrown error: one table, in one place. Adapters only classify. */
import { CloudFailure, type FailureClass } from '#shared/cloud/failure.ts';
import { AlbeitError } from '#shared/errors.ts';
import type { ObjectRef, Problem } from '#shared/problem.ts';
import { ClaimLost } from './claim.ts';
import { OutOfTime } from './guard.ts';
import { type Outcome, wait } from './outcome.ts';

const park = (error: AlbeitError, owner: ObjectRef, afterSeconds?: number): Outcome => ({
  kind: 'park',
  because: error.message,
  problems: [problemOf(error, owner)],
  ...(afterSeconds === undefined ? {} : { afterSeconds }),
});

/** A thrown error as a problem of the object on whose behalf the call was made. */
const problemOf = (error: AlbeitError, owner: ObjectRef): Problem => ({ code: error.code, object: owner, facts: error.facts });

/** Not reported to people: the service asks for time, or somebody else was faster, and the next run will see. */
const quiet: ReadonlySet<FailureClass> = new Set(['busy', 'conflict', 'not-found']);

function ofCloud(error: CloudFailure, owner: ObjectRef): Outcome {
  if (quiet.has(error.failure)) return { kind: 'park', because: error.message, problems: [], afterSeconds: 1 };
  if (error.failure === 'throttled') {
    return { kind: 'park', because: error.message, problems: [], afterSeconds: Math.ceil((error.retryAfterMs ?? 1000) / 1000) };
  }
  return error.failure === 'quota' ? park(error, owner, 60) : park(error, owner);
}

/** Neither of the family nor a claim that ran out: a defect of this program. */
export const isUnexpected = (error: unknown): boolean =>
  !(error instanceof AlbeitError || error instanceof ClaimLost || error instanceof OutOfTime);

/** The outcome of an error thrown while `owner` was worked on. Anything unknown is parked and never lost. */
export function outcomeOf(error: unknown, owner: ObjectRef): Outcome {
  if (error instanceof ClaimLost || error instanceof OutOfTime) return wait(1, error.message);
  if (error instanceof CloudFailure) return ofCloud(error, owner);
  if (error instanceof AlbeitError) return park(error, owner);
  const detail = error instanceof Error ? error.message : String(error);
  return park(new AlbeitError('BUG', { detail }, { cause: error }), owner);
}

/** How much of what we remember an error proves wrong: a thing that is not there may be any of them; a conflict concerns this step. */
export function staleMemory(error: unknown): 'none' | 'step' | 'all' {
  if (!(error instanceof CloudFailure)) return 'none';
  return error.failure === 'not-found' ? 'all' : error.failure === 'conflict' ? 'step' : 'none';
}

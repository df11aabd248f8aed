/** One execution with what surrounds it: the fault that was asked for, and the line in the journal. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultBook } from '../fault-book.ts';
import type { Journal } from '../journal.ts';
import type { JournalEntry } from '../service.ts';
import { type Invocation, NotRun, type Outcome } from './invocation.ts';
import type { Pool } from './pool.ts';

/** A line of the journal: one execution, or one refusal of the API. */
export interface FcJournalEntry extends JournalEntry {
  readonly function: string;
  /** Empty on success. */
  readonly errorType: string;
  readonly durationMs: number;
  readonly cold: boolean;
}

/** Runs a function by name. Throws `NotRun` when it is not run. */
export type Run = (name: string, invocation: Invocation) => Promise<Outcome>;

type Fault = NonNullable<ReturnType<FaultBook['take']>>;

const refusals: Readonly<Partial<Record<Fault['kind'], readonly [number, string]>>> = {
  throttle: [429, 'ResourceExhausted'],
  error: [503, 'ResourceThrottled'],
  html: [503, 'ResourceThrottled'],
};

/** Applies a fault around an execution: refused before, slow before, crashed in the middle, or its answer lost. */
async function runWithFault(fault: Fault | undefined, pool: Pool, invocation: Invocation): Promise<Outcome> {
  const refusal = fault === undefined ? undefined : refusals[fault.kind];
  if (refusal !== undefined) throw new NotRun(fault?.status ?? refusal[0], fault?.code ?? refusal[1], 'this failure was asked for');
  if (fault?.kind === 'latency') await sleep(fault.latencyMs ?? 0);
  const crash = fault?.kind === 'failed-job' ? { crashAfterMs: fault.latencyMs ?? 0 } : {};
  const outcome = await pool.run({ ...invocation, ...crash });
  if (fault?.kind === 'lost-answer' || fault?.kind === 'reset')
    throw new NotRun(500, 'InternalServerError', 'the answer was lost, as asked for');
  return outcome;
}

/** Runs functions from these pools. */
export function createRunner(parts: {
  readonly pools: ReadonlyMap<string, Pool>;
  readonly faults: FaultBook;
  readonly journal: Journal<FcJournalEntry>;
}): Run {
  return async (name, invocation) => {
    const { requestId, attempt, kind } = invocation;
    const params = { function: name, attempt: String(attempt), kind };
    const entry = { action: 'InvokeFunction', params, requestId, write: true, function: name };
    try {
      const pool = parts.pools.get(name);
      if (pool === undefined) throw new NotRun(404, 'FunctionNotFound', `there is no function ${name}`);
      const outcome = await runWithFault(parts.faults.take('InvokeFunction', params), pool, invocation);
      const { errorType, durationMs, cold } = outcome;
      parts.journal.add({ ...entry, status: 200, code: errorType, errorType, durationMs, cold });
      return outcome;
    } catch (error) {
      const { status, code } = error instanceof NotRun ? error : { status: 500, code: 'InternalServerError' };
      parts.journal.add({ ...entry, status, code, errorType: '', durationMs: 0, cold: false });
      throw error;
    }
  };
}

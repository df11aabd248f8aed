/**
 * The steps: which queue each reads, how long it may run, and what runs beside it. Chain order up and down, `serverless.yml`,
 * the local function host and the bound of a claim are derived from these rows.
 */
import type { ChainStep } from '#events/contract/messages.ts';

export type StepName = 'dispatch' | ChainStep | 'sweep';

export interface StepRow {
  readonly name: StepName;
  /** MNS queue that triggers the step; `sweep` has a timer instead. */
  readonly queue: string | undefined;
  readonly timeoutSeconds: number;
  readonly memoryMiB: number;
  /** Instances at once (FC reservedConcurrency): bounds the write rate on ALB together with the rate of one instance. */
  readonly concurrency: number;
  /** Messages handed over at once; MNS gives at most 16 a call. */
  readonly batch: number;
}

const row = (name: StepName, facts: Omit<StepRow, 'name' | 'queue'> & { readonly queue?: string }): StepRow => ({
  name,
  timeoutSeconds: facts.timeoutSeconds,
  memoryMiB: facts.memoryMiB,
  concurrency: facts.concurrency,
  batch: facts.batch,
  queue: facts.queue,
});

export const steps: readonly StepRow[] = [
  row('dispatch', { queue: 'ingest', timeoutSeconds: 60, memoryMiB: 256, concurrency: 2, batch: 16 }),
  row('instance', { queue: 'instance', timeoutSeconds: 60, memoryMiB: 256, concurrency: 2, batch: 4 }),
  row('server-group', { queue: 'server-group', timeoutSeconds: 60, memoryMiB: 256, concurrency: 4, batch: 16 }),
  row('listener', { queue: 'listener', timeoutSeconds: 60, memoryMiB: 256, concurrency: 2, batch: 4 }),
  row('rule', { queue: 'rule', timeoutSeconds: 60, memoryMiB: 256, concurrency: 2, batch: 4 }),
  row('sweep', { timeoutSeconds: 300, memoryMiB: 256, concurrency: 1, batch: 1 }),
];

/** How often `sweep` runs: drift, orphans and forgotten keys are found within this time. */
export const sweepPeriodMinutes = 10;

/** The queue for what no retry can cure, and for what the triggers could not deliver. */
export const deadLetterQueue = 'dead-letter';

export const stepRow = (name: StepName): StepRow => {
  const found = steps.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no row for step ${name}`);
  return found;
};

/** Queue of a chain step. Every chain step has one (asserted by the configuration test). */
export const queueOf = (name: Exclude<StepName, 'sweep'>): string => stepRow(name).queue ?? name;

/** A single cloud call is given up after this long (own deadline, because the SDK's time limits cannot be relied on). */
export const callTimeoutSeconds = 10;

/** The same in a function that may run for `timeoutSeconds`: a quarter of that at most, or there would never be time to begin a call. */
export const callSeconds = (timeoutSeconds: number): number => Math.min(callTimeoutSeconds, timeoutSeconds / 4);

/** How far the clocks of an API server and a function instance may differ unnoticed. */
export const clockSkewSeconds = 5;

/** A claim outlives the function, one call in flight, and the skew; then a successor may take over. */
export const claimSeconds = (timeoutSeconds: number): number => Math.ceil(timeoutSeconds + callSeconds(timeoutSeconds) + clockSkewSeconds);

/** The functions as the local host deploys them: from the same table as `serverless.yml`. */
import { resolve } from 'node:path';
import { functionFolder } from '#infra/deploy/bundle.ts';
import { deadLetterQueue, type StepRow, steps, sweepPeriodMinutes } from '#shared/steps.ts';
import type { FunctionInput } from '../fc/function-spec.ts';

const triggerOf = (row: StepRow): NonNullable<FunctionInput['triggers']>[number] =>
  row.queue === undefined
    ? { kind: 'timer', cronExpression: `@every ${sweepPeriodMinutes}m` }
    : {
        kind: 'queue',
        queue: row.queue,
        batch: row.batch,
        windowSeconds: 0,
        asyncInvocation: true,
        errorsTolerance: 'ALL',
        deadLetterQueue,
      };

/** `timeoutSeconds` shortens every function, so that what a killed one held is free again soon. */
export const deployedFunctions = (
  outDir: string,
  environment: Readonly<Record<string, string>>,
  timeoutSeconds: number | undefined,
): readonly FunctionInput[] =>
  steps.map((row) => ({
    name: `albeit-${row.name}`,
    bundle: resolve(functionFolder(outDir, row.name), 'index.mjs'),
    handler: 'index.handler',
    timeoutSeconds: timeoutSeconds ?? row.timeoutSeconds,
    memoryMiB: row.memoryMiB,
    concurrency: row.concurrency,
    environment: { ...environment },
    triggers: [triggerOf(row)],
    failureDestinationQueue: deadLetterQueue,
  }));

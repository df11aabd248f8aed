/** The functions of the host with their pools, asynchronous requests and triggers; HTTP comes on top in `start.ts`. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudFailure } from '#shared/cloud/failure.ts';
import { createQueues } from '#shared/cloud/mns/adapter.ts';
import type { Queues } from '#shared/cloud/mns/port.ts';
import { createFaultBook, type FaultBook } from '../fault-book.ts';
import { createJournal, type Journal } from '../journal.ts';
import type { JournalEntry, LocalCredentials } from '../service.ts';
import { type AsyncQueue, createAsyncQueue } from './async-queue.ts';
import { failureDocument } from './destination.ts';
import type { FunctionSpec } from './function-spec.ts';
import { startGuardian } from './guardian.ts';
import { type Invocation, NotRun, type Outcome } from './invocation.ts';
import { createLogLines, type LogLine, type LogLines } from './log-lines.ts';
import { createPool, type Pool } from './pool.ts';
import { type RunningTrigger, startQueueTrigger } from './queue-trigger.ts';
import { changeSettings, defaultSettings, type FcSettings } from './settings.ts';
import { startTimerTrigger } from './timer-trigger.ts';
import { pushAddress, startTopicTrigger } from './topic-trigger.ts';

/** A line of the journal: one execution, or one refusal of the API. */
interface FcJournalEntry extends JournalEntry {
  readonly function: string;
  /** Empty on success. */
  readonly errorType: string;
  readonly durationMs: number;
  readonly cold: boolean;
}

export interface HostOptions {
  readonly credentials: LocalCredentials;
  readonly mnsEndpoint: string;
  readonly functions: readonly FunctionSpec[];
  /** Folder of the log of asynchronous requests. */
  readonly dir: string;
  readonly settings?: Partial<FcSettings> | undefined;
  readonly onLog?: ((line: LogLine) => void) | undefined;
}

export interface Host {
  readonly credentials: LocalCredentials;
  readonly pools: ReadonlyMap<string, Pool>;
  readonly async: AsyncQueue;
  readonly journal: Journal<FcJournalEntry>;
  readonly logs: LogLines;
  readonly faults: FaultBook;
  settings(): FcSettings;
  change(settings: unknown): void;
  triggers(): readonly { readonly function: string; readonly state: ReturnType<RunningTrigger['state']> }[];
  run(name: string, invocation: Invocation): Promise<Outcome>;
  /** Starts the triggers: to be called when the host can be reached, which is at `url`. */
  startTriggers(url: string): void;
  /** Accepts what a topic pushed for a function. False: there is no such function. */
  acceptPush(name: string, body: Buffer): boolean;
  close(): Promise<void>;
}

const newId = (): string => `1-${randomUUID()}`;

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

function createRunner(parts: {
  readonly pools: ReadonlyMap<string, Pool>;
  readonly faults: FaultBook;
  readonly journal: Journal<FcJournalEntry>;
}): Host['run'] {
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

function acceptEvent(async: AsyncQueue, name: string, payload: Buffer): string {
  const id = newId();
  async.add({ id, taskId: id, function: name, payload, delayMs: 0 });
  return id;
}

/** Queue, topic and timer triggers of every function; returns how to see and how to stop them. */
function startAllTriggers(host: Pick<Host, 'run' | 'async' | 'settings'>, options: HostOptions, url: string) {
  const running: { readonly function: string; readonly trigger: RunningTrigger }[] = [];
  const stops: (() => void)[] = [];
  const accept = (name: string, payload: Buffer) => acceptEvent(host.async, name, payload);
  for (const spec of options.functions) {
    for (const trigger of spec.triggers) {
      if (trigger.kind === 'timer') {
        stops.push(startTimerTrigger(trigger, (event) => void accept(spec.name, event)));
        continue;
      }
      if (trigger.kind === 'topic') {
        const { credentials, mnsEndpoint } = options;
        stops.push(startTopicTrigger({ trigger, functionName: spec.name, credentials, mnsEndpoint, address: pushAddress(url, spec.name) }));
        continue;
      }
      const started = startQueueTrigger({
        trigger,
        functionName: spec.name,
        credentials: options.credentials,
        mnsEndpoint: options.mnsEndpoint,
        settings: host.settings,
        handOver(event) {
          const id = accept(spec.name, event);
          return { ended: () => host.async.ended(id) };
        },
        push: (event) =>
          host.run(spec.name, { requestId: newId(), event, attempt: 1, kind: 'Trigger' }).then(
            (outcome) => outcome.errorType === '',
            () => false,
          ),
      });
      running.push({ function: spec.name, trigger: started });
      stops.push(() => started.stop());
    }
  }
  return { running, stop: () => stops.forEach((stop) => void stop()) };
}

/**
 * Sends the document of a failed request. One that the queue will never take (it is larger than a message may be) is dropped, which the
 * journal tells; any other failure is thrown, for another try.
 */
async function tellQueue(queues: Queues, journal: Journal<FcJournalEntry>, queue: string, document: string): Promise<void> {
  try {
    await queues.send(queue, [{ body: document }]);
  } catch (error) {
    if (!(error instanceof CloudFailure && error.failure === 'invalid')) throw error;
    const nothing = { function: '', errorType: '', durationMs: 0, cold: false, requestId: '', write: true };
    journal.add({ action: 'SendToDestination', params: { queue }, status: 400, code: error.facts['code'] ?? '', ...nothing });
  }
}

/** Builds the host; nothing runs yet. */
export function createHost(options: HostOptions): Host {
  let settings = changeSettings(defaultSettings, options.settings ?? {});
  const guardian = startGuardian();
  const logs = createLogLines(options.onLog ?? (() => {}));
  const faults = createFaultBook();
  const journal = createJournal<FcJournalEntry>(Date.now);
  const account = { busy: 0 };
  const destination = createQueues({ ...options.credentials, endpoint: options.mnsEndpoint });
  const common = { credentials: options.credentials, guardian, logs, settings: () => settings, account };
  const pools = new Map(options.functions.map((spec) => [spec.name, createPool({ ...common, spec, onFree: () => async.wakeThrottled() })]));
  const run = createRunner({ pools, faults, journal });
  const async = createAsyncQueue({
    dir: options.dir,
    settings: () => settings,
    specOf: (name) => pools.get(name)?.spec,
    run,
    describeFailure: (request, failure) => failureDocument(request, failure, options.credentials, Date.now()),
    sendFailure: (queue, document) => tellQueue(destination, journal, queue, document),
  });
  let triggers: ReturnType<typeof startAllTriggers> | undefined;
  const host: Host = {
    credentials: options.credentials,
    pools,
    async,
    journal,
    logs,
    faults,
    settings: () => settings,
    change(changes) {
      settings = changeSettings(settings, changes);
    },
    triggers: () => (triggers?.running ?? []).map((one) => ({ function: one.function, state: one.trigger.state() })),
    run,
    startTriggers(url) {
      triggers ??= startAllTriggers(host, options, url);
    },
    acceptPush(name, body) {
      if (!pools.has(name)) return false;
      acceptEvent(async, name, body);
      return true;
    },
    async close() {
      triggers?.stop();
      async.close();
      await Promise.all([...pools.values()].map((pool) => pool.close()));
      destination.close();
      guardian.close();
    },
  };
  return host;
}

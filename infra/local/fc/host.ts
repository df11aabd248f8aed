/** The functions of the host with their pools, asynchronous requests and triggers; HTTP comes on top in `start.ts`. */
import { CloudFailure } from '#shared/cloud/failure.ts';
import { createQueues } from '#shared/cloud/mns/adapter.ts';
import type { Queues } from '#shared/cloud/mns/port.ts';
import { createFaultBook, type FaultBook } from '../fault-book.ts';
import { createJournal, type Journal } from '../journal.ts';
import type { LocalCredentials } from '../service.ts';
import { type AsyncQueue, createAsyncQueue } from './async-queue.ts';
import { failureDocument } from './destination.ts';
import { createRunner, type FcJournalEntry, type Run } from './execute.ts';
import type { FunctionSpec } from './function-spec.ts';
import { startGuardian } from './guardian.ts';
import { createLogLines, type LogLine, type LogLines } from './log-lines.ts';
import { createPool, type Pool } from './pool.ts';
import type { RunningTrigger } from './queue-trigger.ts';
import { changeSettings, defaultSettings, type FcSettings } from './settings.ts';
import { acceptEvent, startTriggers } from './triggers.ts';

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
  readonly run: Run;
  /** Starts the triggers: to be called when the host can be reached, which is at `url`. */
  startTriggers(url: string): void;
  /** Accepts what a topic pushed for a function. False: there is no such function. */
  acceptPush(name: string, body: Buffer): boolean;
  close(): Promise<void>;
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
  let triggers: ReturnType<typeof startTriggers> | undefined;
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
      triggers ??= startTriggers({ ...options, run, async, settings: host.settings, url });
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

/**
 * One instance: a process of its own that runs one request at a time, and is frozen between requests, so that work which a handler left
 * behind stands still until the next request wakes it, as in the cloud.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LocalCredentials } from '../service.ts';
import { contextOf, environmentOf } from './environment.ts';
import type { FunctionSpec } from './function-spec.ts';
import type { Guardian } from './guardian.ts';
import type { Invocation, Outcome } from './invocation.ts';
import { eachLine, type LogLines } from './log-lines.ts';

const runner = fileURLToPath(new URL('./runner.mjs', import.meta.url));

/** A bundle that has not been imported after this long will not be. */
const startLimitMs = 60_000;
/** What `x-fc-log-result` holds at most. */
const logTailBytes = 4096;

type Told =
  | { readonly kind: 'ready' }
  | { readonly kind: 'unusable'; readonly message: string }
  | { readonly kind: 'result'; readonly body: Uint8Array }
  | { readonly kind: 'thrown'; readonly error: unknown };

type InstanceState = 'starting' | 'busy' | 'frozen' | 'gone';

export interface Instance {
  readonly id: string;
  readonly pid: number;
  state(): InstanceState;
  /** The request being run; empty when none is. */
  requestId(): string;
  run(invocation: Invocation): Promise<Omit<Outcome, 'durationMs' | 'cold'>>;
  /** Ends the process at once, whatever it does. */
  kill(): Promise<void>;
}

export interface InstanceParts {
  readonly id: string;
  readonly spec: FunctionSpec;
  readonly credentials: LocalCredentials;
  readonly guardian: Guardian;
  readonly logs: LogLines;
}

/** Thrown by a wait for the process when something else than the awaited word ended it. The text goes to the caller. */
class Ended extends Error {}

function startProcess({ spec, credentials, id }: InstanceParts): ChildProcess {
  const exportName = spec.handler.slice(spec.handler.lastIndexOf('.') + 1);
  return spawn(process.execPath, [`--max-old-space-size=${spec.memoryMiB}`, runner, spec.bundle, exportName], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    serialization: 'advanced',
    env: environmentOf(spec, credentials, id),
  });
}

/** Resolves with the next word of the process; rejects when it ends first or the time is up. */
function nextWord(child: ChildProcess, limitMs: number, onLimit: string): Promise<Told> {
  return new Promise((resolve, reject) => {
    const clear = () => {
      clearTimeout(timer);
      child.off('message', heard);
      child.off('exit', ended);
    };
    // The runner is the only sender; its words are the union above.
    const heard = (word: unknown) => {
      clear();
      resolve(word as Told);
    };
    const ended = (code: number | null, signal: string | null) => {
      clear();
      reject(new Ended(`the process exited unexpectedly (${signal ?? `code ${code}`})`));
    };
    const timer = setTimeout(() => {
      clear();
      reject(new Ended(onLimit));
    }, limitMs);
    child.on('message', heard);
    child.on('exit', ended);
    if (child.exitCode !== null || child.signalCode !== null) ended(child.exitCode, child.signalCode);
  });
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

const unhandled = (errorMessage: string) => ({
  errorType: 'UnhandledInvocationError' as const,
  body: Buffer.from(JSON.stringify({ errorMessage })),
});

function outcomeOf(word: Told): Pick<Outcome, 'errorType' | 'body'> {
  if (word.kind === 'result') return { errorType: '', body: Buffer.from(word.body) };
  if (word.kind === 'thrown') return { errorType: 'UnhandledInvocationError', body: Buffer.from(JSON.stringify(word.error)) };
  return unhandled('the instance answered out of turn');
}

/** Starts the process; `ready` fails with the reason when the bundle cannot be used. */
export function startInstance(parts: InstanceParts): { readonly instance: Instance; readonly ready: Promise<void> } {
  const { spec, id, guardian, logs } = parts;
  const child = startProcess(parts);
  const pid = child.pid ?? -1;
  let state: InstanceState = 'starting';
  let requestId = '';
  let running = false;
  let tail = '';
  guardian.watch(pid);
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => {
      state = 'gone';
      guardian.forget(pid);
      resolve();
    });
    child.once('error', () => {
      state = 'gone';
      resolve();
    });
  });
  for (const stream of ['stdout', 'stderr'] as const) {
    const source = child[stream];
    if (source === null) continue;
    eachLine(source, (line) => {
      tail = `${tail}${line}\n`.slice(-logTailBytes);
      logs.add({ function: spec.name, instanceId: id, requestId, stream, line });
    });
  }
  const kill = async () => {
    child.kill('SIGKILL');
    await gone;
  };
  const ready = nextWord(child, startLimitMs, 'the code was not loaded in time').then(async (word) => {
    if (word.kind === 'ready') return;
    await kill();
    throw new Ended(word.kind === 'unusable' ? word.message : 'the instance did not start');
  });
  const run: Instance['run'] = async (invocation) => {
    state = 'busy';
    running = true;
    requestId = invocation.requestId;
    tail = '';
    child.kill('SIGCONT');
    const word = nextWord(child, spec.timeoutSeconds * 1000, `the function timed out after ${spec.timeoutSeconds} seconds`);
    const crash = invocation.crashAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), invocation.crashAfterMs);
    child.send({ event: invocation.event, context: contextOf(spec, parts.credentials, requestId) }, () => {});
    try {
      const outcome = outcomeOf(await word);
      child.kill('SIGSTOP');
      await turn(); // what it printed before it answered is in the pipe and is read now
      if (state === 'busy') state = 'frozen';
      return { ...outcome, instanceId: id, logTail: tail };
    } catch (error) {
      await kill();
      return { ...unhandled(error instanceof Error ? error.message : String(error)), instanceId: id, logTail: tail };
    } finally {
      clearTimeout(crash);
      running = false;
    }
  };
  return { instance: { id, pid, state: () => state, requestId: () => (running ? requestId : ''), run, kill }, ready };
}

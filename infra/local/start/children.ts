/**
 * The programs of the local cloud as child processes, all in the process group of this one. Each tells by one line of JSON on its standard
 * output that it is ready (see `runAsProcess`); every other line is a log line. A child ends when its standard input does, so that none
 * outlives this process, however it dies.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface ChildOptions {
  /** For people: `MNS`. */
  readonly name: string;
  /** A bundled program. */
  readonly file: string;
  /** Settings beyond those of this process, whose own `ALBEIT_…` are not passed on: programs refuse settings that they do not know. */
  readonly env: Readonly<Record<string, string>>;
  /** The ready line of a program that is no emulator. */
  readonly readReady?: (line: string) => Ready | undefined;
  /** Every line of its output but the ready line; what it says on its error output before it is ready stands in the error of `start`. */
  readonly onLine: (line: string) => void;
  readonly readyWithinMs: number;
}

/** What the program said when it was ready: its `url` and more. */
export type Ready = Readonly<Record<string, unknown>> & { readonly url: string };

interface Running {
  readonly name: string;
  readonly process: ChildProcess;
  readonly exited: Promise<void>;
  /** Its end is wanted. */
  ending: boolean;
}

/** How long a child has to end by itself, in ms, before it is killed. */
const graceMs = 3_000;
/** Lines of a dead child's error output that are shown. */
const lastLines = 5;

/** Loaded before the program: a parent that dies without a word closes the pipe, and the program ends as it would on SIGTERM. */
const endWithParent = `data:text/javascript,${encodeURIComponent(
  "process.stdin.once('end', () => process.kill(process.pid, 'SIGTERM')).resume().unref()",
)}`;

const inherited = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ALBEIT_') && name !== 'KUBECONFIG'));

/** How an emulator gets its options (see `runAsProcess`). */
export const localOptions = (options: unknown): Readonly<Record<string, string>> => ({ ALBEIT_LOCAL_OPTIONS: JSON.stringify(options) });

export class Children {
  private readonly running: Running[] = [];
  private readonly onDeath: (reason: Error) => void;
  private stopping = false;

  /** `onDeath` is called once, with the reason, when a child ends that nobody stopped. */
  constructor(onDeath: (reason: Error) => void) {
    this.onDeath = onDeath;
  }

  /** Starts a program and waits until it is ready. Throws its own words when it does not get there. */
  async start(options: ChildOptions): Promise<Ready> {
    const child = spawn(process.execPath, ['--import', endWithParent, options.file], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...inherited(), ...options.env },
    });
    child.stdin?.on('error', () => undefined); // a child that is gone closes the pipe
    let isReady = false;
    const errors = collectErrors(child, (line) => {
      if (isReady) options.onLine(line);
    });
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const running: Running = { name: options.name, process: child, exited, ending: false };
    this.running.push(running);
    const ready = await this.untilReady(child, options, errors);
    isReady = true;
    child.once('exit', (code, signal) => {
      if (!running.ending) this.died(options.name, code, signal, errors);
    });
    return ready;
  }

  /** Ends one without a word (SIGKILL), as a machine that fails does. It may be started again. */
  async kill(name: string): Promise<void> {
    const index = this.running.findIndex((one) => one.name === name);
    const [found] = index < 0 ? [] : this.running.splice(index, 1);
    if (found === undefined) throw new Error(`no ${name} is running`);
    found.ending = true;
    found.process.kill('SIGKILL');
    await found.exited;
  }

  /** Ends all, the last started first. */
  async stop(): Promise<void> {
    this.stopping = true;
    for (const { process: child, exited } of [...this.running].reverse()) {
      child.kill('SIGTERM');
      child.stdin?.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await exited;
      clearTimeout(timer);
    }
  }

  /** Ctrl-C reaches every process of the group: from now on, ending is no surprise. */
  expectTheEnd(): void {
    this.stopping = true;
  }

  private untilReady(child: ChildProcess, options: ChildOptions, errors: readonly string[]): Promise<Ready> {
    return new Promise((resolve, reject) => {
      const failed = (why: string) => {
        clearTimeout(timer);
        reject(new Error([`${options.name} ${why}`, ...errors].join('\n  ')));
      };
      const timer = setTimeout(() => failed(`was not ready within ${options.readyWithinMs / 1000} s`), options.readyWithinMs);
      child.once('error', (error) => failed(`could not be started: ${error.message}`));
      // `close`, not `exit`: its last words have been read then.
      child.once('close', (code, signal) => failed(`ended at its start (${signal ?? `exit code ${code}`})`));
      if (child.stdout === null) return;
      createInterface({ input: child.stdout }).on('line', (line) => {
        const ready = (options.readReady ?? readLocalService)(line);
        if (ready === undefined) return options.onLine(line);
        clearTimeout(timer);
        resolve(ready);
      });
    });
  }

  private died(name: string, code: number | null, signal: string | null, errors: readonly string[]): void {
    if (this.stopping) return;
    this.stopping = true;
    this.onDeath(new Error([`${name} ended by itself (${signal ?? `exit code ${code}`})`, ...errors].join('\n  ')));
  }
}

/** The last lines of its error output, kept up to date. */
function collectErrors(child: ChildProcess, onLine: (line: string) => void): readonly string[] {
  const errors: string[] = [];
  if (child.stderr === null) return errors;
  createInterface({ input: child.stderr }).on('line', (line) => {
    errors.push(line);
    if (errors.length > lastLines) errors.shift();
    onLine(line);
  });
  return errors;
}

function readLocalService(line: string): Ready | undefined {
  if (!line.startsWith('{"ready":')) return undefined;
  // Our own programs write this line, from a `LocalService`.
  return (JSON.parse(line) as { readonly ready: Ready }).ready;
}

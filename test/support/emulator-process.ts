/** An emulator as a process of its own, so that a test can kill it as a machine would. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface EmulatorProcess {
  readonly url: string;
  readonly pid: number;
  /** SIGKILL: nothing is closed or written. */
  kill(): Promise<void>;
}

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });

/** Starts `infra/local/<name>/main.ts` and waits until it is ready. */
export async function startEmulator(name: string, options: unknown): Promise<EmulatorProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', `infra/local/${name}/main.ts`], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ALBEIT_LOCAL_OPTIONS: JSON.stringify(options) },
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  const line = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code}: ${complaint}`)));
  });
  const { ready } = JSON.parse(line) as { readonly ready: { readonly url: string } }; // the line of `runAsProcess`
  return {
    url: ready.url,
    pid: child.pid ?? -1,
    kill: () => {
      child.kill('SIGKILL');
      return ended(child);
    },
  };
}

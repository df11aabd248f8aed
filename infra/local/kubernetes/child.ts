/** One binary of the real control plane as a child process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A running binary. `alive` throws, with the end of its log, once it has gone. */
export interface Child {
  readonly name: string;
  alive(): void;
  stop(): Promise<void>;
}

/** How long a binary has to end by itself, in ms, before it is killed. */
const GRACE_MS = 5_000;

/**
 * The shell in between holds a pipe from us: when this process dies without a word (SIGKILL), the pipe ends and the binary is stopped, so
 * no etcd outlives its test.
 */
const WATCHED = 'exec 3<&0; "$@" </dev/null & child=$!; (read -r _ <&3; kill "$child") & wait "$child"';

/** Starts it with its output in `dir/NAME.log`. */
export function startChild(assets: string, dir: string, name: string, args: readonly string[]): Child {
  const path = join(dir, `${name}.log`);
  const log = openSync(path, 'w');
  const child = spawn('bash', ['-c', WATCHED, name, join(assets, name), ...args], {
    stdio: ['pipe', log, log],
  });
  closeSync(log);
  let failure: string | undefined;
  child.once('error', (error) => {
    failure = error.message;
  });
  const ended = () => failure !== undefined || child.exitCode !== null || child.signalCode !== null;
  return {
    name,
    alive() {
      if (ended()) throw new Error(`${name} has ended: ${failure ?? readFileSync(path, 'utf8').trim().split('\n').slice(-3).join('\n')}`);
    },
    stop: () => (ended() ? Promise.resolve() : end(child)),
  };
}

async function end(child: ChildProcess): Promise<void> {
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.stdin?.end();
  const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  await gone;
  clearTimeout(timer);
}

/** The file that tells scripts where everything is; kept up to date while listeners come and go. */
import { rename, rm, writeFile } from 'node:fs/promises';
import type { KnownListener } from './listeners.ts';

export interface ReadyFacts {
  readonly pid: number;
  /** Path. */
  readonly kubeconfig: string;
  readonly kubernetes: string;
  readonly mns: string;
  readonly fc: string;
  readonly alb: string;
  /** There is no console yet. */
  readonly console: null;
  readonly credentials: { readonly accessKeyId: string; readonly accessKeySecret: string; readonly region: string };
}

/** Written whole or not at all: whoever waits for the file never reads half of it. Only its owner may read it, for it holds a key pair. */
export async function writeReadyFile(path: string, facts: ReadyFacts, listeners: readonly KnownListener[]): Promise<void> {
  const draft = `${path}.${process.pid}.tmp`;
  await writeFile(draft, `${JSON.stringify({ ...facts, listeners }, null, 2)}\n`, { mode: 0o600 });
  await rename(draft, path);
}

export const removeReadyFile = (path: string): Promise<void> => rm(path, { force: true });

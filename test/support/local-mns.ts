/** A queue service for a test: started on a free port with a folder of its own, and driven through its doors. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localCredentials } from '#infra/local/credentials.ts';
import { type MnsOptions, startMns } from '#infra/local/mns/start.ts';
import { type ClosableQueues, createQueues } from '#shared/cloud/mns/adapter.ts';

/** A folder that `remove` deletes. */
export function scratchFolder(): { readonly dir: string; readonly remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'albeit-'));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** PUTs JSON to a door of an emulator; a refusal is an error with its text. */
export async function putDoor(url: string, door: string, body: unknown): Promise<void> {
  const answer = await fetch(`${url}/_/${door}`, { method: 'PUT', body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`PUT ${door}: ${answer.status} ${await answer.text()}`);
}

/** Reads a door that answers JSON. The caller names the shape it relies on. */
export async function getDoor<T>(url: string, door: string): Promise<T> {
  const answer = await fetch(`${url}/_/${door}`);
  return (await answer.json()) as T; // the shape is the caller's claim; a wrong one fails its assertions
}

export interface LocalMns {
  readonly url: string;
  readonly queues: ClosableQueues;
  advance(seconds: number): Promise<void>;
  close(): Promise<void>;
}

/** The queue port's adapter for an emulator. */
export const queuesAt = (url: string): ClosableQueues => createQueues({ ...localCredentials, endpoint: url });

export async function startLocalMns(settings: MnsOptions['settings'] = {}): Promise<LocalMns> {
  const { dir, remove } = scratchFolder();
  const service = await startMns({ dir, credentials: localCredentials, settings });
  const queues = queuesAt(service.url);
  let ahead = 0;
  return {
    url: service.url,
    queues,
    async advance(seconds) {
      ahead += seconds;
      await putDoor(service.url, 'settings', { clockAheadSeconds: ahead });
    },
    async close() {
      queues.close();
      await service.stop();
      remove();
    },
  };
}

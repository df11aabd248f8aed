/** Follows what functions print, through the door of their host. */
import { setTimeout as delay } from 'node:timers/promises';

/** Between two looks, in ms: short, so that lines of several steps appear one after the other. */
const pauseMs = 100;

interface Line {
  readonly seq: number;
  readonly function: string;
  readonly line: string;
}

async function linesAfter(fcUrl: string, seq: number): Promise<readonly Line[]> {
  const answer = await fetch(`${fcUrl}/_/logs?after=${seq}`, { signal: AbortSignal.timeout(5_000) });
  const text = answer.ok ? await answer.text() : '';
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line); // our own emulator
}

/** Calls back for every line until the signal. A look that fails is made again: whether the host is alive is not this file's business. */
export async function followLogs(fcUrl: string, onLine: (line: Line) => void, signal: AbortSignal): Promise<void> {
  let seen = 0;
  while (!signal.aborted) {
    for (const line of await linesAfter(fcUrl, seen).catch(() => [])) {
      seen = line.seq;
      onLine(line);
    }
    await delay(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}

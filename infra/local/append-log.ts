/**
 * What makes an emulator durable: a file of JSON lines, each written before its effect is answered, so that a SIGKILL at any moment loses
 * nothing that a client was told. (A write that reached the kernel survives the process; the machine's power is not our subject.)
 */
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** The log is rewritten from the state when it has grown past this many bytes and is at least four times what the state needs. */
const compactAboveBytes = 8 * 1024 * 1024;

export interface AppendLog<E> {
  /** Writes one entry. The state must have taken it in before: a rewrite of the log, which may happen here, is drawn from the state. */
  append(entry: E): void;
  close(): void;
}

/** Every whole line of the file, in order. A torn last line is what a kill in the middle of a write leaves; it was never answered. */
function readEntries<E>(file: string): readonly E[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  const whole = lines.slice(0, -1);
  // The lines were written by `append` of the same type.
  return whole.filter((line) => line !== '').map((line) => JSON.parse(line) as E);
}

/**
 * Opens the log: `replay` gets every entry, then the file is replaced by `snapshot()`, the fewest entries that rebuild the same state.
 * The replacement is written beside it and renamed, so there is a complete log at every instant.
 */
export function openLog<E>(file: string, replay: (entry: E) => void, snapshot: () => readonly E[]): AppendLog<E> {
  mkdirSync(dirname(file), { recursive: true });
  for (const entry of readEntries<E>(file)) replay(entry);
  let fd = -1;
  let size = 0;
  let compactedSize = 0;
  const compact = () => {
    const text = snapshot()
      .map((entry) => `${JSON.stringify(entry)}\n`)
      .join('');
    const fresh = `${file}.new`;
    writeFileSync(fresh, text);
    if (fd !== -1) closeSync(fd);
    renameSync(fresh, file);
    fd = openSync(file, 'a');
    size = Buffer.byteLength(text);
    compactedSize = size;
  };
  compact();
  return {
    append(entry) {
      if (fd === -1) throw new Error(`the log ${file} is closed`);
      size += writeSync(fd, `${JSON.stringify(entry)}\n`);
      if (size > Math.max(compactAboveBytes, 4 * compactedSize)) compact();
    },
    close() {
      if (fd !== -1) closeSync(fd);
      fd = -1;
    },
  };
}

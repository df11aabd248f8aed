/** The calls an emulator answered, for `GET /_/journal?after=SEQ`. */
import type { JournalEntry } from './service.ts';

/** Older entries are forgotten beyond this many, so that a stack that runs for days stays small. */
const keep = 100_000;

export interface Journal<E extends JournalEntry = JournalEntry> {
  add(entry: Omit<E, 'seq' | 'at'>): void;
  /** JSON lines of the entries after `seq`. */
  linesAfter(seq: number): string;
}

/** An empty journal. `now` is in Unix milliseconds. */
export function createJournal<E extends JournalEntry = JournalEntry>(now: () => number): Journal<E> {
  let entries: (Omit<E, 'seq' | 'at'> & { readonly seq: number; readonly at: string })[] = [];
  let last = 0;
  return {
    add(entry) {
      last += 1;
      entries.push({ ...entry, seq: last, at: new Date(now()).toISOString() });
      if (entries.length > keep * 1.1) entries = entries.slice(-keep);
    },
    linesAfter(seq) {
      return entries
        .filter((one) => one.seq > seq)
        .map((one) => `${JSON.stringify(one)}\n`)
        .join('');
    },
  };
}

/** What functions print, line by line, for `GET /_/logs?after=SEQ` and for whoever shows it as it happens. */
import type { Readable } from 'node:stream';

export interface LogLine {
  readonly seq: number;
  /** ISO 8601. */
  readonly at: string;
  readonly function: string;
  readonly instanceId: string;
  /** Empty while no request runs. */
  readonly requestId: string;
  readonly stream: 'stdout' | 'stderr';
  readonly line: string;
}

export interface LogLines {
  add(line: Omit<LogLine, 'seq' | 'at'>): void;
  linesAfter(seq: number): string;
}

const keep = 20_000;

/** An empty store; `onLog` is called with each line as it comes. */
export function createLogLines(onLog: (line: LogLine) => void): LogLines {
  let lines: LogLine[] = [];
  let last = 0;
  return {
    add(facts) {
      last += 1;
      const line = { ...facts, seq: last, at: new Date().toISOString() };
      lines.push(line);
      if (lines.length > keep * 1.1) lines = lines.slice(-keep);
      onLog(line);
    },
    linesAfter: (seq) =>
      lines
        .filter((one) => one.seq > seq)
        .map((one) => `${JSON.stringify(one)}\n`)
        .join(''),
  };
}

/** Calls back for every line of a stream, and for what is left at its end. */
export function eachLine(stream: Readable, take: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) take(line);
  });
  stream.on('end', () => {
    if (rest !== '') take(rest);
    rest = '';
  });
}

/** What is shown: plain lines with the seconds since the start. No colours and no cursor moves, so that it reads the same in a file. */
export interface Screen {
  line(text: string): void;
  /** Something a person must see, on the error output. */
  error(text: string): void;
}

export function createScreen(now: () => number = () => performance.now()): Screen {
  const start = now();
  const stamp = () => `${((now() - start) / 1000).toFixed(1).padStart(6)} s  `;
  return {
    line: (text) => void process.stdout.write(`${stamp()}${text}\n`),
    error: (text) => void process.stderr.write(`${stamp()}${text}\n`),
  };
}

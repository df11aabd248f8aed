/** `npm start`: the whole of Albeit on this machine. See `--help`. */
import { readOptions } from './start/options.ts';
import { run } from './start/run.ts';
import { createScreen } from './start/screen.ts';

const options = readOptions(process.argv.slice(2));
const screen = createScreen();
const ended = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => ended.abort());

await run(options, screen, ended.signal).catch((error: unknown) => {
  screen.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});

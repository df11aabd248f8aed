/** `npm start`: the whole of Albeit on this machine. See `--help`. */
import { readOptions } from './start/options.ts';
import { run } from './start/run.ts';
import { createScreen } from './start/screen.ts';

const options = readOptions(process.argv.slice(2));
const screen = createScreen();
const ended = new AbortController();
// `on`, not `once`: npm and tsx pass Ctrl-C on to a process that the terminal has told already, and the second must not end it half-way.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ended.abort());
// Whoever read what is shown has gone (`npm start | head`): everything is taken down as on Ctrl-C.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => ended.abort());

await run(options, screen, ended.signal).catch((error: unknown) => {
  screen.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});

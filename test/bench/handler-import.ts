/**
 * What it costs a cold function to load its handler, beyond a Node that loads nothing: CPU, as wall time is the neighbours'. Run by
 * `npx tsx test/bench/handler-import.ts`, which prints each function beside the promised 15 ms. With the root of another checkout as its
 * argument it builds and measures that one's handlers in turn with ours, and exits 1 when ours cost a fifth more in all: machines differ and
 * are not the same twice, so what a change costs is only seen side by side.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { bundleAll } from '#infra/deploy/bundle.ts';
import { steps } from '#shared/steps.ts';

const run = promisify(execFile);
const promisedMs = 15;
const mostGrowth = 0.2;
const runs = 15;

/** Of the whole process, its start included. */
const report = 'const { user, system } = process.cpuUsage(); console.log((user + system) / 1000); process.exit();';

/** CPU of a Node that loads this module, or nothing (ms). */
async function cpuMs(file?: string): Promise<number> {
  const text = file === undefined ? report : `import(${JSON.stringify(file)}).then(() => { ${report} });`;
  // Neither is set where functions run, and either would be measured along.
  const { NODE_OPTIONS: _options, NODE_COMPILE_CACHE: _cache, ...env } = process.env;
  const { stdout } = await run(process.execPath, ['-e', text], { cwd: tmpdir(), env });
  return Number(stdout);
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Medians of turns in which each file is loaded once, above those of a bare Node (ms). */
async function importMs(files: readonly string[]): Promise<readonly number[]> {
  const bare: number[] = [];
  const loaded = files.map((file) => ({ file, times: [] as number[] }));
  for (let turn = 0; turn < runs; turn += 1) {
    bare.push(await cpuMs());
    for (const { file, times } of loaded) times.push(await cpuMs(file));
  }
  return loaded.map(({ times }) => median(times) - median(bare));
}

const out = await mkdtemp(join(tmpdir(), 'albeit-import-'));
const roots = [process.cwd(), ...process.argv.slice(2, 3).map((root) => resolve(root))];
await Promise.all(roots.map((root, index) => bundleAll(join(out, String(index)), root)));

const totals = roots.map(() => 0);
for (const { name } of steps) {
  const files = roots.map((_, index) => join(out, String(index), 'functions', name, 'index.mjs'));
  const costs = await importMs(files);
  for (const [index, ms] of costs.entries()) totals[index] = (totals[index] ?? 0) + ms;
  const sizes = await Promise.all(files.map(async (file) => Math.round((await stat(file)).size / 1024)));
  const [ours = '', theirs] = costs.map((ms, index) => `${ms.toFixed(1)} ms, ${sizes[index]} KiB`);
  console.log(`${name}: ${ours}${theirs === undefined ? '' : ` (there: ${theirs})`}`);
}
await rm(out, { recursive: true });

const [ours = 0, theirs = Number.POSITIVE_INFINITY] = totals;
const grown = ours / theirs - 1;
const beside = Number.isFinite(theirs) ? `, ${(grown * 100).toFixed(0)} % more than there` : '';
console.log(`mean: ${(ours / steps.length).toFixed(1)} ms${beside}; promised: ${promisedMs} ms`);
process.exitCode = grown > mostGrowth ? 1 : 0;

/**
 * Everything that runs as a process of its own is bundled first: a bundle starts in a tenth of the time that TypeScript through a loader
 * takes, and the functions are built as for deployment. Each local cloud has its own copy, so that one that starts never
 * takes the files of one that runs.
 */
import { copyFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { stop } from 'esbuild';
import { bundleTogether } from '#infra/deploy/bundle.ts';
import { steps } from '#shared/steps.ts';

/** Programs of the local cloud, and what each is called in messages. */
export const programs = {
  kubernetes: 'Kubernetes API',
  mns: 'MNS',
  alb: 'ALB',
  fc: 'Function Compute',
  node: 'node',
} as const;
export type Program = keyof typeof programs;

/** Files that a program starts by their path beside it. */
const companions = ['infra/local/fc/runner.mjs', 'infra/local/kubernetes/openapi.generated.json'];

export const programFile = (outDir: string, program: Program): string => resolve(outDir, 'local', `${program}.mjs`);
export const forwarderFile = (outDir: string): string => resolve(outDir, 'forwarder', 'main.mjs');

const entries = (): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(Object.keys(programs).map((name) => [`local/${name}`, resolve('infra/local', name, 'main.ts')])),
  ...Object.fromEntries(steps.map(({ name }) => [`functions/${name}/index`, resolve('functions', name, 'index.ts')])),
  'forwarder/main': resolve('events/forwarder/main.ts'),
});

/** Everything in one pass: the SDKs, which are most of the work, are read once instead of once a program (a seventh of the time). */
export async function bundlePrograms(outDir: string): Promise<void> {
  await bundleTogether(entries(), outDir);
  await stop(); // esbuild's service would stay, with all it has read, as long as the local cloud
  await Promise.all(companions.map((file) => copyFile(resolve(file), resolve(outDir, 'local', basename(file)))));
}

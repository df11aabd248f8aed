/**
 * Everything that runs as a process of its own is bundled first: a bundle starts in a tenth of the time that TypeScript through a loader
 * takes, and the functions are the very files that would be deployed. Each local cloud has its own copy, so that one that starts never
 * takes the files of one that runs.
 */
import { copyFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { bundleAll, bundleTogether } from '#infra/deploy/bundle.ts';

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

/** Emulators and node: needed first. */
export async function bundleEmulators(outDir: string): Promise<void> {
  const folder = resolve(outDir, 'local');
  await bundleTogether(Object.fromEntries(Object.keys(programs).map((name) => [name, resolve('infra/local', name, 'main.ts')])), folder);
  await Promise.all(companions.map((file) => copyFile(resolve(file), resolve(folder, basename(file)))));
}

/** Functions and forwarder: needed when the emulators are up. */
export const bundleDeployables = (outDir: string): Promise<void> => bundleAll(outDir);

/**
 * Files that are drawn from the tables: `npm run generate` writes them, `--check` only compares and fails when one differs. A new
 * derived file is a new row.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { crdYaml } from './crd.ts';
import { ramFiles } from './ram.ts';
import { rbacYaml } from './rbac.ts';
import { albConfigPage } from './reference-albconfig.ts';
import { annotationsPage } from './reference-annotations.ts';
import { errorsPage } from './reference-errors.ts';
import { metricsPage } from './reference-metrics.ts';
import { stepsPage } from './reference-steps.ts';
import { serverlessYaml } from './serverless.ts';

export interface Generated {
  /** From the root of the repository. */
  readonly path: string;
  build(): string | Promise<string>;
}

export const generated: readonly Generated[] = [
  { path: 'serverless.yml', build: serverlessYaml },
  { path: 'infra/deploy/generated/crd.generated.yaml', build: crdYaml },
  { path: 'infra/deploy/generated/rbac.generated.yaml', build: rbacYaml },
  ...ramFiles,
  { path: 'docs/reference/albconfig.md', build: albConfigPage },
  { path: 'docs/reference/annotations.md', build: annotationsPage },
  { path: 'docs/reference/errors.md', build: errorsPage },
  { path: 'docs/reference/metrics.md', build: metricsPage },
  { path: 'docs/reference/steps.md', build: stepsPage },
];

/** Rows whose file is missing or differs. */
export async function outdated(rows: readonly Generated[], root = process.cwd()): Promise<readonly Generated[]> {
  const differs = await Promise.all(
    rows.map(async (row) => {
      const written = await readFile(resolve(root, row.path), 'utf8').catch(() => undefined);
      return written !== (await row.build());
    }),
  );
  return rows.filter((_, index) => differs[index]);
}

async function write(row: Generated): Promise<void> {
  await mkdir(dirname(resolve(row.path)), { recursive: true });
  await writeFile(resolve(row.path), await row.build());
}

async function main(check: boolean): Promise<void> {
  const rows = await outdated(generated);
  for (const row of rows) {
    if (!check) await write(row);
    process.stdout.write(check ? `${row.path} is not up to date: run npm run generate\n` : `wrote ${row.path}\n`);
  }
  if (check && rows.length > 0) process.exitCode = 1;
}

const isMain = process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href;
if (isMain) await main(process.argv.includes('--check'));

/**
 * Builds what is deployed: one readable ES module a function, with chunks beside it for what is loaded only when needed (the ALB SDK), and
 * the forwarder. `npm run build` writes to `dist`; the local cloud runs the very same files.
 */
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { steps } from '#shared/steps.ts';

/** Function Compute's newest built-in runtime. */
const target = 'node20';

/** The SDKs are CommonJS and call `require` for Node's own modules; an ES module has none unless it makes one. */
const requireBanner =
  "import { createRequire as createRequireOfBundle } from 'node:module';\nconst require = createRequireOfBundle(import.meta.url);";

const common: BuildOptions = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target,
  outExtension: { '.js': '.mjs' },
  banner: { js: requireBanner },
  // Its index chooses at run time between this and a build for engines without async functions, which needs packages that nobody installs.
  alias: { '@alicloud/mns': '@alicloud/mns/lib/client.js' },
  sourcemap: 'external',
  legalComments: 'none',
  charset: 'utf8',
  logLevel: 'error',
};

/** Bundles one program into a folder of its own: `<folder>/<name>.mjs` and its chunks. */
export async function bundleProgram(program: { readonly entry: string; readonly folder: string; readonly name: string }): Promise<void> {
  await rm(program.folder, { recursive: true, force: true }); // chunks carry a hash in their name: old ones would stay
  await build({
    ...common,
    entryPoints: { [program.name]: program.entry },
    outdir: program.folder,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
  });
}

/** Bundles several programs into one folder, sharing what they have in common: for this machine only, where nobody uploads them. */
export async function bundleTogether(entries: Readonly<Record<string, string>>, folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await build({ ...common, entryPoints: { ...entries }, outdir: folder, splitting: true, chunkNames: 'chunks/[name]-[hash]' });
}

/** Folder of a function's package below the output folder; the handler is `index.handler`. */
export const functionFolder = (outDir: string, name: string): string => resolve(outDir, 'functions', name);

/** Everything that is deployed, from the sources below `root` (the repository). */
export async function bundleAll(outDir: string, root: string = process.cwd()): Promise<void> {
  const functions = steps.map(({ name }) =>
    bundleProgram({ entry: resolve(root, 'functions', name, 'index.ts'), folder: functionFolder(outDir, name), name: 'index' }),
  );
  const forwarder = { entry: resolve(root, 'events/forwarder/main.ts'), folder: resolve(outDir, 'forwarder'), name: 'main' };
  await Promise.all([...functions, bundleProgram(forwarder)]);
}

const isMain = process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href;
if (isMain) await bundleAll(resolve('dist'));

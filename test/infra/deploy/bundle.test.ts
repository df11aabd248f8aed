import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleProgram } from '#infra/deploy/bundle.ts';

const run = promisify(execFile);

/** A function as small as can be that uses the ALB adapter, so that what is tested is the bundle. */
const source = `
import { createAlb } from '${resolve('shared/cloud/alb/adapter.ts')}';
const alb = createAlb({ endpoint: 'http://127.0.0.1:1', region: 'r', accessKeyId: 'a', accessKeySecret: 's' });
export const handler = async (event) => alb.zones().catch((error) => ({ event: String(event), failure: error.failure, detail: error.facts.detail }));
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'albeit-bundle-'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await writeFile(join(folder, 'index.ts'), source);
  await bundleProgram({ entry: join(folder, 'index.ts'), folder: join(folder, 'out'), name: 'index' });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a bundled function', () => {
  it('runs on plain Node, with nothing installed beside it, and finds the client class of the CommonJS SDK', async () => {
    const call = `import('${join(folder, 'out/index.mjs')}').then((m) => m.handler(Buffer.from('hello'))).then((r) => console.log(JSON.stringify(r)))`;
    const { stdout } = await run(process.execPath, ['-e', call], { cwd: tmpdir() });
    expect(JSON.parse(stdout)).toEqual({ event: 'hello', failure: 'transport', detail: 'ECONNREFUSED' });
  });

  it('loads the SDK with the first call only: it is in chunks of its own, and the entry is readable', async () => {
    const entry = await readFile(join(folder, 'out/index.mjs'), 'utf8');
    expect(entry).toContain('hostAndProtocol');
    expect(entry).not.toContain('class CreateLoadBalancerRequest');
    const chunks = await readdir(join(folder, 'out/chunks'));
    const texts = await Promise.all(
      chunks.filter((name) => name.endsWith('.mjs')).map((name) => readFile(join(folder, 'out/chunks', name), 'utf8')),
    );
    expect(texts.filter((text) => text.includes('CreateLoadBalancerRequest')).length).toBeGreaterThanOrEqual(1);
  });

  it('keeps its source map in a file beside it', async () => {
    expect(await readdir(join(folder, 'out'))).toEqual(expect.arrayContaining(['index.mjs', 'index.mjs.map']));
    expect(await readFile(join(folder, 'out/index.mjs'), 'utf8')).not.toContain('sourceMappingURL');
  });
});

describe('a function of ours', () => {
  it('is whole in its folder: plain Node finds its handler, and needs none of the SDKs to load it', async () => {
    const out = join(folder, 'instance');
    await bundleProgram({ entry: resolve('functions/instance/index.ts'), folder: out, name: 'index' });
    const load = `import('${join(out, 'index.mjs')}').then((m) => console.log(typeof m.handler, Object.keys(m).join()))`;
    const { stdout } = await run(process.execPath, ['-e', load], { cwd: tmpdir() });
    expect(stdout).toBe('function handler\n');
    expect(await readFile(join(out, 'index.mjs'), 'utf8')).not.toContain('class CreateLoadBalancerRequest');
  });
});

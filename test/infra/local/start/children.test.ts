import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Children } from '#infra/local/start/children.ts';

/** Says that it is ready, then waits for nothing. */
const patient = `console.log('a log line'); console.log(JSON.stringify({ ready: { url: 'http://x', pid: process.pid } })); setInterval(() => {}, 1000);`;

let dir: string;
let deaths: Error[];
let children: Children;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'albeit-children-'));
  deaths = [];
  children = new Children((reason) => deaths.push(reason));
});
afterEach(async () => {
  await children.stop();
  await rm(dir, { recursive: true, force: true });
});

/** An orphan that nobody has reaped yet (state Z) can still be signalled, but is not alive. */
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !existsSync('/proc') || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

async function start(source: string, lines: string[] = [], readyWithinMs = 10_000) {
  const file = join(dir, `${Math.random()}.mjs`);
  await writeFile(file, source);
  return children.start({ name: 'the part', file, env: {}, onLine: (line) => lines.push(line), readyWithinMs });
}

describe('children', () => {
  it('are ready when they say so; their other lines are passed on', async () => {
    const lines: string[] = [];
    const ready = await start(patient, lines);
    expect(ready.url).toBe('http://x');
    expect(lines).toEqual(['a log line']);
  });

  it('do not inherit settings that are ours', async () => {
    process.env['ALBEIT_STRANGER'] = 'yes';
    try {
      const ready = await start(
        `console.log(JSON.stringify({ ready: { url: 'x', seen: Object.keys(process.env).filter((n) => n.startsWith('ALBEIT_')) } })); setInterval(() => {}, 1000)`,
      );
      expect(ready['seen']).toEqual([]);
    } finally {
      delete process.env['ALBEIT_STRANGER'];
    }
  });

  it('that end at their start are told with their own words', async () => {
    await expect(start(`console.error('port 1 is in use'); process.exit(1)`)).rejects.toThrow(
      /the part ended at its start \(exit code 1\)\n {2}port 1 is in use/,
    );
    expect(deaths).toEqual([]);
  });

  it('that are never ready are given up', async () => {
    await expect(start('setInterval(() => {}, 1000)', [], 300)).rejects.toThrow('the part was not ready within 0.3 s');
  });

  it('that end by themselves later are told once, with how and their last words', async () => {
    const ready = await start(`console.error('last words'); ${patient}`);
    process.kill(Number(ready['pid']), 'SIGKILL');
    await expect.poll(() => deaths.map((one) => one.message)).toEqual(['the part ended by itself (SIGKILL)\n  last words']);
  });

  it('end with stop, even those that ignore SIGTERM at first, and that is no death', async () => {
    const pids = [Number((await start(patient))['pid']), Number((await start(patient))['pid'])];
    await children.stop();
    expect(pids.filter(isAlive)).toEqual([]);
    expect(deaths).toEqual([]);
  });

  it('that are killed on purpose are gone at once, and that is no death', async () => {
    const pid = Number((await start(patient))['pid']);
    await children.kill('the part');
    expect(isAlive(pid)).toBe(false);
    expect(deaths).toEqual([]);
    await expect(children.kill('the part')).rejects.toThrow('no the part is running');
    expect(isAlive(Number((await start(patient))['pid']))).toBe(true);
  });

  it('end when this process is killed without a word', async () => {
    const child = join(dir, 'child.mjs');
    await writeFile(child, patient);
    const parent = join(dir, 'parent.ts');
    await writeFile(
      parent,
      `import { Children } from '${resolve('infra/local/start/children.ts')}';
       const ready = await new Children(() => {}).start({ name: 'c', file: '${child}', env: {}, onLine: () => {}, readyWithinMs: 10000 });
       console.log(ready['pid']);
       setInterval(() => {}, 1000);`,
    );
    await writeFile(join(dir, 'package.json'), '{"type":"module"}');
    const running = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), parent], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(createInterface({ input: running.stdout }), 'line')) as [string];
    const pid = Number(line);
    expect(isAlive(pid)).toBe(true);
    running.kill('SIGKILL');
    await expect.poll(() => isAlive(pid)).toBe(false);
  });
});

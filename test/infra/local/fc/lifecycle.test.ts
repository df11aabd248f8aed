import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { localCredentials } from '#infra/local/credentials.ts';
import { type EmulatorProcess, startEmulator } from '#test/support/emulator-process.ts';
import { functionsIn, invoke, type LocalFc, quickSettings, startLocalFc } from '#test/support/local-fc.ts';
import { getDoor, type LocalMns, scratchFolder, startLocalMns } from '#test/support/local-mns.ts';
import { until } from '#test/support/until.ts';

interface State {
  readonly functions: readonly {
    readonly name: string;
    readonly instances: readonly { readonly pid: number; readonly state: string }[];
    readonly triggers: readonly { readonly polls: number }[];
  }[];
  readonly asyncRequests: readonly unknown[];
}

const instancesAt = async (url: string) => (await getDoor<State>(url, 'state')).functions.flatMap((one) => one.instances);

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch {
    return false;
  }
};
const isZombie = (pid: number): boolean => existsSync(`/proc/${pid}/stat`) && /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
const isStopped = (pid: number): boolean => /\) T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

/** Leaves work behind that goes on after the answer: it counts, and each request says how far the count is. */
const leaving = `
let ticks = 0;
setInterval(() => { ticks += 1; }, 1);
export const handler = async (event) => {
  if (event.toString() === 'wait') { const from = ticks; while (ticks < from + 5) await new Promise((done) => setTimeout(done, 1)); }
  return String(ticks);
};`;

describe.runIf(process.platform === 'linux')('the life of an instance', () => {
  let fc: LocalFc;
  afterEach(() => fc.close());

  it('is frozen between requests, with all that its handler left running, and goes on at the next', async () => {
    fc = await startLocalFc([
      { name: 'leaving', code: leaving, concurrency: 1 },
      { name: 'other', code: 'export const handler = async () => 1;' },
    ]);
    await fc.invoke('leaving', 'wait');
    const pid = (await instancesAt(fc.url))[0]?.pid ?? -1;
    await until(() => isStopped(pid));
    const before = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ').slice(13, 15);
    for (let calls = 0; calls < 20; calls += 1) await fc.invoke('other', '');
    expect(readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ').slice(13, 15)).toEqual(before);
    const later = Number((await fc.invoke('leaving', 'wait')).text);
    expect(later).toBeGreaterThanOrEqual(10);
    expect((await instancesAt(fc.url))[0]?.pid).toBe(pid);
  });

  it('goes away when it was idle for long enough', async () => {
    fc = await startLocalFc([{ name: 'leaving', code: leaving }], { idleSeconds: 0.05 });
    await fc.invoke('leaving', '');
    await until(async () => (await instancesAt(fc.url)).length === 0);
    expect((await fc.invoke('leaving', '')).status).toBe(200);
  });

  it('passes over an instance that was killed while it was idle', async () => {
    fc = await startLocalFc([{ name: 'leaving', code: leaving }]);
    await fc.invoke('leaving', '');
    const pid = (await instancesAt(fc.url))[0]?.pid ?? -1;
    process.kill(pid, 'SIGKILL');
    await until(async () => (await instancesAt(fc.url)).length === 0);
    const answer = await fc.invoke('leaving', '');
    expect(answer.headers.get('x-fc-error-type')).toBeNull();
  });
});

const recording = `
import { appendFileSync, existsSync } from 'node:fs';
export const handler = async (event) => {
  const file = process.env.RECORD;
  for (const one of JSON.parse(event.toString())) {
    appendFileSync(file, 'start ' + one.data.messageBody + '\\n');
    while (!existsSync(file + '.open')) await new Promise((done) => setTimeout(done, 5));
    appendFileSync(file, 'end ' + one.data.messageBody + '\\n');
  }
};`;

describe.runIf(process.platform === 'linux')('a host that is killed', () => {
  let mns: LocalMns;
  let host: EmulatorProcess;
  const folder = scratchFolder();
  afterEach(async () => {
    await host.kill();
    await mns.close();
    folder.remove();
  });

  it('takes its instances with it, frozen or busy, and loses nothing that it was handed', async () => {
    mns = await startLocalMns();
    await mns.queues.ensureQueue('work');
    const record = join(folder.dir, 'record');
    const lines = () => (existsSync(record) ? readFileSync(record, 'utf8').split('\n').slice(0, -1) : []);
    const trigger = { kind: 'queue', queue: 'work', batch: 1, asyncInvocation: true, errorsTolerance: 'ALL' } as const;
    const functions = functionsIn(folder.dir, [
      { name: 'recording', code: recording, concurrency: 2, environment: { RECORD: record }, triggers: [trigger] },
      { name: 'idle', code: 'export const handler = async () => 1;' },
    ]);
    const options = { credentials: localCredentials, mnsEndpoint: mns.url, functions, dir: folder.dir, settings: quickSettings };
    host = await startEmulator('fc', options);
    await invoke(host.url, 'idle', '');
    const bodies = ['a', 'b', 'c', 'd', 'e'];
    await mns.queues.send(
      'work',
      bodies.map((body) => ({ body })),
    );
    await until(async () => (await getDoor<State>(host.url, 'state')).asyncRequests.length === 5);
    await until(() => lines().length === 2);
    const pids = (await instancesAt(host.url)).map((one) => one.pid);
    expect(pids).toHaveLength(3);

    await host.kill();
    await until(() => pids.every((pid) => !isAlive(pid)), 'every instance to be gone');

    host = await startEmulator('fc', options);
    writeFileSync(`${record}.open`, '');
    const ends = () => [...new Set(lines().filter((line) => line.startsWith('end ')))].sort();
    await until(() => ends().length === 5, 'every message to be worked on', 15_000);
    expect(ends()).toEqual(bodies.map((body) => `end ${body}`));
    await until(async () => (await getDoor<State>(host.url, 'state')).asyncRequests.length === 0);
  });
});

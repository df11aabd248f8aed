import { afterEach, describe, expect, it } from 'vitest';
import { localCredentials } from '#infra/local/credentials.ts';
import { type FunctionHost, startFunctionHost } from '#infra/local/fc/start.ts';
import { type EmulatorProcess, startEmulator } from '#test/support/emulator-process.ts';
import { functionsIn, quickSettings } from '#test/support/local-fc.ts';
import { putDoor, queuesAt, scratchFolder } from '#test/support/local-mns.ts';
import { until } from '#test/support/until.ts';

const printing = `export const handler = async (event) => { for (const one of JSON.parse(event)) console.log(one.data.messageBody); };`;

describe('a function host whose queue service is killed', () => {
  const folder = scratchFolder();
  let mns: EmulatorProcess;
  let host: FunctionHost;
  afterEach(async () => {
    await host.stop();
    await mns.kill();
    folder.remove();
  });

  it('goes on when it is back, and delivers everything that was sent', async () => {
    const options = { dir: folder.dir, credentials: localCredentials };
    mns = await startEmulator('mns', options);
    const port = Number(new URL(mns.url).port);
    let queues = queuesAt(mns.url);
    await queues.ensureQueue('work', { visibilitySeconds: 5 });
    const seen: string[] = [];
    const trigger = { kind: 'queue', queue: 'work', batch: 4, asyncInvocation: true, errorsTolerance: 'ALL' } as const;
    host = await startFunctionHost({
      credentials: localCredentials,
      mnsEndpoint: mns.url,
      functions: functionsIn(folder.dir, [{ name: 'printing', code: printing, triggers: [trigger] }]),
      dir: folder.dir,
      settings: quickSettings,
      onLog: ({ line }) => seen.push(line),
    });
    const send = (from: number) =>
      queues.send(
        'work',
        Array.from({ length: 10 }, (_, index) => ({ body: `message ${from + index}` })),
      );
    await send(0);
    await until(() => seen.length > 0);
    await mns.kill();
    queues.close();
    mns = await startEmulator('mns', { ...options, port });
    queues = queuesAt(mns.url);
    await send(10);
    // Whatever the kill left invisible comes back when its time is up.
    await putDoor(mns.url, 'settings', { clockAheadSeconds: 6 });
    await until(() => new Set(seen).size === 20, 'all messages to arrive', 15_000);
    expect([...new Set(seen)].sort()).toEqual(Array.from({ length: 20 }, (_, index) => `message ${index}`).sort());
    queues.close();
  });
});

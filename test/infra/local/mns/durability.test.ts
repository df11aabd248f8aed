import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { localCredentials } from '#infra/local/credentials.ts';
import { type EmulatorProcess, startEmulator } from '#test/support/emulator-process.ts';
import { putDoor, queuesAt, scratchFolder } from '#test/support/local-mns.ts';

describe('a queue service that is killed', () => {
  const folder = scratchFolder();
  let service: EmulatorProcess;
  const start = async () => {
    service = await startEmulator('mns', { dir: folder.dir, credentials: localCredentials });
    return queuesAt(service.url);
  };
  afterEach(async () => {
    await service.kill();
    folder.remove();
  });

  it('holds after its restart all that a client was told', async () => {
    let queues = await start();
    await queues.ensureQueue('q', { visibilitySeconds: 600 });
    await queues.send(
      'q',
      ['kept', 'taken', 'gone'].map((body) => ({ body })),
    );
    await queues.send('q', [{ body: 'later', delaySeconds: 100 }]);
    const received = await queues.receive('q', 16);
    const receiptOf = (body: string) => received.find((one) => one.body === body)?.receipt ?? '';
    await queues.remove('q', [receiptOf('gone')]);
    queues.close();

    // Many messages and a kill in the middle of sending: each send that was answered must be there.
    let answered = 0;
    const sender = queuesAt(service.url);
    const sending = (async () => {
      for (;;) {
        await sender.send('q', [{ body: `burst ${answered}` }]);
        answered += 1;
        if (answered === 50) void service.kill();
      }
    })().catch(() => {});
    await sending;
    await service.kill();
    sender.close();
    // What a kill in the middle of a write leaves behind.
    appendFileSync(join(folder.dir, 'mns.jsonl'), '{"op":"message","queue":"q","mess');

    queues = await start();
    await putDoor(service.url, 'settings', { clockAheadSeconds: 101 });
    const bodies: string[] = [];
    for (let batch = await queues.receive('q', 16); batch.length > 0; batch = await queues.receive('q', 16)) {
      bodies.push(...batch.map((one) => one.body));
    }
    expect(bodies).toContain('later');
    expect(bodies).not.toContain('kept'); // still invisible: it was received before the kill
    const burst = bodies.filter((one) => one.startsWith('burst '));
    expect(burst.length).toBeGreaterThanOrEqual(answered);
    expect(new Set(burst).size).toBe(burst.length);

    await queues.remove('q', [receiptOf('taken')]); // a handle from before the kill
    await putDoor(service.url, 'settings', { clockAheadSeconds: 800 });
    const again = await queues.receive('q', 16);
    expect(again.find((one) => one.body === 'kept')).toMatchObject({ dequeueCount: 2 });
    expect(again.map((one) => one.body)).not.toContain('taken');
    expect(again.map((one) => one.body)).not.toContain('gone');
    queues.close();
  });

  it('rewrites its log at the start to what is still there', async () => {
    const queues = await start();
    await queues.ensureQueue('q');
    for (let round = 0; round < 5; round += 1) {
      await queues.send(
        'q',
        Array.from({ length: 16 }, (_, index) => ({ body: `${index}` })),
      );
      const got = await queues.receive('q', 16);
      await queues.remove(
        'q',
        got.map((one) => one.receipt),
      );
    }
    queues.close();
    await service.kill();
    const lines = () => readFileSync(join(folder.dir, 'mns.jsonl'), 'utf8').trim().split('\n').length;
    expect(lines()).toBeGreaterThan(240);
    (await start()).close();
    expect(lines()).toBeLessThan(5);
  });
});

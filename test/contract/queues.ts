/** Every queue service — in memory, emulated over HTTP, real — must pass exactly this. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CloudFailure } from '#shared/cloud/failure.ts';
import type { Queues } from '#shared/cloud/mns/port.ts';

export interface QueuesUnderTest {
  readonly queues: Queues;
  /** Lets the service's time pass. */
  advance(seconds: number): Promise<void>;
  close(): Promise<void>;
}

const bodiesOf = (messages: readonly { readonly body: string }[]): readonly string[] => messages.map((one) => one.body).sort();

export function queuesContract(name: string, make: () => Promise<QueuesUnderTest>): void {
  describe(`queues contract: ${name}`, () => {
    let under: QueuesUnderTest;
    const queue = 'contract-queue';
    const texts = (count: number) => Array.from({ length: count }, (_, index) => ({ body: `message ${index}` }));

    beforeEach(async () => {
      under = await make();
      await under.queues.ensureQueue(queue, { visibilitySeconds: 30, retentionSeconds: 600 });
    });
    afterEach(() => under.close());

    it('gives back what was sent, whatever the characters', async () => {
      const bodies = ['{"a":"<b>&amp; & c</b>"}', 'grün 中文 \u{1F680}', ' spaces\r\nand lines\t ', ']]>'];
      await under.queues.send(
        queue,
        bodies.map((body) => ({ body })),
      );
      expect(bodiesOf(await under.queues.receive(queue, 16))).toEqual([...bodies].sort());
    });

    it('is empty without an error', async () => {
      expect(await under.queues.receive(queue, 16)).toEqual([]);
    });

    it('hands out at most 16 at once, and at most what was asked for', async () => {
      await under.queues.send(queue, texts(20));
      expect(await under.queues.receive(queue, 3)).toHaveLength(3);
      expect(await under.queues.receive(queue, 100)).toHaveLength(16);
      expect(await under.queues.receive(queue, 16)).toHaveLength(1);
    });

    it('sends and removes more than one batch', async () => {
      await under.queues.send(queue, texts(40));
      for (let left = 40; left > 0; left -= 16) {
        const got = await under.queues.receive(queue, 16);
        expect(got).toHaveLength(Math.min(16, left));
        await under.queues.remove(
          queue,
          got.map((one) => one.receipt),
        );
      }
      await under.advance(31);
      expect(await under.queues.receive(queue, 16)).toEqual([]);
    });

    it('hides a received message until its time is up, then gives it again and counts', async () => {
      await under.queues.send(queue, [{ body: 'again' }]);
      const [first] = await under.queues.receive(queue, 1);
      expect(first?.dequeueCount).toBe(1);
      expect(await under.queues.receive(queue, 1)).toEqual([]);
      await under.advance(31);
      const [second] = await under.queues.receive(queue, 1);
      expect(second).toMatchObject({ messageId: first?.messageId, body: 'again', dequeueCount: 2 });
      expect(second?.receipt).not.toBe(first?.receipt);
    });

    it('takes a receipt that is no longer valid without an error and without an effect', async () => {
      await under.queues.send(queue, [{ body: 'stale' }]);
      const [first] = await under.queues.receive(queue, 1);
      await under.advance(31);
      const [second] = await under.queues.receive(queue, 1);
      await under.queues.remove(queue, [first?.receipt ?? '']);
      await under.advance(31);
      const [third] = await under.queues.receive(queue, 1);
      expect(third?.dequeueCount).toBe(3);
      await under.queues.remove(queue, [third?.receipt ?? '', second?.receipt ?? '']);
      await under.queues.remove(queue, [third?.receipt ?? '']);
      await under.advance(31);
      expect(await under.queues.receive(queue, 1)).toEqual([]);
    });

    it('does not deliver a delayed message early', async () => {
      await under.queues.send(queue, [{ body: 'later', delaySeconds: 50 }, { body: 'now' }]);
      expect(bodiesOf(await under.queues.receive(queue, 16))).toEqual(['now']);
      await under.advance(40);
      expect(bodiesOf(await under.queues.receive(queue, 16))).toEqual(['now']);
      await under.advance(11);
      expect(bodiesOf(await under.queues.receive(queue, 16))).toEqual(['later']);
    });

    it('forgets a message after its retention', async () => {
      await under.queues.send(queue, [{ body: 'old' }]);
      await under.advance(601);
      expect(await under.queues.receive(queue, 16)).toEqual([]);
    });

    it('takes a queue that exists already, and keeps what it holds', async () => {
      await under.queues.send(queue, [{ body: 'kept' }]);
      await under.queues.ensureQueue(queue, { visibilitySeconds: 30, retentionSeconds: 600 });
      await under.queues.ensureQueue(queue, { visibilitySeconds: 31 });
      expect(bodiesOf(await under.queues.receive(queue, 16))).toEqual(['kept']);
    });

    it('says not-found for a queue that does not exist', async () => {
      const attempts = [
        () => under.queues.send('absent', [{ body: 'x' }]),
        () => under.queues.receive('absent', 1),
        () => under.queues.remove('absent', ['1-00000000000000000000000000000000']),
      ];
      for (const attempt of attempts) {
        const failure = await attempt().catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(CloudFailure);
        expect(failure).toMatchObject({ failure: 'not-found', facts: { code: 'QueueNotExist' } });
      }
    });

    it('refuses a body over 64 KB as it travels, and takes the largest that fits', async () => {
      const largest = (65_536 / 4) * 3;
      await under.queues.send(queue, [{ body: 'x'.repeat(largest) }]);
      const failure = await under.queues.send(queue, [{ body: 'x'.repeat(largest + 1) }]).catch((error: unknown) => error);
      expect(failure).toMatchObject({ failure: 'invalid' });
      expect(await under.queues.receive(queue, 16)).toHaveLength(1);
    });
  });
}

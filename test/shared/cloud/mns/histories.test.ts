import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Queues, Received } from '#shared/cloud/mns/port.ts';
import { createFakeQueues, type FakeQueues } from '#test/support/fake-queues.ts';
import { type LocalMns, startLocalMns } from '#test/support/local-mns.ts';

type Step = { readonly do: 'send' | 'receive' | 'remove' | 'advance'; readonly amount: number };

// Times are such that no sum of advances comes nearer than 5 s to a limit: the emulator's own clock runs on while the fake's stands still.
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom(0, 0, 5, 45).map((amount): Step => ({ do: 'send', amount })),
  fc.constant<Step>({ do: 'receive', amount: 16 }),
  fc.nat(9).map((amount): Step => ({ do: 'remove', amount })),
  fc.constantFrom(10, 20, 40, 70).map((amount): Step => ({ do: 'advance', amount })),
);
const attributes = { visibilitySeconds: 35, retentionSeconds: 125 };

const secondsOf = (steps: readonly Step[]): number => steps.reduce((sum, one) => sum + (one.do === 'advance' ? one.amount : 0), 0);

/** A receive gives at most 16, and which 16 is nobody's promise: histories stay below. Dates of signatures allow for 15 minutes. */
const history = fc
  .array(step, { maxLength: 30 })
  .filter((steps) => steps.filter((one) => one.do === 'send').length <= 16 && secondsOf(steps) < 800);

const byBody = (a: Received, b: Received): number => a.body.localeCompare(b.body);
const facts = (got: readonly Received[]) => [...got].sort(byBody).map(({ body, dequeueCount }) => ({ body, dequeueCount }));

/** Does the same to both; what they hand out must be the same. */
class Pair {
  private readonly receipts: { readonly fake: string; readonly emulator: string }[] = [];
  private sent = 0;
  advanced = 0;
  private readonly queue: string;
  private readonly fake: FakeQueues;
  private readonly mns: LocalMns;

  constructor(queue: string, fake: FakeQueues, mns: LocalMns) {
    this.queue = queue;
    this.fake = fake;
    this.mns = mns;
  }

  async both(work: (queues: Queues) => Promise<void>): Promise<void> {
    await work(this.fake);
    await work(this.mns.queues);
  }

  private readonly moves = {
    send: async (delaySeconds: number) => {
      this.sent += 1;
      await this.both((queues) => queues.send(this.queue, [{ body: `message ${this.sent}`, delaySeconds }]));
    },
    advance: async (seconds: number) => {
      this.advanced += seconds;
      this.fake.advance(seconds);
      await this.mns.advance(seconds);
    },
    remove: async (nth: number) => {
      const receipt = this.receipts[nth];
      if (receipt === undefined) return;
      await this.fake.remove(this.queue, [receipt.fake]);
      await this.mns.queues.remove(this.queue, [receipt.emulator]);
    },
    receive: async (most: number) => {
      const fromFake = [...(await this.fake.receive(this.queue, most))].sort(byBody);
      const fromEmulator = [...(await this.mns.queues.receive(this.queue, most))].sort(byBody);
      expect(facts(fromEmulator)).toEqual(facts(fromFake));
      this.receipts.push(...fromFake.map((one, index) => ({ fake: one.receipt, emulator: fromEmulator[index]?.receipt ?? '' })));
    },
  };

  async play(steps: readonly Step[]): Promise<void> {
    for (const one of steps) await this.moves[one.do](one.amount);
  }
}

it('the fake and the emulator agree on every history of sends, receipts, removals and time', async () => {
  const mns = await startLocalMns();
  let run = 0;
  const property = fc.asyncProperty(history, async (steps) => {
    run += 1;
    const pair = new Pair(`history-${run}`, createFakeQueues(), mns);
    await pair.both((queues) => queues.ensureQueue(`history-${run}`, attributes));
    try {
      await pair.play(steps);
    } finally {
      await mns.advance(-pair.advanced);
    }
  });
  try {
    await fc.assert(property, { numRuns: 60 });
  } finally {
    await mns.close();
  }
});

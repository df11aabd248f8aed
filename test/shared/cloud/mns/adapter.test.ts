import { queuesContract } from '#test/contract/queues.ts';
import { createFakeQueues } from '#test/support/fake-queues.ts';
import { startLocalMns } from '#test/support/local-mns.ts';

queuesContract('fake', async () => {
  const queues = createFakeQueues();
  return { queues, advance: async (seconds) => queues.advance(seconds), close: async () => {} };
});

queuesContract('emulator through the adapter', () => startLocalMns());
queuesContract('emulator that shuffles', () => startLocalMns({ shuffle: true }));

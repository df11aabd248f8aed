/** A step of the chain as a handler: every message is run by itself, several keys side by side. */
import type { Message } from '#events/contract/messages.ts';
import { eachLimited } from './each-limited.ts';
import { outcomeOf } from './failure-outcome.ts';
import { runStep } from './run.ts';
import type { StepDefinition } from './run-context.ts';
import type { Settlement, Workshop } from './workshop.ts';

/** Keys at once in one instance: a batch is small, and each waits mostly for the network. */
const parallel = 4;

const misrouted: Settlement = {
  outcome: { kind: 'refuse', code: 'MESSAGE-MALFORMED', because: 'this queue is for step requests of another step' },
  sends: [],
};

/** Runs each step request of the batch. A message of another kind or step is refused. */
export async function runAll(step: StepDefinition, messages: readonly Message[], at: Workshop): Promise<ReadonlyMap<Message, Settlement>> {
  const settled = new Map<Message, Settlement>();
  await eachLimited(messages, parallel, async (message) => {
    if (message.type !== 'albeit.step.requested' || message.step !== step.name) {
      settled.set(message, misrouted);
      return;
    }
    const run = runStep(step, message, at);
    const owner = { kind: 'AlbConfig', namespace: '', name: message.key.name };
    settled.set(message, await run.catch((error: unknown): Settlement => ({ outcome: outcomeOf(error, owner), sends: [] })));
  });
  return settled;
}

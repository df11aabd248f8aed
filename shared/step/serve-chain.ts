/** A step of the chain as a handler: every message is run by itself, several keys side by side. */
import type { Message, StepRequested } from '#events/contract/messages.ts';
import { byKey } from './by-key.ts';
import { eachLimited } from './each-limited.ts';
import { outcomeOf } from './failure-outcome.ts';
import { done } from './outcome.ts';
import { runStep } from './run.ts';
import type { StepDefinition } from './run-context.ts';
import type { Settlement, Workshop } from './workshop.ts';

/** Keys at once in one instance: a batch is small, and each waits mostly for the network. */
const parallel = 4;

const misrouted: Settlement = {
  outcome: { kind: 'refuse', code: 'MESSAGE-MALFORMED', because: 'this queue is for step requests of another step' },
  sends: [],
};

/** The same request twice in one batch: the queue delivers at least once, and the first has just done it or comes back. */
const delivered: Settlement = { outcome: done(false), sends: [], facts: { merged: true } };

/** Runs each step request of the batch. A message of another kind or step is refused. */
export async function runAll(step: StepDefinition, messages: readonly Message[], at: Workshop): Promise<ReadonlyMap<Message, Settlement>> {
  const settled = new Map<Message, Settlement>();
  const ours = messages.filter((one): one is StepRequested => one.type === 'albeit.step.requested' && one.step === step.name);
  for (const message of messages) settled.set(message, misrouted);
  await eachLimited(byKey(ours), parallel, async (ofOneKey) => {
    const seen = new Set<string>();
    for (const message of ofOneKey) {
      const request = `${message.phase} ${message.chain}`;
      settled.set(message, seen.has(request) ? delivered : await runOne(step, message, at));
      seen.add(request);
    }
  });
  return settled;
}

async function runOne(step: StepDefinition, message: StepRequested, at: Workshop): Promise<Settlement> {
  const owner = { kind: 'AlbConfig', namespace: '', name: message.key.name };
  return runStep(step, message, at).catch((error: unknown): Settlement => ({ outcome: outcomeOf(error, owner), sends: [] }));
}

/** Step `server-group`: groups, which the chain makes and collects, and their members, which the lane of Services alone writes. */
import type { MembersRequested, Message } from '#events/contract/messages.ts';
import type { StepDefinition } from '#shared/step/run-context.ts';
import { serve } from '#shared/step/serve.ts';
import { runAll } from '#shared/step/serve-chain.ts';
import { groups } from './groups/groups.ts';
import { keepMembers } from './members/members.ts';

const step: StepDefinition = { name: 'server-group', nouns: [groups] };

const isMembers = (message: Message): message is MembersRequested => message.type === 'albeit.members.requested';

export const handler = serve({
  name: step.name,
  // Members first: pods never wait behind rules.
  work: async (messages, at) => {
    const members = await keepMembers(messages.filter(isMembers), at);
    const chain = await runAll(
      step,
      messages.filter((one) => !isMembers(one)),
      at,
    );
    return new Map([...members, ...chain]);
  },
});

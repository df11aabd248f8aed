/** Step `rule`: the forwarding rules of an ALB's listeners; the last of the chain. */
import type { StepDefinition } from '#shared/step/run-context.ts';
import { serve } from '#shared/step/serve.ts';
import { runAll } from '#shared/step/serve-chain.ts';
import { rules } from './rules.ts';

const step: StepDefinition = { name: 'rule', nouns: [rules] };

export const handler = serve({ name: step.name, work: (messages, at) => runAll(step, messages, at) });

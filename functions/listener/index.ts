/** Step `listener`: the listeners of an ALB instance. */
import type { StepDefinition } from '#shared/step/run-context.ts';
import { serve } from '#shared/step/serve.ts';
import { runAll } from '#shared/step/serve-chain.ts';
import { listeners } from './listeners.ts';

const step: StepDefinition = { name: 'listener', nouns: [listeners] };

export const handler = serve({ name: step.name, work: (messages, at) => runAll(step, messages, at) });

/** Step `instance`: the ALB instance of an AlbConfig. */

import type { StepDefinition } from '#shared/step/run-context.ts';
import { serve } from '#shared/step/serve.ts';
import { runAll } from '#shared/step/serve-chain.ts';
import { loadBalancers } from './load-balancers.ts';

const step: StepDefinition = { name: 'instance', nouns: [loadBalancers] };

export const handler = serve({ name: step.name, work: (messages, at) => runAll(step, messages, at) });

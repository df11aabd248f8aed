/** Step `dispatch`: which steps have work. It reads the wish and the records, asks for what differs, and may call no cloud at all. */
import { serve } from '#shared/step/serve.ts';
import { dispatchAll } from './dispatch.ts';

export const handler = serve({ name: 'dispatch', work: dispatchAll });

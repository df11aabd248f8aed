/**
 * Step `sweep`: the long retry, on a timer. It makes the chain of every AlbConfig read anew what it keeps (drift, orphans) and has the whole
 * cluster compared once (stale records, lost messages). It may call no cloud write, and calls no cloud read either: the steps read.
 */
import type { Message } from '#events/contract/messages.ts';
import { serve } from '#shared/step/serve.ts';
import type { Settlement } from '#shared/step/workshop.ts';
import { sweepAll } from './sweep.ts';

const misrouted: Settlement = {
  outcome: { kind: 'refuse', code: 'MESSAGE-MALFORMED', because: 'this function has a timer and no queue' },
  sends: [],
};

export const handler = serve({
  name: 'sweep',
  work: async (messages) => new Map(messages.map((one): [Message, Settlement] => [one, misrouted])),
  onTimer: sweepAll,
});

/** Requests without pause while Ingresses change, over the processes of `npm start`. `probing-processes.long.ts` takes every turn. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Live, startLive } from '#test/support/live-scenario.ts';
import { canaryTurns, pathTurns, redirectTurns } from '#test/support/live-turns.ts';

let live: Live;
beforeAll(async () => {
  live = await startLive();
}, 120_000);
afterAll(() => live.stop());

it('answers every request as the old or the new Ingress says, and only as the new one once its owner has heard', async () => {
  // A path in front of the others, a fifth for a canary, and from HTTP to HTTPS.
  for (const turn of [...pathTurns.slice(0, 1), ...canaryTurns.slice(1, 2), ...redirectTurns.slice(0, 1)]) await live.take(turn);
  console.log(`${live.probes.count()} answers, each as it should be`);
  expect(live.probes.count()).toBeGreaterThan(100);
}, 120_000);

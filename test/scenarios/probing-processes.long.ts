/**
 * Requests without pause while Ingresses change, over the processes of `npm start`: every turn of `live-turns.ts`, twice over, with the
 * embedded Kubernetes API and, when KUBEBUILDER_ASSETS is set, with the real one. `probing.test.ts` looks at every instant, in memory.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Live, startLive } from '#test/support/live-scenario.ts';
import { canaryTurns, moreTurns, pathTurns, redirectTurns } from '#test/support/live-turns.ts';

const assets = process.env['KUBEBUILDER_ASSETS'] ?? '';
const turns = [...pathTurns, ...canaryTurns, ...redirectTurns, ...moreTurns];

describe.each(['embedded', 'assets'] as const)('with the Kubernetes API %s', (kube) => {
  describe.skipIf(kube === 'assets' && assets === '')('every request is answered as the old or the new Ingress says', () => {
    let live: Live;
    beforeAll(async () => {
      live = await startLive({ kube });
    }, 180_000);
    afterAll(async () => {
      console.log(`${live.probes.count()} answers, each as it should be`);
      await live.stop();
    });

    describe.each(['once', 'again'])('%s', () => {
      it.each(turns.map((turn) => [turn.what, turn] as const))('while %s', async (_what, turn) => {
        const before = live.probes.count();
        await live.take(turn);
        expect(live.probes.count()).toBeGreaterThan(before);
      });
    });
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Change, Reflector } from '#events/forwarder/reflector.ts';
import { createFakeWatched, type FakeWatched } from '#test/support/fake-watched.ts';
import { createManualTimers, type ManualTimers } from '#test/support/manual-timers.ts';

const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g');
const anyStep = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('put' as const), name }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('remove' as const), name }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('compact' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('bookmark' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('break' as const), how: fc.constantFrom('end' as const, 'cut', 'stall') }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('fault' as const),
      fault: fc.constantFrom('away' as const, 'unavailable', 'expired', 'stall', 'end', 'cut'),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(0, 100, 1500, 80_000) }) },
);
type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;

interface Scene {
  readonly server: FakeWatched;
  readonly timers: ManualTimers;
}

/** Everything that can happen without time passing. Streams need a few turns of the event loop to hand on what was written. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 6; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

const play: { readonly [K in Step['kind']]: (scene: Scene, step: Extract<Step, { kind: K }>) => void } = {
  put: ({ server }, step) => server.put(step.name),
  remove: ({ server }, step) => server.remove(step.name),
  compact: ({ server }) => server.compact(),
  bookmark: ({ server }) => server.bookmark(),
  break: ({ server }, step) => server.breakWatches(step.how),
  fault: ({ server }, step) => void server.faults.push(step.fault),
  pass: ({ timers }, step) => timers.advance(step.ms),
};
// The table has the row of each kind by its type; the union of rows cannot be called with the union of steps.
const playOne = (scene: Scene, step: Step): void => (play[step.kind] as (scene: Scene, step: Step) => void)(scene, step);

/** The story of each object as the reflector tells it: versions in order, empty for gone. */
class Told {
  readonly last = new Map<string, string>();
  readonly wrong: string[] = [];

  hear({ before, after, version }: Change<{ readonly name: string; readonly version: string }>, server: FakeWatched): void {
    const subject = (after ?? before)?.name ?? '';
    if ((this.last.get(subject) ?? '') !== (before?.version ?? '')) this.wrong.push(`${subject}: before is not what was told last`);
    if (after === undefined && server.held().get(subject) === before?.version)
      this.wrong.push(`${subject}: taken for deleted at ${version}`);
    if (after === undefined) this.last.delete(subject);
    else this.last.set(subject, after.version);
  }
}

describe('reflector, over histories', () => {
  it('ends with what the server has, and never takes for deleted what is there', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 60 }), fc.integer({ min: 0, max: 7 }), async (steps, atFirst) => {
        const server = createFakeWatched();
        const timers = createManualTimers();
        const ending = new AbortController();
        const told = new Told();
        for (const one of ['a', 'b', 'c', 'd', 'e', 'f', 'g'].slice(0, atFirst)) server.put(one);
        const reflector = new Reflector(
          {
            kind: 'Service',
            metadataOnly: false,
            project: ({ metadata }) => ({ name: metadata.name, version: metadata.resourceVersion ?? '' }),
            changed: (change) => told.hear(change, server),
            synced: () => undefined,
            ended: () => undefined,
          },
          { transport: server, timers, random: () => 0.5, signal: ending.signal },
        );
        const running = reflector.run();
        for (const step of steps) {
          playOne({ server, timers }, step);
          await settle();
        }
        server.faults = [];
        for (let round = 0; round < 6; round += 1) {
          timers.advance(80_000);
          await settle();
        }
        const calls = server.calls;
        ending.abort();
        await running;
        expect(told.wrong).toEqual([]);
        expect(told.last).toEqual(server.held());
        // A few calls a fault and a wait: no loop without a pause.
        expect(calls).toBeLessThan(40 + 12 * steps.length);
      }),
      { numRuns: 400 },
    );
  });
});

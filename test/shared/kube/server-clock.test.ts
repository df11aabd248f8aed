import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createServerClock } from '#shared/kube/server-clock.ts';

const start = Date.parse('2026-11-21T12:00:00Z');

/** A server whose clock differs from ours, and the way to it. */
function setUp(aheadMs: number) {
  let monotonic = 1000;
  const clock = createServerClock({ monotonicMs: () => monotonic, wallMs: () => start + monotonic });
  const truth = () => start + monotonic + aheadMs;
  return {
    clock,
    truth,
    pass: (ms: number) => {
      monotonic += ms;
    },
    /** An answer that was written after `there` ms and arrived `back` ms later. */
    ask: (there: number, back: number) => {
      const sent = monotonic;
      monotonic += there;
      const date = new Date(truth()).toUTCString();
      monotonic += back;
      clock.learn(date, sent);
    },
  };
}

describe("the API server's clock", () => {
  it('is our own before any answer, and after an answer that tells none', () => {
    const { clock } = setUp(90_000);
    expect(clock.now()).toBe(start + 1000);
    clock.learn(undefined, 1000);
    clock.learn('yesterday', 1000);
    expect(clock.now()).toBe(start + 1000);
  });

  it('is never further off than the second that the header leaves out and the time on the way', () => {
    const way = fc.nat({ max: 400 });
    fc.assert(
      fc.property(
        fc.integer({ min: -1e9, max: 1e9 }),
        fc.array(fc.tuple(fc.nat({ max: 5000 }), way, way), { minLength: 1 }),
        (ahead, asks) => {
          const { clock, truth, pass, ask } = setUp(ahead);
          for (const [ms, there, back] of asks) {
            pass(ms);
            ask(there, back);
            expect(Math.abs(clock.now() - truth())).toBeLessThanOrEqual(1000 + there + back);
          }
        },
      ),
    );
  });

  it('does not go back at every answer', () => {
    const { clock, pass, ask } = setUp(0);
    ask(5, 5);
    let before = clock.now();
    for (let i = 0; i < 50; i += 1) {
      pass(137);
      ask(5, 5);
      expect(clock.now()).toBeGreaterThanOrEqual(before);
      before = clock.now();
    }
  });

  it('follows a server whose clock was set', () => {
    let monotonic = 0;
    const clock = createServerClock({ monotonicMs: () => monotonic, wallMs: () => start });
    clock.learn(new Date(start).toUTCString(), 0);
    monotonic = 1000;
    clock.learn(new Date(start + 3_600_000).toUTCString(), 1000);
    expect(clock.now()).toBe(start + 3_600_000);
    clock.learn(new Date(start).toUTCString(), 1000);
    expect(clock.now()).toBe(start + 1000);
  });
});

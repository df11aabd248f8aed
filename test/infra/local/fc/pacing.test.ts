import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterEmpty, afterFailure, uneven } from '#infra/local/fc/pacing.ts';

describe('the rests of a poll loop', () => {
  it('double while the service is away, up to a bound', () => {
    const waits = [0, 0, 0, 0, 0, 0, 0, 0].reduce<number[]>((before) => [...before, afterFailure(before.at(-1) ?? 0)], []);
    expect(waits).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
  });

  it('come after an empty answer that was given before its time, and not after one that waited', () => {
    expect(afterEmpty(3, 20_000)).toBeGreaterThan(0);
    expect(afterEmpty(20_010, 20_000)).toBe(0);
  });

  it('are uneven between half and all of the wait', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.double({ min: 0, max: 1, noNaN: true }), (wait, random) => {
        const rest = uneven(wait, random);
        return rest >= wait / 2 && rest <= wait;
      }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { isOverdue, nextLook } from '#shared/step/gate-ledger.ts';

const now = 1_000_000;
const alone = { now, arrived: new Set([0]), returns: false };

describe('the next look at Pods that wait', () => {
  it('is none where none waits, and nothing is remembered where none is gated', () => {
    expect(nextLook(undefined, {}, alone)).toEqual({});
    expect(nextLook(undefined, { a: 0 }, alone)).toEqual({ ledger: { pods: { a: 0 } } });
  });

  it.each([
    ['at once for a new one', 0, 1],
    ['later for one that waits', 20_000, 10],
    ['once a minute for one that waits for ever', 3_600_000, 60],
  ])('comes %s', (_, waited, delaySeconds) => {
    const pods = { a: now - waited };
    const next = { at: now + delaySeconds * 1000, attempt: 2 };
    expect(nextLook(undefined, pods, alone)).toEqual({ ledger: { pods, next }, send: { attempt: 2, delaySeconds } });
  });

  it('goes by the youngest', () => {
    expect(nextLook(undefined, { old: now - 3_600_000, young: now - 2000, open: 0 }, alone).send?.delaySeconds).toBe(1);
  });

  it('is not asked for twice while it is under way, unless it is wanted sooner', () => {
    const pods = { a: now - 20_000 };
    const next = { at: now + 5000, attempt: 3 };
    expect(nextLook({ pods, next }, pods, alone)).toEqual({ ledger: { pods, next } });
    const late = { at: now + 50_000, attempt: 3 };
    expect(nextLook({ pods, next: late }, { ...pods, b: now }, alone).send).toEqual({ attempt: 4, delaySeconds: 1 });
    expect(nextLook({ pods, next: { at: now, attempt: 4 } }, pods, alone).send).toEqual({ attempt: 2, delaySeconds: 10 });
  });

  it('is asked for again by the one that came, though it came before its time, and not by one that is not awaited any more', () => {
    const pods = { a: now - 20_000 };
    const next = { at: now + 20, attempt: 3 };
    expect(nextLook({ pods, next }, pods, { ...alone, arrived: new Set([0, 3]) }).send).toEqual({ attempt: 4, delaySeconds: 10 });
    expect(nextLook({ pods, next }, pods, { ...alone, arrived: new Set([2]) }).send).toBeUndefined();
  });

  it('is not asked for when the message at hand comes back, which is not taken for one under way', () => {
    const pods = { a: now };
    const first = nextLook(undefined, pods, { ...alone, returns: true });
    expect(first).toEqual({ ledger: { pods } });
    expect(nextLook(first.ledger, pods, alone).send?.delaySeconds).toBe(1);
  });

  it('remembers a thousand Pods, those that wait first', () => {
    const open = Array.from({ length: 1200 }, (_, index) => [`open-${index}`, 0] as const);
    const { ledger } = nextLook(undefined, { ...Object.fromEntries(open), waiting: now }, alone);
    expect(Object.keys(ledger?.pods ?? {})).toHaveLength(1000);
    expect(ledger?.pods['waiting']).toBe(now);
  });
});

describe('a look that never came', () => {
  it.each([
    ['is missed when a Pod waits and nobody is to come', { pods: { a: now - 100_000 } }, true],
    ['is missed a minute after its time', { pods: { a: now - 100_000 }, next: { at: now - 60_001, attempt: 2 } }, true],
    ['is not missed before', { pods: { a: now - 100_000 }, next: { at: now - 59_999, attempt: 2 } }, false],
    ['is not missed where none waits', { pods: { a: 0 }, next: { at: now - 600_000, attempt: 2 } }, false],
    ['is not missed where none is gated', undefined, false],
  ])('%s', (_, gates, missed) => {
    expect(isOverdue(gates, now)).toBe(missed);
  });
});

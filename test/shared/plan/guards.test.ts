import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { massRemoval } from '#shared/plan/guards.ts';
import { fitRules, rulesPerLoadBalancer } from '#shared/plan/quota.ts';

const ask = (existing: number, removed: number, confirmed = false): string => massRemoval({ existing, removed, confirmed });

describe('removing rules in bulk', () => {
  it('needs a second look above five and above half', () => {
    expect(ask(100, 50)).toBe('go');
    expect(ask(100, 51)).toBe('confirm');
    expect(ask(5, 5)).toBe('go');
    expect(ask(6, 6)).toBe('confirm');
  });

  it('goes on once it is confirmed', () => {
    expect(ask(100, 100, true)).toBe('go');
  });
});

describe('the quota of rules', () => {
  const share = (owner: string, wanted: number, observed = 0) => ({ owner, wanted, observed });

  it('keeps what is there, and names the newcomers that do not fit', () => {
    expect(fitRules([share('new', 3), share('old', 8, 8)], 0, 10)).toEqual({ over: ['new'], total: 8 });
  });

  it('lets a smaller newcomer in behind one that is too large', () => {
    expect(fitRules([share('large', 5), share('small', 2), share('old', 8, 8)], 0, 10)).toEqual({ over: ['large'], total: 10 });
  });

  it('counts the rules of held Ingresses, and recovers by itself when others shrink', () => {
    expect(fitRules([share('a', 2, 1)], 9, 10).over).toEqual(['a']);
    expect(fitRules([share('a', 2, 1), share('b', 1, 4)], 5, 10)).toEqual({ over: [], total: 8 });
  });

  it('is never exceeded by what is let in, and never drops what does not grow', () => {
    const shares = fc.array(fc.record({ wanted: fc.nat(20), observed: fc.nat(20) }), { maxLength: 12 });
    fc.assert(
      fc.property(shares, fc.nat(20), (list, kept) => {
        const named = list.map((one, index) => ({ ...one, owner: `o${index}` }));
        const { over, total } = fitRules(named, kept, rulesPerLoadBalancer);
        const there = named.reduce((sum, one) => sum + Math.min(one.wanted, one.observed), kept);
        expect(total).toBeLessThanOrEqual(Math.max(rulesPerLoadBalancer, there));
        for (const one of named) if (one.wanted <= one.observed) expect(over).not.toContain(one.owner);
      }),
    );
  });
});

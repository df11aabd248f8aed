import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RequestFacts } from '#infra/local/alb/data-plane/request-facts.ts';
import { consistent, SmoothRoundRobin, schedule } from '#infra/local/alb/data-plane/schedulers.ts';

const weights = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 8 });
const candidatesOf = (list: readonly number[]) => list.map((weight, at) => ({ key: `s${at}`, weight }));

const count = <T>(items: readonly T[]): Map<T, number> => {
  const counts = new Map<T, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
};

describe('smooth weighted round robin', () => {
  it('gives each server exactly its weight in every run of sum-of-weights requests', () => {
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 3 }), (list, rounds) => {
        const candidates = candidatesOf(list);
        const turns = new SmoothRoundRobin();
        const total = list.reduce((a, b) => a + b, 0);
        for (let round = 0; round < rounds; round++) {
          const picks = count(Array.from({ length: total }, () => turns.pick(candidates)?.key));
          expect(candidates.map(({ key }) => picks.get(key))).toEqual(list);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('spreads the turns of a heavy server out', () => {
    const turns = new SmoothRoundRobin();
    const picks = Array.from({ length: 7 }, () => turns.pick(candidatesOf([5, 1, 1]))?.key);
    expect(picks).toEqual(['s0', 's0', 's1', 's0', 's2', 's0', 's0']);
  });

  it('never picks a server that has gone, and serves a new one within a round', () => {
    const turns = new SmoothRoundRobin();
    for (let at = 0; at < 5; at++) turns.pick(candidatesOf([1, 1]));
    const picks = Array.from(
      { length: 2 },
      () =>
        turns.pick([
          { key: 's1', weight: 1 },
          { key: 's9', weight: 1 },
        ])?.key,
    );
    expect(new Set(picks)).toEqual(new Set(['s1', 's9']));
  });

  it('picks nobody among nobody', () => {
    expect(new SmoothRoundRobin().pick([])).toBeUndefined();
  });
});

describe('consistent hashing', () => {
  it('moves requests only to a server that has come', () => {
    fc.assert(
      fc.property(weights, fc.array(fc.string(), { minLength: 1, maxLength: 30 }), (list, texts) => {
        const before = candidatesOf(list);
        const after = candidatesOf([...list, 50]);
        const moved = texts.filter((text) => consistent(text, before)?.key !== consistent(text, after)?.key);
        expect(new Set(moved.map((text) => consistent(text, after)?.key)).size).toBeLessThanOrEqual(1);
        expect(moved.every((text) => consistent(text, after)?.key === after.at(-1)?.key)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('moves requests only from a server whose weight falls', () => {
    fc.assert(
      fc.property(weights, fc.array(fc.string(), { minLength: 1, maxLength: 30 }), (list, texts) => {
        const before = candidatesOf([...list, 80]);
        const after = candidatesOf([...list, 20]);
        const moved = texts.filter((text) => consistent(text, before)?.key !== consistent(text, after)?.key);
        expect(moved.every((text) => consistent(text, before)?.key === before.at(-1)?.key)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('gives servers about their share', () => {
    const picks = count(Array.from({ length: 4_000 }, (_, at) => consistent(`client ${at}`, candidatesOf([100, 50, 50]))?.key));
    const shares = ['s0', 's1', 's2'].map((key) => (picks.get(key) ?? 0) / 4_000);
    // The hash is fixed, and so are these: a binomial of this size is off by less than 0.03.
    for (const [at, wanted] of [0.5, 0.25, 0.25].entries()) expect(Math.abs((shares[at] ?? 0) - wanted)).toBeLessThan(0.03);
  });

  it('moves only the requests of a server that has gone', () => {
    fc.assert(
      fc.property(weights, fc.array(fc.string(), { minLength: 1, maxLength: 30 }), (list, texts) => {
        const before = candidatesOf([...list, 50]);
        const after = before.slice(0, -1);
        const last = before.at(-1)?.key;
        const moved = texts.filter((text) => consistent(text, before)?.key !== consistent(text, after)?.key);
        expect(moved.every((text) => consistent(text, before)?.key === last)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

describe('the schedulers of a group', () => {
  const facts = (query: string, sourceIp = '192.0.2.1'): RequestFacts => ({
    ...{ method: 'GET', host: '', path: '/', search: query, headers: {}, cookies: [], sourcePort: 1 },
    query: new URLSearchParams(query),
    sourceIp,
  });
  const candidates = candidatesOf([100, 100, 100]);
  const choose = (scheduler: string, request: RequestFacts, active: Record<string, number> = {}) =>
    schedule(scheduler, {
      candidates,
      facts: request,
      roundRobin: new SmoothRoundRobin(),
      active: ({ key }) => active[key] ?? 0,
      parameter: 'user',
    })?.key;

  it('Wlc takes the server with the fewest requests', () => {
    expect(choose('Wlc', facts(''), { s0: 3, s1: 1, s2: 2 })).toBe('s1');
  });

  it('Wlc weighs requests: a server of twice the weight takes twice as many', () => {
    const active: Record<string, number> = {};
    const turns = new SmoothRoundRobin();
    for (let at = 0; at < 40; at++) {
      const chosen = schedule('Wlc', {
        candidates: candidatesOf([100, 50, 50]),
        facts: facts(''),
        roundRobin: turns,
        active: ({ key }) => active[key] ?? 0,
        parameter: undefined,
      });
      active[chosen?.key ?? ''] = (active[chosen?.key ?? ''] ?? 0) + 1;
    }
    expect(active).toEqual({ s0: 20, s1: 10, s2: 10 });
  });

  it('Uch takes turns among requests without the parameter', () => {
    const turns = new SmoothRoundRobin();
    const choice = { candidates, facts: facts('x=1'), roundRobin: turns, active: () => 0, parameter: 'user' };
    expect(new Set([1, 2, 3].map(() => schedule('Uch', choice)?.key)).size).toBe(3);
  });

  it('Sch keeps a client at its server', () => {
    const servers = Array.from({ length: 40 }, (_, at) => choose('Sch', facts('', `192.0.2.${at}`)));
    expect(servers).toEqual(Array.from({ length: 40 }, (_, at) => choose('Sch', facts('', `192.0.2.${at}`))));
    expect(new Set(servers).size).toBe(3);
  });

  it('Uch keeps a value of the parameter at its server', () => {
    expect(choose('Uch', facts('user=ann&x=1'))).toBe(choose('Uch', facts('x=2&user=ann')));
    expect(new Set(Array.from({ length: 40 }, (_, at) => choose('Uch', facts(`user=${at}`)))).size).toBe(3);
  });
});

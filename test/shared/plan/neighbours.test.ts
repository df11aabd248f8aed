import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HostShare, hostsOf, neighboursOf } from '#shared/plan/neighbours.ts';

const share = (owner: string, hosts: readonly string[], listener = 'HTTP:80'): HostShare => ({ owner, listener, hosts });
const found = (of: string, shares: readonly HostShare[]): string[] => [...neighboursOf(new Set([of]), shares)].sort();

describe('neighbours', () => {
  it('are those with the same host on the same listener, and theirs', () => {
    const shares = [share('a', ['x']), share('b', ['x', 'y']), share('c', ['y']), share('d', ['z']), share('e', ['x'], 'HTTPS:443')];
    expect(found('a', shares)).toEqual(['a', 'b', 'c']);
    expect(found('d', shares)).toEqual(['d']);
    expect(found('e', shares)).toEqual(['e']);
  });

  it('connect listeners through an owner that stands on both', () => {
    expect(found('a', [share('a', ['x']), share('a', ['x'], 'HTTPS:443'), share('b', ['x'], 'HTTPS:443')])).toEqual(['a', 'b']);
  });

  it('of a rule for any host are all on its listener; and it is a neighbour of all', () => {
    const shares = [share('a', ['x']), share('any', []), share('b', ['y']), share('c', ['x'], 'HTTP:81')];
    expect(found('any', shares)).toEqual(['a', 'any', 'b']);
    expect(found('a', shares)).toEqual(['a', 'any', 'b']);
    expect(found('c', shares)).toEqual(['c']);
  });

  it('of nobody are nobody', () => {
    expect(neighboursOf(new Set(), [share('a', [])]).size).toBe(0);
  });

  it('are mutual, whatever the order of the rules', () => {
    const some = fc.array(
      fc.record({
        owner: fc.constantFrom('a', 'b', 'c', 'd'),
        listener: fc.constantFrom('HTTP:80', 'HTTPS:443'),
        hosts: fc.uniqueArray(fc.constantFrom('x', 'y', 'z'), { maxLength: 2 }),
      }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(some, (shares) => {
        for (const { owner } of shares) {
          for (const other of found(owner, shares)) expect(found(other, [...shares].reverse())).toEqual(found(owner, shares));
        }
      }),
    );
  });

  it('read hosts from conditions: patterns may be any host, letters have no case', () => {
    const of = (...values: string[]) => hostsOf([{ type: 'Host', hostConfig: { values } }]);
    expect(of('A.example.com')).toEqual(['a.example.com']);
    for (const open of ['*.example.com', 'a?.example.com', '~^a']) expect(of('b.example.com', open)).toEqual([]);
    expect(hostsOf([{ type: 'Path', pathConfig: { values: ['/*'] } }])).toEqual([]);
  });
});

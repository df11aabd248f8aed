import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combine, done, type Outcome, wait } from '#shared/step/outcome.ts';

const problem = (name: string) => ({ code: 'CLOUD-INVALID', object: { kind: 'Ingress', namespace: 'shop', name }, facts: {} }) as const;
const park = (name: string, afterSeconds?: number): Outcome => ({
  kind: 'park',
  because: name,
  problems: [problem(name)],
  ...(afterSeconds === undefined ? {} : { afterSeconds }),
});
const refuse: Outcome = { kind: 'refuse', code: 'MESSAGE-MALFORMED', because: 'x' };

describe('the outcome of several pieces', () => {
  it.each<[string, Outcome, Outcome, Outcome]>([
    ['nothing changed', done(false), done(false), done(false)],
    ['one changed', done(false), done(true), done(true)],
    ['the longer wait', wait(1, 'a'), wait(3, 'b'), wait(3, 'b')],
    ['a wait before done', done(true), wait(1, 'a'), wait(1, 'a')],
    ['a park before a wait', wait(9, 'a'), park('b'), park('b')],
    ['a refusal before all', park('a'), refuse, refuse],
  ])('%s', (_title, first, second, wanted) => {
    expect(combine(first, second)).toEqual(wanted);
    expect(combine(second, first)).toEqual(wanted);
  });

  it('names all problems of two parks, and the longer of their pauses', () => {
    expect(combine(park('a', 2), park('b', 5))).toMatchObject({ afterSeconds: 5, problems: [problem('a'), problem('b')] });
    expect(combine(park('a'), park('b'))).not.toHaveProperty('afterSeconds');
  });

  it('does not depend on how the pieces are grouped', () => {
    const outcome = fc.oneof(
      fc.boolean().map(done),
      fc.integer({ min: 1, max: 9 }).map((seconds) => wait(seconds, `${seconds}`)),
      fc.constant(refuse),
      fc.integer({ min: 1, max: 9 }).map((seconds) => park('p', seconds)),
    );
    fc.assert(
      fc.property(outcome, outcome, outcome, (a, b, c) => {
        expect(combine(combine(a, b), c)).toEqual(combine(a, combine(b, c)));
      }),
    );
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutPage } from '#infra/local/openapi/pages.ts';

const item = (seq: number) => ({ seq });
const question = { tag: 'a' };

interface Change {
  /** Removed, if it is there. */
  readonly remove: number;
  readonly add: boolean;
}

/** Reads a list to its end while it changes after every page. */
function readWhileChanging(count: number, size: number, changes: readonly Change[]): readonly number[] {
  let all = Array.from({ length: count }, (_, index) => item(index + 1));
  const seen: number[] = [];
  let nextToken: string | undefined;
  for (let pageNumber = 0; pageNumber === 0 || nextToken !== undefined; pageNumber += 1) {
    const page = cutPage(all, { maxResults: size, nextToken, question });
    expect(page.items.length).toBeLessThanOrEqual(size);
    expect(page.total).toBe(all.length);
    seen.push(...page.items.map((one) => one.seq));
    nextToken = page.nextToken;
    const { remove, add } = changes[pageNumber] ?? { remove: 0, add: false };
    all = [...all.filter((one) => one.seq !== remove), ...(add ? [item(count + pageNumber + 1)] : [])];
  }
  return seen;
}

describe('pages', () => {
  it('show everything that stays exactly once, whatever comes and goes between them', () => {
    const change = fc.record({ remove: fc.nat(60), add: fc.boolean() });
    const inputs = [fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 9 }), fc.array(change, { maxLength: 60 })] as const;
    fc.assert(
      fc.property(...inputs, (count, size, changes) => {
        const seen = readWhileChanging(count, size, changes);
        expect(new Set(seen).size).toBe(seen.length);
        const removed = new Set(changes.map((one) => one.remove));
        const stayed = Array.from({ length: count }, (_, index) => index + 1).filter((seq) => !removed.has(seq));
        expect(seen).toEqual(expect.arrayContaining(stayed));
      }),
    );
  });

  it('end without a token, also when the last one is full', () => {
    expect(cutPage([item(1), item(2)], { maxResults: 2, nextToken: undefined, question }).nextToken).toBeUndefined();
    expect(cutPage([], { maxResults: 2, nextToken: '', question })).toEqual({ items: [], nextToken: undefined, total: 0 });
  });

  it('continue only the question that they began with', () => {
    const { nextToken } = cutPage([item(1), item(2)], { maxResults: 1, nextToken: undefined, question });
    expect(() => cutPage([item(1)], { maxResults: 1, nextToken, question: { tag: 'b' } })).toThrow('does not continue');
    for (const forged of ['2', 'abc', Buffer.from('x.1').toString('base64url')]) {
      expect(() => cutPage([item(1)], { maxResults: 1, nextToken: forged, question })).toThrow('does not continue');
    }
  });

  it('can begin with the newest', () => {
    const first = cutPage([item(1), item(2), item(3)], { maxResults: 2, nextToken: undefined, question, order: 'newest-first' });
    expect(first.items.map((one) => one.seq)).toEqual([3, 2]);
    const second = cutPage([item(1), item(2), item(3), item(4)], {
      maxResults: 2,
      nextToken: first.nextToken,
      question,
      order: 'newest-first',
    });
    expect(second.items.map((one) => one.seq)).toEqual([1]);
  });
});

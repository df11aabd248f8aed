import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deadLetter, deadLetterSchema } from '#events/contract/dead-letter.ts';
import { readDeliveries } from '#events/contract/deliveries.ts';
import { maximumTextBytes } from '#events/contract/envelope.ts';

describe('reading deliveries', () => {
  it('gives one delivery for each element of a batch, whatever it is', () => {
    const element = fc.oneof(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.integer(),
      fc.constant(null),
      fc.constant({ messageBody: '{"type":"albeit.object.changed"}' }),
      fc.constant({ triggerName: 'sweep', triggerTime: 'now' }),
    );
    fc.assert(
      fc.property(fc.array(element), (elements) => {
        expect(readDeliveries(Buffer.from(JSON.stringify(elements)))).toHaveLength(elements.length);
      }),
    );
  });

  it('never throws, and never takes noise for a message', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => readDeliveries(bytes).every((one) => one.kind !== 'text')));
    fc.assert(fc.property(fc.json(), (text) => readDeliveries(Buffer.from(text)).every((one) => one.kind !== 'text')));
  });

  it('keeps what it could not read, within bounds', () => {
    const [one] = readDeliveries(Buffer.from('x'.repeat(100_000)));
    expect(one).toMatchObject({ kind: 'unreadable', raw: 'x'.repeat(16_384) });
  });

  it.each([
    ['shapes nested without end', JSON.stringify({ messageBody: 0 })],
    ['lists nested without end', '[0]'],
  ])('gives up on %s', (_, core) => {
    let text = core;
    for (let level = 0; level < 30; level += 1) text = text.startsWith('[') ? `[${text}]` : `{"messageBody":${text}}`;
    expect(readDeliveries(Buffer.from(text))).toMatchObject([{ kind: 'unreadable' }]);
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    expect(readDeliveries(Buffer.from(deep))).toMatchObject([{ kind: 'unreadable', detail: 'nested too deeply' }]);
  });
});

describe('a dead letter', () => {
  const reason = { code: 'MESSAGE-MALFORMED', facts: { detail: 'a test' } };

  it('keeps a whole message as it came', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 500 }), (original) => {
        const letter = deadLetterSchema.parse(JSON.parse(deadLetter(original, reason, 0)));
        expect(letter).toMatchObject({ original, truncated: false, code: reason.code });
      }),
    );
  });

  it('fits the queue whatever the original', () => {
    fc.assert(
      fc.property(fc.constantFrom('x', '"', '\u0000', '茶'), fc.nat({ max: 200_000 }), (character, length) => {
        const text = deadLetter(character.repeat(length), reason, 0);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maximumTextBytes);
        expect(JSON.parse(text).bytes).toBe(Buffer.byteLength(character) * length);
      }),
      { numRuns: 30 },
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBody, encodeBody } from '#shared/cloud/mns/body.ts';

describe('message bodies', () => {
  it('come back from base64 as they were', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => decodeBody(encodeBody(text)) === text));
  });

  it.each(['{"key":"value"}', 'plain text', 'abc', '====', '', '<xml/>', '\u4e2d\u6587', '//79'])(
    'that are not base64 of text stay as they are: %s',
    (body) => {
      expect(decodeBody(body)).toBe(body);
    },
  );

  it('may have been cut into lines by their sender', () => {
    expect(decodeBody(encodeBody('x'.repeat(100)).replace(/(.{76})/g, '$1\n'))).toBe('x'.repeat(100));
  });
});

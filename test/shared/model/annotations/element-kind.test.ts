import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { kind, readElement } from '#shared/model/annotations/element-kind.ts';

describe('a type of element', () => {
  it('makes its schema when the first element of it is read, and only then', () => {
    let made = 0;
    const kinds = ['Tea', 'Milk'].map((type) =>
      kind({
        type,
        config: [`${type}Config`],
        schema: () => {
          made += 1;
          return z.object({ cups: z.int() });
        },
        make: ({ cups }) => cups,
        directions: ['Request'],
        text: '',
      }),
    );
    const read = (cups: unknown) => readElement(kinds, { type: 'Tea', TeaConfig: { cups } }, '[0]');
    expect(made).toBe(0);
    expect(read(2).value).toMatchObject({ value: 2 });
    expect(read(3).value).toMatchObject({ value: 3 });
    expect(read('4').faults).toEqual(['at [0].TeaConfig.cups: number; found the text "4"; remove the quotes']);
    expect(made).toBe(1);
  });
});

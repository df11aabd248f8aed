import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJson } from '#shared/model/annotations/json-text.ts';

describe('text that is not JSON', () => {
  it.each([
    ['', 'line 1, column 1: a value; the text ends there'],
    ['[', 'line 1, column 2: a value or ]; the text ends there'],
    ['[{"a":1}', 'line 1, column 9: a comma or the closing bracket; the text ends there'],
    ['[1] 2', 'line 1, column 5: nothing more; found "2"'],
    ['[1,]', 'line 1, column 4: a value; found "]"; there may be a comma too many before it'],
    ['{"a":1,}', 'line 1, column 8: a member name in double quotes; found "}"; there may be a comma too many before it'],
    ['{"a" 1}', 'line 1, column 6: a colon; found "1}"'],
    ['{a:1}', 'line 1, column 2: a member name in double quotes or }; found "a:1}"; names and text stand in double quotes'],
    ["[{'a':1}]", 'line 1, column 3: a member name in double quotes or }; found "\'a\':1}]"; "\'" is not JSON punctuation, write "'],
    ['[{“a”:1}]', 'line 1, column 3: a member name in double quotes or }; found "“a”:1}]"; "“" is not JSON punctuation, write "'],
    ['[1，2]', 'line 1, column 3: a comma or the closing bracket; found "，2]"; "，" is not JSON punctuation, write ,'],
    ['{"a"：1}', 'line 1, column 5: a colon; found "：1}"; "：" is not JSON punctuation, write :'],
    ['【1】', 'line 1, column 1: a value; found "【1】"; "【" is not JSON punctuation, write ['],
    [
      '[1\u3000]',
      'line 1, column 3: a comma or the closing bracket; found "\u3000]"; "\u3000" is not JSON punctuation, write a plain space',
    ],
    ['[\n  1,\n  x\n]', 'line 3, column 3: a value; found "x\\n]"; names and text stand in double quotes'],
    ['[1}', 'line 1, column 3: a comma or the closing bracket; found "}"'],
    ['["a\nb"]', 'line 1, column 2: a value or ]; found "\\"a\\nb\\"]"; this text has no end, or a line break or backslash in it'],
    ['[01]', 'line 1, column 3: a comma or the closing bracket; found "1]"'],
    ['[1] [', 'line 1, column 5: nothing more; found "["'],
    ['[{"a":"x]', 'line 1, column 7: a value; found "\\"x]"; this text has no end, or a line break or backslash in it'],
    [',', 'line 1, column 1: a value; found ","'],
  ])('%j is told by place and likely reason', (text, expected) => {
    expect(readJson(text).fault).toBe(`at ${expected}`);
  });
});

it('JSON is read as it is everywhere, where no member stands twice', () => {
  const key = fc.string().map((text) => text.toLowerCase());
  fc.assert(
    fc.property(
      fc.object({ key, withNullPrototype: false }).map((value) => JSON.stringify(value)),
      (text) => {
        expect(readJson(text)).toEqual({ value: JSON.parse(text) });
      },
    ),
  );
});

describe('a member that stands twice', () => {
  it.each([
    ['{"a":1,"a":2}', 8, 'a'],
    ['[{"type":"Host","Type":"Path"}]', 17, 'type'],
    ['[{"a":{"b":1,"c":{"b":2},"B":3}}]', 26, 'b'],
    ['{"a":1,"\\u0061":2}', 8, 'a'],
    ['{"HTTP":80,"HTTP":8080}', 12, 'HTTP'],
  ])('%s is refused, because one of them would have no effect', (text, column, name) => {
    expect(readJson(text).fault).toBe(
      `at line 1, column ${column}: each member once, whatever its case; "${name}" stands before it already`,
    );
  });

  it('in two objects is no repetition', () => {
    expect(readJson('[{"a":1},{"a":{"a":1}}]').value).toEqual([{ a: 1 }, { a: { a: 1 } }]);
  });
});

it('what stands before the place that is named is no mistake: the same text without the rest is only too short', () => {
  const damaged = fc.tuple(fc.json(), fc.nat(), fc.constantFrom('“', ']', '}', ',', 'x', '：', '[')).map(([text, at, mark]) => {
    const place = at % (text.length + 1);
    return text.slice(0, place) + mark + text.slice(place);
  });
  fc.assert(
    fc.property(damaged, (text) => {
      const [, column] = /^at line 1, column (\d+): /.exec(readJson(text).fault ?? '') ?? [];
      if (column === undefined) return;
      const beginning = readJson(text.slice(0, Number(column) - 1)).fault;
      expect(beginning ?? 'the text ends there').toContain('the text ends there');
    }),
  );
});

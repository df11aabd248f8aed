import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openLog } from '#infra/local/append-log.ts';
import { scratchFolder } from '#test/support/local-mns.ts';

describe('an append-only log', () => {
  const folder = scratchFolder();
  const file = join(folder.dir, 'deep', 'log.jsonl');
  afterEach(() => folder.remove());

  /** A state that is the last text of each name. */
  const open = () => {
    const state = new Map<string, string>();
    type Entry = readonly [string, string];
    const log = openLog<Entry>(
      file,
      ([name, text]) => void state.set(name, text),
      () => [...state],
    );
    const set = (name: string, text: string) => {
      state.set(name, text);
      log.append([name, text]);
    };
    return { state, log, set };
  };

  it('gives back what was written, without a torn last line', () => {
    const first = open();
    first.set('a', '1\n2');
    first.set('b', 'x');
    first.set('a', '3');
    first.log.close();
    appendFileSync(file, '["c","to');
    const second = open();
    expect([...second.state]).toEqual([
      ['a', '3'],
      ['b', 'x'],
    ]);
    second.log.close();
    expect(() => second.log.append(['d', ''])).toThrow(/closed/);
  });

  it('is rewritten while it grows, and loses nothing by it', () => {
    const first = open();
    const large = 'x'.repeat(100_000);
    for (let count = 0; count < 200; count += 1) first.set('a', `${count}${large}`);
    first.set('b', 'last');
    first.log.close();
    expect(readFileSync(file).length).toBeLessThan(9 * 1024 * 1024);
    const second = open();
    expect(second.state.get('a')?.startsWith('199x')).toBe(true);
    expect(second.state.get('b')).toBe('last');
    second.log.close();
  });
});

/** Every annotation that is honoured has a scenario here or among those of members, named after it; and none is named after one that is not. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { albPrefix, nginxPrefix } from '#shared/model/annotations/annotation.ts';
import { annotationKeys, topics } from '#shared/model/annotations/index.ts';

const texts = ['./', '../members/'].flatMap((path) => {
  const folder = new URL(path, import.meta.url);
  const files = readdirSync(folder).filter((file) => file.endsWith('.test.ts') && file !== 'coverage.test.ts');
  return files.map((file) => readFileSync(new URL(file, folder), 'utf8'));
});

/** Literal names, and those of tables: `describe(`annotation ${key}`` over rows with a member `key`. */
function scenariosIn(text: string): readonly string[] {
  const named = [...text.matchAll(/describe\('annotation ([^']+)'/g)].map((match) => match[1] ?? '');
  const fromTable = /describe\(`annotation \$\{key\}`/.test(text)
    ? [...text.matchAll(/\bkey: '([^']+)'/g)].map((match) => match[1] ?? '')
    : [];
  return [...named, ...fromTable];
}

const scenarios = new Set(texts.flatMap(scenariosIn));
const bare = (key: string): string =>
  [albPrefix, nginxPrefix].reduce((text, prefix) => (text.startsWith(prefix) ? text.slice(prefix.length) : text), key);
const aliases = new Set(topics.flatMap((topic) => topic.rows.flatMap((row) => row.keys.map(bare))));

describe('scenarios of annotations', () => {
  it('are there for every row', () => {
    expect(annotationKeys().filter((key) => !scenarios.has(key))).toEqual([]);
  });

  it('are named after rows that exist', () => {
    const known = new Set([...annotationKeys(), ...aliases]);
    expect([...scenarios].filter((name) => !known.has(name))).toEqual([]);
  });
});

/** Changes of headers that the actions of rules ask for, carried out one after the other. */

export type HeaderPair = readonly [name: string, value: string];

export interface HeaderEdit {
  readonly name: string;
  /** Absent: the header is taken away. */
  readonly value?: string;
  /** What becomes of headers of that name that are there already: `replace` (default), `add` beside them, or leave them and do nothing. */
  readonly how?: 'replace' | 'add' | 'if-absent';
}

function edit(pairs: readonly HeaderPair[], { name, value, how = 'replace' }: HeaderEdit): readonly HeaderPair[] {
  const others = pairs.filter(([other]) => other.toLowerCase() !== name.toLowerCase());
  if (value === undefined) return others;
  if (how === 'if-absent' && others.length < pairs.length) return pairs;
  return [...(how === 'replace' ? others : pairs), [name, value]];
}

/** The headers after all edits; those nobody names keep order and spelling. */
export const edited = (pairs: readonly HeaderPair[], edits: readonly HeaderEdit[]): readonly HeaderPair[] => edits.reduce(edit, pairs);

/** JSON in an annotation, and for text that is not JSON the place and the likely reason, which `JSON.parse` words differently in every Node. */

/** What the text says, or where and why it is not JSON. */
export type JsonText = { readonly value: unknown; readonly fault?: never } | { readonly fault: string; readonly value?: never };

/** Marks that input methods and word processors put where JSON wants its own. */
const lookAlikes: Readonly<Record<string, string>> = {
  '“': '"',
  '”': '"',
  '„': '"',
  '＂': '"',
  '‘': '"',
  '’': '"',
  "'": '"',
  '`': '"',
  '，': ',',
  '、': ',',
  ';': ',',
  '；': ',',
  '：': ':',
  '【': '[',
  '［': '[',
  '】': ']',
  '］': ']',
  '｛': '{',
  '｝': '}',
  '\u00a0': 'a plain space',
  '\u3000': 'a plain space',
};

type State = 'value' | 'element' | 'key' | 'first key' | 'colon' | 'after';

/** What may stand at each place, said to a person. */
const expected: Readonly<Record<State, string>> = {
  value: 'a value',
  element: 'a value or ]',
  key: 'a member name in double quotes',
  'first key': 'a member name in double quotes or }',
  colon: 'a colon',
  after: 'a comma or the closing bracket',
};

const blank = /[ \t\r\n]*/y;
const word = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null|[[\]{},:]/y;
/** Control characters stand in text as escapes only. */
const quoted = /"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"/uy;

type Mark = '[' | ']' | '{' | '}' | ',' | ':' | 'text' | 'word';

const values = { '[': 'element', '{': 'first key', text: 'after', word: 'after' } as const;

/** What each token leads to. After a comma it depends on the bracket that is open. */
const following: Readonly<Record<State, Partial<Record<Mark, State>>>> = {
  value: values,
  element: { ...values, ']': 'after' },
  key: { text: 'colon' },
  'first key': { text: 'colon', '}': 'after' },
  colon: { ':': 'value' },
  after: { ',': 'value', ']': 'after', '}': 'after' },
};

const markOf = (token: string): Mark => {
  const single = (['[', ']', '{', '}', ',', ':'] as const).find((one) => one === token);
  return single ?? (token.startsWith('"') ? 'text' : 'word');
};

/** What each bracket closes. */
const opener: Partial<Record<Mark, '[' | '{'>> = { ']': '[', '}': '{' };

const afterComma: Readonly<Record<'[' | '{', State>> = { '[': 'value', '{': 'key' };

/** Names of the members of an object so far, by the same in lower case. */
type Names = Map<string, string>;

/** A bracket that is open. */
interface Open {
  readonly bracket: '[' | '{';
  readonly names?: Names;
}

/** The state after a token, or nothing where the token may not stand. `open` holds the brackets that are open. */
function step(state: State, token: string, open: Open[]): State | undefined {
  const mark = markOf(token);
  const next = following[state][mark];
  const closes = opener[mark];
  if (next === undefined || (closes !== undefined && closes !== open.at(-1)?.bracket)) return undefined;
  if (closes !== undefined) open.pop();
  if (mark === '[' || mark === '{') open.push(mark === '[' ? { bracket: mark } : { bracket: mark, names: new Map() });
  if (mark !== ',') return next;
  const inside = open.at(-1);
  return inside === undefined ? undefined : afterComma[inside.bracket];
}

/** The name that stood before in the same object and that readers take for the same: case means nothing to them. */
function nameBefore(token: string, names: Names | undefined): string | undefined {
  const name = String(JSON.parse(token));
  const before = names?.get(name.toLowerCase());
  if (before === undefined) names?.set(name.toLowerCase(), name);
  return before;
}

const matchAt = (pattern: RegExp, text: string, at: number): string => {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
};

interface Scan {
  readonly at: number;
  readonly state: State;
  readonly done: boolean;
  /** The member at `at` stands there again; it was written like this before. */
  readonly again?: string;
}

/** Where text stops being JSON that can be taken in one way only, and what should stand there. */
function firstFault(text: string): Scan {
  const open: Open[] = [];
  let state: State = 'value';
  let at = matchAt(blank, text, 0).length;
  while (at < text.length) {
    const found = matchAt(quoted, text, at) || matchAt(word, text, at);
    const next: State | undefined = found === '' ? undefined : step(state, found, open);
    if (next === undefined) break;
    const again = next === 'colon' ? nameBefore(found, open.at(-1)?.names) : undefined;
    if (again !== undefined) return { at, state, done: false, again };
    state = next;
    at += found.length;
    at += matchAt(blank, text, at).length;
  }
  return { at, state, done: state === 'after' && open.length === 0 };
}

function likelyReason(text: string, at: number, state: State): string {
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
  const meant = lookAlikes[character];
  if (meant !== undefined) return `; "${character}" is not JSON punctuation, write ${meant}`;
  if (character === '"' && state !== 'after' && state !== 'colon') return '; this text has no end, or a line break or backslash in it';
  if (/[\]}]/.test(character) && (state === 'key' || state === 'value')) return '; there may be a comma too many before it';
  return /[A-Za-z_]/.test(character) && state !== 'after' ? '; names and text stand in double quotes' : '';
}

function faultOf(text: string, { at, state, done, again }: Scan): string {
  const before = text.slice(0, at).split('\n');
  const place = `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
  if (again !== undefined) return `at ${place}: each member once, whatever its case; ${JSON.stringify(again)} stands before it already`;
  const wanted = done ? 'nothing more' : expected[state];
  if (at >= text.length) return `at ${place}: ${wanted}; the text ends there`;
  return `at ${place}: ${wanted}; found ${JSON.stringify(text.slice(at, at + 12))}${likelyReason(text, at, state)}`;
}

const parsed = (text: string): JsonText | undefined => {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined; // the error itself says less, and other things in other versions of Node
  }
};

/**
 * The value of JSON text, or where it is not JSON and what is probably meant. A member that stands twice in one object is refused, in the same
 * spelling or in two: one of them would have no effect, and nobody could tell which. Never throws.
 */
export function readJson(text: string): JsonText {
  const scan = firstFault(text);
  const clear = scan.done && scan.at >= text.length;
  return (clear ? parsed(text) : undefined) ?? { fault: faultOf(text, scan) };
}

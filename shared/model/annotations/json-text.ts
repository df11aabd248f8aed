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

/** The state after a token, or nothing where the token may not stand. `open` holds the brackets that are open. */
function step(state: State, token: string, open: ('[' | '{')[]): State | undefined {
  const mark = markOf(token);
  const next = following[state][mark];
  const closes = opener[mark];
  if (next === undefined || (closes !== undefined && closes !== open.at(-1))) return undefined;
  if (closes !== undefined) open.pop();
  if (mark === '[' || mark === '{') open.push(mark);
  if (mark !== ',') return next;
  const inside = open.at(-1);
  return inside === undefined ? undefined : afterComma[inside];
}

const matchAt = (pattern: RegExp, text: string, at: number): string => {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
};

/** Where text stops being JSON, and what should stand there. */
function firstFault(text: string): { readonly at: number; readonly state: State; readonly done: boolean } {
  const open: ('[' | '{')[] = [];
  let state: State = 'value';
  let at = matchAt(blank, text, 0).length;
  while (at < text.length) {
    const found = matchAt(quoted, text, at) || matchAt(word, text, at);
    const next: State | undefined = found === '' ? undefined : step(state, found, open);
    if (next === undefined) break;
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

function faultOf(text: string): string {
  const { at, state, done } = firstFault(text);
  const before = text.slice(0, at).split('\n');
  const place = `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
  const wanted = done ? 'nothing more' : expected[state];
  if (at >= text.length) return `at ${place}: ${wanted}; the text ends there`;
  return `at ${place}: ${wanted}; found ${JSON.stringify(text.slice(at, at + 12))}${likelyReason(text, at, state)}`;
}

/** The value of JSON text, or where it is not JSON and what is probably meant. Never throws. */
export function readJson(text: string): JsonText {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { fault: faultOf(text) }; // the error itself says less, and other things in other versions of Node
  }
}

/** The status of an answer by HTTP/1.0 or 1.1, from as much of its text as has arrived (RFC 9112, 4). */

/** Characters; what has said nothing by then is no answer. */
const longestHead = 16_384;

/** The final one: interim heads (1xx) before it are passed over. */
export function statusIn(text: string): number | 'unfinished' | 'garbled' {
  const unfinished = text.length < longestHead ? 'unfinished' : 'garbled';
  if (!text.includes('\n')) return unfinished;
  const status = /^HTTP\/1\.[01] ([1-5]\d\d)(?!\d)/.exec(text)?.[1];
  if (status === undefined) return 'garbled';
  if (!status.startsWith('1')) return Number(status);
  const headEnd = /\r?\n\r?\n/.exec(text);
  return headEnd === null ? unfinished : statusIn(text.slice(headEnd.index + headEnd[0].length));
}

/** Which known name somebody meant who wrote an unknown one. */

/** Single characters to insert, remove, replace or swap with their neighbour until `a` is `b` (optimal string alignment). */
function distance(a: string, b: string): number {
  let former: readonly number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 0; i < a.length; i += 1) {
    let left = i + 1;
    const next = [left];
    for (let j = 0; j < b.length; j += 1) {
      const replaced = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      const swapped = i > 0 && j > 0 && a[i] === b[j - 1] && a[i - 1] === b[j] ? (former[j - 1] ?? 0) + 1 : replaced;
      left = Math.min((row[j + 1] ?? 0) + 1, left + 1, replaced, swapped);
      next.push(left);
    }
    former = row;
    row = next;
  }
  return row[b.length] ?? 0;
}

/** No name that is known is longer; text beyond it is no misspelling, and would cost time with its length. */
const longest = 80;

/** One mistake is forgiven in every four characters, at most three. */
const forgiven = (written: string): number => Math.min(3, Math.max(1, Math.floor(written.length / 4)));

/** A number is not misspelt: 304 is as far from 301 as any other. */
const isNumber = (written: string): boolean => /^\d+$/.test(written);

/** The known name that is nearest to the written one, whatever its case, when it is near enough to be meant. */
export function nearestName(written: string, known: readonly string[]): string | undefined {
  if (written.length > longest || isNumber(written)) return undefined;
  const text = written.toLowerCase();
  const ranked = known.map((name) => ({ name, distance: distance(text, name.toLowerCase()) })).sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  return best !== undefined && best.distance <= forgiven(written) ? best.name : undefined;
}

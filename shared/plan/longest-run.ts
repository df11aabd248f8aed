/** The longest part of a list that is already in order. */

/** Indexes of a longest strictly increasing subsequence of `numbers`, ascending. O(n log n). */
export function longestRun(numbers: readonly number[]): readonly number[] {
  /** `tails[k]`: index of the smallest number that ends a run of k + 1. */
  const tails: number[] = [];
  const before: number[] = [];
  numbers.forEach((number, index) => {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((numbers[tails[middle] ?? 0] ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    before[index] = low === 0 ? -1 : (tails[low - 1] ?? -1);
    tails[low] = index;
  });
  const run: number[] = [];
  for (let at = tails.at(-1) ?? -1; at >= 0; at = before[at] ?? -1) run.push(at);
  return run.reverse();
}

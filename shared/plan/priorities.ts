/**
 * Sparse priorities: rules that are in order already keep their numbers, the others get free numbers between them. Inserting one anywhere
 * changes nobody; only when a gap is used up do as few neighbours as possible get new numbers.
 */
import { AlbeitError } from '#shared/errors.ts';
import { longestRun } from './longest-run.ts';

/** Bounds of the service; smaller is matched first, unique in a listener and direction. */
const lowestPriority = 1;
const highestPriority = 10_000;

/** Distance between neighbours when there is room. 100 rules take half the range, so that both ends stay open. */
const roomyStep = 100;

export interface PrioritiesQuestion {
  /** Identities, the one that is matched first coming first; each once. */
  readonly wanted: readonly string[];
  /** What rules have now, the wanted ones among them at least. */
  readonly existing: ReadonlyMap<string, number>;
  /** Numbers of rules that are not ours to move, or that are about to go. */
  readonly taken: ReadonlySet<number>;
}

/** A stretch of wanted rules without a number: `from` to `to` (exclusive), between the numbers `low` and `high`. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly low: number;
  readonly high: number;
}

const below = lowestPriority - 1;
const above = highestPriority + 1;

function stretches(numbers: readonly (number | undefined)[]): readonly Stretch[] {
  const found: Stretch[] = [];
  let from = 0;
  for (let at = 0; at <= numbers.length; at += 1) {
    const number = at === numbers.length ? above : numbers[at];
    if (number === undefined) continue;
    if (at > from) found.push({ from, to: at, low: from === 0 ? below : (numbers[from - 1] ?? below), high: number });
    from = at + 1;
  }
  return found;
}

const freeBetween = (low: number, high: number, occupied: ReadonlySet<number>): readonly number[] => {
  const free: number[] = [];
  for (let number = low + 1; number < high; number += 1) if (!occupied.has(number)) free.push(number);
  return free;
};

/** `count` of the free numbers: evenly between two neighbours, in steps from the only neighbour, around the middle without any. */
function pick(free: readonly number[], count: number, stretch: Stretch): readonly number[] {
  const [openBelow, openAbove] = [stretch.low === below, stretch.high === above];
  const step = Math.max(1, Math.min(roomyStep, Math.floor(free.length / (2 * (count + 1)))));
  const span = (count - 1) * step;
  const at = (index: number): number => {
    if (openBelow && openAbove) return Math.floor((free.length - 1 - span) / 2) + index * step;
    if (openAbove) return (index + 1) * step - 1;
    if (openBelow) return free.length - (count - index) * step;
    return Math.floor(((index + 1) * free.length) / (count + 1));
  };
  return Array.from({ length: count }, (_, index) => free[at(index)] ?? 0);
}

/** The fewest kept neighbours of a stretch whose numbers, given up, make room for all of it. */
function widen(numbers: readonly (number | undefined)[], tight: Stretch, occupied: ReadonlySet<number>): readonly [number, number] {
  const numberAt = (at: number, end: number): number => numbers[at] ?? end;
  for (let given = 1; given <= numbers.length; given += 1) {
    const ways = Array.from({ length: given + 1 }, (_, left) => [left, given - left] as const)
      .map(([left, right]) => [kept(numbers, tight.from, -1, left), kept(numbers, tight.to - 1, 1, right)] as const)
      .filter((way): way is readonly [number, number] => way[0] !== undefined && way[1] !== undefined)
      .map(([first, last]) => {
        const low = first === 0 ? below : numberAt(first - 1, below);
        const high = last === numbers.length - 1 ? above : numberAt(last + 1, above);
        return { first, last, spare: freeBetween(low, high, occupied).length - (last - first + 1) };
      })
      .filter((way) => way.spare >= 0)
      .sort((a, b) => b.spare - a.spare);
    if (ways[0] !== undefined) return [ways[0].first, ways[0].last];
  }
  throw new AlbeitError('BUG', { detail: `${numbers.length} rules have no room between ${lowestPriority} and ${highestPriority}` });
}

/**
 * Index of the last item that is given up when `count` kept ones are, going from `start` in a direction. Items without a number that follow
 * are in the window too, so that its neighbour outside is a kept one.
 */
function kept(numbers: readonly (number | undefined)[], start: number, direction: 1 | -1, count: number): number | undefined {
  let at = start;
  let left = count;
  const inside = (index: number): boolean => index >= 0 && index < numbers.length;
  while (left > 0) {
    at += direction;
    if (!inside(at)) return undefined;
    if (numbers[at] !== undefined) left -= 1;
  }
  while (inside(at + direction) && numbers[at + direction] === undefined) at += direction;
  return at;
}

/** A number for every wanted identity. No number that is in use now is given to another rule. */
export function assignPriorities(question: PrioritiesQuestion): ReadonlyMap<string, number> {
  const { wanted, existing, taken } = question;
  const valid = (number: number | undefined): number =>
    number === undefined || taken.has(number) || number > highestPriority ? 0 : number;
  const present = wanted.map((identity, index) => ({ index, number: valid(existing.get(identity)) })).filter((one) => one.number > 0);
  const numbers: (number | undefined)[] = wanted.map(() => undefined);
  for (const at of longestRun(present.map((one) => one.number))) {
    const one = present[at];
    if (one !== undefined) numbers[one.index] = one.number;
  }
  const occupied = new Set([...taken, ...existing.values()]);
  for (let stretch = stretches(numbers)[0]; stretch !== undefined; stretch = stretches(numbers)[0]) {
    const free = freeBetween(stretch.low, stretch.high, occupied);
    const count = stretch.to - stretch.from;
    if (free.length >= count) {
      pick(free, count, stretch).forEach((number, index) => {
        numbers[stretch.from + index] = number;
        occupied.add(number);
      });
    } else {
      const [first, last] = widen(numbers, stretch, occupied);
      for (let at = first; at <= last; at += 1) numbers[at] = undefined;
    }
  }
  return new Map(wanted.map((identity, index) => [identity, numbers[index] ?? highestPriority]));
}

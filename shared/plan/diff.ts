/** What must change to turn what is there into what is wanted, keyed by a stable identity. */
export interface Diff<D, O> {
  readonly create: readonly D[];
  readonly update: readonly { readonly desired: D; readonly observed: O }[];
  readonly remove: readonly O[];
}

export interface Keys<D, O> {
  readonly desired: (item: D) => string;
  readonly observed: (item: O) => string;
  /** Both are there and equal: nothing to do. */
  readonly same: (desired: D, observed: O) => boolean;
}

/**
 * Compares by identity. Of two observed things with one identity the first counts and the others are removed.
 *
 *                   not wanted | wanted, equal | wanted, different
 *     not there          -     |    create     |     create
 *     there           remove   |       -       |     update
 */
export function diff<D, O>(desired: readonly D[], observed: readonly O[], keys: Keys<D, O>): Diff<D, O> {
  const wanted = new Map(desired.map((item) => [keys.desired(item), item]));
  const there = new Map<string, O>();
  const remove: O[] = [];
  for (const item of observed) {
    const key = keys.observed(item);
    if (wanted.has(key) && !there.has(key)) there.set(key, item);
    else remove.push(item);
  }
  const both = [...wanted].flatMap(([key, item]) => {
    const found = there.get(key);
    return found === undefined ? [] : [{ desired: item, observed: found }];
  });
  return {
    create: [...wanted].filter(([key]) => !there.has(key)).map(([, item]) => item),
    update: both.filter((pair) => !keys.same(pair.desired, pair.observed)),
    remove,
  };
}

/**
 * Runs a small concurrent program in every order it can go: each run is replayed from the start with another list of choices. A state that
 * was reached before is not gone on from again, whatever order led to it.
 */

/** Picks one of `count` ways on from `state`, which says all that the rest of the run depends on; `undefined`: go no further. */
export type Choose = (count: number, state: string) => number | undefined;

/** Calls `run` for every way through. Fails when it takes more than `most` runs. Answers how many states there were. */
export async function exploreAll(run: (choose: Choose) => Promise<void>, most = 50_000): Promise<number> {
  let path: { readonly count: number; readonly picked: number }[] = [];
  const seen = new Set<string>();
  for (let runs = 1; runs <= most; runs++) {
    let depth = 0;
    await run((count, state) => {
      const known = path[depth];
      if (known !== undefined && known.count !== count) throw new Error('the program does not do the same for the same choices');
      if (known === undefined && seen.has(state)) return undefined;
      seen.add(state);
      if (known === undefined) path.push({ count, picked: 0 });
      depth += 1;
      return known?.picked ?? 0;
    });
    // The last choice that has another way left; what came after it is chosen anew.
    const last = path.findLastIndex((one) => one.picked + 1 < one.count);
    if (last < 0) return seen.size;
    path = path.slice(0, last + 1).map((one, index) => (index === last ? { ...one, picked: one.picked + 1 } : one));
  }
  throw new Error(`more than ${most} runs`);
}

/** A program that goes on only when it is told to, one gate at a time. */
export class Stepped {
  readonly name: string;
  /** It has come to its end. */
  finished = false;
  /** Gates it has passed. */
  steps = 0;
  /** What it has been answered so far: with the gates passed, all that its further doing depends on. */
  readonly answers: string[] = [];
  #open: (() => void) | undefined;
  #reached: () => void = () => undefined;
  #failure: unknown;

  constructor(name: string, program: (gate: () => Promise<void>) => Promise<void>) {
    this.name = name;
    this.#start = program;
  }
  readonly #start: (gate: () => Promise<void>) => Promise<void>;
  #started = false;

  /** Lets it run to its next gate or its end. */
  async step(): Promise<void> {
    this.steps += 1;
    const reached = new Promise<void>((resolve) => {
      this.#reached = resolve;
    });
    if (!this.#started) {
      this.#started = true;
      const ended = (failure?: unknown): void => {
        this.finished = true;
        this.#failure = failure;
        this.#reached();
      };
      this.#start(() => this.#gate()).then(() => ended(), ended);
    } else this.#open?.();
    await reached;
    if (this.#failure !== undefined) throw this.#failure;
  }

  #gate(): Promise<void> {
    return new Promise((resolve) => {
      this.#open = resolve;
      this.#reached();
    });
  }
}

/** What a step reports. Waiting is normal, so it is a result and not an error; only surprises are thrown. */
import type { Problem } from '#shared/problem.ts';

export type Outcome =
  /** Nothing is left to do here. */
  | { readonly kind: 'done'; readonly changed: boolean }
  /** The cloud (or a neighbour) needs time. The queue delays the next message; nobody sleeps. */
  | { readonly kind: 'wait'; readonly seconds: number; readonly because: string }
  /** Something failed that time may cure: tried again with growing, capped, jittered pauses for as long as it lasts, and reported. */
  | {
      readonly kind: 'park';
      readonly because: string;
      readonly problems: readonly Problem[];
      readonly afterSeconds?: number;
      /** It came further before it failed: the next pauses begin anew. */
      readonly progressed?: boolean;
    }
  /** No retry can cure it: the message becomes a dead letter with this reason. */
  | { readonly kind: 'refuse'; readonly code: string; readonly because: string };

export const done = (changed: boolean): Outcome => ({ kind: 'done', changed });
export const wait = (seconds: number, because: string): Outcome => ({ kind: 'wait', seconds, because });

const rank = { refuse: 3, park: 2, wait: 1, done: 0 } as const;

/** The outcome of several pieces of one run: the gravest kind wins; of two waits the longer, of two parks all problems. */
export function combine(first: Outcome, second: Outcome): Outcome {
  if (first.kind === 'done' && second.kind === 'done') return done(first.changed || second.changed);
  if (first.kind === 'park' && second.kind === 'park') {
    const afterSeconds = Math.max(first.afterSeconds ?? 0, second.afterSeconds ?? 0);
    return { ...first, problems: [...first.problems, ...second.problems], ...(afterSeconds > 0 ? { afterSeconds } : {}) };
  }
  if (first.kind === 'wait' && second.kind === 'wait') return first.seconds >= second.seconds ? first : second;
  return rank[first.kind] >= rank[second.kind] ? first : second;
}

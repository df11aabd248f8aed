/**
 * Which server gets the next request: a row a `Scheduler` of a server group. Candidates are those in service with a weight above zero.
 * `Wrr` is smooth weighted round robin: in every run of sum-of-weights requests each server gets exactly its weight, spread out.
 */
import { createHash } from 'node:crypto';
import type { RequestFacts } from './request-facts.ts';

export interface Candidate {
  readonly key: string;
  /** 1-100. */
  readonly weight: number;
}

/** Smooth weighted round robin over a changing set; who stays keeps its turn. */
export class SmoothRoundRobin {
  #current = new Map<string, number>();

  pick<C extends Candidate>(candidates: readonly C[]): C | undefined {
    const total = candidates.reduce((sum, candidate) => sum + candidate.weight, 0);
    const next = new Map(candidates.map((candidate) => [candidate.key, (this.#current.get(candidate.key) ?? 0) + candidate.weight]));
    const credit = (candidate: Candidate) => next.get(candidate.key) ?? 0;
    const best = candidates.reduce<C | undefined>((a, b) => (a === undefined || credit(b) > credit(a) ? b : a), undefined);
    if (best !== undefined) next.set(best.key, credit(best) - total);
    this.#current = next;
    return best;
  }
}

/** Weighted rendezvous hashing: the same text keeps its server while that one is there, and few move when the set changes. */
export function consistent<C extends Candidate>(text: string, candidates: readonly C[]): C | undefined {
  const score = (candidate: C): number => {
    const digest = createHash('sha1').update(`${candidate.key}\0${text}`).digest();
    return -candidate.weight / Math.log((digest.readUInt32BE(0) + 1) / 2 ** 32);
  };
  return candidates.reduce<C | undefined>((a, b) => (a === undefined || score(b) > score(a) ? b : a), undefined);
}

export interface Choice<C extends Candidate> {
  readonly candidates: readonly C[];
  readonly facts: RequestFacts;
  readonly roundRobin: SmoothRoundRobin;
  /** Requests that a server is answering now. */
  readonly active: (candidate: C) => number;
  /** Query parameter that `Uch` hashes. */
  readonly parameter: string | undefined;
}

/** Fewest requests for its weight; equals take turns. */
function leastConnections<C extends Candidate>({ candidates, active, roundRobin }: Choice<C>): C | undefined {
  const load = (candidate: C) => (active(candidate) + 1) / candidate.weight;
  const least = Math.min(...candidates.map(load));
  return roundRobin.pick(candidates.filter((candidate) => load(candidate) === least));
}

/** Without the parameter there is nothing to hash, so turns are taken. */
function byParameter<C extends Candidate>(choice: Choice<C>): C | undefined {
  const value = choice.parameter === undefined ? null : choice.facts.query.get(choice.parameter);
  return value === null ? choice.roundRobin.pick(choice.candidates) : consistent(value, choice.candidates);
}

/** Picks by the group's scheduler; an unknown one takes turns. */
export function schedule<C extends Candidate>(scheduler: string, choice: Choice<C>): C | undefined {
  const rows: Readonly<Record<string, (choice: Choice<C>) => C | undefined>> = {
    Wrr: ({ roundRobin, candidates }) => roundRobin.pick(candidates),
    Wlc: leastConnections,
    Sch: ({ facts, candidates }) => consistent(facts.sourceIp, candidates),
    Uch: byParameter,
  };
  return (rows[scheduler] ?? rows['Wrr'])?.(choice);
}

/** What a Service's record remembers of gated Pods, and when somebody looks at those that wait. Pure. */
import type { GateLedger } from './record.ts';

/** Of more Pods than this, open ones are forgotten: their gates stay open when they leave. About 60 bytes each, in a record of 256 KiB. */
const mostPods = 1000;

/** A Pod that is open is not waiting. */
export const opened = 0;

/** A message that is later than this was never sent, or is lost. */
const overdueMs = 60_000;

const longestPauseSeconds = 60;

const isWaiting = (pods: GateLedger['pods']): boolean => Object.values(pods).some((since) => since !== opened);

/** Half as long as the youngest has waited by now: a health check takes seconds, a server that never answers is looked at once a minute. */
function pauseSeconds(pods: GateLedger['pods'], now: number): number {
  const youngest = Math.max(...Object.values(pods));
  return Math.min(longestPauseSeconds, Math.max(1, Math.ceil((now - youngest) / 2000)));
}

/** Those that wait, and as many of the others as there is room for. */
function bounded(pods: GateLedger['pods']): GateLedger['pods'] {
  const all = Object.entries(pods);
  if (all.length <= mostPods) return pods;
  return Object.fromEntries(all.toSorted(([, a], [, b]) => Number(a === opened) - Number(b === opened)).slice(0, mostPods));
}

interface NextLook {
  /** Absent: nothing is to be remembered. */
  readonly ledger?: GateLedger;
  /** The message that is to be sent, and after how many seconds. */
  readonly send?: { readonly attempt: number; readonly delaySeconds: number };
}

/** Attempts of messages that look, in turn. Smaller ones are those of messages that wait for a job; larger ones would be parked for long. */
const attempts = [2, 3, 4] as const;

const attemptAfter = (attempt: number | undefined): number => attempts.find((one) => one > (attempt ?? 0)) ?? attempts[0];

interface Now {
  /** API server's clock, ms. */
  readonly now: number;
  /** What the messages at hand say for their attempts. */
  readonly arrived: ReadonlySet<number>;
  /** One of them comes back in any case. */
  readonly returns: boolean;
}

/** The next look at Pods that wait, unless one is on its way already: each of many events must not set off a chain of messages of its own. */
export function nextLook(before: GateLedger | undefined, all: GateLedger['pods'], { now, arrived, returns }: Now): NextLook {
  const pods = bounded(all);
  if (Object.keys(pods).length === 0) return {};
  const planned = before?.next === undefined || arrived.has(before.next.attempt) || before.next.at <= now ? undefined : before.next;
  const kept = { ledger: { pods, ...(planned === undefined ? {} : { next: planned }) } };
  if (returns || !isWaiting(pods)) return kept;
  const delaySeconds = pauseSeconds(pods, now);
  const at = now + delaySeconds * 1000;
  if (planned !== undefined && planned.at <= at) return kept;
  // Another one that is still under way will find that it is not the one that is awaited.
  const attempt = attemptAfter(before?.next?.attempt);
  return { ledger: { pods, next: { at, attempt } }, send: { attempt, delaySeconds } };
}

/** Pods wait, and the message that was to come for them did not: whoever was to send it died. */
export const isOverdue = (gates: GateLedger | undefined, now: number): boolean =>
  gates !== undefined && isWaiting(gates.pods) && (gates.next?.at ?? 0) + overdueMs < now;

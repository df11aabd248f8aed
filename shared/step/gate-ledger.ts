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
  /** Seconds until the message that is to be sent. */
  readonly sendSeconds?: number;
}

/**
 * The next look at Pods that wait, unless one is on its way already: each of many events must not set off a chain of messages of its own.
 * `returns`: the message at hand comes back in any case.
 */
export function nextLook(
  before: GateLedger | undefined,
  all: GateLedger['pods'],
  { now, returns }: { readonly now: number; readonly returns: boolean },
): NextLook {
  const pods = bounded(all);
  if (Object.keys(pods).length === 0) return {};
  const planned = before?.comeBackAt ?? 0;
  const underWay = planned > now ? { comeBackAt: planned } : {};
  if (returns || !isWaiting(pods)) return { ledger: { pods, ...underWay } };
  const seconds = pauseSeconds(pods, now);
  const comeBackAt = now + seconds * 1000;
  if (planned > now && planned <= comeBackAt) return { ledger: { pods, ...underWay } };
  return { ledger: { pods, comeBackAt }, sendSeconds: seconds };
}

/** Pods wait, and the message that was to come for them did not: whoever was to send it died. */
export const isOverdue = (gates: GateLedger | undefined, now: number): boolean =>
  gates !== undefined && isWaiting(gates.pods) && (gates.comeBackAt ?? 0) + overdueMs < now;

/** What a Service's record remembers of gated Pods, and when somebody looks at those that wait. Pure. */
import type { GateLedger } from '#shared/step/record.ts';

/** Of more Pods than this, open ones are forgotten: their gates stay open when they leave. About 60 bytes each, in a record of 256 KiB. */
const mostPods = 1000;

/** A Pod that is open is not waiting. */
export const opened = 0;

const longestPauseSeconds = 60;

/**
 * Half as long as the youngest has waited by now: a health check takes seconds, a server that never answers is looked at once a minute.
 */
export function pauseSeconds(pods: GateLedger['pods'], now: number): number | undefined {
  const waiting = Object.values(pods).filter((since) => since !== opened);
  if (waiting.length === 0) return undefined;
  return Math.min(longestPauseSeconds, Math.max(1, Math.ceil((now - Math.max(...waiting)) / 2000)));
}

/** Those that wait, and as many of the others as there is room for. */
export function bounded(pods: GateLedger['pods']): GateLedger['pods'] {
  const all = Object.entries(pods);
  if (all.length <= mostPods) return pods;
  return Object.fromEntries(all.toSorted(([, a], [, b]) => Number(a === opened) - Number(b === opened)).slice(0, mostPods));
}

/**
 * The next look, unless one is on its way: many events while Pods wait must not each set off a chain of messages. `send`: seconds until
 * the message that is to be sent.
 */
export function comeBack(
  before: GateLedger | undefined,
  pods: GateLedger['pods'],
  now: number,
): { readonly ledger?: GateLedger; readonly send?: number } {
  const kept = bounded(pods);
  if (Object.keys(kept).length === 0) return {};
  const pause = pauseSeconds(kept, now);
  if (pause === undefined) return { ledger: { pods: kept } };
  const [next, planned] = [now + pause * 1000, before?.comeBackAt ?? 0];
  if (planned > now && planned <= next) return { ledger: { pods: kept, comeBackAt: planned } };
  return { ledger: { pods: kept, comeBackAt: next }, send: pause };
}

/**
 * What the ledger says of server groups that are to go and that the service does not delete: a rule made in the console, or another ALB,
 * still refers to them. Nothing else waits for it. Pure.
 */
import type { ObjectRef, Problem } from '#shared/problem.ts';
import { sweepPeriodMinutes } from '#shared/steps.ts';
import type { AlbConfigLedger, StayingGroup } from './record.ts';

/** A reference outlives the rule that held it by some seconds, so the first refusals mean nothing; pauses double from 1 s, in all about a minute. */
const quickTries = 6;

/** Whoever is told now is told of something that lasts. */
const lasts = ({ tries }: StayingGroup): boolean => tries >= quickTries;

/** With these and no others. */
export function withStayingGroups(
  { stayingGroups: _former, ...ledger }: AlbConfigLedger,
  staying: Readonly<Record<string, StayingGroup>>,
): AlbConfigLedger {
  return Object.keys(staying).length === 0 ? ledger : { ...ledger, stayingGroups: staying };
}

/** Once more refused. */
export function refusedAgain(
  former: StayingGroup | undefined,
  { id, name, code }: Pick<StayingGroup, 'id' | 'name' | 'code'>,
): StayingGroup {
  const tries = former?.id === id ? former.tries + 1 : 1;
  return { id, name, code, tries, ...(tries >= quickTries ? { left: true } : {}) };
}

/** Seconds until the deletion is tried again; `undefined`: the sweep sees to it. */
export const pauseOf = (one: StayingGroup): number | undefined => (lasts(one) ? undefined : 2 ** (one.tries - 1));

/** One that is wanted again is no trouble any more, nor is one that is not there. */
export function forgetStaying(ledger: AlbConfigLedger, wanted: ReadonlySet<string>): AlbConfigLedger {
  const { stayingGroups } = ledger;
  if (stayingGroups === undefined) return ledger;
  const stay = Object.entries(stayingGroups).filter(([identity, { id }]) => !wanted.has(identity) && ledger.groups[identity] === id);
  return withStayingGroups(ledger, Object.fromEntries(stay));
}

/** A sweep: each is tried once more. */
export function tryStayingAgain(ledger: AlbConfigLedger): AlbConfigLedger {
  const { stayingGroups } = ledger;
  if (stayingGroups === undefined) return ledger;
  const again = Object.entries(stayingGroups).map(([identity, { left: _enough, ...one }]): [string, StayingGroup] => [identity, one]);
  return withStayingGroups(ledger, Object.fromEntries(again));
}

/** What the owner of the AlbConfig is told of them. */
export const stayingGroupProblems = ({ stayingGroups }: AlbConfigLedger, albConfig: ObjectRef): readonly Problem[] =>
  Object.values(stayingGroups ?? {})
    .filter(lasts)
    .map(({ id, name, code }) => ({
      code: 'GROUP-STAYS',
      object: albConfig,
      facts: { group: id, name, code, minutes: String(sweepPeriodMinutes) },
    }));

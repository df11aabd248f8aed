/**
 * What the ledger says of server groups that the service refuses. The chain comes to its end without them; who would need one keeps the
 * rules that he has. Pure.
 */
import type { GroupIdentity, ServerGroupSpec } from '#shared/model/stack.ts';
import type { Problem } from '#shared/problem.ts';
import type { AlbConfigLedger, RefusedGroup } from './record.ts';

type Refused = Readonly<Record<GroupIdentity, RefusedGroup>>;

/** With these and no others. */
export function withRefusedGroups({ refusedGroups: _former, ...ledger }: AlbConfigLedger, refused: Refused): AlbConfigLedger {
  return Object.keys(refused).length === 0 ? ledger : { ...ledger, refusedGroups: refused };
}

/** It was to be made and could not be: no rule can point to it, and nobody need wait for its members. */
export const isWithheld = (ledger: AlbConfigLedger, group: GroupIdentity): boolean =>
  ledger.groups[group] === undefined && ledger.refusedGroups?.[group] !== undefined;

/**
 * A refusal whose time is over makes the step look again. Not where the group is there: what of it could not be changed back is known only
 * when groups are listed, which the sweep does.
 */
export function tryRefusedGroups(ledger: AlbConfigLedger, now: number): AlbConfigLedger {
  const due = Object.entries(ledger.refusedGroups ?? {}).some(([group, one]) => one.until <= now && isWithheld(ledger, group));
  return due ? { ...ledger, steps: { ...ledger.steps, 'server-group': {} } } : ledger;
}

/** Groups have gone, so that others have room: those that had none are made due. */
export function makeRoomKnown(ledger: AlbConfigLedger): AlbConfigLedger {
  const known = Object.entries(ledger.refusedGroups ?? {});
  if (!known.some(([, one]) => one.forQuota === true)) return ledger;
  const due = known.map(([group, one]): [string, RefusedGroup] => [group, one.forQuota === true ? { ...one, until: 0 } : one]);
  return { ...withRefusedGroups(ledger, Object.fromEntries(due)), steps: { ...ledger.steps, 'server-group': {} } };
}

/** It was made after all: the listener and the rules that were held back for it come in. */
export function acceptGroup(ledger: AlbConfigLedger, group: GroupIdentity): AlbConfigLedger {
  if (ledger.refusedGroups?.[group] === undefined) return ledger;
  const { [group]: _accepted, ...others } = ledger.refusedGroups;
  return { ...withRefusedGroups(ledger, others), steps: { ...ledger.steps, listener: {}, rule: {} } };
}

/** Who owns a group may have changed since it was refused. */
const problemsOf = ({ refusedGroups = {} }: AlbConfigLedger, groups: readonly ServerGroupSpec[]): readonly Problem[] =>
  groups.flatMap(({ identity, owners }) => {
    const refused = refusedGroups[identity];
    return refused === undefined ? [] : owners.map((object): Problem => ({ ...refused.why, object }));
  });

/** Of groups that are there, but cannot be changed back to what they should be. */
export const unrepairedProblems = (ledger: AlbConfigLedger, groups: readonly ServerGroupSpec[]): readonly Problem[] =>
  problemsOf(
    ledger,
    groups.filter((one) => !isWithheld(ledger, one.identity)),
  );

/** Of groups that could not be made: their owners are left out. */
export const withheldProblems = (ledger: AlbConfigLedger, groups: readonly ServerGroupSpec[]): readonly Problem[] =>
  problemsOf(
    ledger,
    groups.filter((one) => isWithheld(ledger, one.identity)),
  );

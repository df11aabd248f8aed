/**
 * What the ledger says of server groups that the service refuses. The chain comes to its end without them; who would need one keeps the
 * rules that he has. Pure.
 */
import { type GroupIdentity, type GroupRef, groupRefsOf, type RuleSpec, type ServerGroupSpec, type Stack } from '#shared/model/stack.ts';
import { type ObjectRef, type Problem, refText } from '#shared/problem.ts';
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

/** By group that is withheld: whose it is. */
type Withheld = ReadonlyMap<GroupIdentity, ReadonlySet<string>>;

/** What is left of a forward gets what the others would have got. */
function withoutGroups<R extends GroupRef & { readonly weight: number }>(
  groups: readonly R[],
  isOut: (ref: GroupRef) => boolean,
): readonly R[] {
  const freed = groups.filter(isOut).reduce((sum, one) => sum + one.weight, 0);
  return groups.filter((one) => !isOut(one)).map((one, index) => (index === 0 ? { ...one, weight: one.weight + freed } : one));
}

function withoutShares(rule: RuleSpec, withheld: Withheld): RuleSpec {
  const [first, ...others] = rule.owners;
  const isAnothers = ({ group }: GroupRef): boolean =>
    group !== undefined && withheld.get(group)?.has(first === undefined ? '' : refText(first)) === false;
  const out = groupRefsOf(rule.actions).filter(isAnothers);
  if (out.length === 0) return rule;
  const actions = rule.actions.map((one) =>
    one.type === 'ForwardGroup' ? { ...one, groups: withoutGroups(one.groups, isAnothers) } : one,
  );
  // Everything was another's: there is nothing to go on with.
  if (actions.some((one) => one.type === 'ForwardGroup' && one.groups.length === 0)) return { ...rule, actionsHeld: true };
  const isOut = (owner: ObjectRef): boolean => out.some(({ group = '' }) => withheld.get(group)?.has(refText(owner)));
  return { ...rule, actions, actionsHeld: true, owners: [...(first === undefined ? [] : [first]), ...others.filter((one) => !isOut(one))] };
}

/**
 * The stack as it can be had. A canary by weight whose group is withheld is held, and its stable Ingress goes on as beside any held canary:
 * the rule that they share keeps its actions, or is made without it.
 */
export function withoutWithheldShares(stack: Stack, ledger: AlbConfigLedger): Stack {
  const withheld = new Map(
    stack.groups.flatMap(({ identity, owners }) =>
      isWithheld(ledger, identity) ? [[identity, new Set(owners.map(refText))] as const] : [],
    ),
  );
  return withheld.size === 0 ? stack : { ...stack, rules: stack.rules.map((rule) => withoutShares(rule, withheld)) };
}

/** Whose rules cannot be made without a group: they name it, or are to stand on a listener that cannot be for want of it. */
function dependents(group: GroupIdentity, { rules, listeners }: Stack, ledger: AlbConfigLedger): readonly ObjectRef[] {
  const missing = new Set(
    listeners.flatMap((one) => (one.defaultGroup === group && ledger.listeners[one.identity] === undefined ? [one.identity] : [])),
  );
  const dependent = rules.filter((rule) => missing.has(rule.listener) || groupRefsOf(rule.actions).some((ref) => ref.group === group));
  return dependent.flatMap(({ owners }) => owners.slice(0, 1));
}

const problemsOf = (
  { refusedGroups = {} }: AlbConfigLedger,
  { identity }: ServerGroupSpec,
  told: readonly ObjectRef[],
): readonly Problem[] => {
  const refused = refusedGroups[identity];
  const objects = new Map(told.map((object) => [refText(object), object]));
  return refused === undefined ? [] : [...objects.values()].map((object): Problem => ({ ...refused.why, object }));
};

/** Of groups that are there, but cannot be changed back to what they should be. Who owns a group may have changed since it was refused. */
export const unrepairedProblems = (ledger: AlbConfigLedger, { groups }: Stack): readonly Problem[] =>
  groups.flatMap((one) => (isWithheld(ledger, one.identity) ? [] : problemsOf(ledger, one, one.owners)));

/** Of groups that could not be made: who owns them, and whose rules need them, is left out. */
export function withheldProblems(ledger: AlbConfigLedger, whole: Stack): readonly Problem[] {
  const stack = withoutWithheldShares(whole, ledger);
  return stack.groups.flatMap((one) =>
    isWithheld(ledger, one.identity) ? problemsOf(ledger, one, [...one.owners, ...dependents(one.identity, stack, ledger)]) : [],
  );
}

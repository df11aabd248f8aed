/**
 * The order in which the rules of one listener are changed, such that at any instant each request goes where the old or the new wish sends it.
 *
 * Let every rule stand at its old number, its new one, or both. The order is
 *   1. new rules, and rules whose number falls, from the front (by new number),
 *   2. rules that change in place,
 *   3. rules whose number rises, and rules that go, from the back (by old number, highest first).
 *
 * During 1 a request that meets a rule at its new place meets it there in the new list too: whatever the new list has before it is present at
 * its new place or at an even lower old one. A request that meets a rule at its old place meets it there in the old list: nothing of the old
 * list has moved backwards. 3 is 1 with the time reversed. A rule whose conditions change is another rule: created, then the old one removed.
 * Where that one rule is all that changes in its direction it is changed in place: one rule in one call, and there is nothing between the old
 * list and the new one. With any other change beside it a request could meet the new conditions and not yet the rule that comes before them.
 *
 * Directions are matched apart, so each is planned by itself, and a call holds rules of one direction: the answer to a creation tells rules
 * apart by their numbers alone. New rules of either direction come before anything goes.
 *
 * No new number is in use by another rule at the moment of its call, so it does not matter whether the service checks priorities of a batch
 * one by one or at its end.
 */
import { albActions } from '#shared/cloud/alb/actions.ts';
import type { NewRule, Rule, RuleDirection, RuleSettings, Tags } from '#shared/cloud/alb/port.ts';
import { tagKeys } from '#shared/ownership.ts';
import { assignPriorities } from './priorities.ts';
import { sameActions, sameConditions } from './rule-content.ts';

/** A rule as it is wanted, with groups resolved to cloud ids; its place in the list says when it is matched. */
export interface WantedRule {
  readonly identity: string;
  readonly direction: RuleDirection;
  readonly tags: Tags;
  readonly settings: Omit<RuleSettings, 'priority'>;
}

export interface RulesQuestion {
  /** Of one listener, the one that is matched first coming first. */
  readonly wanted: readonly WantedRule[];
  /** Everything on that listener, in the directions that are planned. */
  readonly observed: readonly Rule[];
  /** Owner hashes of held Ingresses: their rules stay as they are. */
  readonly keepOwners: ReadonlySet<string>;
  /** How many more rules the ALB may hold. Where that is too few, what goes must go first: the one time that a request may meet neither wish. */
  readonly room?: number;
}

type RuleUpdate = RuleSettings & { readonly ruleId: string };

/** One call, at most 100 rules. */
export type RulePhase =
  | { readonly kind: 'create'; readonly rules: readonly NewRule[] }
  | { readonly kind: 'update'; readonly rules: readonly RuleUpdate[] }
  | { readonly kind: 'remove'; readonly rules: readonly Rule[] };

export interface RulePlan {
  /** Calls in their order, each to be finished before the next. */
  readonly phases: readonly RulePhase[];
  readonly create: readonly NewRule[];
  readonly update: readonly RuleUpdate[];
  readonly remove: readonly Rule[];
  /** The room was too small for the safe order. */
  readonly removesFirst: boolean;
}

/** Rules of one call. */
const perCall = albActions.CreateRules.batch;

type Step = { readonly place: number; readonly direction: RuleDirection } & (
  | { readonly kind: 'create'; readonly rule: NewRule }
  | { readonly kind: 'update'; readonly rule: RuleUpdate }
  | { readonly kind: 'remove'; readonly rule: Rule }
);

interface Pairing {
  readonly pairs: ReadonlyMap<string, Rule>;
  readonly surplus: readonly Rule[];
  readonly taken: ReadonlySet<number>;
  /** Of `pairs`, the one whose conditions are to change in place. */
  readonly changing?: string;
}

const isGoing = (rule: Rule): boolean => rule.status === 'Deleting';

/** Which observed rule is which wanted one: same identity and same conditions; of several the one that is matched first. */
function pair(question: RulesQuestion): Pairing {
  const wanted = new Map(question.wanted.map((one) => [one.identity, one]));
  const pairs = new Map<string, Rule>();
  const surplus: Rule[] = [];
  const taken = new Set<number>();
  for (const rule of [...question.observed].sort((a, b) => a.priority - b.priority)) {
    const identity = rule.tags[tagKeys.identity] ?? '';
    const match = wanted.get(identity);
    const untouched = isGoing(rule) || question.keepOwners.has(rule.tags[tagKeys.owner] ?? '');
    if (!untouched && match !== undefined && !pairs.has(identity) && sameConditions(match.settings.ruleConditions, rule.ruleConditions)) {
      pairs.set(identity, rule);
      continue;
    }
    taken.add(rule.priority);
    if (!untouched) surplus.push(rule);
  }
  return { pairs, surplus, taken };
}

/** The same pairing, but with the one rule that is new for its conditions alone taken for the one that would go for it. */
function inPlace({ pairs, surplus, taken }: Pairing, { wanted }: RulesQuestion): Pairing | undefined {
  const [old, ...others] = surplus;
  const identity = old?.tags[tagKeys.identity] ?? '';
  if (old === undefined || isGoing(old) || others.length > 0 || pairs.size !== wanted.length - 1) return undefined;
  if (pairs.has(identity) || !wanted.some((one) => one.identity === identity)) return undefined;
  const stillTaken = new Set([...taken].filter((number) => number !== old.priority));
  return { pairs: new Map([...pairs, [identity, old]]), surplus: [], taken: stillTaken, changing: identity };
}

const differs = (want: RuleSettings, have: Rule): boolean =>
  want.priority !== have.priority || want.ruleName !== have.ruleName || !sameActions(want.ruleActions, have.ruleActions);

interface Steps {
  readonly forward: readonly Step[];
  readonly inPlace: readonly Step[];
  readonly backward: readonly Step[];
}

const emptyHanded: Steps = { forward: [], inPlace: [], backward: [] };

function stepsBetween({ pairs, surplus, taken, changing }: Pairing, wanted: readonly WantedRule[]): Steps {
  const existing = new Map([...pairs].map(([identity, rule]) => [identity, rule.priority]));
  const priorities = assignPriorities({ wanted: wanted.map((one) => one.identity), existing, taken });
  const forward: Step[] = [];
  const inPlace: Step[] = [];
  const backward: Step[] = surplus.map((rule) => ({ kind: 'remove', place: rule.priority, direction: rule.direction, rule }));
  for (const { identity, direction, tags, settings } of wanted) {
    const want: RuleSettings = { ...settings, priority: priorities.get(identity) ?? 0 };
    const have = pairs.get(identity);
    if (have === undefined) forward.push({ kind: 'create', place: want.priority, direction, rule: { ...want, direction, tags } });
    else if (identity === changing || differs(want, have)) {
      const rule = { ...want, ruleId: have.ruleId };
      if (want.priority < have.priority) forward.push({ kind: 'update', place: want.priority, direction, rule });
      else if (want.priority > have.priority) backward.push({ kind: 'update', place: have.priority, direction, rule });
      else inPlace.push({ kind: 'update', place: want.priority, direction, rule });
    }
  }
  return {
    forward: forward.sort((a, b) => a.place - b.place),
    inPlace,
    backward: backward.sort((a, b) => b.place - a.place),
  };
}

/** The steps of one direction. */
function stepsOf(question: RulesQuestion): Steps {
  if (question.wanted.length === 0 && question.observed.length === 0) return emptyHanded;
  const pairing = pair(question);
  const merged = inPlace(pairing, question);
  const alone = merged === undefined ? undefined : stepsBetween(merged, question.wanted);
  if (alone?.inPlace.length === 1 && alone.forward.length + alone.backward.length === 0) return alone;
  return stepsBetween(pairing, question.wanted);
}

/** A call that is still being filled. */
interface Filling {
  readonly kind: Step['kind'];
  readonly direction: RuleDirection;
  readonly steps: Step[];
}

const joins = (call: Filling | undefined, step: Step): call is Filling =>
  call?.kind === step.kind && (step.kind === 'remove' || call.direction === step.direction) && call.steps.length < perCall;

const phaseOf = ({ kind, steps }: Filling): RulePhase => {
  if (kind === 'create') return { kind, rules: steps.flatMap((step) => (step.kind === 'create' ? [step.rule] : [])) };
  if (kind === 'update') return { kind, rules: steps.flatMap((step) => (step.kind === 'update' ? [step.rule] : [])) };
  return { kind, rules: steps.flatMap((step) => (step.kind === 'remove' ? [step.rule] : [])) };
};

/** Neighbours of one kind become one call. */
function callsOf(steps: readonly Step[]): readonly RulePhase[] {
  const calls: Filling[] = [];
  for (const step of steps) {
    const last = calls.at(-1);
    if (joins(last, step)) last.steps.push(step);
    else calls.push({ kind: step.kind, direction: step.direction, steps: [step] });
  }
  return calls.map(phaseOf);
}

const directions: readonly RuleDirection[] = ['Request', 'Response'];

const isRemoval = (step: Step): boolean => step.kind === 'remove';

/** What to call, in which order, for the rules of one listener. Priorities count within a direction, so each is planned by itself. */
export function planRules(question: RulesQuestion): RulePlan {
  const plans = directions.map((direction) =>
    stepsOf({
      ...question,
      wanted: question.wanted.filter((one) => one.direction === direction),
      observed: question.observed.filter((one) => one.direction === direction),
    }),
  );
  const forward = plans.flatMap((plan) => plan.forward);
  const backward = plans.flatMap((plan) => plan.backward);
  const creates = forward.filter((step) => step.kind === 'create').length;
  const removesFirst = creates > (question.room ?? creates) && backward.some(isRemoval);
  const early = removesFirst ? backward.filter(isRemoval) : [];
  const late = removesFirst ? backward.filter((step) => !isRemoval(step)) : backward;
  const phases = callsOf([...early, ...forward, ...plans.flatMap((plan) => plan.inPlace), ...late]);
  return {
    phases,
    create: phases.flatMap((phase) => (phase.kind === 'create' ? phase.rules : [])),
    update: phases.flatMap((phase) => (phase.kind === 'update' ? phase.rules : [])),
    remove: phases.flatMap((phase) => (phase.kind === 'remove' ? phase.rules : [])),
    removesFirst,
  };
}

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
 *
 * No new number is in use by another rule at the moment of its call, so it does not matter whether the service checks priorities of a batch
 * one by one or at its end.
 */
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

/** Rules per CreateRules, UpdateRulesAttribute and DeleteRules. */
const perCall = 100;

type Step =
  | { readonly kind: 'create'; readonly place: number; readonly rule: NewRule }
  | { readonly kind: 'update'; readonly place: number; readonly rule: RuleUpdate }
  | { readonly kind: 'remove'; readonly place: number; readonly rule: Rule };

interface Pairing {
  readonly pairs: ReadonlyMap<string, Rule>;
  readonly surplus: readonly Rule[];
  readonly taken: ReadonlySet<number>;
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

const differs = (want: RuleSettings, have: Rule): boolean =>
  want.priority !== have.priority || want.ruleName !== have.ruleName || !sameActions(want.ruleActions, have.ruleActions);

interface Steps {
  readonly forward: readonly Step[];
  readonly inPlace: readonly Step[];
  readonly backward: readonly Step[];
}

function stepsOf(question: RulesQuestion): Steps {
  const { pairs, surplus, taken } = pair(question);
  const existing = new Map([...pairs].map(([identity, rule]) => [identity, rule.priority]));
  const priorities = assignPriorities({ wanted: question.wanted.map((one) => one.identity), existing, taken });
  const forward: Step[] = [];
  const inPlace: Step[] = [];
  const backward: Step[] = surplus.map((rule) => ({ kind: 'remove', place: rule.priority, rule }));
  for (const { identity, direction, tags, settings } of question.wanted) {
    const want: RuleSettings = { ...settings, priority: priorities.get(identity) ?? 0 };
    const have = pairs.get(identity);
    if (have === undefined) forward.push({ kind: 'create', place: want.priority, rule: { ...want, direction, tags } });
    else if (differs(want, have)) {
      const rule = { ...want, ruleId: have.ruleId };
      if (want.priority < have.priority) forward.push({ kind: 'update', place: want.priority, rule });
      else if (want.priority > have.priority) backward.push({ kind: 'update', place: have.priority, rule });
      else inPlace.push({ kind: 'update', place: want.priority, rule });
    }
  }
  return {
    forward: forward.sort((a, b) => a.place - b.place),
    inPlace,
    backward: backward.sort((a, b) => b.place - a.place),
  };
}

const fits = (phase: RulePhase | undefined, step: Step): boolean => phase?.kind === step.kind && phase.rules.length < perCall;

/** Neighbours of one kind become one call. */
function callsOf(steps: readonly Step[]): readonly RulePhase[] {
  return steps.reduce<readonly RulePhase[]>((phases, step) => {
    const last = phases.at(-1);
    const open = fits(last, step) ? last : undefined;
    const before = open === undefined ? phases : phases.slice(0, -1);
    return [...before, withStep(open, step)];
  }, []);
}

function withStep(open: RulePhase | undefined, step: Step): RulePhase {
  if (step.kind === 'create') return { kind: 'create', rules: [...(open?.kind === 'create' ? open.rules : []), step.rule] };
  if (step.kind === 'update') return { kind: 'update', rules: [...(open?.kind === 'update' ? open.rules : []), step.rule] };
  return { kind: 'remove', rules: [...(open?.kind === 'remove' ? open.rules : []), step.rule] };
}

function planDirection(question: RulesQuestion): { readonly steps: readonly Step[]; readonly removesFirst: boolean } {
  const { forward, inPlace, backward } = stepsOf(question);
  const creates = forward.filter((step) => step.kind === 'create').length;
  const removes = backward.filter((step) => step.kind === 'remove');
  if (creates <= (question.room ?? creates) || removes.length === 0) {
    return { steps: [...forward, ...inPlace, ...backward], removesFirst: false };
  }
  return { steps: [...removes, ...forward, ...inPlace, ...backward.filter((step) => step.kind !== 'remove')], removesFirst: true };
}

const directions: readonly RuleDirection[] = ['Request', 'Response'];

/** What to call, in which order, for the rules of one listener. Priorities count within a direction, so each is planned by itself. */
export function planRules(question: RulesQuestion): RulePlan {
  const plans = directions.map((direction) =>
    planDirection({
      ...question,
      wanted: question.wanted.filter((one) => one.direction === direction),
      observed: question.observed.filter((one) => one.direction === direction),
    }),
  );
  const phases = plans.flatMap((plan) => callsOf(plan.steps));
  return {
    phases,
    create: phases.flatMap((phase) => (phase.kind === 'create' ? phase.rules : [])),
    update: phases.flatMap((phase) => (phase.kind === 'update' ? phase.rules : [])),
    remove: phases.flatMap((phase) => (phase.kind === 'remove' ? phase.rules : [])),
    removesFirst: plans.some((plan) => plan.removesFirst),
  };
}

/**
 * The rules of one listener, compiled. Of those for requests the first by priority whose conditions hold decides, else the listener's
 * default group; those for responses are asked about every answer.
 */
import type { ViewAction, ViewListener, ViewRule } from '../view.ts';
import { newTurns, type RuleTurns } from './actions.ts';
import { type Conditions, compileConditions } from './conditions.ts';
import type { AnswerFacts, Course, Exchange } from './exchange.ts';
import { headerEdits } from './header-actions.ts';
import type { HeaderEdit } from './header-edits.ts';
import type { RequestFacts } from './request-facts.ts';

export interface Route {
  /** By `Order`. */
  readonly actions: readonly ViewAction[];
  readonly turns: RuleTurns;
  readonly captures: Conditions['captures'];
}

interface Compiled extends Route, Conditions {
  readonly ruleId: string;
}

const byOrder = (actions: readonly ViewAction[]): readonly ViewAction[] => actions.toSorted((a, b) => a.Order - b.Order);

/** Groups that an action names, for requests or for their copies; those of weight 0 only where they count. */
const groupsOf = (action: ViewAction, weightless: boolean): readonly string[] => {
  const forward = (action.ForwardGroupConfig?.ServerGroupTuples ?? []).filter((tuple) => weightless || tuple.Weight > 0);
  const mirror = action.TrafficMirrorConfig?.MirrorGroupConfig.ServerGroupTuples ?? [];
  return [...forward, ...mirror].map((tuple) => tuple.ServerGroupId);
};

export class Routes {
  readonly #rules: readonly Compiled[];
  readonly #responseRules: readonly Compiled[];
  readonly #fallback: Route;

  /**
   * What a rule remembers is taken over from the routes before while it stays, so that a change elsewhere upsets neither a split of traffic
   * nor a limit.
   */
  constructor(listener: ViewListener, rules: readonly ViewRule[], before?: Routes) {
    const turns = new Map((before === undefined ? [] : before.#rules).map((rule) => [rule.ruleId, rule.turns]));
    const compiled = (direction: string) =>
      rules
        .filter((rule) => (rule.Direction ?? 'Request') === direction)
        .toSorted((a, b) => a.Priority - b.Priority)
        .map((rule) => ({
          ruleId: rule.RuleId,
          ...compileConditions(rule.RuleConditions),
          actions: byOrder(rule.RuleActions),
          turns: turns.get(rule.RuleId) ?? newTurns(),
        }));
    this.#rules = compiled('Request');
    this.#responseRules = compiled('Response');
    const tuple = { ServerGroupId: listener.DefaultServerGroupId, Weight: 100 };
    const forward = { Type: 'ForwardGroup', Order: 1, ForwardGroupConfig: { ServerGroupTuples: [tuple] } };
    this.#fallback = { actions: [forward], turns: newTurns(), captures: () => [] };
  }

  find(facts: RequestFacts): Route {
    return this.#rules.find((rule) => rule.test(facts)) ?? this.#fallback;
  }

  /** How an exchange begins that goes by a route. */
  begin(route: Route, facts: RequestFacts): Course {
    return {
      captured: route.captures(facts.path),
      outgoing: { path: facts.path, search: facts.search, edits: [] },
      answerEdits: [],
      responseEdits: (exchange, answer) => this.#responseEdits(exchange, answer),
    };
  }

  /** Every server group that is in use: named by an action; `weightless`: also where no request is sent to it. */
  groups(weightless: boolean): readonly string[] {
    return [...this.#rules, this.#fallback].flatMap((route) => route.actions).flatMap((action) => groupsOf(action, weightless));
  }

  #responseEdits(exchange: Exchange, answer: AnswerFacts): readonly HeaderEdit[] {
    const matching = this.#responseRules.filter((rule) => rule.test(exchange.facts, answer));
    const applied = exchange.settings.responseRules === 'first' ? matching.slice(0, 1) : matching;
    return applied.flatMap((rule) => rule.actions).flatMap((action) => headerEdits(action, exchange));
  }
}

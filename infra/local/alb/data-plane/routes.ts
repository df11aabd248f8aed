/** The rules of one listener, compiled: the first by priority whose conditions hold, else the listener's default group. */
import type { ViewAction, ViewListener, ViewRule } from '../view.ts';
import { newTurns, type RuleTurns } from './actions.ts';
import { compileConditions, type Test } from './conditions.ts';
import type { RequestFacts } from './request-facts.ts';

export interface Route {
  readonly actions: readonly ViewAction[];
  readonly turns: RuleTurns;
}

interface Compiled extends Route {
  readonly ruleId: string;
  readonly test: Test;
}

export class Routes {
  readonly #rules: readonly Compiled[];
  readonly #fallback: Route;

  /** Turns of rules that stay are taken over from the routes before, so that a change elsewhere does not upset a split of traffic. */
  constructor(listener: ViewListener, rules: readonly ViewRule[], before?: Routes) {
    const turns = new Map((before === undefined ? [] : before.#rules).map((rule) => [rule.ruleId, rule.turns]));
    this.#rules = rules
      .toSorted((a, b) => a.Priority - b.Priority)
      .map((rule) => ({
        ruleId: rule.RuleId,
        test: compileConditions(rule.RuleConditions),
        actions: rule.RuleActions,
        turns: turns.get(rule.RuleId) ?? newTurns(),
      }));
    const tuple = { ServerGroupId: listener.DefaultServerGroupId, Weight: 100 };
    const forward = { Type: 'ForwardGroup', Order: 1, ForwardGroupConfig: { ServerGroupTuples: [tuple] } };
    this.#fallback = { actions: [forward], turns: newTurns() };
  }

  find(facts: RequestFacts): Route {
    return this.#rules.find((rule) => rule.test(facts)) ?? this.#fallback;
  }

  /** Every server group that requests may go to. */
  groups(): readonly string[] {
    const actions = [...this.#rules, this.#fallback].flatMap((route) => route.actions);
    return actions.flatMap((action) => action.ForwardGroupConfig?.ServerGroupTuples ?? []).map((tuple) => tuple.ServerGroupId);
  }
}

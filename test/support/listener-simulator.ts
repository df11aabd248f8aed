/** A listener in memory: applies the calls of a plan as strictly as the service may, and matches requests by priority. */
import type { NewRule, Rule, RuleCondition } from '#shared/cloud/alb/port.ts';
import type { RulePhase } from '#shared/plan/rules.ts';

export interface Request {
  readonly host: string;
  readonly path: string;
}

const patternOf = (value: string): RegExp =>
  new RegExp(
    `^${value
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  );

const matches = (condition: RuleCondition, request: Request): boolean => {
  if (condition.type === 'Host') return condition.hostConfig.values.some((one) => patternOf(one).test(request.host));
  if (condition.type === 'Path') return condition.pathConfig.values.some((one) => patternOf(one).test(request.path));
  throw new Error(`this simulator knows no condition ${condition.type}`);
};

const target = (rule: Pick<Rule, 'ruleActions'>): string => JSON.stringify(rule.ruleActions);

/** Where a request goes among rules that are listed in matching order. */
export const targetOf = (rules: readonly Pick<Rule, 'ruleConditions' | 'ruleActions'>[], request: Request): string => {
  const rule = rules.find((one) => one.ruleConditions.every((condition) => matches(condition, request)));
  return rule === undefined ? 'default' : target(rule);
};

export const byPriority = (rules: readonly Rule[]): readonly Rule[] => [...rules].sort((a, b) => a.priority - b.priority);

let created = 0;

const asRule = (rule: NewRule): Rule => {
  created += 1;
  return { ...rule, ruleId: `rule-${created}`, listenerId: 'lsn-1', status: 'Available' };
};

const refuseDuplicates = (rules: readonly Rule[]): readonly Rule[] => {
  const numbers = rules.map((one) => `${one.direction} ${one.priority}`);
  if (new Set(numbers).size < numbers.length) throw new Error('Conflict.Priority');
  if (rules.some((one) => one.priority < 1 || one.priority > 10_000)) throw new Error('IllegalParam.Priority');
  return rules;
};

/** Every state that one call goes through when the service works its rules off one by one: the last one is the result. */
export function statesOf(rules: readonly Rule[], phase: RulePhase): readonly (readonly Rule[])[] {
  const states: (readonly Rule[])[] = [];
  let now = rules;
  for (const item of phase.rules) {
    if (phase.kind === 'create')
      now = [...now, asRule(item as NewRule)]; // the kind says which list it is
    else if (phase.kind === 'remove') now = now.filter((one) => one.ruleId !== (item as Rule).ruleId);
    else now = now.map((one) => (one.ruleId === (item as Rule).ruleId ? { ...one, ...item } : one));
    states.push(refuseDuplicates(now));
  }
  return states;
}

/** How much one rule holds, and how much of it a list of conditions needs. */
import type { RuleCondition } from '#shared/cloud/alb/port.ts';

/**
 * Editions Standard and StandardWithWaf (the only ones an AlbConfig can ask for); `alb-openapi` 4.2. Wildcard entries have a limit of their
 * own of 10, which cannot be passed before that of the values, because each of them is one.
 */
export const limits = {
  /** The quota is called match evaluations: it counts values, not conditions. */
  values: { most: 10, what: 'values of conditions (alb_quota_rule_matchevaluations_num)' },
  sourceIps: { most: 5, what: 'source addresses (SourceIpConfig.Values)' },
  actions: { most: 5, what: 'actions (the final one counted)' },
  groups: { most: 5, what: 'server groups to forward to' },
} as const;

/** Rules that one path may become: more is probably not meant, and would eat up the ALB. */
export const partsOfRule = 10;

type Values = readonly (string | { readonly key: string; readonly value: string })[];

/** The alternatives of a condition, whatever its type. */
export function valuesOf(condition: RuleCondition): Values {
  const { type: _type, ...config } = condition;
  return Object.values<{ readonly values: Values }>(config).flatMap((one) => one.values);
}

/** The same condition with some of its alternatives. */
export function withValues(condition: RuleCondition, values: Values): RuleCondition {
  const { type, ...config } = condition;
  const fewer = Object.entries<object>(config).map(([name, one]) => [name, { ...one, values }] as const);
  // Same type, same member, same kind of values.
  return { type, ...Object.fromEntries(fewer) } as RuleCondition;
}

/** How many values all conditions of a rule have together. */
export const valueCount = (conditions: readonly RuleCondition[]): number => conditions.reduce((sum, one) => sum + valuesOf(one).length, 0);

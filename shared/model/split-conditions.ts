/**
 * One path with more alternatives than a rule holds becomes several rules with the same actions, one behind the other: together they match
 * what the one would. (A or B) and C is the same as A and C, or B and C.
 */
import type { RuleCondition } from '#shared/cloud/alb/port.ts';
import { limits, partsOfRule, valueCount, valuesOf, withValues } from './rule-limits.ts';
import type { RuleActionSpec } from './stack.ts';

/** Facts of RULE-LIMIT, but for the path. */
export interface Excess {
  readonly has: string;
  readonly what: string;
  readonly limit: string;
}

export type Parts =
  | { readonly parts: readonly (readonly RuleCondition[])[]; readonly excess?: never }
  | { readonly excess: Excess; readonly parts?: never };

const sizeOf = (condition: RuleCondition): number => valuesOf(condition).length;

/** `size` alternatives a part. */
function cut(conditions: readonly RuleCondition[], which: RuleCondition, size: number): readonly (readonly RuleCondition[])[] {
  const values = valuesOf(which);
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
    conditions.map((one) => (one === which ? withValues(which, values.slice(index * size, (index + 1) * size)) : one)),
  );
}

const tooManyAddresses = (conditions: readonly RuleCondition[]): RuleCondition | undefined =>
  conditions.find((one) => one.type === 'SourceIp' && sizeOf(one) > limits.sourceIps.most);

/**
 * The longest list is cut such that its parts fit beside the other conditions; where those leave it less than half of the rule, it is halved,
 * so that the next look may find another list the longest.
 */
function split(conditions: readonly RuleCondition[]): readonly (readonly RuleCondition[])[] {
  const addresses = tooManyAddresses(conditions);
  if (addresses !== undefined) return cut(conditions, addresses, limits.sourceIps.most).flatMap(split);
  const total = valueCount(conditions);
  if (total <= limits.values.most) return [conditions];
  const longest = conditions.reduce((best, one) => (sizeOf(one) > sizeOf(best) ? one : best));
  const room = limits.values.most - (total - sizeOf(longest));
  if (sizeOf(longest) < 2) return [conditions];
  const size = room >= limits.values.most / 2 ? room : Math.ceil(sizeOf(longest) / 2);
  return cut(conditions, longest, size).flatMap(split);
}

function excessOf(conditions: readonly RuleCondition[]): Excess | undefined {
  const addresses = tooManyAddresses(conditions);
  if (addresses !== undefined) {
    return { has: String(sizeOf(addresses)), what: limits.sourceIps.what, limit: String(limits.sourceIps.most) };
  }
  const has = valueCount(conditions);
  return has > limits.values.most ? { has: String(has), what: limits.values.what, limit: String(limits.values.most) } : undefined;
}

/**
 * The conditions of the rules that a path becomes, mostly one. Too much for several rules as well: where each has alternatives of one
 * condition alone, where they would be very many, and where the path has a limit, which each of the rules would have for itself.
 */
export function splitConditions(conditions: readonly RuleCondition[], actions: readonly RuleActionSpec[]): Parts {
  const excess = excessOf(conditions);
  if (excess === undefined) return { parts: [conditions] };
  if (actions.some((one) => one.type === 'TrafficLimit')) {
    return { excess: { ...excess, what: `${excess.what} (which cannot be spread over several rules, because it has a limit)` } };
  }
  const parts = split(conditions);
  return parts.length > partsOfRule || parts.some((part) => excessOf(part) !== undefined) ? { excess } : { parts };
}

/**
 * How ListRules spells rules. Nothing is published about whether it repeats what was sent or spells out what it means; a client that
 * compares texts would rewrite rules for ever under the one or the other, so both are here (`listedRules` of the settings).
 */
import { isIP } from 'node:net';
import type { RuleAction, RuleAttributes, RuleCondition } from './records.ts';

type Config = Readonly<Record<string, unknown>>;

const isConfig = (value: unknown): value is Config => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What an action means where it says nothing, by type. */
const meantByActions: Readonly<Record<string, Config>> = {
  ForwardGroup: { ServerGroupStickySession: { Enabled: false, Timeout: 1000 } },
  TrafficLimit: { QPS: 0, PerIpQps: 0 },
  Cors: { AllowOrigin: [], AllowMethods: [], AllowHeaders: [], ExposeHeaders: [] },
};

/** Lists whose order means nothing come in another one. */
const turned = (config: Config): Config =>
  Object.fromEntries(Object.entries(config).map(([name, value]) => [name, Array.isArray(value) ? value.toReversed() : value]));

function spelledAction(action: RuleAction): RuleAction {
  const member = `${action.Type}Config`;
  const config = action[member];
  return isConfig(config) ? { ...action, [member]: { ...meantByActions[action.Type], ...turned(config) } } : action;
}

/** An address is a block of one. */
const asBlock = (value: unknown): unknown =>
  typeof value === 'string' && isIP(value) > 0 ? `${value}/${isIP(value) === 6 ? 128 : 32}` : value;

function spelledCondition(condition: RuleCondition): RuleCondition {
  const member = `${condition.Type}Config`;
  const config = condition[member];
  if (!isConfig(config) || !Array.isArray(config['Values'])) return condition;
  const values: readonly unknown[] = config['Values'].toReversed();
  return { ...condition, [member]: { ...config, Values: condition.Type === 'SourceIp' ? values.map(asBlock) : values } };
}

/** The same rule in other words: what has no order in another one, defaults filled in, addresses as blocks. */
export const spelledOut = (attributes: RuleAttributes): RuleAttributes => ({
  ...attributes,
  RuleConditions: attributes.RuleConditions.map(spelledCondition).toReversed(),
  RuleActions: attributes.RuleActions.map(spelledAction),
});

/**
 * When two rules say the same: what has no meaning for the service is left out of account. That is the order of conditions, of their values
 * and of groups, the case of header names, the numbers that order the actions, and stickiness that is switched off.
 */
import type { RuleAction, RuleCondition } from '#shared/cloud/alb/port.ts';
import { sameData } from './fields.ts';

type Pair = { readonly key: string; readonly value: string };

/** `{ type, <type>Config: { key?, values } }`: any condition, as one form. */
interface AnyConfig {
  readonly key?: string;
  readonly values?: readonly (string | Pair)[];
}

/** An address is a block of one: the service may answer either. */
const block = (value: string): string => value.toLowerCase().replace(/^([^:/]+)\/32$|^([^/.]+)\/128$/, '$1$2');

/** Values that differ in their text alone. */
const canonicalValue: Readonly<Record<string, (value: string) => string>> = { SourceIp: block, Host: (value) => value.toLowerCase() };

const valueText = (type: string, value: string | Pair): string =>
  typeof value === 'string' ? (canonicalValue[type]?.(value) ?? value) : JSON.stringify([value.key, value.value]);

/** A condition as one text, the same for all that mean the same. */
function conditionText({ type, ...members }: RuleCondition): string {
  const configs = Object.values<AnyConfig>(members);
  return JSON.stringify([
    type,
    configs.map(({ key, values }) => [key?.toLowerCase() ?? '', [...new Set((values ?? []).map((one) => valueText(type, one)))].sort()]),
  ]);
}

const conditionsText = (conditions: readonly RuleCondition[]): string => JSON.stringify([...new Set(conditions.map(conditionText))].sort());

/** Most rules come back as they were sent: what is written the same needs no closer look, which costs ten times as much. */
const isSameText = (a: readonly unknown[], b: readonly unknown[]): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Neither the order of conditions nor that of the values in one means anything. */
export const sameConditions = (a: readonly RuleCondition[], b: readonly RuleCondition[]): boolean =>
  isSameText(a, b) || conditionsText(a) === conditionsText(b);

const sorted = (texts: readonly string[] | undefined): readonly string[] => [...new Set(texts ?? [])].sort();

/** Of an action only what decides what it does; its number in the rule does not. */
function actionData(action: RuleAction): unknown {
  switch (action.type) {
    case 'ForwardGroup': {
      const { serverGroupTuples, serverGroupStickySession: sticky } = action.forwardGroupConfig;
      const tuples = serverGroupTuples.map((one) => `${one.serverGroupId} ${one.weight}`).sort();
      // Switched off is the same as not said.
      return [action.type, tuples, sticky?.enabled === true ? sticky.timeout : 0];
    }
    case 'TrafficMirror':
      return [action.type, action.trafficMirrorConfig.mirrorGroupConfig.serverGroupTuples.map((one) => one.serverGroupId).sort()];
    case 'Cors': {
      const { allowOrigin, allowMethods, allowHeaders, exposeHeaders, allowCredentials, maxAge } = action.corsConfig;
      return [action.type, ...[allowOrigin, allowMethods, allowHeaders, exposeHeaders].map(sorted), allowCredentials, maxAge];
    }
    case 'TrafficLimit':
      // Zero is no limit that could be set: the same as none.
      return [action.type, action.trafficLimitConfig.QPS ?? 0, action.trafficLimitConfig.perIpQps ?? 0];
    case 'InsertHeader': {
      const { key, value, valueType } = action.insertHeaderConfig;
      return [action.type, key.toLowerCase(), value, valueType];
    }
    case 'RemoveHeader':
      return [action.type, action.removeHeaderConfig.key.toLowerCase()];
    default: {
      const { order: _order, type, ...config } = action;
      return [type, config];
    }
  }
}

/** Actions are carried out by their `order`; what numbers it has does not matter. */
export const sameActions = (a: readonly RuleAction[], b: readonly RuleAction[]): boolean => {
  const data = (actions: readonly RuleAction[]): readonly unknown[] => [...actions].sort((x, y) => x.order - y.order).map(actionData);
  return isSameText(a, b) || sameData(data(a), data(b));
};

/** Ids of the server groups that actions point to. */
export const serverGroupIdsOf = (actions: readonly RuleAction[]): readonly string[] =>
  actions.flatMap((action) => {
    if (action.type === 'ForwardGroup') return action.forwardGroupConfig.serverGroupTuples.map((one) => one.serverGroupId);
    if (action.type === 'TrafficMirror')
      return action.trafficMirrorConfig.mirrorGroupConfig.serverGroupTuples.map((one) => one.serverGroupId);
    return [];
  });

/** When two rules say the same: what has no meaning for the service (the order of conditions and of their values) is left out of account. */
import type { GroupStickiness, RuleAction, RuleCondition } from '#shared/cloud/alb/port.ts';
import { sameData } from './fields.ts';

/** `{ type, <type>Config: { key?, values } }`: the members as one text each, in no particular order. */
function conditionText(condition: RuleCondition): string {
  const { type, ...members } = condition;
  const configs = Object.values<{
    readonly key?: string;
    readonly values?: readonly (string | { readonly key: string; readonly value: string })[];
  }>(members);
  return JSON.stringify([
    type,
    configs.map(({ key, values }) => [
      // Names of headers have no case.
      key?.toLowerCase() ?? '',
      [...new Set((values ?? []).map((one) => (typeof one === 'string' ? one : JSON.stringify([one.key, one.value]))))].sort(),
    ]),
  ]);
}

/** Neither the order of conditions nor that of the values in one means anything. */
export const sameConditions = (a: readonly RuleCondition[], b: readonly RuleCondition[]): boolean =>
  sameData(a.map(conditionText).sort(), b.map(conditionText).sort());

/** Switched off is the same as not said. */
const stickinessOf = (one: GroupStickiness | undefined): readonly unknown[] => (one?.enabled === true ? [one.timeout] : []);

const sorted = (texts: readonly string[] | undefined): readonly string[] => [...(texts ?? [])].sort();

/** Of an action only what decides what it does; its number in the rule does not. */
function actionData(action: RuleAction): unknown {
  switch (action.type) {
    case 'ForwardGroup': {
      const { serverGroupTuples, serverGroupStickySession } = action.forwardGroupConfig;
      const tuples = serverGroupTuples.map((one) => `${one.serverGroupId} ${one.weight}`).sort();
      return [action.type, tuples, stickinessOf(serverGroupStickySession)];
    }
    case 'TrafficMirror':
      return [action.type, action.trafficMirrorConfig.mirrorGroupConfig.serverGroupTuples.map((one) => one.serverGroupId).sort()];
    case 'Cors': {
      const { allowOrigin, allowMethods, allowHeaders, exposeHeaders, allowCredentials, maxAge } = action.corsConfig;
      return [action.type, ...[allowOrigin, allowMethods, allowHeaders, exposeHeaders].map(sorted), allowCredentials, maxAge];
    }
    default: {
      const { order: _order, type, ...config } = action;
      return [type, config];
    }
  }
}

/** Actions are carried out by their `order`; what numbers it has does not matter. */
export const sameActions = (a: readonly RuleAction[], b: readonly RuleAction[]): boolean => {
  const data = (actions: readonly RuleAction[]): readonly unknown[] => [...actions].sort((x, y) => x.order - y.order).map(actionData);
  return sameData(data(a), data(b));
};

/** Ids of the server groups that actions point to. */
export const serverGroupIdsOf = (actions: readonly RuleAction[]): readonly string[] =>
  actions.flatMap((action) => {
    if (action.type === 'ForwardGroup') return action.forwardGroupConfig.serverGroupTuples.map((one) => one.serverGroupId);
    if (action.type === 'TrafficMirror')
      return action.trafficMirrorConfig.mirrorGroupConfig.serverGroupTuples.map((one) => one.serverGroupId);
    return [];
  });

/** What the actions of one `actions.<service>` annotation may not be together, whatever each is on its own. */
import type { RuleDirection } from '#shared/cloud/alb/port.ts';
import { reservedHeaders } from './action-headers.ts';
import type { CustomAction } from './custom.ts';

type ActionType = CustomAction['type'];

/** Each ends a rule; a rule has one of them. */
export const finalActions: readonly ActionType[] = ['ForwardGroup', 'Redirect', 'FixedResponse'];
const onlyOnce: readonly ActionType[] = ['Rewrite', 'TrafficLimit', 'TrafficMirror', 'Cors'];

/** Pairs that ALB refuses in one rule. */
const enemies: readonly (readonly [ActionType, readonly ActionType[]])[] = [
  ['Rewrite', ['Redirect', 'FixedResponse', 'TrafficMirror']],
  ['TrafficMirror', ['Redirect', 'FixedResponse']],
];

const headerOf = (action: CustomAction): string | undefined => {
  if (action.type === 'InsertHeader') return action.insertHeaderConfig.key;
  return action.type === 'RemoveHeader' ? action.removeHeaderConfig.key : undefined;
};

const isOnce = (type: ActionType): boolean => onlyOnce.includes(type) || finalActions.includes(type);

/** What stands at `at` again although it may stand there once: a type of action, or a header of it. */
function repetition(actions: readonly CustomAction[], index: number): string | undefined {
  const [action, before] = [actions[index], actions.slice(0, index)];
  if (action === undefined) return undefined;
  if (finalActions.includes(action.type)) {
    const other = before.find((one) => finalActions.includes(one.type));
    return other === undefined ? undefined : `one final action only (${finalActions.join(', ')}); found ${other.type} and ${action.type}`;
  }
  if (isOnce(action.type)) return before.some((one) => one.type === action.type) ? `one ${action.type} only` : undefined;
  const header = headerOf(action)?.toLowerCase();
  const again = before.some((one) => one.type === action.type && headerOf(one)?.toLowerCase() === header);
  return again ? `each header in one ${action.type} only; found ${header} again` : undefined;
}

const reserved = (action: CustomAction, direction: RuleDirection): string | undefined => {
  if (action.type !== 'InsertHeader' && action.type !== 'RemoveHeader') return undefined;
  const header = headerOf(action) ?? '';
  return reservedHeaders(action.type, direction).includes(header.toLowerCase())
    ? `another header; ALB keeps ${header} for itself`
    : undefined;
};

const conflicts = (types: ReadonlySet<ActionType>): readonly string[] =>
  enemies.flatMap(([one, others]) =>
    types.has(one) ? others.filter((other) => types.has(other)).map((other) => `${one} or ${other}, not both in one rule`) : [],
  );

/** Everything that is wrong with the actions together, as sentences. `direction` is undefined where it could not be read. */
export function faultsOfActions(actions: readonly CustomAction[], direction: RuleDirection | undefined): readonly string[] {
  const single = actions.flatMap((action, index) => {
    const faults = [repetition(actions, index), direction === undefined ? undefined : reserved(action, direction)];
    return faults.filter((fault) => fault !== undefined).map((fault) => `at [${index}]: ${fault}`);
  });
  return [...single, ...conflicts(new Set(actions.map((action) => action.type)))];
}

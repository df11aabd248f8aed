/** ForwardGroup: which of the groups of a rule gets a request, by weight or because its client was there before. */
import type { ViewAction } from '../view.ts';
import type { Exchange } from './exchange.ts';
import type { HeaderEdit } from './header-edits.ts';
import { markOf } from './mark.ts';
import type { SmoothRoundRobin } from './schedulers.ts';

/** Seconds, where the action says none (ALB reference 4.2). */
const defaultTimeout = 1000;

export interface ChosenGroup {
  readonly groupId: string;
  /** The cookie that brings the client back. */
  readonly answerEdits: readonly HeaderEdit[];
}

/** `undefined`: no group has a weight. A client is not brought back to a group of weight 0. */
export function chooseGroup(exchange: Exchange, action: ViewAction, turns: SmoothRoundRobin): ChosenGroup | undefined {
  const { ServerGroupTuples: tuples = [], ServerGroupStickySession: sticky } = action.ForwardGroupConfig ?? {};
  // A group alone gets everything, whatever its weight.
  if (tuples.length === 1 && tuples[0] !== undefined) return { groupId: tuples[0].ServerGroupId, answerEdits: [] };
  const weighted = tuples.filter((tuple) => tuple.Weight > 0).map((tuple) => ({ key: tuple.ServerGroupId, weight: tuple.Weight }));
  const { groupCookie } = exchange.settings;
  const marks = exchange.facts.cookies.filter(([name]) => name === groupCookie).map(([, value]) => value);
  const former = sticky?.Enabled === true ? weighted.find(({ key }) => marks.includes(markOf(key))) : undefined;
  const chosen = former ?? turns.pick(weighted);
  if (chosen === undefined) return undefined;
  if (former !== undefined || sticky?.Enabled !== true) return { groupId: chosen.key, answerEdits: [] };
  const cookie = `${groupCookie}=${markOf(chosen.key)}; Path=/; Max-Age=${sticky.Timeout ?? defaultTimeout}; HttpOnly`;
  return { groupId: chosen.key, answerEdits: [{ name: 'Set-Cookie', value: cookie, how: 'add' }] };
}

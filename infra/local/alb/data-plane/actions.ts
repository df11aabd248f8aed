/**
 * The final actions of a rule: a row a type. Every rule has exactly one; actions before it that this data plane does not carry out are
 * answered 501 rather than left out, so that nobody takes a rule for working that is not.
 */
import type { ViewAction } from '../view.ts';
import { answer, answerError } from './answer.ts';
import type { Exchange } from './exchange.ts';
import { forwardToGroup } from './forward.ts';
import { SmoothRoundRobin } from './schedulers.ts';

/** What a rule remembers between requests: whose turn it is among its groups. */
export interface RuleTurns {
  readonly groups: SmoothRoundRobin;
}

export const newTurns = (): RuleTurns => ({ groups: new SmoothRoundRobin() });

type Perform = (exchange: Exchange, action: ViewAction, turns: RuleTurns) => Promise<void> | void;

/** Members of an action's own config; the view hands over what the API took, so all are text or absent. */
const configOf = (action: ViewAction): Readonly<Record<string, string | undefined>> =>
  (action[`${action.Type}Config`] ?? {}) as Readonly<Record<string, string | undefined>>;

function forwardGroup(exchange: Exchange, action: ViewAction, turns: RuleTurns): Promise<void> | void {
  const tuples = action.ForwardGroupConfig?.ServerGroupTuples ?? [];
  const only = tuples.length === 1 ? tuples[0]?.ServerGroupId : undefined;
  const weighted = tuples.filter((tuple) => tuple.Weight > 0).map((tuple) => ({ key: tuple.ServerGroupId, weight: tuple.Weight }));
  const group = only ?? turns.groups.pick(weighted)?.key;
  return group === undefined ? answerError(exchange, 503) : forwardToGroup(exchange, group);
}

function fixedResponse(exchange: Exchange, action: ViewAction): void {
  const { HttpCode = '200', ContentType = 'text/plain', Content = '' } = configOf(action);
  answer(exchange, Number(HttpCode), { 'Content-Type': ContentType }, Content);
}

/** `${host}` and the like stand for the request's own; a member left out means that. */
function redirect(exchange: Exchange, action: ViewAction): void {
  const { facts, listener } = exchange;
  const own: Readonly<Record<string, string>> = {
    protocol: listener.ListenerProtocol === 'HTTP' ? 'http' : 'https',
    host: facts.host,
    port: String(listener.ListenerPort),
    path: facts.path,
    query: facts.search,
  };
  const config = configOf(action);
  const member = (name: string, variable: string) =>
    (config[name] || `\${${variable}}`).replace(/\$\{(\w+)\}/g, (whole, key: string) => own[key] ?? whole);
  const query = member('Query', 'query');
  const location = `${member('Protocol', 'protocol').toLowerCase()}://${member('Host', 'host')}:${member('Port', 'port')}${member('Path', 'path')}`;
  answer(exchange, Number(config['HttpCode'] ?? 301), { Location: query === '' ? location : `${location}?${query}` }, '');
}

const rows: Readonly<Record<string, Perform>> = {
  ForwardGroup: forwardGroup,
  FixedResponse: fixedResponse,
  Redirect: redirect,
};

/** Carries out a rule's actions. */
export function perform(exchange: Exchange, actions: readonly ViewAction[], turns: RuleTurns): Promise<void> | void {
  const unknown = actions.find((action) => rows[action.Type] === undefined);
  const final = actions.toSorted((a, b) => a.Order - b.Order).at(-1);
  if (unknown !== undefined) {
    return answer(exchange, 501, { 'Content-Type': 'text/plain' }, `this data plane does not carry out the action ${unknown.Type}\n`);
  }
  return final === undefined ? answerError(exchange, 503) : rows[final.Type]?.(exchange, final, turns);
}

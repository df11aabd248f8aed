/**
 * The actions of a rule: a row a type. They are carried out by their `Order`, each on what the one before has left; the final one answers.
 * A type without a row is answered 501 rather than left out, so that nobody takes a rule for working that is not.
 */
import type { ViewAction } from '../view.ts';
import { configOf } from './action-config.ts';
import { answer, answerError } from './answer.ts';
import { chooseGroup } from './choose-group.ts';
import { cors } from './cors.ts';
import type { Exchange } from './exchange.ts';
import { forwardToGroup } from './forward.ts';
import { headerEdits } from './header-actions.ts';
import { type Mirrors, mirrorTo } from './mirror.ts';
import { redirect } from './redirect.ts';
import { rewrite } from './rewrite.ts';
import { SmoothRoundRobin } from './schedulers.ts';
import { RateLimit } from './traffic-limit.ts';

/** What a rule remembers between requests: whose turn it is among its groups, how many requests have passed, copies on their way. */
export interface RuleTurns {
  readonly groups: SmoothRoundRobin;
  readonly limit: RateLimit;
  readonly mirrors: Mirrors;
}

export const newTurns = (): RuleTurns => ({ groups: new SmoothRoundRobin(), limit: new RateLimit(), mirrors: { running: 0 } });

/** Actions before the final one: the exchange for the next action, or nothing when it has been answered. */
type Step = (exchange: Exchange, action: ViewAction, turns: RuleTurns) => Exchange | undefined;

function editRequest(exchange: Exchange, action: ViewAction): Exchange {
  const { outgoing } = exchange;
  return { ...exchange, outgoing: { ...outgoing, edits: [...outgoing.edits, ...headerEdits(action, exchange)] } };
}

function limitTraffic(exchange: Exchange, action: ViewAction, turns: RuleTurns): Exchange | undefined {
  const { QPS: total, PerIpQps: perClient } = configOf<{ readonly QPS: number; readonly PerIpQps: number }>(action);
  const { facts, timers, settings } = exchange;
  if (turns.limit.admit(facts.sourceIp, { total, perClient, burst: settings.trafficLimitBurst }, timers.now())) return exchange;
  answerError(exchange, 503);
  return undefined;
}

function mirror(exchange: Exchange, action: ViewAction, turns: RuleTurns): Exchange {
  const tuples = action.TrafficMirrorConfig?.MirrorGroupConfig.ServerGroupTuples ?? [];
  const groupIds = tuples.map((tuple) => tuple.ServerGroupId);
  mirrorTo(exchange, groupIds, turns.mirrors);
  return exchange;
}

const steps: Readonly<Record<string, Step>> = {
  TrafficLimit: limitTraffic,
  InsertHeader: editRequest,
  RemoveHeader: editRequest,
  Rewrite: rewrite,
  Cors: cors,
  TrafficMirror: mirror,
};

type Final = (exchange: Exchange, action: ViewAction, turns: RuleTurns) => Promise<void> | void;

function forwardGroup(exchange: Exchange, action: ViewAction, turns: RuleTurns): Promise<void> | void {
  const chosen = chooseGroup(exchange, action, turns.groups);
  if (chosen === undefined) return answerError(exchange, 503);
  return forwardToGroup({ ...exchange, answerEdits: [...exchange.answerEdits, ...chosen.answerEdits] }, chosen.groupId);
}

function fixedResponse(exchange: Exchange, action: ViewAction): void {
  interface FixedResponseConfig {
    readonly HttpCode: string;
    readonly ContentType: string;
    readonly Content: string;
  }
  const { HttpCode = '200', ContentType = 'text/plain', Content = '' } = configOf<FixedResponseConfig>(action);
  answer(exchange, Number(HttpCode), { 'Content-Type': ContentType }, Content);
}

const finals: Readonly<Record<string, Final>> = {
  ForwardGroup: forwardGroup,
  FixedResponse: fixedResponse,
  Redirect: redirect,
};

/** Carries out a rule's actions, which come sorted by `Order`. What goes wrong on the way is a rejection, never thrown at the server. */
export async function perform(exchange: Exchange, actions: readonly ViewAction[], turns: RuleTurns): Promise<void> {
  const unknown = actions.find((action) => steps[action.Type] === undefined && finals[action.Type] === undefined);
  if (unknown !== undefined) {
    return answer(exchange, 501, { 'Content-Type': 'text/plain' }, `this data plane does not carry out the action ${unknown.Type}\n`);
  }
  let course: Exchange = exchange;
  for (const action of actions) {
    const final = finals[action.Type];
    if (final !== undefined) return final(course, action, turns);
    const next = steps[action.Type]?.(course, action, turns);
    if (next === undefined) return;
    course = next;
  }
  answerError(course, 503);
}

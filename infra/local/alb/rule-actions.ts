/** Actions of rules: a row a type with the member that carries it, what may stand in it, and whether it ends the rule (4.2, 6.5). */
import type * as z from 'zod';
import { formComplaint } from './form-complaint.ts';
import type { GroupTuple, RuleAction, RuleRecord } from './records.ts';
import {
  cors,
  fixedResponse,
  forwardGroup,
  insertHeader,
  redirect,
  redirectDefaults,
  removeHeader,
  rewrite,
  rewriteDefaults,
  trafficLimit,
  trafficMirror,
  unremovable,
} from './rule-action-forms.ts';

interface ActionRow {
  readonly member: string;
  readonly form: z.ZodType;
  /** Ends the rule; a rule for requests has exactly one of these, in the last place. */
  readonly final?: true;
  /** At most one in a rule. */
  readonly once?: true;
  /** May stand in a rule for responses. */
  readonly response?: true;
  /** Types that it cannot stand beside. */
  readonly apartFrom?: readonly string[];
}

const rows: Readonly<Record<string, ActionRow>> = {
  ForwardGroup: { member: 'ForwardGroupConfig', form: forwardGroup, final: true },
  Redirect: { member: 'RedirectConfig', form: redirect, final: true },
  FixedResponse: { member: 'FixedResponseConfig', form: fixedResponse, final: true },
  Rewrite: { member: 'RewriteConfig', form: rewrite, once: true },
  InsertHeader: { member: 'InsertHeaderConfig', form: insertHeader, response: true },
  RemoveHeader: { member: 'RemoveHeaderConfig', form: removeHeader, response: true },
  TrafficLimit: { member: 'TrafficLimitConfig', form: trafficLimit, once: true },
  TrafficMirror: {
    member: 'TrafficMirrorConfig',
    form: trafficMirror,
    once: true,
    apartFrom: ['Rewrite', 'FixedResponse', 'Redirect'],
  },
  Cors: { member: 'CorsConfig', form: cors, once: true },
};

/** Types of actions that are known. */
export const actionTypes: readonly string[] = Object.keys(rows);

function complaintAbout(action: RuleAction): string | undefined {
  const row = rows[action.Type];
  if (row === undefined) return `there is no action of type ${action.Type}`;
  const { Type, Order: _order, ...members } = action;
  const strangers = Object.keys(members).filter((name) => name !== row.member);
  if (strangers.length > 0) return `${Type} goes with ${row.member}, not with ${strangers.join(', ')}`;
  return formComplaint(row.member, row.form, members[row.member]);
}

function complaintAboutOrder(actions: readonly RuleAction[], direction: RuleRecord['direction']): string | undefined {
  if (new Set(actions.map((action) => action.Order)).size < actions.length) return 'two actions have the same Order';
  const twice = actions.find(
    (action) => rows[action.Type]?.once === true && actions.filter((other) => other.Type === action.Type).length > 1,
  );
  if (twice !== undefined) return `there is more than one ${twice.Type}`;
  const apart = actions.find((action) => actions.some((other) => rows[action.Type]?.apartFrom?.includes(other.Type)));
  if (apart !== undefined) return `${apart.Type} cannot stand beside ${rows[apart.Type]?.apartFrom?.join(', ')}`;
  const stranger = actions.find((action) => rows[action.Type]?.response !== true);
  if (direction === 'Response') return stranger === undefined ? undefined : `a rule for responses has no ${stranger.Type}`;
  const finals = actions.filter((action) => rows[action.Type]?.final === true);
  if (finals.length !== 1) return 'there must be exactly one of ForwardGroup, Redirect and FixedResponse';
  const last = actions.reduce((a, b) => (b.Order > a.Order ? b : a));
  return last === finals[0] ? undefined : `${finals[0]?.Type} must have the highest Order`;
}

/** Names of the headers that actions of one type are about, in lower case. */
const headersOf = (actions: readonly RuleAction[], type: string): readonly string[] =>
  actions
    .filter((action) => action.Type === type)
    .map((action) => action[`${type}Config`])
    .map((config) => (typeof config === 'object' && config !== null && 'Key' in config ? String(config.Key).toLowerCase() : ''));

function complaintAboutHeaders(actions: readonly RuleAction[], direction: RuleRecord['direction']): string | undefined {
  for (const type of ['InsertHeader', 'RemoveHeader']) {
    const names = headersOf(actions, type);
    if (new Set(names).size < names.length) return `${type} names a header twice`;
  }
  const kept = headersOf(actions, 'RemoveHeader').find((name) => unremovable[direction].has(name));
  return kept === undefined ? undefined : `the header ${kept} cannot be removed`;
}

/** What is wrong with the actions of a rule; `undefined` when nothing is. */
export const complaintAboutActions = (actions: readonly RuleAction[], direction: RuleRecord['direction']): string | undefined =>
  actions.map(complaintAbout).find((complaint) => complaint !== undefined) ??
  complaintAboutHeaders(actions, direction) ??
  complaintAboutOrder(actions, direction);

/** Whether a Cors comes before the TrafficMirror of its rule. */
export function isCorsFirst(actions: readonly RuleAction[]): boolean {
  const orderOf = (type: string): number | undefined => actions.find((action) => action.Type === type)?.Order;
  const [mirror, first] = [orderOf('TrafficMirror'), orderOf('Cors')];
  return mirror !== undefined && first !== undefined && first < mirror;
}

const keptTuples = (tuples: readonly GroupTuple[]): readonly GroupTuple[] => tuples.map((one) => ({ ...one, Weight: one.Weight ?? 100 }));

/** What the service fills in, by type. */
const defaults: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  Redirect: redirectDefaults,
  Rewrite: rewriteDefaults,
  InsertHeader: { ValueType: 'UserDefined' },
  TrafficMirror: { TargetType: 'ForwardGroupMirror' },
};

function keptAction(action: RuleAction): RuleAction {
  const { ForwardGroupConfig } = action;
  // Actions are kept before they are checked, so the tuples may be missing.
  if (ForwardGroupConfig?.ServerGroupTuples?.length === 1) {
    return {
      ...action,
      ForwardGroupConfig: { ...ForwardGroupConfig, ServerGroupTuples: keptTuples(ForwardGroupConfig.ServerGroupTuples) },
    };
  }
  const member = `${action.Type}Config`;
  const config = action[member];
  return typeof config === 'object' ? { ...action, [member]: { ...defaults[action.Type], ...config } } : action;
}

/** Actions as the service keeps them: sorted by Order, its defaults filled in. */
export const keptActions = (actions: readonly RuleAction[]): readonly RuleAction[] =>
  [...actions].sort((a, b) => a.Order - b.Order).map(keptAction);

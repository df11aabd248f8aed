/** What a rule may contain: conditions and actions of the right form, within the edition's limits, over groups that may be used. */
import type { Acting } from './cloud.ts';
import { needServerGroup } from './gate.ts';
import { needUsableGroup } from './group-use.ts';
import type { ListenerRecord, LoadBalancerRecord, RuleAction, ServerGroupRecord } from './records.ts';
import { checkReferences, groupsOfActions } from './references.ts';
import { refuse } from './refusals.ts';
import { complaintAboutActions, isCorsFirst } from './rule-actions.ts';
import { complaintAboutConditions, matchValues } from './rule-conditions.ts';
import type { RuleDraft } from './rule-priorities.ts';

/** The load balancer of a listener, while it is being worked on. */
function balancerOf(acting: Acting, listener: ListenerRecord): LoadBalancerRecord {
  const found = acting.cloud.state.loadBalancers.get(listener.loadBalancerId);
  if (found === undefined) throw new Error(`listener ${listener.id} has lost its load balancer`);
  return found;
}

/** Refuses new rules beyond what the load balancer may have. Default rules are not counted. */
export function checkRuleQuotas(acting: Acting, listener: ListenerRecord, added: number): void {
  const balancer = balancerOf(acting, listener);
  const limit = acting.cloud.settings().quotas.rulesPerLoadBalancer[balancer.shown.LoadBalancerEdition];
  const there = acting.cloud.state.rules.all().filter((rule) => rule.loadBalancerId === balancer.id).length;
  if (there + added > limit) {
    throw refuse(acting.action, 'ResourceQuotaExceeded.LoadBalancerRulesNum', `${balancer.id} has ${there} rules and may have ${limit}`);
  }
}

const isWildcard = (value: string): boolean => !value.startsWith('~') && /[*?]/.test(value);

function checkLimits(acting: Acting, draft: RuleDraft, balancer: LoadBalancerRecord): void {
  const { conditionsPerRule, actionsPerRule, wildcardsPerRule } = acting.cloud.settings().quotas;
  const edition = balancer.shown.LoadBalancerEdition;
  const values = matchValues(draft.attributes.RuleConditions);
  const counts = [
    { code: 'QuotaExceeded.RuleMatchEvaluationsNum', has: values.length, limit: conditionsPerRule[edition] },
    { code: 'QuotaExceeded.RuleActionsNum', has: draft.attributes.RuleActions.length, limit: actionsPerRule[edition] },
    { code: 'QuotaExceeded.RuleWildcardsNum', has: values.filter(isWildcard).length, limit: wildcardsPerRule[edition] },
  ];
  const over = counts.find((one) => one.has > one.limit);
  if (over !== undefined)
    throw refuse(acting.action, over.code, `Rule ${draft.attributes.RuleName} has ${over.has}, ${over.limit} are allowed`);
}

function checkForms(acting: Acting, draft: RuleDraft, balancer: LoadBalancerRecord, listener: ListenerRecord): void {
  if (draft.direction === 'Response' && balancer.shown.LoadBalancerEdition === 'Basic') {
    throw refuse(acting.action, 'UnsupportedFeature.ResponseRule', draft.attributes.RuleName);
  }
  const conditions = complaintAboutConditions(draft.attributes.RuleConditions, draft.direction, acting.cloud.settings());
  if (conditions !== undefined)
    throw refuse(acting.action, 'IllegalParam.RuleConditions', `Rule ${draft.attributes.RuleName}: ${conditions}`);
  const { RuleActions } = draft.attributes;
  const has = (type: string) => RuleActions.some((action) => action.Type === type);
  if (draft.direction === 'Request' && has('Rewrite') && !has('ForwardGroup'))
    throw refuse(acting.action, 'OperationDenied.RewriteMissingForwardGroup', draft.attributes.RuleName);
  const actions = complaintAboutActions(RuleActions, draft.direction);
  if (actions !== undefined) throw refuse(acting.action, 'IllegalParam.RuleActions', `Rule ${draft.attributes.RuleName}: ${actions}`);
  if (acting.cloud.settings().mirrorBeforeCors === 'mirror-first' && isCorsFirst(RuleActions))
    throw refuse(acting.action, 'IllegalParam.RuleActions', `Rule ${draft.attributes.RuleName}: TrafficMirror must come before Cors`);
  checkAgainstListener(acting, RuleActions, listener);
}

/** A member of the config of the actions of one type. */
const membersOf = (actions: readonly RuleAction[], type: string, member: string): readonly unknown[] =>
  actions
    .filter((action) => action.Type === type)
    .map((action) => action[`${type}Config`])
    .flatMap((config) => (typeof config === 'object' && config !== null ? Object.entries(config) : []))
    .filter(([name]) => name === member)
    .map(([, value]: readonly [string, unknown]) => value);

function checkAgainstListener(acting: Acting, actions: readonly RuleAction[], listener: ListenerRecord): void {
  if (listener.protocol !== 'HTTP' && membersOf(actions, 'Redirect', 'Protocol').includes('HTTP'))
    throw refuse(acting.action, 'Mismatch.Protocol', `${listener.id} is ${listener.protocol}`);
  if (membersOf(actions, 'TrafficLimit', 'PerIpQps').length === 0) return;
  if (listener.protocol === 'QUIC')
    throw refuse(acting.action, 'Mismatch.Protocol', `PerIpTrafficLimitConfig on ${listener.id}, which is QUIC`);
  const { XForwardedForClientSourceIpsEnabled, XForwardedForClientSourceIpsTrusted } = listener.shown.XForwardedForConfig;
  if (XForwardedForClientSourceIpsEnabled !== true || !XForwardedForClientSourceIpsTrusted)
    throw refuse(
      acting.action,
      'MissingParam.XForwardedForClientSourceIpsTrusted',
      `XForwardedForClientSourceIpsTrusted of ${listener.id} is missing`,
    );
}

function checkMirror(acting: Acting, mirrored: readonly ServerGroupRecord[], forwarded: ReadonlySet<string>): void {
  for (const group of mirrored) {
    if (forwarded.has(group.id)) throw refuse(acting.action, 'OperationDenied.SameGroupForForwardAndMirrorAction', group.id);
    if (group.type === 'Ip') throw refuse(acting.action, 'OperationDenied.IpGroupCanNotUsedForMirrorAction', group.id);
    if (group.protocol !== 'HTTP') throw refuse(acting.action, 'OperationDenied.MirrorActionSupportHttpGroupOnly', group.id);
  }
}

function checkGroups(
  acting: Acting,
  draft: RuleDraft,
  by: { readonly loadBalancer: LoadBalancerRecord; readonly listener: ListenerRecord },
): void {
  const { RuleActions } = draft.attributes;
  for (const groupId of groupsOfActions(RuleActions)) needUsableGroup(acting, groupId, by);
  const forwarded = RuleActions.flatMap((action) => action.ForwardGroupConfig?.ServerGroupTuples ?? []).map((tuple) => tuple.ServerGroupId);
  const mirrored = RuleActions.flatMap((action) => action.TrafficMirrorConfig?.MirrorGroupConfig.ServerGroupTuples ?? []);
  const protocols = new Set(forwarded.map((groupId) => needServerGroup(acting, groupId).protocol));
  if (protocols.size > 1) throw refuse(acting.action, 'OperationDenied.ProtocolMustSameForForwardGroupAction', draft.attributes.RuleName);
  checkMirror(
    acting,
    mirrored.map((tuple) => needServerGroup(acting, tuple.ServerGroupId)),
    new Set(forwarded),
  );
}

/** Refuses the batch for the first rule in it that is not allowed. */
export function checkRules(acting: Acting, listener: ListenerRecord, drafts: readonly RuleDraft[]): void {
  const loadBalancer = balancerOf(acting, listener);
  for (const draft of drafts) {
    checkForms(acting, draft, loadBalancer, listener);
    checkLimits(acting, draft, loadBalancer);
    checkGroups(acting, draft, { loadBalancer, listener });
  }
  checkReferences(
    acting,
    drafts.flatMap((draft) =>
      groupsOfActions(draft.attributes.RuleActions).map((groupId) => ({ groupId, loadBalancerId: loadBalancer.id, holder: draft.id })),
    ),
  );
}

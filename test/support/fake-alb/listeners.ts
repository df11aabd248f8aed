/** Listeners and rules of the fake ALB. */
import type { AlbAction } from '#shared/cloud/alb/actions.ts';
import type { ListenerCalls } from '#shared/cloud/alb/listeners.ts';
import type { ListenerSettings, RuleSettings } from '#shared/cloud/alb/port.ts';
import type { RuleCalls } from '#shared/cloud/alb/rules.ts';
import { checkBatch, checkRange, checkStatus, checkTags, found } from './checks.ts';
import { type FakeCore, refuse } from './core.ts';
import { type FakeState, groupsOfRule, type HeldListener, type HeldRule, references } from './state.ts';

const isListener = 'Listener';

function checkGroup(state: FakeState, action: AlbAction, serverGroupId: string): void {
  found(action, 'ServerGroup', state.groups.get(serverGroupId));
}

function checkSettings(action: AlbAction, settings: ListenerSettings): void {
  checkRange(action, 'IdleTimeout', settings.idleTimeout, 1, 60);
  checkRange(action, 'RequestTimeout', settings.requestTimeout, 1, 180);
  const { certificateId } = settings;
  if (certificateId !== undefined && !/^\d+-[a-z]{2}-[a-z0-9-]+$/.test(certificateId)) refuse(action, 'ResourceNotFound.Certificate');
}

/** What only some protocols have. */
function checkProtocol(action: AlbAction, protocol: HeldListener['protocol'], settings: ListenerSettings): void {
  const { http2Enabled, securityPolicyId, certificateId } = settings;
  const strange = protocol !== 'HTTPS' && (http2Enabled === true || securityPolicyId !== undefined);
  if (strange || (protocol === 'HTTP') !== (certificateId === undefined)) refuse(action, 'InvalidParameter', protocol);
}

/** ListListeners tells nothing of certificates. */
function listed({ settings: { certificateId: _hidden, ...settings }, ...held }: HeldListener): HeldListener {
  return { ...held, settings };
}

const sharePort = (one: HeldListener['protocol'], other: HeldListener['protocol']): boolean => [one, other].sort().join() === 'HTTPS,QUIC';

export const fakeListeners = (core: FakeCore, state: FakeState): ListenerCalls => ({
  listListeners: (loadBalancerId) =>
    core.list('ListListeners', { loadBalancerId }, () =>
      [...state.listeners.values()].filter((one) => one.loadBalancerId === loadBalancerId).map(listed),
    ),

  createListener: ({ clientToken, ...request }) =>
    core.write('CreateListener', request, clientToken, () => {
      const action = 'CreateListener';
      const balancer = found(action, 'LoadBalancer', state.loadBalancers.get(request.loadBalancerId));
      checkStatus(action, 'LoadBalancer', balancer, 'Active');
      checkTags(action, request.tags);
      checkRange(action, 'ListenerPort', request.port, 1, 65_535);
      checkSettings(action, request.settings);
      checkProtocol(action, request.protocol, request.settings);
      checkGroup(state, action, request.defaultServerGroupId);
      const taken = [...state.listeners.values()].some(
        (one) => one.loadBalancerId === request.loadBalancerId && one.port === request.port && !sharePort(one.protocol, request.protocol),
      );
      if (taken) refuse(action, 'ResourceAlreadyExist.Listener', `port ${request.port}`);
      const listenerId = core.id('lsn');
      const held: HeldListener = { ...request, listenerId, status: '' };
      state.listeners.set(listenerId, held);
      core.change(held, 'Provisioning', 'Running');
      return { listenerId, ...core.job('listener', listenerId) };
    }),

  updateListener: (listenerId, change, clientToken) =>
    core.write('UpdateListenerAttribute', { listenerId, change }, clientToken, () => {
      const action = 'UpdateListenerAttribute';
      const held = found(action, isListener, state.listeners.get(listenerId));
      checkStatus(action, isListener, held, 'Running');
      checkSettings(action, change.settings);
      checkProtocol(action, held.protocol, change.settings);
      checkGroup(state, action, change.defaultServerGroupId);
      held.settings = change.settings;
      held.defaultServerGroupId = change.defaultServerGroupId;
      core.change(held, 'Configuring', 'Running');
      return core.job('listener', listenerId);
    }),

  deleteListener: (listenerId, clientToken) =>
    core.write('DeleteListener', { listenerId }, clientToken, () => {
      const held = state.listeners.get(listenerId);
      if (held === undefined) return undefined;
      checkStatus('DeleteListener', isListener, held, 'Running');
      core.change(held, 'Deleting', 'Deleted', () => {
        state.listeners.delete(listenerId);
        for (const rule of state.rules.values()) if (rule.listenerId === listenerId) state.rules.delete(rule.ruleId);
      });
      return core.job('listener', listenerId);
    }),

  defaultCertificate: (listenerId) =>
    core.read('GetListenerAttribute', { listenerId }, () => {
      const held = found('GetListenerAttribute', isListener, state.listeners.get(listenerId));
      return held.settings.certificateId ?? '';
    }),
});

function checkRule(state: FakeState, action: AlbAction, rule: RuleSettings): void {
  checkRange(action, 'Priority', rule.priority, 1, 10_000);
  if (rule.ruleConditions.length === 0) refuse(action, 'MissingParam.RuleConditions');
  if (rule.ruleActions.length === 0) refuse(action, 'MissingParam.RuleActions');
  for (const group of groupsOfRule(rule)) {
    checkGroup(state, action, group);
    if (references(state, group) >= state.settings.quota.attachmentsPerGroup)
      refuse(action, 'ResourceQuotaExceeded.ServerGroupAttachedNum');
  }
}

/** Priorities are unique within a listener and direction. The end state is what counts: whether the service checks each step is not known. */
function checkPriorities(action: AlbAction, rules: readonly Pick<HeldRule, 'priority' | 'direction'>[]): void {
  const taken = new Set(rules.map((rule) => `${rule.direction} ${rule.priority}`));
  if (taken.size < rules.length) refuse(action, 'Conflict.Priority');
}

const rulesOf = (state: FakeState, listenerId: string): readonly HeldRule[] =>
  [...state.rules.values()].filter((one) => one.listenerId === listenerId);

function checkQuota(state: FakeState, loadBalancerId: string, more: number): void {
  const listeners = new Set(
    [...state.listeners.values()].filter((one) => one.loadBalancerId === loadBalancerId).map((one) => one.listenerId),
  );
  const count = [...state.rules.values()].filter((one) => listeners.has(one.listenerId)).length;
  if (count + more > state.settings.quota.rulesPerLoadBalancer) refuse('CreateRules', 'ResourceQuotaExceeded.LoadBalancerRulesNum');
}

/** All rules there, of one listener that is not being changed: rule changes lock it. */
function lockedListener(state: FakeState, action: AlbAction, held: readonly HeldRule[]): HeldListener {
  const ids = new Set(held.map((rule) => rule.listenerId));
  if (ids.size > 1) refuse(action, 'OperationDenied.ListenerIdInconsistent');
  const listener = found(action, isListener, state.listeners.get([...ids][0] ?? ''));
  checkStatus(action, isListener, listener, 'Running');
  return listener;
}

export const fakeRules = (core: FakeCore, state: FakeState): RuleCalls => ({
  listRules: (loadBalancerId, direction) =>
    core.list('ListRules', { loadBalancerId, direction }, () =>
      [...state.rules.values()].filter(
        (one) => one.direction === direction && state.listeners.get(one.listenerId)?.loadBalancerId === loadBalancerId,
      ),
    ),

  createRules: (listenerId, rules, clientToken) =>
    core.write('CreateRules', { listenerId, rules }, clientToken, () => {
      const action = 'CreateRules';
      const listener = found(action, isListener, state.listeners.get(listenerId));
      checkStatus(action, isListener, listener, 'Running');
      checkBatch(action, 'Rules', rules);
      for (const rule of rules) {
        checkTags(action, rule.tags);
        checkRule(state, action, rule);
      }
      checkPriorities(action, [...rulesOf(state, listenerId), ...rules]);
      checkQuota(state, listener.loadBalancerId, rules.length);
      const ruleIds = rules.map((rule) => {
        const held: HeldRule = { ...rule, ruleId: core.id('rule'), listenerId, status: '' };
        state.rules.set(held.ruleId, held);
        core.change(held, 'Provisioning', 'Available');
        return { priority: rule.priority, ruleId: held.ruleId };
      });
      core.change(listener, 'Configuring', 'Running');
      return { ruleIds, ...core.job('listener', listenerId) };
    }),

  updateRules: (rules, clientToken) =>
    core.write('UpdateRulesAttribute', { rules }, clientToken, () => {
      const action = 'UpdateRulesAttribute';
      checkBatch(action, 'Rules', rules);
      const held = rules.map((rule) => found(action, 'Rule', state.rules.get(rule.ruleId)));
      const listener = lockedListener(state, action, held);
      for (const rule of rules) checkRule(state, action, rule);
      const changed = new Map(rules.map((rule) => [rule.ruleId, rule]));
      checkPriorities(
        action,
        rulesOf(state, listener.listenerId).map((rule) => ({ ...rule, ...changed.get(rule.ruleId) })),
      );
      for (const rule of held) {
        Object.assign(rule, changed.get(rule.ruleId));
        core.change(rule, 'Configuring', 'Available');
      }
      core.change(listener, 'Configuring', 'Running');
      return core.job('listener', listener.listenerId);
    }),

  deleteRules: (ruleIds, clientToken) =>
    core.write('DeleteRules', { ruleIds }, clientToken, () => {
      const action = 'DeleteRules';
      checkBatch(action, 'RuleIds', ruleIds);
      if (ruleIds.length === 1 && !state.rules.has(ruleIds[0] ?? '')) return undefined;
      const held = ruleIds.map((id) => found(action, 'Rule', state.rules.get(id)));
      for (const id of new Set(held.map((rule) => rule.listenerId))) {
        const listener = found(action, isListener, state.listeners.get(id));
        checkStatus(action, isListener, listener, 'Running');
        core.change(listener, 'Configuring', 'Running');
      }
      for (const rule of held) core.change(rule, 'Deleting', 'Deleted', () => state.rules.delete(rule.ruleId));
      return core.job('rule', ruleIds.join(','));
    }),
});

/** Forwarding rules. */
import { required } from '../caller.ts';
import { fromTags, started, toTags, unlessGone } from './answers.ts';
import type { AlbClient, AnswerOf } from './client.ts';
import type { Alb, Rule, RuleSettings } from './port.ts';
import { actionOf, conditionOf } from './rule-contents.ts';

type Listed = NonNullable<AnswerOf<'ListRules'>['rules']>[number];
const listing = 'ListRules';

const ruleOf = (found: Listed): Rule => ({
  ruleId: required(found.ruleId, listing, 'RuleId'),
  listenerId: required(found.listenerId, listing, 'ListenerId'),
  ruleName: found.ruleName ?? '',
  priority: required(found.priority, listing, 'Priority'),
  direction: found.direction === 'Response' ? 'Response' : 'Request',
  ruleConditions: (found.ruleConditions ?? []).map(conditionOf),
  ruleActions: (found.ruleActions ?? []).map(actionOf).sort((a, b) => a.order - b.order),
  status: required(found.ruleStatus, listing, 'RuleStatus'),
  tags: fromTags(found.tags),
});

const settingsFor = (rule: RuleSettings) => ({
  ruleName: rule.ruleName,
  priority: rule.priority,
  ruleConditions: rule.ruleConditions,
  ruleActions: rule.ruleActions,
});

export type RuleCalls = Pick<Alb, 'listRules' | 'createRules' | 'updateRules' | 'deleteRules'>;

export const ruleCalls = (client: AlbClient): RuleCalls => ({
  listRules: async (loadBalancerId, direction) => {
    const found = await client.list(listing, { loadBalancerIds: [loadBalancerId], direction }, (answer) => answer.rules);
    return found.map(ruleOf);
  },

  createRules: async (listenerId, rules, clientToken) => {
    const answer = await client.call('CreateRules', {
      listenerId,
      rules: rules.map((rule) => ({ ...settingsFor(rule), direction: rule.direction, tag: toTags(rule.tags) })),
      clientToken,
    });
    const ruleIds = (answer.ruleIds ?? []).map((one) => ({
      priority: required(one.priority, 'CreateRules', 'Priority'),
      ruleId: required(one.ruleId, 'CreateRules', 'RuleId'),
    }));
    return { ruleIds, ...started('CreateRules', answer) };
  },

  updateRules: async (rules, clientToken) => {
    const answer = await client.call('UpdateRulesAttribute', {
      rules: rules.map((rule) => ({ ...settingsFor(rule), ruleId: rule.ruleId })),
      clientToken,
    });
    return started('UpdateRulesAttribute', answer);
  },

  deleteRules: async (ruleIds, clientToken) => {
    const call = client.call('DeleteRules', { ruleIds, clientToken });
    // Of several, "not found" does not say that all are gone: the caller reads again.
    const answer = await (ruleIds.length === 1 ? unlessGone(call) : call);
    return answer === undefined ? undefined : started('DeleteRules', answer);
  },
});

/** GetListenerHealthStatus: the groups behind a listener and its rules; only servers that are not normal are told. */
import { cutPage } from '../openapi/pages.ts';
import type { Acting, Cloud } from './cloud.ts';
import { needListener } from './gate.ts';
import { isChecked } from './group-settings.ts';
import { read } from './operations.ts';
import type { GroupTuple, ListenerRecord, RuleRecord } from './records.ts';
import { healthIn } from './server-health.ts';
import { registeredServers } from './servers-now.ts';

function groupHealth(cloud: Cloud, groupId: string, actionType: 'ForwardGroup' | 'TrafficMirror') {
  const group = cloud.state.serverGroups.get(groupId);
  if (group === undefined) return [];
  const healthOf = healthIn(cloud, group);
  const ailing = registeredServers(group).flatMap((one) => {
    const { status, reason } = healthOf(one);
    if (status === 'Normal') return [];
    const { ServerId, ServerIp, Port } = one;
    return [{ ServerId, ServerIp, Port, Status: status, ...(reason === undefined ? {} : { Reason: reason }) }];
  });
  const HealthCheckEnabled = isChecked(group.shown) ? 'on' : 'off';
  return [{ ServerGroupId: groupId, HealthCheckEnabled, ActionType: actionType, NonNormalServers: ailing }];
}

const idsOf = (tuples: readonly GroupTuple[] | undefined): readonly string[] => (tuples ?? []).map((tuple) => tuple.ServerGroupId);

const ruleHealth = (cloud: Cloud, rule: RuleRecord) => ({
  RuleId: rule.id,
  ServerGroupInfos: rule.shown.RuleActions.flatMap((action) => [
    ...idsOf(action.ForwardGroupConfig?.ServerGroupTuples).flatMap((id) => groupHealth(cloud, id, 'ForwardGroup')),
    ...idsOf(action.TrafficMirrorConfig?.MirrorGroupConfig.ServerGroupTuples).flatMap((id) => groupHealth(cloud, id, 'TrafficMirror')),
  ]),
});

const listenerHealth = (cloud: Cloud, listener: ListenerRecord) => ({
  ListenerId: listener.id,
  ListenerPort: listener.port,
  ListenerProtocol: listener.protocol,
  ServerGroupInfos: listener.shown.DefaultActions.flatMap((action) => idsOf(action.ForwardGroupConfig.ServerGroupTuples)).flatMap((id) =>
    groupHealth(cloud, id, 'ForwardGroup'),
  ),
});

interface HealthRequest {
  readonly ListenerId: string;
  readonly IncludeRule?: boolean;
  readonly MaxResults?: number;
  readonly NextToken?: string;
}

/** The listener's own groups are on the first page, its rules are paged. */
function health({ ListenerId, IncludeRule, MaxResults = 20, NextToken }: HealthRequest, acting: Acting) {
  const { cloud } = acting;
  const listener = needListener(acting, ListenerId);
  const rules = IncludeRule === true ? cloud.state.rules.all().filter((rule) => rule.listenerId === ListenerId) : [];
  const page = cutPage(rules, { maxResults: MaxResults, nextToken: NextToken, question: [ListenerId, IncludeRule] });
  return {
    ListenerHealthStatus: NextToken === undefined || NextToken === '' ? [listenerHealth(cloud, listener)] : [],
    RuleHealthStatus: page.items.map((rule) => ruleHealth(cloud, rule)),
    ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }),
  };
}

/** GetListenerHealthStatus. */
export const healthOperations = [read<HealthRequest>('GetListenerHealthStatus', health)];

/** GetListenerHealthStatus: only servers that are not normal are told. */
import type { Cloud } from './cloud.ts';
import { needListener } from './gate.ts';
import { read } from './operations.ts';
import type { GroupTuple, ListenerRecord, ServerRecord } from './records.ts';

function groupHealth(cloud: Cloud, groupId: string, actionType: 'ForwardGroup' | 'TrafficMirror') {
  const group = cloud.state.serverGroups.get(groupId);
  const checked = group?.shown.HealthCheckConfig['HealthCheckEnabled'] === true;
  const found = cloud.health(groupId);
  const healthOf = ({ ServerId, ServerIp, Port, Weight }: ServerRecord) => {
    const server = { ServerId, ServerIp, Port };
    if (Weight === 0) return { ...server, Status: 'Unused' };
    if (!checked) return { ...server, Status: 'Unavailable' };
    const health = found.find(
      (one) => one.server.ServerId === ServerId && one.server.Port === Port && (ServerIp === '' || one.server.ServerIp === ServerIp),
    );
    if (health === undefined || health.status === 'Normal') return undefined;
    return { ...server, Status: health.status, ...(health.reason === undefined ? {} : { Reason: health.reason }) };
  };
  return {
    ServerGroupId: groupId,
    HealthCheckEnabled: checked ? 'on' : 'off',
    ActionType: actionType,
    NonNormalServers: (group?.servers ?? []).map(healthOf).filter((server) => server !== undefined),
  };
}

const idsOf = (tuples: readonly GroupTuple[] | undefined): readonly string[] => (tuples ?? []).map((tuple) => tuple.ServerGroupId);

function rulesHealth(cloud: Cloud, listener: ListenerRecord) {
  const rules = cloud.state.rules.all().filter((rule) => rule.listenerId === listener.id);
  return rules.map((rule) => ({
    RuleId: rule.id,
    ServerGroupInfos: rule.shown.RuleActions.flatMap((action) => [
      ...idsOf(action.ForwardGroupConfig?.ServerGroupTuples).map((id) => groupHealth(cloud, id, 'ForwardGroup')),
      ...idsOf(action.TrafficMirrorConfig?.MirrorGroupConfig.ServerGroupTuples).map((id) => groupHealth(cloud, id, 'TrafficMirror')),
    ]),
  }));
}

/** GetListenerHealthStatus. */
export const healthOperations = [
  read<{ readonly ListenerId: string; readonly IncludeRule?: boolean }>(
    'GetListenerHealthStatus',
    ({ ListenerId, IncludeRule }, acting) => {
      const listener = needListener(acting, ListenerId);
      const groups = listener.shown.DefaultActions.flatMap((action) => idsOf(action.ForwardGroupConfig.ServerGroupTuples));
      return {
        ListenerHealthStatus: [
          {
            ListenerId,
            ListenerPort: listener.port,
            ListenerProtocol: listener.protocol,
            ServerGroupInfos: groups.map((id) => groupHealth(acting.cloud, id, 'ForwardGroup')),
          },
        ],
        RuleHealthStatus: IncludeRule === true ? rulesHealth(acting.cloud, listener) : [],
      };
    },
  ),
];

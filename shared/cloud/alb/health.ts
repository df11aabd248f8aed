/** Health of the groups behind a listener. */
import { required } from '../caller.ts';
import type { AlbClient, AnswerOf } from './client.ts';
import type { AilingServer, Alb, GroupHealth } from './port.ts';

const action = 'GetListenerHealthStatus';

type RuleHealth = NonNullable<AnswerOf<typeof action>['ruleHealthStatus']>[number];
type Info = NonNullable<RuleHealth['serverGroupInfos']>[number];

const ailingOf = (found: NonNullable<Info['nonNormalServers']>[number]): AilingServer => ({
  serverId: required(found.serverId, action, 'ServerId'),
  serverIp: found.serverIp ?? '',
  port: required(found.port, action, 'Port'),
  status: found.status ?? '',
});

const healthOf = (found: Info): GroupHealth => ({
  serverGroupId: required(found.serverGroupId, action, 'ServerGroupId'),
  checked: found.healthCheckEnabled === 'on',
  ailing: (found.nonNormalServers ?? []).map(ailingOf),
});

export type HealthCalls = Pick<Alb, 'listenerHealth'>;

export const healthCalls = (client: AlbClient): HealthCalls => ({
  listenerHealth: async (listenerId) => {
    const infos = await client.list(action, { listenerId, includeRule: true }, (answer) =>
      [...(answer.listenerHealthStatus ?? []), ...(answer.ruleHealthStatus ?? [])].flatMap((one) => one.serverGroupInfos ?? []),
    );
    return [...new Map(infos.map(healthOf).map((one) => [one.serverGroupId, one])).values()];
  },
});

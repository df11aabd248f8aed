/** Health of the groups behind a listener. */
import { canonicalAddress } from '#shared/address.ts';
import { required } from '../caller.ts';
import type { AlbClient, AnswerOf } from './client.ts';
import type { AilingServer, Alb, GroupHealth } from './port.ts';

const action = 'GetListenerHealthStatus';

type RuleHealth = NonNullable<AnswerOf<typeof action>['ruleHealthStatus']>[number];
type Info = NonNullable<RuleHealth['serverGroupInfos']>[number];

const ailingOf = (found: NonNullable<Info['nonNormalServers']>[number]): AilingServer => ({
  serverId: canonicalAddress(required(found.serverId, action, 'ServerId')),
  serverIp: canonicalAddress(found.serverIp ?? ''),
  port: required(found.port, action, 'Port'),
  status: found.status ?? '',
});

const healthOf = (found: Info): GroupHealth => ({
  serverGroupId: required(found.serverGroupId, action, 'ServerGroupId'),
  checked: found.healthCheckEnabled === 'on',
  ailing: (found.nonNormalServers ?? []).map(ailingOf),
});

const serverText = ({ serverId, serverIp, port }: AilingServer): string => `${serverId} ${serverIp} ${port}`;

/** Each group once: a server that any of the rules sees ailing is ailing. */
function merged(found: readonly GroupHealth[]): readonly GroupHealth[] {
  const groups = new Map<string, GroupHealth>();
  for (const one of found) {
    const former = groups.get(one.serverGroupId);
    const ailing = new Map([...(former?.ailing ?? []), ...one.ailing].map((server) => [serverText(server), server]));
    groups.set(one.serverGroupId, { ...one, checked: one.checked || former?.checked === true, ailing: [...ailing.values()] });
  }
  return [...groups.values()];
}

export type HealthCalls = Pick<Alb, 'listenerHealth'>;

export const healthCalls = (client: AlbClient): HealthCalls => ({
  listenerHealth: async (listenerId) => {
    const infos = await client.list(action, { listenerId, includeRule: true }, (answer) =>
      [...(answer.listenerHealthStatus ?? []), ...(answer.ruleHealthStatus ?? [])].flatMap((one) => one.serverGroupInfos ?? []),
    );
    return merged(infos.map(healthOf));
  },
});

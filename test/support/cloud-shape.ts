/** What the emulated cloud holds, without ids and times: two histories that end in the same shape ended in the same state. */
import type { LocalAlb } from './local-alb.ts';

type Item = Readonly<Record<string, unknown>>;

const text = (value: unknown): string => String(value ?? '');

/** Rules with the names of their groups and servers, in matching order. */
export async function cloudShape(alb: Pick<LocalAlb, 'state'>): Promise<unknown> {
  const state = await alb.state();
  const of = (kind: string): readonly Item[] => state[kind] ?? [];
  // The snapshot's own shapes: members are only printed and compared.
  const groups = new Map(of('serverGroups').map((one) => [text(one['ServerGroupId']), one]));
  const serversOf = (group: Item): readonly string[] =>
    ((group['Servers'] ?? []) as readonly Item[])
      .map((one) => `${text(one['ServerIp'])}:${text(one['Port'])} ${text(one['Status'])}`)
      .sort();
  const groupText = (id: unknown): string => {
    const group = groups.get(text(id));
    return group === undefined ? 'missing' : `${text(group['ServerGroupName'])} [${serversOf(group).join(', ')}]`;
  };
  const rules = [...of('rules')].sort((a, b) => Number(a['Priority']) - Number(b['Priority']));
  return {
    loadBalancers: of('loadBalancers').map((one) => `${text(one['LoadBalancerName'])} ${text(one['LoadBalancerStatus'])}`),
    listeners: of('listeners').map((one) => `${text(one['ListenerProtocol'])}:${text(one['ListenerPort'])} ${text(one['ListenerStatus'])}`),
    serverGroups: [...groups.values()].map((one) => groupText(one['ServerGroupId'])).sort(),
    rules: rules.map((one) => ({
      conditions: one['RuleConditions'],
      groups: ((one['RuleActions'] ?? []) as readonly Item[]).flatMap((action) =>
        ((action['ForwardGroupConfig'] as { ServerGroupTuples?: readonly Item[] } | undefined)?.ServerGroupTuples ?? []).map((tuple) =>
          groupText(tuple['ServerGroupId']),
        ),
      ),
      status: one['RuleStatus'],
    })),
  };
}

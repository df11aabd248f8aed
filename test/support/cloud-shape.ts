/** What the emulated cloud holds, without ids and times: two histories that end in the same shape ended in the same state. */
import { canonicalJson } from '#shared/model/stable-hash.ts';
import type { LocalAlb } from './local-alb.ts';

type Item = Readonly<Record<string, unknown>>;

/** What of a group is not the same the next time, or is told with its name and its servers. */
const fleeting: ReadonlySet<string> = new Set(['ServerGroupId', 'CreateTime', 'RelatedLoadBalancerIds', 'ServerCount', 'Servers']);

const text = (value: unknown): string => String(value ?? '');

/** Rules with the names of their groups and servers, listener by listener and in matching order. */
export async function cloudShape(alb: Pick<LocalAlb, 'state'>): Promise<unknown> {
  const state = await alb.state();
  const of = (kind: string): readonly Item[] => state[kind] ?? [];
  // The snapshot's own shapes: members are only printed and compared.
  const groups = new Map(of('serverGroups').map((one) => [text(one['ServerGroupId']), one]));
  const serversOf = (group: Item): readonly string[] =>
    ((group['Servers'] ?? []) as readonly Item[])
      .map((one) => `${text(one['ServerIp']) || text(one['ServerId'])}:${text(one['Port'])} ${text(one['Weight'])} ${text(one['Status'])}`)
      .sort();
  const settingsOf = (group: Item): string =>
    canonicalJson(Object.fromEntries(Object.entries(group).filter(([name]) => !fleeting.has(name))));
  const groupText = (id: unknown): string => {
    const group = groups.get(text(id));
    return group === undefined ? 'missing' : `${text(group['ServerGroupName'])} [${serversOf(group).join(', ')}] ${settingsOf(group)}`;
  };
  /** Actions as they are, but with what their groups hold in place of ids. */
  const namedGroups = (actions: unknown): unknown =>
    JSON.parse(JSON.stringify(actions, (key, value: unknown) => (key === 'ServerGroupId' ? groupText(value) : value)));
  const listenerText = (one: Item): string => `${text(one['ListenerProtocol'])}:${text(one['ListenerPort'])}`;
  const listeners = new Map(of('listeners').map((one) => [text(one['ListenerId']), listenerText(one)]));
  const rules = of('rules')
    .map((one) => ({ one, listener: listeners.get(text(one['ListenerId'])) ?? 'missing', direction: text(one['Direction']) }))
    .sort(
      (a, b) =>
        a.listener.localeCompare(b.listener) ||
        a.direction.localeCompare(b.direction) ||
        Number(a.one['Priority']) - Number(b.one['Priority']),
    );
  return {
    loadBalancers: of('loadBalancers').map((one) => `${text(one['LoadBalancerName'])} ${text(one['LoadBalancerStatus'])}`),
    listeners: of('listeners')
      .map((one) => `${listenerText(one)} ${text(one['ListenerStatus'])} ${JSON.stringify(one['Certificates'] ?? [])}`)
      .sort(),
    serverGroups: [...groups.values()].map((one) => groupText(one['ServerGroupId'])).sort(),
    rules: rules.map(({ one, listener, direction }) => ({
      listener,
      direction,
      name: one['RuleName'],
      conditions: one['RuleConditions'],
      actions: namedGroups(one['RuleActions']),
      status: one['RuleStatus'],
    })),
  };
}

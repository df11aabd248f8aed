/** The emulated ALB as its data plane sees it: what is in force, not what is being configured. */
import { isIpv6, type Network } from './network.ts';
import type { ListenerAttributes, ListenerRecord, ServerGroupRecord, ServerRecord } from './records.ts';
import type { State } from './state.ts';
import type { AlbView, ViewGroup, ViewListener, ViewRule, ViewServer } from './view.ts';

function viewSecurity({ Http2Enabled, SecurityPolicyId, Certificates: [first] = [] }: ListenerAttributes): Partial<ViewListener> {
  return {
    ...(Http2Enabled === undefined ? {} : { Http2Enabled }),
    ...(SecurityPolicyId === undefined ? {} : { SecurityPolicyId }),
    ...(first === undefined ? {} : { CertificateId: first.CertificateId }),
  };
}

function viewListener(state: State, record: ListenerRecord): readonly ViewListener[] {
  const balancer = state.loadBalancers.get(record.loadBalancerId);
  const isUp = balancer?.status === 'Active' || balancer?.status === 'Configuring';
  // A listener that is being stopped or started serves until that job has ended.
  const serves = isUp && record.rest === 'Running' && record.status !== 'Deleting';
  const [first] = record.inForce?.DefaultActions ?? [];
  if (!serves || record.inForce === undefined || first === undefined) return [];
  const { IdleTimeout, RequestTimeout, GzipEnabled, XForwardedForConfig } = record.inForce;
  return [
    {
      ListenerId: record.id,
      LoadBalancerId: record.loadBalancerId,
      ListenerProtocol: record.protocol,
      ListenerPort: record.port,
      ZoneIds: balancer.shown.ZoneMappings.map((zone) => zone.ZoneId),
      IdleTimeout,
      RequestTimeout,
      GzipEnabled,
      XForwardedForConfig,
      DefaultServerGroupId: first.ForwardGroupConfig.ServerGroupTuples[0]?.ServerGroupId ?? '',
      ...viewSecurity(record.inForce),
    },
  ];
}

function viewRules(state: State, listenerId: string): readonly ViewRule[] {
  const rules = state.rules.all().flatMap((rule): readonly ViewRule[] => {
    if (rule.listenerId !== listenerId || rule.inForce === undefined) return [];
    const { Priority, RuleConditions, RuleActions } = rule.inForce;
    return [
      {
        RuleId: rule.id,
        Priority,
        Direction: rule.direction,
        RuleConditions,
        RuleActions: RuleActions.map(({ ForwardGroupConfig, ...action }) => ({
          ...action,
          ...(ForwardGroupConfig === undefined
            ? {}
            : {
                ForwardGroupConfig: {
                  ...ForwardGroupConfig,
                  ServerGroupTuples: ForwardGroupConfig.ServerGroupTuples.map((tuple) => ({ ...tuple, Weight: tuple.Weight ?? 100 })),
                },
              }),
        })),
      },
    ];
  });
  return [...rules].sort((a, b) => a.Priority - b.Priority);
}

/** A server that is being replaced or reweighted serves as before; one that is being added does not yet, one being removed no more. */
function viewServers(network: Network, server: ServerRecord): readonly ViewServer[] {
  if (server.weightInForce === undefined || server.Status === 'Removing') return [];
  const { ServerType, ServerId, Port } = server;
  return [{ ServerType, ServerId, ServerIp: server.ServerIp || ownAddress(network, ServerId), Port, Weight: server.weightInForce }];
}

/** Where an instance is reached: its own interface, in the family that every VPC has. */
function ownAddress(network: Network, instanceId: string): string {
  const own = network.ofInstance(instanceId).filter((one) => one.primary === true);
  return (own.find((one) => !isIpv6(one.privateIp)) ?? own[0])?.privateIp ?? '';
}

function viewGroup(network: Network, record: ServerGroupRecord): ViewGroup | undefined {
  if (record.inForce === undefined) return undefined;
  const { Scheduler, HealthCheckConfig, UpstreamKeepaliveEnabled, UchConfig } = record.inForce;
  const { StickySessionConfig, ConnectionDrainConfig, SlowStartConfig, CrossZoneEnabled } = record.inForce;
  return {
    ServerGroupId: record.id,
    Protocol: record.protocol,
    Scheduler,
    HealthCheckConfig,
    UpstreamKeepaliveEnabled,
    ...{ StickySessionConfig, ConnectionDrainConfig, SlowStartConfig, CrossZoneEnabled },
    ...(UchConfig === undefined ? {} : { UchConfig: { Type: String(UchConfig['Type']), Value: String(UchConfig['Value']) } }),
    Servers: record.servers.flatMap((server) => viewServers(network, server)),
  };
}

/** A group is looked at for every request; records and networks never change in place, so what was seen of both stands. */
function rememberedGroups(state: State): AlbView['group'] {
  const seen = new WeakMap<ServerGroupRecord, { readonly network: Network; readonly view: ViewGroup | undefined }>();
  return (serverGroupId) => {
    const record = state.serverGroups.get(serverGroupId);
    if (record === undefined) return undefined;
    const network = state.network();
    const known = seen.get(record);
    if (known?.network === network) return known.view;
    const view = viewGroup(network, record);
    seen.set(record, { network, view });
    return view;
  };
}

function socketOf(network: Network, address: string, port: number): ReturnType<AlbView['socketOf']> {
  const found = network.at(address);
  const socket = found?.sockets?.[port] ?? found?.socket ?? '';
  const colon = socket.lastIndexOf(':');
  return colon < 1 ? undefined : { host: socket.slice(0, colon), port: Number(socket.slice(colon + 1)) };
}

/** The view of a state. It is computed when asked, and of a group once until it changes. */
export const viewOf = (state: State): AlbView => ({
  listeners: () => state.listeners.all().flatMap((record) => viewListener(state, record)),
  rules: (listenerId) => viewRules(state, listenerId),
  group: rememberedGroups(state),
  socketOf: (address, port) => socketOf(state.network(), address, port),
  zoneOf: (address) => state.network().at(address)?.zoneId,
  onChange: (listener) => state.onChange(listener),
});

/**
 * What the data plane sees of the emulated ALB: the state in force, not the state being configured. Shapes are the service's own
 * (Pascal case, as GetListenerAttribute, ListRules and ListServerGroups answer).
 */

export interface ViewListener {
  readonly ListenerId: string;
  readonly LoadBalancerId: string;
  readonly ListenerProtocol: 'HTTP' | 'HTTPS' | 'QUIC';
  readonly ListenerPort: number;
  readonly IdleTimeout: number;
  readonly RequestTimeout: number;
  readonly GzipEnabled: boolean;
  readonly XForwardedForConfig: Readonly<Record<string, boolean | string>>;
  /** Zones of its load balancer; clients come in by each of them. Absent: not known. */
  readonly ZoneIds?: readonly string[];
  readonly DefaultServerGroupId: string;
  /** Of HTTPS listeners alone. */
  readonly Http2Enabled?: boolean;
  readonly SecurityPolicyId?: string;
  /** The default certificate of HTTPS and QUIC listeners. */
  readonly CertificateId?: string;
}

export interface ViewCondition {
  readonly Type: string;
  readonly HostConfig?: { readonly Values: readonly string[] };
  readonly PathConfig?: { readonly Values: readonly string[] };
  readonly [other: string]: unknown;
}

export interface ViewAction {
  readonly Type: string;
  readonly Order: number;
  readonly ForwardGroupConfig?: {
    readonly ServerGroupTuples: readonly { readonly ServerGroupId: string; readonly Weight: number }[];
    readonly ServerGroupStickySession?: { readonly Enabled?: boolean; readonly Timeout?: number };
  };
  readonly TrafficMirrorConfig?: {
    readonly MirrorGroupConfig: { readonly ServerGroupTuples: readonly { readonly ServerGroupId: string }[] };
  };
  readonly [other: string]: unknown;
}

export interface ViewRule {
  readonly RuleId: string;
  readonly Priority: number;
  /** Absent: Request. */
  readonly Direction?: 'Request' | 'Response';
  readonly RuleConditions: readonly ViewCondition[];
  readonly RuleActions: readonly ViewAction[];
}

export interface ViewServer {
  readonly ServerType: string;
  readonly ServerId: string;
  readonly ServerIp: string;
  readonly Port: number;
  readonly Weight: number;
}

export interface ViewGroup {
  readonly ServerGroupId: string;
  readonly Protocol: string;
  readonly Scheduler: string;
  readonly HealthCheckConfig: Readonly<Record<string, unknown>>;
  /** Keep connections to the servers open between requests. Absent: false. */
  readonly UpstreamKeepaliveEnabled?: boolean;
  /** For the scheduler `Uch`: the query parameter that is hashed. */
  readonly UchConfig?: { readonly Type: string; readonly Value: string };
  /** Members are those of ListServerGroups; absent ones are off. */
  readonly StickySessionConfig?: Readonly<Record<string, unknown>>;
  readonly ConnectionDrainConfig?: Readonly<Record<string, unknown>>;
  readonly SlowStartConfig?: Readonly<Record<string, unknown>>;
  /** Absent: true. */
  readonly CrossZoneEnabled?: boolean;
  /** Servers in force: registered and not being added or removed. */
  readonly Servers: readonly ViewServer[];
}

export interface AlbView {
  /** Listeners in force of active load balancers. */
  listeners(): readonly ViewListener[];
  /** Rules in force of both directions, by priority. */
  rules(listenerId: string): readonly ViewRule[];
  group(serverGroupId: string): ViewGroup | undefined;
  /** Where a server's address really is on this machine; `undefined` when nothing has that address. */
  socketOf(address: string, port: number): { readonly host: string; readonly port: number } | undefined;
  /** Zone of a server's address; `undefined` when nothing has that address. */
  zoneOf(address: string): string | undefined;
  /** Calls back after every change of what is in force. Returns the way to stop. */
  onChange(listener: () => void): () => void;
}

/** One element of `PUT /_/network`: what the local node tells the cloud about its pods. Replaces the former list whole. */
export interface LocalInterface {
  readonly networkInterfaceId: string;
  readonly privateIp: string;
  readonly vpcId: string;
  readonly vSwitchId: string;
  readonly zoneId: string;
  readonly instanceId: string;
  /** The instance's own interface: its node ports are reached here. Absent: one of pods, or of nobody. */
  readonly primary?: boolean | undefined;
  /** Where connections to this address go, whatever the port: `127.0.0.1:43123`. Empty: nothing listens. */
  readonly socket: string;
  /** Ports of this address that go elsewhere, by number. */
  readonly sockets?: Readonly<Record<string, string>> | undefined;
}

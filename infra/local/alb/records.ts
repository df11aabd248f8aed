/**
 * What the emulated ALB keeps. Attribute names are the service's own. `shown` is what Get and List answer; `inForce` is what the data
 * plane goes by, and follows when the job that makes it so is done.
 */
export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

interface Kept {
  readonly id: string;
  /** Order of creation: lists are paged by it. */
  readonly seq: number;
  /** Unix ms. */
  readonly createdAt: number;
  readonly status: string;
  readonly tags: readonly Tag[];
}

export interface ZoneMapping {
  readonly ZoneId: string;
  readonly VSwitchId: string;
  readonly Status: string;
  readonly LoadBalancerAddresses: readonly Readonly<Record<string, unknown>>[];
}

export interface LoadBalancerAttributes {
  readonly LoadBalancerName: string;
  readonly LoadBalancerEdition: 'Basic' | 'Standard' | 'StandardWithWaf';
  readonly AddressType: string;
  readonly AddressAllocatedMode: string;
  readonly AddressIpVersion: string;
  readonly VpcId: string;
  readonly ResourceGroupId: string;
  readonly LoadBalancerBillingConfig: Readonly<Record<string, unknown>>;
  readonly DeletionProtectionConfig: { readonly Enabled: boolean; readonly EnabledTime?: string };
  readonly ModificationProtectionConfig: { readonly Status: string; readonly Reason?: string };
  readonly SecurityGroupIds: readonly string[];
  readonly ZoneMappings: readonly ZoneMapping[];
}

export interface LoadBalancerRecord extends Kept {
  readonly shown: LoadBalancerAttributes;
}

export interface DefaultAction {
  readonly Type: string;
  readonly ForwardGroupConfig: { readonly ServerGroupTuples: readonly { readonly ServerGroupId: string }[] };
}

export interface ListenerAttributes {
  readonly ListenerDescription: string;
  readonly IdleTimeout: number;
  readonly RequestTimeout: number;
  readonly GzipEnabled: boolean;
  readonly XForwardedForConfig: Readonly<Record<string, boolean | string>>;
  readonly DefaultActions: readonly DefaultAction[];
  /** The rest is for HTTPS and QUIC alone. */
  readonly Http2Enabled?: boolean;
  readonly SecurityPolicyId?: string;
  readonly CaEnabled?: boolean;
  readonly Certificates?: readonly { readonly CertificateId: string }[];
  readonly CaCertificates?: readonly { readonly CertificateId: string }[];
  readonly QuicConfig?: { readonly QuicUpgradeEnabled: boolean; readonly QuicListenerId?: string };
}

export interface ListenerRecord extends Kept {
  readonly loadBalancerId: string;
  readonly protocol: 'HTTP' | 'HTTPS' | 'QUIC';
  readonly port: number;
  /** A change of its rules is under way: no other change of the listener or its rules is taken. */
  readonly rulesChanging: boolean;
  /** Where the listener returns to after a change. */
  readonly rest: 'Running' | 'Stopped';
  readonly shown: ListenerAttributes;
  readonly inForce: ListenerAttributes | undefined;
}

export interface RuleCondition {
  readonly Type: string;
  readonly [member: string]: unknown;
}

export interface GroupTuple {
  readonly ServerGroupId: string;
  readonly Weight?: number;
}

export interface RuleAction {
  readonly Type: string;
  readonly Order: number;
  readonly ForwardGroupConfig?: {
    readonly ServerGroupTuples: readonly GroupTuple[];
    readonly ServerGroupStickySession?: Readonly<Record<string, unknown>>;
  };
  readonly TrafficMirrorConfig?: {
    readonly TargetType: string;
    readonly MirrorGroupConfig: { readonly ServerGroupTuples: readonly GroupTuple[] };
  };
  readonly [member: string]: unknown;
}

export interface RuleAttributes {
  readonly RuleName: string;
  readonly Priority: number;
  readonly RuleConditions: readonly RuleCondition[];
  readonly RuleActions: readonly RuleAction[];
}

export interface RuleRecord extends Kept {
  readonly listenerId: string;
  readonly loadBalancerId: string;
  readonly direction: 'Request' | 'Response';
  readonly shown: RuleAttributes;
  readonly inForce: RuleAttributes | undefined;
}

export interface ServerRecord {
  /** Order of registration: lists are paged by it. */
  readonly seq: number;
  readonly ServerType: string;
  readonly ServerId: string;
  /** Empty for Ecs and Fc. */
  readonly ServerIp: string;
  /** 0 for Fc. */
  readonly Port: number;
  readonly Weight: number;
  readonly Description: string;
  readonly RemoteIpEnabled: boolean;
  /** Adding, Available, Configuring, Replacing, Removing. */
  readonly Status: string;
  /** Weight the data plane uses; absent until the server is registered. */
  readonly weightInForce: number | undefined;
  /** Since when it has been registered, in Unix ms. */
  readonly inForceSince?: number;
  /** It was removed and ends its connections until then, in Unix ms. */
  readonly drainsUntil?: number;
}

export interface ServerGroupAttributes {
  readonly ServerGroupName: string;
  readonly Scheduler: string;
  readonly HealthCheckConfig: Readonly<Record<string, unknown>>;
  readonly StickySessionConfig: Readonly<Record<string, unknown>>;
  readonly ConnectionDrainConfig: Readonly<Record<string, unknown>>;
  readonly SlowStartConfig: Readonly<Record<string, unknown>>;
  readonly UchConfig?: Readonly<Record<string, unknown>>;
  readonly CrossZoneEnabled: boolean;
  readonly UpstreamKeepaliveEnabled: boolean;
  readonly IpVersionAffinityMode?: string;
  readonly ServiceName?: string;
}

export interface ServerGroupRecord extends Kept {
  readonly type: 'Instance' | 'Ip' | 'Fc';
  readonly protocol: 'HTTP' | 'HTTPS' | 'GRPC';
  /** Empty for Fc. */
  readonly vpcId: string;
  readonly ipv6Enabled: boolean;
  readonly resourceGroupId: string;
  readonly shown: ServerGroupAttributes;
  readonly inForce: ServerGroupAttributes | undefined;
  /** When health checks were switched on for servers that served already, in Unix ms. */
  readonly checkedSince?: number;
  /** With those that still drain: `servers-now.ts` tells them apart. */
  readonly servers: readonly ServerRecord[];
}

export interface JobRecord {
  readonly id: string;
  readonly seq: number;
  readonly apiName: string;
  readonly operateType: 'Create' | 'Update' | 'Delete';
  readonly resourceType: 'loadbalancer' | 'listener' | 'rule' | 'servergroup';
  readonly resourceId: string;
  readonly status: 'Processing' | 'Succeeded' | 'Failed';
  readonly errorCode?: string;
  readonly createdAt: number;
  readonly modifiedAt: number;
}

export interface VSwitch {
  readonly seq: number;
  readonly VSwitchId: string;
  readonly VSwitchName: string;
  readonly VpcId: string;
  readonly ZoneId: string;
  readonly CidrBlock: string;
  readonly AvailableIpAddressCount: number;
}

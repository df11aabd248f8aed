/**
 * The ALB in our own words. Setting names are the service's own in camel case and are embedded whole, so that a setting is listed once.
 * Adapter: `adapter.ts` (SDK, ACS3); fake: `test/support/fake-alb.ts`; both and the emulator pass `test/contract/alb.ts`.
 * Every failure is a `CloudFailure`. Deleting what is not there succeeds. Lists return every page or throw.
 */

export type Tags = Readonly<Record<string, string>>;

export interface ZoneMapping {
  readonly zoneId: string;
  readonly vSwitchId: string;
}

/** What the user may say about an ALB instance (CreateLoadBalancer). Absent fields are left to the service. */
export interface LoadBalancerSettings {
  readonly loadBalancerName: string;
  readonly addressType: 'Internet' | 'Intranet';
  readonly loadBalancerEdition: 'Basic' | 'Standard' | 'StandardWithWaf';
  readonly addressAllocatedMode?: 'Fixed' | 'Dynamic';
  readonly addressIpVersion?: 'IPv4' | 'DualStack';
  readonly resourceGroupId?: string;
  readonly deletionProtectionEnabled: boolean;
  readonly modificationProtection: 'NonProtection' | 'ConsoleProtection';
}

export interface LoadBalancer {
  readonly loadBalancerId: string;
  readonly settings: LoadBalancerSettings;
  /** Provisioning, Active, Configuring, Inactive, CreateFailed, Deleting. */
  readonly status: string;
  readonly businessStatus: string;
  readonly dnsName: string;
  readonly vpcId: string;
  readonly tags: Tags;
  /** Only from `getLoadBalancer`. */
  readonly zoneMappings?: readonly ZoneMapping[];
}

export interface HealthCheckSettings {
  readonly healthCheckEnabled: boolean;
  readonly healthCheckProtocol: 'HTTP' | 'HTTPS' | 'TCP' | 'gRPC';
  readonly healthCheckPath: string;
  readonly healthCheckHost: string;
  readonly healthCheckMethod: 'HEAD' | 'GET' | 'POST';
  readonly healthCheckCodes: readonly string[];
  readonly healthCheckHttpVersion: 'HTTP1.0' | 'HTTP1.1';
  readonly healthCheckConnectPort: number;
  readonly healthCheckInterval: number;
  readonly healthCheckTimeout: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

export interface StickySessionSettings {
  readonly stickySessionEnabled: boolean;
  /** `Insert`: the load balancer plants a cookie. `Server`: it rewrites the one that the application sets. */
  readonly stickySessionType: 'Insert' | 'Server';
  /** 1-200 characters, for type `Server`; empty otherwise. */
  readonly cookie: string;
  /** 1-86400 s, for type `Insert`. */
  readonly cookieTimeout: number;
}

export interface ConnectionDrainSettings {
  readonly connectionDrainEnabled: boolean;
  /** 0-900 s. */
  readonly connectionDrainTimeout: number;
}

export interface SlowStartSettings {
  readonly slowStartEnabled: boolean;
  /** 30-900 s. */
  readonly slowStartDuration: number;
}

/** Settings of a server group that UpdateServerGroupAttribute can change. */
export interface ServerGroupSettings {
  readonly serverGroupName: string;
  readonly serviceName: string;
  readonly scheduler: 'Wrr' | 'Wlc' | 'Sch' | 'Uch';
  /** The query parameter that scheduler `Uch` hashes; absent with the others. */
  readonly uchConfig?: { readonly type: 'QueryString'; readonly value: string };
  readonly healthCheckConfig: HealthCheckSettings;
  readonly stickySessionConfig: StickySessionSettings;
  readonly connectionDrainConfig: ConnectionDrainSettings;
  readonly slowStartConfig: SlowStartSettings;
  readonly crossZoneEnabled: boolean;
  /** Persistent connections to servers. Absent in a wish: a new group gets them, one that exists keeps what it has. */
  readonly upstreamKeepaliveEnabled?: boolean;
}

/** Settings that need a new group to change. */
export interface ServerGroupKind {
  readonly serverGroupType: 'Instance' | 'Ip';
  readonly protocol: 'HTTP' | 'HTTPS' | 'gRPC';
  readonly vpcId: string;
  /** Takes servers with IPv6 addresses. Absent: it does not. */
  readonly ipv6Enabled?: true;
  /** Absent in a wish: the account's default. Only MoveResourceGroup changes it. */
  readonly resourceGroupId?: string;
}

export interface ServerGroup {
  readonly serverGroupId: string;
  readonly settings: ServerGroupSettings;
  readonly fixed: ServerGroupKind;
  /** Creating, Available, Configuring, Deleting. */
  readonly status: string;
  readonly serverCount: number;
  readonly tags: Tags;
}

/** A server is identified by (serverType, serverId, serverIp, port). */
export interface Server {
  readonly serverType: 'Ecs' | 'Eni' | 'Eci' | 'Ip';
  readonly serverId: string;
  /** Empty for Ecs. */
  readonly serverIp: string;
  readonly port: number;
  readonly weight: number;
  readonly description?: string;
}

export interface ObservedServer extends Server {
  /** Adding, Available, Configuring, Replacing, Removing. */
  readonly status: string;
}

/** A server that is not in service, as a group's health says. */
export interface AilingServer {
  readonly serverId: string;
  readonly serverIp: string;
  readonly port: number;
  /** Initial, Unhealthy, Unused, Unavailable. */
  readonly status: string;
}

/** Health of one group behind one listener; servers that are not named are `Normal`. */
export interface GroupHealth {
  readonly serverGroupId: string;
  readonly checked: boolean;
  readonly ailing: readonly AilingServer[];
}

export interface ListenerSettings {
  readonly listenerDescription: string;
  readonly idleTimeout: number;
  readonly requestTimeout: number;
  readonly gzipEnabled: boolean;
  /** HTTPS listeners only. */
  readonly http2Enabled?: boolean;
  /** HTTPS listeners only: TLS versions and ciphers. */
  readonly securityPolicyId?: string;
  /** The default certificate, for HTTPS and QUIC listeners. ListListeners does not tell it: absent in its answers. */
  readonly certificateId?: string;
  /** Only what the user set; the service's own names (`XForwardedForProtoEnabled`, …). Absent members are not sent. */
  readonly xForwardedForConfig?: Readonly<Record<string, boolean | string>>;
}

export interface Listener {
  readonly listenerId: string;
  readonly loadBalancerId: string;
  readonly protocol: 'HTTP' | 'HTTPS' | 'QUIC';
  readonly port: number;
  /** Group of the one default action. */
  readonly defaultServerGroupId: string;
  readonly settings: ListenerSettings;
  /** Provisioning, Running, Configuring, Stopped, Deleting. */
  readonly status: string;
  readonly tags: Tags;
}

/** Any of the values of a condition is enough. */
interface AnyOf {
  readonly values: readonly string[];
}

/** A value of one header. */
interface AnyOfHeader extends AnyOf {
  readonly key: string;
}

interface AnyPair {
  readonly values: readonly { readonly key: string; readonly value: string }[];
}

/**
 * A condition as the service knows it, without undefined members: `{ type: 'Host', hostConfig: { values: ['a.example.com'] } }`. Values of
 * one condition are alternatives, all conditions of a rule must hold. The last two are for rules of direction `Response` only.
 */
export type RuleCondition =
  | { readonly type: 'Host'; readonly hostConfig: AnyOf }
  | { readonly type: 'Path'; readonly pathConfig: AnyOf }
  | { readonly type: 'Header'; readonly headerConfig: AnyOfHeader }
  | { readonly type: 'QueryString'; readonly queryStringConfig: AnyPair }
  | { readonly type: 'Cookie'; readonly cookieConfig: AnyPair }
  | { readonly type: 'Method'; readonly methodConfig: AnyOf }
  | { readonly type: 'SourceIp'; readonly sourceIpConfig: AnyOf }
  | { readonly type: 'ResponseHeader'; readonly responseHeaderConfig: AnyOfHeader }
  | { readonly type: 'ResponseStatusCode'; readonly responseStatusCodeConfig: AnyOf };

/** Stickiness between the groups of one rule; seconds, 1 to 86400. */
export interface GroupStickiness {
  readonly enabled: boolean;
  readonly timeout: number;
}

/** An action that names no server group, without its place in the rule. Defaults of the service are filled in. */
export type PlainAction =
  | {
      readonly type: 'Redirect';
      /** `${host}` and the like mean what the request has. Port and status are text. */
      readonly redirectConfig: {
        readonly protocol: string;
        readonly host: string;
        readonly port: string;
        readonly path: string;
        readonly query: string;
        readonly httpCode: '301' | '302' | '303' | '307' | '308';
      };
    }
  | {
      readonly type: 'FixedResponse';
      readonly fixedResponseConfig: { readonly content: string; readonly contentType: string; readonly httpCode: string };
    }
  | { readonly type: 'Rewrite'; readonly rewriteConfig: { readonly host: string; readonly path: string; readonly query: string } }
  | {
      readonly type: 'InsertHeader';
      readonly insertHeaderConfig: {
        readonly key: string;
        readonly value: string;
        readonly valueType: 'UserDefined' | 'ReferenceHeader' | 'SystemDefined';
      };
    }
  | { readonly type: 'RemoveHeader'; readonly removeHeaderConfig: { readonly key: string } }
  | {
      readonly type: 'TrafficLimit';
      /** Requests a second; the SDK spells the members so. */
      readonly trafficLimitConfig: { readonly QPS?: number; readonly perIpQps?: number };
    }
  | {
      readonly type: 'Cors';
      readonly corsConfig: {
        readonly allowOrigin: readonly string[];
        readonly allowMethods: readonly string[];
        readonly allowHeaders: readonly string[];
        readonly exposeHeaders: readonly string[];
        readonly allowCredentials: 'on' | 'off';
        /** Seconds, -1 to 172800. */
        readonly maxAge: number;
      };
    };

/** An action as the service knows it. `order` is 1..n within a rule; the one final action comes last. */
export type RuleAction = { readonly order: number } & (
  | PlainAction
  | {
      readonly type: 'ForwardGroup';
      readonly forwardGroupConfig: {
        readonly serverGroupTuples: readonly { readonly serverGroupId: string; readonly weight: number }[];
        /** Absent: off. */
        readonly serverGroupStickySession?: GroupStickiness;
      };
    }
  | {
      readonly type: 'TrafficMirror';
      readonly trafficMirrorConfig: {
        readonly targetType: 'ForwardGroupMirror';
        readonly mirrorGroupConfig: { readonly serverGroupTuples: readonly { readonly serverGroupId: string }[] };
      };
    }
);

export type RuleDirection = 'Request' | 'Response';

/** What CreateRules and UpdateRulesAttribute carry for one rule. */
export interface RuleSettings {
  readonly ruleName: string;
  readonly priority: number;
  readonly ruleConditions: readonly RuleCondition[];
  readonly ruleActions: readonly RuleAction[];
}

export interface NewRule extends RuleSettings {
  readonly direction: RuleDirection;
  readonly tags: Tags;
}

export interface Rule extends NewRule {
  readonly ruleId: string;
  readonly listenerId: string;
  /** Provisioning, Available, Configuring, Deleting. */
  readonly status: string;
}

/** Asynchronous work of the service (ListAsynJobs). */
export interface Job {
  readonly jobId: string;
  readonly status: 'Processing' | 'Succeeded' | 'Failed';
  readonly resourceType: string;
  readonly resourceId: string;
  readonly errorCode?: string;
  readonly errorMessage?: string;
}

/** Answer of an asynchronous write that concerns one thing. */
export interface Started {
  readonly jobId: string;
}

export interface Alb {
  /** ListLoadBalancers by tags (AND). */
  findLoadBalancers(tags: Tags): Promise<readonly LoadBalancer[]>;
  /** GetLoadBalancerAttribute. */
  getLoadBalancer(loadBalancerId: string): Promise<LoadBalancer | undefined>;
  createLoadBalancer(request: {
    readonly settings: LoadBalancerSettings;
    readonly vpcId: string;
    readonly zoneMappings: readonly ZoneMapping[];
    readonly tags: Tags;
    readonly clientToken: string;
  }): Promise<{ readonly loadBalancerId: string }>;
  /** UpdateLoadBalancerAttribute: name and modification protection. */
  updateLoadBalancer(
    loadBalancerId: string,
    settings: Pick<LoadBalancerSettings, 'loadBalancerName' | 'modificationProtection'>,
    clientToken: string,
  ): Promise<Started>;
  /** DisableDeletionProtection; already off is success. */
  disableDeletionProtection(loadBalancerId: string, clientToken: string): Promise<void>;
  /** `undefined`: it was not there. */
  deleteLoadBalancer(loadBalancerId: string, clientToken: string): Promise<Started | undefined>;
  /** DescribeZones: zone ids where ALB is offered. */
  zones(): Promise<readonly string[]>;

  /** ListServerGroups by tags (AND), 100 a page. */
  findServerGroups(tags: Tags): Promise<readonly ServerGroup[]>;
  /** ListServerGroups by ids, 20 a call; unknown ids are absent. */
  getServerGroups(serverGroupIds: readonly string[]): Promise<readonly ServerGroup[]>;
  createServerGroup(request: {
    readonly settings: ServerGroupSettings;
    readonly fixed: ServerGroupKind;
    readonly tags: Tags;
    readonly clientToken: string;
  }): Promise<{ readonly serverGroupId: string } & Started>;
  updateServerGroup(serverGroupId: string, settings: ServerGroupSettings, clientToken: string): Promise<Started>;
  deleteServerGroup(serverGroupId: string, clientToken: string): Promise<Started | undefined>;

  /** ListServerGroupServers, all pages. */
  listServers(serverGroupId: string): Promise<readonly ObservedServer[]>;
  /** At most 200 a call; the caller cuts. */
  addServers(serverGroupId: string, servers: readonly Server[], clientToken: string): Promise<Started>;
  removeServers(serverGroupId: string, servers: readonly Server[], clientToken: string): Promise<Started>;
  /** At most 200 + 200 a call; both sides non-empty. */
  replaceServers(serverGroupId: string, added: readonly Server[], removed: readonly Server[], clientToken: string): Promise<Started>;
  /** Weights and descriptions; at most 40 a call. */
  updateServers(serverGroupId: string, servers: readonly Server[], clientToken: string): Promise<Started>;

  /** ListListeners of one load balancer. */
  listListeners(loadBalancerId: string): Promise<readonly Listener[]>;
  createListener(request: {
    readonly loadBalancerId: string;
    readonly protocol: Listener['protocol'];
    readonly port: number;
    readonly defaultServerGroupId: string;
    readonly settings: ListenerSettings;
    readonly tags: Tags;
    readonly clientToken: string;
  }): Promise<{ readonly listenerId: string } & Started>;
  updateListener(
    listenerId: string,
    change: { readonly settings: ListenerSettings; readonly defaultServerGroupId: string },
    clientToken: string,
  ): Promise<Started>;
  deleteListener(listenerId: string, clientToken: string): Promise<Started | undefined>;
  /** GetListenerAttribute: the default certificate of an HTTPS or QUIC listener; empty when it has none. */
  defaultCertificate(listenerId: string): Promise<string>;

  /** GetListenerHealthStatus with the groups of the listener's rules, all pages; each group once, servers as any of its rules sees them. */
  listenerHealth(listenerId: string): Promise<readonly GroupHealth[]>;

  /** ListRules of a load balancer's listeners in one direction, 100 a page. The default rule is not in it. */
  listRules(loadBalancerId: string, direction: RuleDirection): Promise<readonly Rule[]>;
  /** At most 100 a call. Ids are matched to rules by priority. */
  createRules(
    listenerId: string,
    rules: readonly NewRule[],
    clientToken: string,
  ): Promise<{ readonly ruleIds: readonly { readonly priority: number; readonly ruleId: string }[] } & Started>;
  /** At most 100 a call, all of one listener. Lists are replaced whole. */
  updateRules(rules: readonly (RuleSettings & { readonly ruleId: string })[], clientToken: string): Promise<Started>;
  /** At most 100 a call. When one of several is not there: `not-found`, and the caller reads again. */
  deleteRules(ruleIds: readonly string[], clientToken: string): Promise<Started | undefined>;

  /** ListAsynJobs, 10 ids a call; unknown ids are absent. */
  getJobs(jobIds: readonly string[]): Promise<readonly Job[]>;
  /** Adds or overwrites single tags. At most 50 ids and 20 tags a call. */
  tagResources(resourceType: 'loadbalancer' | 'servergroup', ids: readonly string[], tags: Tags): Promise<void>;
  /** UnTagResources: takes single tags away, by key; one that is not there is none. At most 50 ids and 20 keys a call. */
  untagResources(resourceType: 'loadbalancer' | 'servergroup', ids: readonly string[], keys: readonly string[]): Promise<void>;
  close(): void;
}

/** Settings of a server group: what the service fills in, how a change is laid over them, and what it shows. */
import type { ServerGroupAttributes, ServerGroupRecord } from './records.ts';

type Config = Readonly<Record<string, unknown>>;

/** What CreateServerGroup and UpdateServerGroupAttribute have in common. */
export interface GroupRequest {
  readonly ServerGroupName?: string;
  readonly Scheduler?: string;
  readonly HealthCheckConfig?: Config;
  readonly StickySessionConfig?: Config;
  readonly ConnectionDrainConfig?: Config;
  readonly SlowStartConfig?: Config;
  readonly UchConfig?: Config;
  readonly CrossZoneEnabled?: boolean;
  readonly UpstreamKeepaliveEnabled?: boolean;
  readonly IpVersionAffinityMode?: string;
  readonly ServiceName?: string;
}

const healthCheckDefaults: Config = {
  HealthCheckProtocol: 'HTTP',
  HealthCheckPath: '/',
  HealthCheckHost: '$SERVER_IP',
  HealthCheckMethod: 'HEAD',
  HealthCheckCodes: ['http_2xx'],
  HealthCheckHttpVersion: 'HTTP1.1',
  HealthCheckConnectPort: 0,
  HealthCheckInterval: 2,
  HealthCheckTimeout: 5,
  HealthyThreshold: 3,
  UnhealthyThreshold: 3,
};

/** `gRPC` and `GRPC` are one protocol. */
export const isGrpc = (protocol: unknown): boolean => String(protocol).toUpperCase() === 'GRPC';

/** What a check of gRPC has otherwise than others. */
const defaultsOfCheck = (protocol: unknown): Config =>
  isGrpc(protocol) ? { ...healthCheckDefaults, HealthCheckMethod: 'POST', HealthCheckCodes: ['0'] } : healthCheckDefaults;

const scalars = [
  'ServerGroupName',
  'Scheduler',
  'CrossZoneEnabled',
  'UpstreamKeepaliveEnabled',
  'IpVersionAffinityMode',
  'ServiceName',
  'UchConfig',
] as const satisfies readonly (keyof GroupRequest)[];

const given = (request: GroupRequest): GroupRequest =>
  Object.fromEntries(scalars.filter((name) => request[name] !== undefined).map((name) => [name, request[name]]));

/** Settings of a new group. Persistent connections are off unless asked for: the raw service knows no other default. */
export const newAttributes = (request: GroupRequest & { readonly ServerGroupName: string }): ServerGroupAttributes => ({
  Scheduler: 'Wrr',
  CrossZoneEnabled: true,
  UpstreamKeepaliveEnabled: false,
  ...given(request),
  ServerGroupName: request.ServerGroupName,
  HealthCheckConfig: { ...defaultsOfCheck(request.HealthCheckConfig?.['HealthCheckProtocol']), ...request.HealthCheckConfig },
  StickySessionConfig: { StickySessionEnabled: false, ...request.StickySessionConfig },
  ConnectionDrainConfig: { ConnectionDrainEnabled: false, ConnectionDrainTimeout: 300, ...request.ConnectionDrainConfig },
  SlowStartConfig: { SlowStartEnabled: false, SlowStartDuration: 30, ...request.SlowStartConfig },
});

/** Members of the configurations are laid over what is there, one by one; lists in them are replaced whole. */
export function changedAttributes(shown: ServerGroupAttributes, request: GroupRequest): ServerGroupAttributes {
  const { UchConfig, ...changed } = { ...shown, ...given(request) };
  // What is hashed goes with the scheduler that hashes, unless it was said in this very call, which is then refused.
  const hashed = request.UchConfig ?? (changed.Scheduler === 'Uch' ? UchConfig : undefined);
  return {
    ...changed,
    ...(hashed === undefined ? {} : { UchConfig: hashed }),
    HealthCheckConfig: { ...shown.HealthCheckConfig, ...request.HealthCheckConfig },
    StickySessionConfig: { ...shown.StickySessionConfig, ...request.StickySessionConfig },
    ConnectionDrainConfig: { ...shown.ConnectionDrainConfig, ...request.ConnectionDrainConfig },
    SlowStartConfig: { ...shown.SlowStartConfig, ...request.SlowStartConfig },
  };
}

/** Switches within the settings. */
export const drains = (shown: ServerGroupAttributes): boolean => shown.ConnectionDrainConfig['ConnectionDrainEnabled'] === true;
export const startsSlowly = (shown: ServerGroupAttributes): boolean => shown.SlowStartConfig['SlowStartEnabled'] === true;
export const isSticky = (shown: ServerGroupAttributes): boolean => shown.StickySessionConfig['StickySessionEnabled'] === true;
export const isChecked = (shown: ServerGroupAttributes): boolean => shown.HealthCheckConfig['HealthCheckEnabled'] === true;

/** How long a removed server may end its connections, in ms; 0 without draining. */
export const drainMs = ({ shown }: Pick<ServerGroupRecord, 'shown'>): number =>
  drains(shown) ? Number(shown.ConnectionDrainConfig['ConnectionDrainTimeout']) * 1000 : 0;

/**
 * The features of a server group that have a switch, in canonical form. What a switch that is off, or another protocol, makes meaningless
 * is neither sent nor believed: the service keeps it beside the switch from former times, and some of it it refuses in the wrong company.
 */
import { connectionDrainDefaults, healthCheckDefaults, slowStartDefaults, stickySessionDefaults } from './defaults.ts';
import type {
  ConnectionDrainSettings,
  HealthCheckSettings,
  ServerGroupSettings,
  SlowStartSettings,
  StickySessionSettings,
} from './port.ts';

type Features = Pick<ServerGroupSettings, 'healthCheckConfig' | 'stickySessionConfig' | 'connectionDrainConfig' | 'slowStartConfig'>;

const anyCheck = [
  'healthCheckEnabled',
  'healthCheckProtocol',
  'healthCheckConnectPort',
  'healthCheckInterval',
  'healthCheckTimeout',
  'healthyThreshold',
  'unhealthyThreshold',
] as const;
const askingCheck = [...anyCheck, 'healthCheckPath', 'healthCheckHost', 'healthCheckMethod', 'healthCheckCodes'] as const;

/** Members that mean something, by the protocol of the probe. */
const checkMembers: Readonly<Record<HealthCheckSettings['healthCheckProtocol'], readonly (keyof HealthCheckSettings)[]>> = {
  TCP: anyCheck,
  gRPC: askingCheck,
  HTTP: [...askingCheck, 'healthCheckHttpVersion'],
  HTTPS: [...askingCheck, 'healthCheckHttpVersion'],
};

const stickyMembers: Readonly<Record<StickySessionSettings['stickySessionType'], readonly (keyof StickySessionSettings)[]>> = {
  Insert: ['stickySessionEnabled', 'stickySessionType', 'cookieTimeout'],
  Server: ['stickySessionEnabled', 'stickySessionType', 'cookie'],
};

const pick = <T extends object>(from: T, names: readonly (keyof T)[]): Partial<T> =>
  Object.fromEntries(names.map((name) => [name, from[name]])) as Partial<T>; // members of T by their own names

const health = (one: HealthCheckSettings): Partial<HealthCheckSettings> =>
  // A protocol that we do not know is kept whole, so that comparing finds it.
  one.healthCheckEnabled ? pick(one, checkMembers[one.healthCheckProtocol] ?? Object.keys(one)) : { healthCheckEnabled: false };

const sticky = (one: StickySessionSettings): Partial<StickySessionSettings> =>
  one.stickySessionEnabled ? pick(one, stickyMembers[one.stickySessionType] ?? Object.keys(one)) : { stickySessionEnabled: false };

const drain = (one: ConnectionDrainSettings): Partial<ConnectionDrainSettings> =>
  one.connectionDrainEnabled ? one : { connectionDrainEnabled: false };

const slowStart = (one: SlowStartSettings): Partial<SlowStartSettings> => (one.slowStartEnabled ? one : { slowStartEnabled: false });

/** What of the features is sent. */
export const meaningful = (settings: Features) => ({
  healthCheckConfig: health(settings.healthCheckConfig),
  stickySessionConfig: sticky(settings.stickySessionConfig),
  connectionDrainConfig: drain(settings.connectionDrainConfig),
  slowStartConfig: slowStart(settings.slowStartConfig),
});

/** The features as they are read: what means nothing has the service's defaults. */
export const canonicalFeatures = (settings: Features): Features => ({
  healthCheckConfig: {
    ...healthCheckDefaults,
    ...health({ ...settings.healthCheckConfig, healthCheckCodes: [...settings.healthCheckConfig.healthCheckCodes].sort() }), // no order is kept
  },
  stickySessionConfig: { ...stickySessionDefaults, ...sticky(settings.stickySessionConfig) },
  connectionDrainConfig: { ...connectionDrainDefaults, ...drain(settings.connectionDrainConfig) },
  slowStartConfig: { ...slowStartDefaults, ...slowStart(settings.slowStartConfig) },
});

/**
 * What the annotations of an Ingress say about every group that is made for it, as the service would answer it: what is off has the
 * service's defaults beside it, so that comparing is by value, and two Ingresses that ask for the same share their groups.
 */
import { connectionDrainDefaults, healthCheckDefaults, slowStartDefaults, stickySessionDefaults } from '#shared/cloud/alb/defaults.ts';
import type {
  ConnectionDrainSettings,
  HealthCheckSettings,
  ServerGroupKind,
  ServerGroupSettings,
  SlowStartSettings,
  StickySessionSettings,
} from '#shared/cloud/alb/port.ts';
import type { Problem } from '#shared/problem.ts';
import { rowsReader, type Values } from './annotations/read-rows.ts';
import { serverGroup } from './annotations/server-group.ts';
import { buildHealthCheck } from './build-health-check.ts';
import { groupProblems, schedulers } from './group-needs.ts';
import { stableHash } from './stable-hash.ts';
import type { Ingress } from './wish.ts';

/** Protocol towards the servers. */
export type GroupProtocol = ServerGroupKind['protocol'];

/** Settings of a group but for its names. */
export type GroupSettings = Omit<ServerGroupSettings, 'serverGroupName' | 'serviceName'>;

/** What groups of one Ingress are made with, whichever Service they are for. */
export interface GroupWish {
  readonly settings: GroupSettings;
  readonly kind: Pick<ServerGroupKind, 'serverGroupType' | 'protocol' | 'resourceGroupId'>;
  /** What differs from the defaults, by name; empty: nothing does. Part of the identity of every group. */
  readonly own: Readonly<Record<string, unknown>>;
}

/** A group about which nothing was said. */
export const groupDefaults: GroupSettings = {
  scheduler: 'Wrr',
  healthCheckConfig: healthCheckDefaults,
  stickySessionConfig: stickySessionDefaults,
  connectionDrainConfig: connectionDrainDefaults,
  slowStartConfig: slowStartDefaults,
  crossZoneEnabled: true,
};

type Checked = Values<typeof serverGroup>;

const stickiness = ({ sticky, stickyType, cookie, cookieTimeout }: Checked): StickySessionSettings => {
  if (!sticky) return stickySessionDefaults;
  const base = { ...stickySessionDefaults, stickySessionEnabled: true, stickySessionType: stickyType };
  return stickyType === 'Insert' ? { ...base, cookieTimeout } : { ...base, cookie };
};

const draining = ({ drain, drainTimeout }: Checked): ConnectionDrainSettings =>
  drain ? { connectionDrainEnabled: true, connectionDrainTimeout: drainTimeout } : connectionDrainDefaults;

const slowStart = (values: Checked): SlowStartSettings =>
  values.slowStart ? { slowStartEnabled: true, slowStartDuration: values.slowStartDuration } : slowStartDefaults;

const settingsOf = (values: Checked, healthCheckConfig: HealthCheckSettings): GroupSettings => ({
  scheduler: schedulers[values.scheduler],
  ...(values.scheduler === 'uch' ? { uchConfig: { type: 'QueryString', value: values.uchValue } } : {}),
  healthCheckConfig,
  stickySessionConfig: stickiness(values),
  connectionDrainConfig: draining(values),
  slowStartConfig: slowStart(values),
  crossZoneEnabled: values.crossZone,
  ...(values.keepalive === undefined ? {} : { upstreamKeepaliveEnabled: values.keepalive }),
});

/** Members that are not as in the defaults; of objects, those of their members. */
function different(settings: object, defaults: object): Readonly<Record<string, unknown>> {
  if (settings === defaults) return {};
  const standard: Readonly<Record<string, unknown>> = { ...defaults };
  const changed = Object.entries(settings).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(standard[name]));
  return Object.fromEntries(
    changed.map(([name, value]: [string, unknown]) => {
      const before = standard[name];
      const nested = isPlain(value) && isPlain(before);
      return [name, nested ? different(value, before) : value];
    }),
  );
}

const isPlain = (value: unknown): value is object => value !== null && typeof value === 'object' && !Array.isArray(value);

/** Health checks were the first settings to be in the identity, and stand there without a name around them. */
function ownOf(settings: GroupSettings, resourceGroupId: string): Readonly<Record<string, unknown>> {
  const { healthCheckConfig, ...others } = different(settings, groupDefaults);
  const ofHealth = isPlain(healthCheckConfig) ? healthCheckConfig : {};
  return { ...ofHealth, ...others, ...(resourceGroupId === '' ? {} : { resourceGroupId }) };
}

/**
 * What of a group differs from the defaults, as a hash; empty when nothing does. Defaults are left out so that a setting which is learnt
 * later does not make new groups for everybody.
 */
export const variantOf = (own: Readonly<Record<string, unknown>>): string =>
  Object.keys(own).length === 0 ? '' : stableHash(own).slice(0, 16);

const read = rowsReader(serverGroup);

/** The groups that an Ingress asks for, and what is wrong with what it says of them. */
export function buildGroupSettings(
  ingress: Ingress,
  protocol: GroupProtocol,
): { readonly wish: GroupWish; readonly problems: readonly Problem[] } {
  const health = buildHealthCheck(ingress);
  const reading = read(ingress);
  const { values, written } = reading;
  const plain = written.length === 0 && health.settings === healthCheckDefaults;
  const settings = plain ? groupDefaults : settingsOf(values, health.settings);
  const { type: serverGroupType, resourceGroupId } = values;
  return {
    wish: {
      settings,
      kind: { serverGroupType, protocol, ...(resourceGroupId === '' ? {} : { resourceGroupId }) },
      own: plain ? {} : ownOf(settings, resourceGroupId),
    },
    problems: [...health.problems, ...(written.length === 0 ? [] : groupProblems(ingress, reading))],
  };
}

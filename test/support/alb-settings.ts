/** Settings with the service's defaults, of which a test says only what matters. */
import { connectionDrainDefaults, healthCheckDefaults, slowStartDefaults, stickySessionDefaults } from '#shared/cloud/alb/defaults.ts';
import type { HealthCheckSettings, ListenerSettings, ServerGroupSettings } from '#shared/cloud/alb/port.ts';

export const groupSettings = ({
  healthCheckConfig,
  ...own
}: Partial<Omit<ServerGroupSettings, 'healthCheckConfig'>> & {
  readonly healthCheckConfig?: Partial<HealthCheckSettings>;
} = {}): ServerGroupSettings => ({
  serverGroupName: 'group',
  serviceName: 'service',
  scheduler: 'Wrr',
  stickySessionConfig: stickySessionDefaults,
  connectionDrainConfig: connectionDrainDefaults,
  slowStartConfig: slowStartDefaults,
  crossZoneEnabled: true,
  ...own,
  healthCheckConfig: { ...healthCheckDefaults, ...healthCheckConfig },
});

export const listenerSettings = (own: Partial<ListenerSettings> = {}): ListenerSettings => ({
  listenerDescription: 'made by a test',
  idleTimeout: 15,
  requestTimeout: 60,
  gzipEnabled: true,
  ...own,
});

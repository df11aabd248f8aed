/** Settings with the service's defaults, of which a test says only what matters. */
import { connectionDrainDefaults, healthCheckDefaults, slowStartDefaults, stickySessionDefaults } from '#shared/cloud/alb/defaults.ts';
import type { HealthCheckSettings, ListenerSettings, LoadBalancerSettings, ServerGroupSettings } from '#shared/cloud/alb/port.ts';

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

/** A load balancer in both zones of the local VPC, without tags. */
export const balancerRequest = (own: Partial<LoadBalancerSettings>, clientToken: string) => ({
  settings: {
    loadBalancerName: 'made-by-a-test',
    addressType: 'Intranet',
    loadBalancerEdition: 'Standard',
    deletionProtectionEnabled: false,
    modificationProtection: 'NonProtection',
    ...own,
  } as const,
  vpcId: 'vpc-local',
  zoneMappings: [
    { zoneId: 'cn-local-a', vSwitchId: 'vsw-local-a' },
    { zoneId: 'cn-local-b', vSwitchId: 'vsw-local-b' },
  ],
  tags: {},
  clientToken,
});

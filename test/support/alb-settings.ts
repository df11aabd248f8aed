/** Settings with the service's defaults, of which a test says only what matters. */
import type { HealthCheckSettings, ListenerSettings, ServerGroupSettings } from '#shared/cloud/alb/port.ts';

const healthCheck: HealthCheckSettings = {
  healthCheckEnabled: false,
  healthCheckProtocol: 'HTTP',
  healthCheckPath: '/',
  healthCheckHost: '$SERVER_IP',
  healthCheckMethod: 'HEAD',
  healthCheckCodes: ['http_2xx'],
  healthCheckHttpVersion: 'HTTP1.1',
  healthCheckConnectPort: 0,
  healthCheckInterval: 2,
  healthCheckTimeout: 5,
  healthyThreshold: 3,
  unhealthyThreshold: 3,
};

export const groupSettings = ({
  healthCheckConfig,
  ...own
}: Partial<Omit<ServerGroupSettings, 'healthCheckConfig'>> & {
  readonly healthCheckConfig?: Partial<HealthCheckSettings>;
} = {}): ServerGroupSettings => ({
  serverGroupName: 'group',
  serviceName: 'service',
  scheduler: 'Wrr',
  ...own,
  healthCheckConfig: { ...healthCheck, ...healthCheckConfig },
});

export const listenerSettings = (own: Partial<ListenerSettings> = {}): ListenerSettings => ({
  listenerDescription: 'made by a test',
  idleTimeout: 15,
  requestTimeout: 60,
  gzipEnabled: true,
  ...own,
});

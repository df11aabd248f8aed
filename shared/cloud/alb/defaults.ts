/** What the service fills in where nothing is said: reading and wishing share it, so that comparing finds nothing (ALB CreateServerGroup). */
import type { HealthCheckSettings } from './port.ts';

/** A check that is off keeps these, whatever was set beside it; a group made elsewhere may come back without what was never set. */
export const healthCheckDefaults: HealthCheckSettings = {
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

/** TLS versions and ciphers of an HTTPS listener that names no policy (ALB CreateListener). */
export const defaultSecurityPolicy = 'tls_cipher_policy_1_0';

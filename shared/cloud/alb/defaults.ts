/** What the service fills in where nothing is said: reading and wishing share it, so that comparing finds nothing (ALB CreateServerGroup). */
import type { ConnectionDrainSettings, HealthCheckSettings, SlowStartSettings, StickySessionSettings } from './port.ts';

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

/** Without stickiness; what is set beside the switch keeps these while it is off. */
export const stickySessionDefaults: StickySessionSettings = {
  stickySessionEnabled: false,
  stickySessionType: 'Insert',
  cookie: '',
  cookieTimeout: 1000,
};

export const connectionDrainDefaults: ConnectionDrainSettings = { connectionDrainEnabled: false, connectionDrainTimeout: 300 };

export const slowStartDefaults: SlowStartSettings = { slowStartEnabled: false, slowStartDuration: 30 };

/** TLS versions and ciphers of an HTTPS listener that names no policy (ALB CreateListener). */
export const defaultSecurityPolicy = 'tls_cipher_policy_1_0';

/** What ALB fills into redirects and rewrites from the request, as it is written: `${host}`, and `${1}` for a group of a regular expression. */
export const variable = (name: string | number): string => `\${${name}}`;

/** Each variable of a request as it is written; the default of the member of the same name (ALB RedirectConfig, RewriteConfig). */
export const requestVariables = {
  protocol: variable('protocol'),
  host: variable('host'),
  port: variable('port'),
  path: variable('path'),
  query: variable('query'),
} as const;

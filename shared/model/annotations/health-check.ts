/** Health-check annotations of an Ingress: they shape every server group made for it. Ranges are those of CreateServerGroup. */
import { type Annotation, albPrefix, type Format } from './annotation.ts';
import { boolean, choice, integer, listOf, textLike } from './formats.ts';

const row = <T>(
  key: string | readonly [string, ...string[]],
  format: Format<T>,
  fallback: T,
  field: string,
  text: string,
): Annotation<T> => {
  const [first, ...others] = typeof key === 'string' ? [key] : key;
  return {
    keys: [`${albPrefix}${first}`, ...others.map((one) => `${albPrefix}${one}`)],
    on: 'Ingress',
    format,
    default: fallback,
    goesTo: `HealthCheckConfig.${field}`,
    text,
  };
};

const mostCodes = 20;

const anyCodes = listOf(
  /^(http_[2-5]xx|\d{1,2}(-\d{1,2})?)$/,
  `a list of http_2xx, http_3xx, http_4xx, http_5xx; for GRPC at most ${mostCodes} codes 0-99 or ranges such as 0-20`,
);

const codes: Format<readonly string[]> = {
  ...anyCodes,
  parse: (text) => {
    const found = anyCodes.parse(text);
    return found !== undefined && found.length <= mostCodes ? found : undefined;
  },
};

/** What each annotation is called here; `undefined` where the default depends on the protocol. */
export const healthCheck = {
  enabled: row(
    'healthcheck-enabled',
    boolean,
    false,
    'HealthCheckEnabled',
    'Probes the servers; off, every registered server gets traffic.',
  ),
  path: row(
    'healthcheck-path',
    textLike(/^\/[A-Za-z0-9\-/.%?#&=_;~!()*[\]@$^:',+]{0,79}$/, '1 to 80 characters, beginning with /'),
    '/',
    'HealthCheckPath',
    'Path that is probed (HTTP, HTTPS, GRPC).',
  ),
  protocol: row(
    'healthcheck-protocol',
    choice('HTTP', 'HTTPS', 'TCP', 'GRPC'),
    'HTTP',
    'HealthCheckProtocol',
    'How servers are probed. TCP only opens a connection.',
  ),
  httpVersion: row(
    'healthcheck-httpversion',
    choice('HTTP1.0', 'HTTP1.1'),
    'HTTP1.1',
    'HealthCheckHttpVersion',
    'Version of the probe (HTTP, HTTPS).',
  ),
  method: row(
    'healthcheck-method',
    choice('HEAD', 'GET', 'POST') as Format<'HEAD' | 'GET' | 'POST' | undefined>, // widened: absent is decided by the protocol
    undefined,
    'HealthCheckMethod',
    'Method of the probe: HEAD by default; POST by default, or GET, for GRPC.',
  ),
  codes: {
    ...row<readonly string[] | undefined>(
      ['healthcheck-code', 'healthcheck-httpcode'],
      codes,
      undefined,
      'HealthCheckCodes',
      'Answers that count as healthy: http_2xx by default, 0 for GRPC.',
    ),
    canonical: `${albPrefix}healthcheck-code`,
  },
  timeout: row('healthcheck-timeout-seconds', integer(1, 300), 5, 'HealthCheckTimeout', 'Seconds until a probe has failed.'),
  interval: row('healthcheck-interval-seconds', integer(1, 50), 2, 'HealthCheckInterval', 'Seconds between probes.'),
  healthy: row('healthy-threshold-count', integer(2, 10), 3, 'HealthyThreshold', 'Successes until a server is healthy.'),
  unhealthy: row('unhealthy-threshold-count', integer(2, 10), 3, 'UnhealthyThreshold', 'Failures until a server is unhealthy.'),
  connectPort: row(
    'healthcheck-connect-port',
    integer(0, 65_535),
    0,
    'HealthCheckConnectPort',
    'Port that is probed; 0 is the port of the server.',
  ),
} as const;

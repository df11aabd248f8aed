/** `HealthCheckConfig` of a server group with the service's defaults filled in (`alb-openapi` 6.6). */
import type { ViewGroup } from '../view.ts';

export interface HealthCheck {
  readonly protocol: string;
  /** Of HTTP and HTTPS probes. */
  readonly httpVersion: '1.0' | '1.1';
  readonly method: string;
  readonly path: string;
  /** `$SERVER_IP` stands for the server's address. */
  readonly host: string;
  /** Families such as `http_2xx`; of gRPC statuses and ranges of them, such as `0-20`. */
  readonly codes: readonly string[];
  /** 0 = the server's own port. */
  readonly connectPort: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

/** What differs for gRPC. */
const ofGrpc = { method: 'POST', codes: ['0'] } as const;
const ofOthers = { method: 'HEAD', codes: ['http_2xx'] } as const;

/** `undefined` when the group is not checked. */
export function healthCheckOf(group: ViewGroup): HealthCheck | undefined {
  const config = group.HealthCheckConfig;
  if (config['HealthCheckEnabled'] !== true) return undefined;
  const text = (name: string, otherwise: string) => (typeof config[name] === 'string' && config[name] !== '' ? config[name] : otherwise);
  const number = (name: string, otherwise: number) => (typeof config[name] === 'number' ? config[name] : otherwise);
  const codes = config['HealthCheckCodes'];
  const protocol = text('HealthCheckProtocol', 'HTTP');
  const defaults = protocol.toUpperCase() === 'GRPC' ? ofGrpc : ofOthers;
  return {
    protocol,
    httpVersion: text('HealthCheckHttpVersion', 'HTTP1.1') === 'HTTP1.0' ? '1.0' : '1.1',
    method: text('HealthCheckMethod', defaults.method),
    path: text('HealthCheckPath', '/'),
    host: text('HealthCheckHost', '$SERVER_IP'),
    codes: Array.isArray(codes) && codes.length > 0 ? codes.map(String) : defaults.codes,
    connectPort: number('HealthCheckConnectPort', 0),
    intervalMs: number('HealthCheckInterval', 2) * 1000,
    timeoutMs: number('HealthCheckTimeout', 5) * 1000,
    healthyThreshold: number('HealthyThreshold', 3),
    unhealthyThreshold: number('UnhealthyThreshold', 3),
  };
}

/** Health-check settings as the service would answer them: what does not apply has the service's default, so that comparing is by value. */
import { healthCheckDefaults } from '#shared/cloud/alb/defaults.ts';
import type { HealthCheckSettings } from '#shared/cloud/alb/port.ts';
import type { Problem } from '#shared/problem.ts';
import { type Annotation, readAnnotation, unused } from './annotations/annotation.ts';
import { healthCheck } from './annotations/health-check.ts';
import { rowsReader, type Values } from './annotations/read-rows.ts';
import { problemOf, refOf } from './object-ref.ts';
import type { Ingress } from './wish.ts';

const readHealthCheck = rowsReader(healthCheck);
type Checks = Values<typeof healthCheck>;

/** Codes of another protocol than the probe's, which the service refuses. */
const strangeCodes = (values: Checks): boolean => {
  const grpc = values.protocol === 'GRPC';
  return (values.codes ?? []).some((code) => code.startsWith('http_') === grpc);
};

function settingsOf(values: Checks): HealthCheckSettings {
  const grpc = values.protocol === 'GRPC';
  const http = values.protocol !== 'TCP';
  return {
    ...healthCheckDefaults,
    healthCheckEnabled: true,
    healthCheckProtocol: values.protocol === 'GRPC' ? 'gRPC' : values.protocol,
    healthCheckPath: http ? values.path : healthCheckDefaults.healthCheckPath,
    healthCheckMethod: http ? (values.method ?? (grpc ? 'POST' : 'HEAD')) : healthCheckDefaults.healthCheckMethod,
    healthCheckCodes: http ? [...(values.codes ?? (grpc ? ['0'] : ['http_2xx']))].sort() : healthCheckDefaults.healthCheckCodes,
    healthCheckHttpVersion: http && !grpc ? values.httpVersion : healthCheckDefaults.healthCheckHttpVersion,
    healthCheckConnectPort: values.connectPort,
    healthCheckInterval: values.interval,
    healthCheckTimeout: values.timeout,
    healthyThreshold: values.healthy,
    unhealthyThreshold: values.unhealthy,
  };
}

const invalid = (ingress: Ingress, row: Annotation<unknown>, value: string, allowed: string): Problem => {
  const annotation = row.keys[0];
  return problemOf('ANNOTATION-INVALID', refOf(ingress), { annotation, value, allowed }, `metadata.annotations[${annotation}]`);
};

const conflicts = (ingress: Ingress, values: Checks): readonly Problem[] => [
  ...(strangeCodes(values) ? [invalid(ingress, healthCheck.codes, (values.codes ?? []).join(','), 'codes of the probe protocol')] : []),
  ...(values.protocol === 'GRPC' && values.method === 'HEAD' ? [invalid(ingress, healthCheck.method, 'HEAD', 'POST or GET for GRPC')] : []),
];

/** The health check that the annotations of an Ingress ask for. While it is off, a refused value is only told. */
export function buildHealthCheck(ingress: Ingress): { readonly settings: HealthCheckSettings; readonly problems: readonly Problem[] } {
  const { values, problems } = readHealthCheck(ingress);
  if (readAnnotation(healthCheck.enabled, ingress).value === false) {
    return { settings: healthCheckDefaults, problems: problems.map((one) => unused(one, `${healthCheck.enabled.keys[0]}: true`)) };
  }
  if (problems.length > 0) return { settings: healthCheckDefaults, problems };
  return { settings: settingsOf(values), problems: conflicts(ingress, values) };
}

/** Every annotation row, for generated documents and for the tests that go through all of them. */
import { type Annotation, albPrefix } from './annotation.ts';
import { albConfigName, legacyClass, listenPorts, order } from './binding.ts';
import { canary } from './canary.ts';
import { cors } from './cors.ts';
import { customFamilies } from './custom-families.ts';
import { healthCheck } from './health-check.ts';
import { legacy } from './legacy.ts';
import { foreignGroups, mode, pathOrder } from './on-albconfig.ts';
import { backendProtocol, rewriteTarget, sslRedirect, useRegex } from './routing.ts';
import { serverGroup } from './server-group.ts';
import { backendLabel, backendType, removeUnscheduled, serverGroupId } from './service.ts';
import { trafficLimit } from './traffic-limit.ts';

/** Rows that are documented together. */
export interface Topic {
  readonly title: string;
  readonly rows: readonly Annotation<unknown>[];
}

/** Every row; a row that is not here is neither documented nor known. */
export const topics: readonly Topic[] = [
  { title: 'Binding and order', rows: [legacyClass, albConfigName, listenPorts, sslRedirect, order] },
  { title: 'Paths', rows: [useRegex, rewriteTarget] },
  { title: 'Rate limits', rows: Object.values(trafficLimit) },
  { title: 'Cross-origin requests', rows: Object.values(cors) },
  { title: 'Canary', rows: Object.values(canary) },
  { title: 'Server groups', rows: [backendProtocol, ...Object.values(serverGroup)] },
  { title: 'Health check', rows: Object.values(healthCheck) },
  { title: 'Services', rows: [backendType, serverGroupId, backendLabel, removeUnscheduled] },
  { title: 'AlbConfigs', rows: [mode, pathOrder, foreignGroups] },
  { title: 'When an AlbConfig is made for an Ingress', rows: Object.values(legacy) },
];

/** The key that is written today, without its prefix: `order`, `kubernetes.io/ingress.class`. */
const canonicalKey = (row: Annotation<unknown>): string => {
  const key = row.canonical ?? row.keys.at(-1) ?? row.keys[0];
  return key.startsWith(albPrefix) ? key.slice(albPrefix.length) : key;
};

/** Every annotation that is honoured, by its canonical key without our prefix; families as `actions.<service>`. */
export const annotationKeys = (): readonly string[] => [
  ...topics.flatMap((topic) => topic.rows).map(canonicalKey),
  ...customFamilies.map((start) => `${start.slice(albPrefix.length)}<service>`),
];

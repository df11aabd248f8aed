/** Every annotation row, for generated documents and for the tests that go through all of them. */
import type { Annotation } from './annotation.ts';
import { albConfigName, legacyClass, listenPorts, order } from './binding.ts';
import { healthCheck } from './health-check.ts';
import { legacy } from './legacy.ts';
import { backendType } from './service.ts';

export interface Topic {
  readonly title: string;
  readonly rows: readonly Annotation<unknown>[];
}

export const topics: readonly Topic[] = [
  { title: 'Binding and order', rows: [legacyClass, albConfigName, listenPorts, order] },
  { title: 'Health check', rows: Object.values(healthCheck) },
  { title: 'Services', rows: [backendType] },
  { title: 'When an AlbConfig is made for an Ingress', rows: Object.values(legacy) },
];

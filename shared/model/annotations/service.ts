/** Annotations of Services that decide how their endpoints become servers. */
import type { Annotation } from './annotation.ts';
import { choice } from './formats.ts';

/** How endpoints are attached. Empty: by the type of the Service. */
export const backendType: Annotation<'eni' | 'ecs' | ''> = {
  keys: ['service.beta.kubernetes.io/backend-type'],
  on: 'Service',
  format: choice<'eni' | 'ecs' | ''>('eni', 'ecs'),
  default: '',
  goesTo: 'Servers.N.ServerType',
  text: '`eni` registers pod addresses; `ecs` registers nodes, which is not supported yet. ClusterIP Services use pod addresses without it.',
};

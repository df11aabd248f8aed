/** Annotations of an AlbConfig itself, besides its fields. */
import type { Mode } from '../stack.ts';
import type { Annotation } from './annotation.ts';
import { choice, listOf } from './formats.ts';

/** Whether an AlbConfig is managed, only watched, or left alone. */
export const mode: Annotation<Mode> = {
  keys: ['albeit.io/mode'],
  on: 'AlbConfig',
  format: choice<Mode>('manage', 'observe', 'paused'),
  default: 'manage',
  goesTo: 'what the functions do',
  text: '`observe`: the chain runs, reports what it would call, and writes nothing. `paused`: nothing is done.',
};

/** In which order the paths of one Ingress are matched. */
export const pathOrder: Annotation<'listed' | 'specific-first'> = {
  keys: ['albeit.io/path-order'],
  on: 'AlbConfig',
  format: choice('listed', 'specific-first'),
  default: 'listed',
  goesTo: 'Rules.N.Priority',
  text: '`listed`: as they stand in the Ingress, as the existing controllers do. `specific-first`: within an Ingress Exact before Prefix and longer before shorter paths, as Kubernetes describes it.',
};

/** Server groups made elsewhere that annotations of Ingresses may name; `*` is any. */
export const foreignGroups: Annotation<readonly string[]> = {
  keys: ['albeit.io/foreign-server-groups'],
  on: 'AlbConfig',
  format: listOf(/^(\*|[A-Za-z0-9-]{1,64})$/, '* or ids of server groups, separated by commas'),
  default: [],
  goesTo: 'ServerGroupTuples.N.ServerGroupId',
  text: 'Ids of server groups that `actions.<service>` may name by id. Ingresses are written by tenants; what belongs to others is named here by who owns the ALB.',
};

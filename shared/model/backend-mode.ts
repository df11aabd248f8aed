/** How a Service's endpoints become servers: the first row that holds (semantics 7.2). */
import { readAnnotation } from './annotations/annotation.ts';
import { backendType } from './annotations/service.ts';
import type { BackendMode } from './members-source.ts';
import type { Service, Site } from './wish.ts';

/** A mode, or why there is none: for the sentence "Service x cannot be reached: ...". */
export type ModeAnswer = { readonly mode: BackendMode; readonly refusal?: never } | { readonly refusal: string; readonly mode?: never };

/** Facts that a mode depends on beside the Service. */
export interface ModeSite extends Pick<Site, 'podAddresses'> {
  readonly groupType: 'Instance' | 'Ip';
}

/** AWS calls `cluster` and `local` instance mode, `eni` IP mode. */
export function backendMode(service: Service, { podAddresses, groupType }: ModeSite): ModeAnswer {
  const { type = 'ClusterIP', externalTrafficPolicy } = service.spec ?? {};
  const { value: wanted, problem } = readAnnotation(backendType, service);
  const key = backendType.keys[0];
  if (type === 'ExternalName') return { refusal: 'it is an ExternalName' };
  if (problem !== undefined) return { refusal: `its annotation ${key} must be one of ${backendType.format.allowed}` };
  if (groupType === 'Ip') return { mode: 'ip' };
  if (wanted === 'eni' || (podAddresses === true && wanted !== 'ecs')) return { mode: 'eni' };
  if (type === 'ClusterIP') {
    return wanted === 'ecs' ? { refusal: `it is of type ClusterIP and has no node ports, but is annotated ${key}: ecs` } : { mode: 'eni' };
  }
  return { mode: externalTrafficPolicy === 'Local' ? 'local' : 'cluster' };
}

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

/** What each mode registers, for people; `alias`: what the AWS load balancer controller calls it. Order: the first that holds is taken. */
export const backendModes: Readonly<
  Record<BackendMode, { readonly when: string; readonly servers: string; readonly weight: string; readonly alias: string }>
> = {
  ip: {
    when: 'the Ingress has `server-group-type: Ip`',
    servers: 'addresses of endpoints as they are (Ip), with the port of the endpoint',
    weight: '100',
    alias: 'ip',
  },
  eni: {
    when: 'the Service has `backend-type: eni`, or is of type ClusterIP (headless or not), or the installation says so and the Service does not say `ecs`',
    servers: 'pods by the network interfaces that hold their addresses (Eni), with the port of the pod',
    weight: '100',
    alias: 'ip',
  },
  local: {
    when: 'type NodePort or LoadBalancer with `externalTrafficPolicy: Local`',
    servers: 'nodes that have a pod (Ecs), with the node port; pods on virtual nodes as with `eni`',
    weight: 'the number of pods on the node, at most 100; 1 for a pod on a virtual node',
    alias: 'instance',
  },
  cluster: {
    when: 'type NodePort or LoadBalancer otherwise',
    servers: 'all nodes (Ecs), with the node port; pods on virtual nodes as with `eni`',
    weight: '100',
    alias: 'instance',
  },
};

/** AWS calls `cluster` and `local` instance mode, `eni` and `ip` IP mode. */
export function backendMode(service: Service, { podAddresses, groupType }: ModeSite): ModeAnswer {
  const { type = 'ClusterIP', externalTrafficPolicy } = service.spec ?? {};
  const { value: wanted, problem } = readAnnotation(backendType, service);
  const key = backendType.keys[0];
  if (type === 'ExternalName') return { refusal: 'it is an ExternalName' };
  if (problem !== undefined) return { refusal: `its annotation ${key} must be one of ${backendType.format.allowed}` };
  if (groupType === 'Ip') return { mode: 'ip' };
  if (wanted === 'eni' || (podAddresses === true && wanted !== 'ecs')) return { mode: 'eni' };
  if (type === 'ClusterIP') {
    return wanted === 'ecs'
      ? {
          refusal: `it is of type ClusterIP and has no node ports (cluster service type just support eni mode), but is annotated ${key}: ecs`,
        }
      : { mode: 'eni' };
  }
  return { mode: externalTrafficPolicy === 'Local' ? 'local' : 'cluster' };
}

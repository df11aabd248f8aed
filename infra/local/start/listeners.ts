/** Which listeners are open, and whose they are. */
import { pseudoNamespace, tagKeys } from '#shared/ownership.ts';
import { type AlbDoorState, type OpenListener, readDoor } from './doors.ts';

export interface KnownListener extends OpenListener {
  /** Name of the AlbConfig; empty for a load balancer that is not ours. */
  readonly albConfig: string;
}

function albConfigOf(state: AlbDoorState, loadBalancerId: string): string {
  const tags = state.loadBalancers.find((one) => one.LoadBalancerId === loadBalancerId)?.Tags ?? [];
  const tag = tags.find((one) => one.Key === tagKeys.albConfig)?.Value ?? '';
  return tag.startsWith(`${pseudoNamespace}/`) ? tag.slice(pseudoNamespace.length + 1) : '';
}

export async function readListeners(albUrl: string): Promise<readonly KnownListener[]> {
  const state = await readDoor<AlbDoorState>(albUrl, '/_/state');
  return state.dataPlane.map(({ loadBalancerId, listenerId, protocol, port, url }) => ({
    albConfig: albConfigOf(state, loadBalancerId),
    loadBalancerId,
    listenerId,
    protocol,
    port,
    url,
  }));
}

/** Which Pods a readiness gate of ours holds back, and how they are. */
import type { ServiceKey } from '#events/contract/messages.ts';
import type { Endpoint } from '#shared/model/endpoint.ts';
import { gatesOf, type Pod, unmetGates } from '#shared/model/readiness-gates.ts';
import { eachLimited } from '#shared/step/each-limited.ts';
import type { GateReads } from './reads.ts';

/** Pods at once. */
export const parallel = 8;

/** Pods of endpoints that neither answer nor leave: what a closed gate looks like in an EndpointSlice, whatever a Service publishes. */
export const waitingPods = (endpoints: readonly Endpoint[]): ReadonlySet<string> =>
  new Set(endpoints.flatMap((one) => (one.podName !== '' && !one.serving && !one.terminating ? [one.podName] : [])));

export const areContainersReady = ({ status }: Pod): boolean =>
  (status?.conditions ?? []).some((one) => one.type === 'ContainersReady' && one.status === 'True');

export const isLeaving = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;

/** None of its gates is open: closing it changes nothing. */
export const isShut = (pod: Pod): boolean => unmetGates(pod).length === gatesOf(pod).length;

/** Those of these Pods that have a gate of ours. Nothing is read in a namespace that did not opt in. */
export async function readGated({ namespace }: ServiceKey, names: ReadonlySet<string>, reads: GateReads): Promise<readonly Pod[]> {
  if (names.size === 0 || !(await reads.optedIn(namespace))) return [];
  const pods: Pod[] = [];
  await eachLimited([...names], parallel, async (name) => {
    const pod = await reads.pod(namespace, name);
    if (pod !== undefined && gatesOf(pod).length > 0) pods.push(pod);
  });
  return pods;
}

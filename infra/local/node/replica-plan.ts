/** What a ReplicaSet must do next: Pods to create, Pods to delete, and its status. Pure. */
import { type Condition, conditionOf, controllerOf, ownerReference, type Pod, type ReplicaSet, type ReplicaSetStatus } from './objects.ts';
import { ordinalSuffix } from './template-hash.ts';

export interface ReplicaPlan {
  readonly create: readonly Pod[];
  readonly remove: readonly Pod[];
  readonly status: ReplicaSetStatus;
  /** When a Pod will have been ready for long enough to count as available, ms from now. */
  readonly lookAgainMs: number | undefined;
}

const ready = (pod: Pod): Condition | undefined => {
  const condition = conditionOf(pod.status?.conditions, 'Ready');
  return condition?.status === 'True' ? condition : undefined;
};

const ending = (pod: Pod): boolean => pod.metadata.deletionTimestamp !== undefined;
const over = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

/** Milliseconds until a Pod counts as available; 0 when it does, `undefined` while it is not ready. */
function untilAvailable(pod: Pod, minReadySeconds: number, nowMs: number): number | undefined {
  const condition = ready(pod);
  if (condition === undefined) return undefined;
  if (minReadySeconds === 0) return 0;
  return Math.max(0, (Date.parse(condition.lastTransitionTime ?? '') || nowMs) + minReadySeconds * 1000 - nowMs);
}

/** Least useful first: not bound, not ready, then the youngest. */
function byUse(a: Pod, b: Pod): number {
  const rank = (pod: Pod) => (pod.spec.nodeName === undefined ? 0 : 1) + (ready(pod) === undefined ? 0 : 2);
  const age = (pod: Pod) => pod.metadata.creationTimestamp ?? '';
  return rank(a) - rank(b) || (age(a) < age(b) ? 1 : age(a) > age(b) ? -1 : 0) || (a.metadata.name < b.metadata.name ? 1 : -1);
}

function newPod(set: ReplicaSet, name: string): Pod {
  const { template } = set.spec;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...template.metadata, name, namespace: set.metadata.namespace ?? '', ownerReferences: [ownerReference(set, 'ReplicaSet')] },
    spec: template.spec,
  };
}

function newPods(set: ReplicaSet, count: number, taken: ReadonlySet<string>): readonly Pod[] {
  const pods: Pod[] = [];
  for (let ordinal = 0; pods.length < count; ordinal++) {
    const name = `${set.metadata.name}-${ordinalSuffix(set.metadata.uid ?? '', ordinal)}`;
    if (!taken.has(name)) pods.push(newPod(set, name));
  }
  return pods;
}

/** `pods` are all of its namespace; only those it owns count. `retired` are names of Pods that have gone: no name comes twice. */
export function planReplicas(set: ReplicaSet, pods: readonly Pod[], nowMs: number, retired: ReadonlySet<string> = new Set()): ReplicaPlan {
  const owned = pods.filter((pod) => controllerOf(pod)?.uid === set.metadata.uid);
  const active = owned.filter((pod) => !ending(pod) && !over(pod));
  const wanted = set.metadata.deletionTimestamp === undefined ? (set.spec.replicas ?? 1) : active.length;
  const waits = active.map((pod) => untilAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs)).filter((ms) => ms !== undefined);
  const pending = waits.filter((ms) => ms > 0);
  return {
    create: newPods(set, wanted - active.length, new Set([...retired, ...owned.map((pod) => pod.metadata.name)])),
    remove: active.toSorted(byUse).slice(0, Math.max(0, active.length - wanted)),
    status: {
      replicas: active.length,
      fullyLabeledReplicas: active.length,
      readyReplicas: waits.length,
      availableReplicas: waits.length - pending.length,
      observedGeneration: set.metadata.generation ?? 0,
    },
    lookAgainMs: pending.length === 0 ? undefined : Math.min(...pending),
  };
}

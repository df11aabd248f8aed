/** Scheduler: binds each Pod to a node that takes it. A Pod that none takes waits until a node changes. */
import type { Followed } from './follow.ts';
import type { Pod } from './objects.ts';
import { type NodeObject, placeFor } from './placement.ts';
import type { PodCalls } from './pod-calls.ts';

export interface SchedulerParts {
  readonly calls: Pick<PodCalls, 'bind'>;
  readonly pods: Pick<Followed<Pod>, 'all'>;
  /** Nodes as people have set them: labels, taints, cordon. */
  readonly nodes: Pick<Followed<NodeObject>, 'all'>;
  readonly note: (action: string, pod: Pod, facts?: Readonly<Record<string, string>>) => void;
}

const over = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

export class Scheduler {
  readonly #parts: SchedulerParts;
  /** Nodes of Pods that were bound just now, by uid, until the watch says it. */
  readonly #bound = new Map<string, string>();

  constructor(parts: SchedulerParts) {
    this.#parts = parts;
  }

  /** Binds a Pod that is bound to no node. Another scheduler's Pods are its own business. */
  async place(pod: Pod): Promise<void> {
    const { calls, nodes, note } = this.#parts;
    if ((pod.spec.schedulerName ?? 'default-scheduler') !== 'default-scheduler' || pod.metadata.deletionTimestamp !== undefined) return;
    const node = placeFor(pod, nodes.all(), this.#countPods());
    if (node === undefined) return note('Unschedulable', pod);
    const uid = pod.metadata.uid ?? '';
    this.#bound.set(uid, node);
    await calls.bind(pod, node).catch((error: unknown) => {
      this.#bound.delete(uid);
      throw error;
    });
    note('Bind', pod, { node });
  }

  /** How many Pods stand on a node, those included whose binding is not seen yet. */
  #countPods(): (node: string) => number {
    const counts = new Map<string, number>();
    const waiting = new Set<string>();
    for (const pod of this.#parts.pods.all()) {
      const uid = pod.metadata.uid ?? '';
      const node = pod.spec.nodeName || this.#bound.get(uid);
      if (!pod.spec.nodeName) waiting.add(uid);
      if (node !== undefined && !over(pod)) counts.set(node, (counts.get(node) ?? 0) + 1);
    }
    for (const uid of [...this.#bound.keys()]) if (!waiting.has(uid)) this.#bound.delete(uid);
    return (node) => counts.get(node) ?? 0;
  }
}

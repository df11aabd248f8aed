/** Scheduler: binds each Pod to a node that takes it. A Pod that none takes waits until a node changes. */
import type { Kube } from '#shared/kube/port.ts';
import type { Followed } from './follow.ts';
import { conditionOf, keepTransition, nameOf, type Pod, timestamp } from './objects.ts';
import { type NodeObject, placeFor } from './placement.ts';
import type { PodCalls } from './pod-calls.ts';

export interface SchedulerParts {
  readonly kube: Pick<Kube, 'mergePatch'>;
  readonly calls: Pick<PodCalls, 'bind'>;
  readonly pods: Pick<Followed<Pod>, 'all'>;
  /** Nodes as people have set them: labels, taints, cordon. */
  readonly nodes: Pick<Followed<NodeObject>, 'all'>;
  readonly now: () => number;
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
    if (node === undefined) return this.#sayWhy(pod);
    const uid = pod.metadata.uid ?? '';
    this.#bound.set(uid, node);
    await calls.bind(pod, node).catch((error: unknown) => {
      this.#bound.delete(uid);
      throw error;
    });
    note('Bind', pod, { node });
  }

  /** In the words of the real scheduler, once; a conflict is left to the pass that follows the newer version. */
  async #sayWhy(pod: Pod): Promise<void> {
    const { kube, nodes, now, note } = this.#parts;
    const before = pod.status?.conditions ?? [];
    if (conditionOf(before, 'PodScheduled')?.status === 'False') return;
    const message = `0/${nodes.all().length} nodes are available: labels, taints or cordons keep this Pod from all of them`;
    const said = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message };
    const conditions = [...before.filter(({ type }) => type !== 'PodScheduled'), keepTransition(said, before, timestamp(now()))];
    const { resourceVersion } = pod.metadata;
    await kube.mergePatch(nameOf(pod, 'Pod'), { metadata: { resourceVersion }, status: { conditions } }, 'status');
    note('Unschedulable', pod);
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

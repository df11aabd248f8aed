/**
 * Pods that wait for a readiness gate of ours, in namespaces that opted in. EndpointSlices never say that one is due (`ready` and `serving`
 * are false until the gate is open), so Pods are watched; of those that wait for nothing, nothing is kept.
 */

import type { KubeObject } from '#shared/kube/port.ts';
import { isDue, type Pod, unmetGates } from '#shared/model/readiness-gates.ts';
import { selects } from '#shared/model/selector.ts';
import { digest } from './digest.ts';
import type { Change } from './reflector.ts';

export interface PodFacts {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly digest: string;
}

/** A Pod that does not wait for us: all alike. */
export type Waiting = PodFacts | undefined;

/** What our own reports about a Pod do not change: a condition that says why it still waits is no news. */
export function projectPod(object: KubeObject): { readonly due: Waiting } {
  // The API server has checked it against the schema of Pods.
  const pod = object as Pod;
  if (!isDue(pod)) return notDue;
  const { namespace = '', name, labels = {}, uid } = pod.metadata;
  return { due: { namespace, name, labels, digest: digest(uid, labels, unmetGates(pod), pod.status?.podIP) } };
}

const notDue = { due: undefined } as const;

export class DuePods {
  readonly #byNamespace = new Map<string, Map<string, PodFacts>>();

  /** The Pod when it has come to wait for us, or waits under other labels; one of a first list too, for a resync does not look at Pods. */
  pod({ before, after }: Change<{ readonly due: Waiting }>): Waiting {
    if (before?.due !== undefined) this.#forget(before.due);
    const due = after?.due;
    if (due === undefined) return undefined;
    const known = this.#byNamespace.get(due.namespace) ?? new Map<string, PodFacts>();
    this.#byNamespace.set(due.namespace, known.set(due.name, due));
    return before?.due?.digest === due.digest ? undefined : due;
  }

  /** Whether a selector takes a Pod of the namespace that waits. */
  isTaken(namespace: string, selector: Readonly<Record<string, string>> | undefined): boolean {
    for (const { labels } of this.#byNamespace.get(namespace)?.values() ?? []) if (selects(selector, labels)) return true;
    return false;
  }

  /** The namespace opted out. */
  forgetAll(namespace: string): void {
    this.#byNamespace.delete(namespace);
  }

  #forget({ namespace, name }: PodFacts): void {
    const known = this.#byNamespace.get(namespace);
    known?.delete(name);
    if (known?.size === 0) this.#byNamespace.delete(namespace);
  }
}

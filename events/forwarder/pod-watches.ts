/** Pods are followed in the namespaces that opted in to readiness gates, a watch each: elsewhere they are none of our business. */
import { gatesLabel } from '#shared/model/readiness-gates.ts';
import { projectPod } from './due-pods.ts';
import { type Followed, type FollowMeans, follow } from './followed.ts';
import type { Routing, Target } from './routing.ts';

/** A Pod is some 10 KB. */
const pageSize = 100;

export interface PodWatchesOptions {
  readonly routing: Routing;
  readonly means: FollowMeans;
  readonly tell: (targets: readonly Target[], version: string) => void;
}

export class PodWatches {
  readonly #options: PodWatchesOptions;
  readonly #namespaces: Followed;
  readonly #pods = new Map<string, Followed>();

  constructor(options: PodWatchesOptions) {
    this.#options = options;
    this.#namespaces = follow(
      {
        kind: 'Namespace',
        scope: { labelSelector: `${gatesLabel.key}=${gatesLabel.value}` },
        metadataOnly: true,
        project: ({ metadata }) => metadata.name,
        changed: ({ before, after }) => {
          if (after === undefined) this.#leave(before ?? '');
          else this.#join(after);
        },
        listed: () => undefined,
        grant: 'without it no Pod with a readiness gate becomes ready: let ClusterRole albeit-forwarder list and watch namespaces',
      },
      options.means,
    );
  }

  get state() {
    const pods = [...this.#pods.values()];
    return [
      { kind: 'Namespace' as const, synced: this.#namespaces.isSynced, objects: this.#namespaces.size },
      { kind: 'Pod' as const, synced: pods.every((one) => one.isSynced), objects: pods.reduce((sum, { size }) => sum + size, 0) },
    ];
  }

  run(): void {
    this.#namespaces.run();
  }

  #join(namespace: string): void {
    if (this.#pods.has(namespace)) return;
    const { routing, means, tell } = this.#options;
    const followed = follow(
      {
        kind: 'Pod',
        scope: { namespace },
        metadataOnly: false,
        pageSize,
        project: projectPod,
        changed: (change) => tell(routing.pod(change), change.version),
        listed: () => undefined,
        grant: `its Pods wait for readiness gates: bind ClusterRole albeit-forwarder-readiness-gates in namespace ${namespace}`,
      },
      means,
    );
    this.#pods.set(namespace, followed);
    followed.run();
  }

  #leave(namespace: string): void {
    this.#pods.get(namespace)?.stop();
    this.#pods.delete(namespace);
    this.#options.routing.podsForgotten(namespace);
  }
}

/** Nodes are followed only while a Service of ours has nodes for servers: each tells its state several times a minute, to whoever listens. */
import { type Node, nodeFactsOf } from '#shared/model/nodes.ts';
import { type Followed, type FollowMeans, follow } from './followed.ts';
import type { Routing, Target } from './routing.ts';

/** A Node is some 10 KB, most of it names of images. */
const pageSize = 100;

export interface NodeWatchOptions {
  readonly routing: Routing;
  readonly means: FollowMeans;
  readonly tell: (targets: readonly Target[], version: string) => void;
  /** The first list is complete, or has failed once. */
  readonly settled: () => void;
}

export class NodeWatch {
  readonly #options: NodeWatchOptions;
  #followed: Followed | undefined;
  #failed = false;

  constructor(options: NodeWatchOptions) {
    this.#options = options;
  }

  /** Nodes are listed, or cannot be, or are not needed: nobody has to wait for them. */
  get isSettled(): boolean {
    return this.#followed === undefined || this.#followed.isSynced || this.#failed;
  }

  get state() {
    return { kind: 'Node' as const, synced: this.#followed?.isSynced ?? true, objects: this.#followed?.size ?? 0 };
  }

  /** Starts or stops, where who needs nodes has changed. */
  review(): void {
    const { routing, settled } = this.#options;
    if (routing.needsNodes === (this.#followed !== undefined)) return;
    if (this.#followed === undefined) {
      this.#failed = false;
      this.#followed = this.#start();
      this.#followed.run();
      return;
    }
    this.#followed.stop();
    this.#followed = undefined;
    routing.nodesForgotten();
    settled();
  }

  #start(): Followed {
    const { routing, means, tell, settled } = this.#options;
    return follow(
      {
        kind: 'Node',
        metadataOnly: false,
        pageSize,
        project: (object) => nodeFactsOf(object as Node), // checked by the API server against the schema of Nodes
        changed: (change) => tell(routing.node(change), change.version),
        listed: () => {
          tell(routing.nodesListed(), '');
          settled();
        },
        failed: () => {
          this.#failed = true;
          settled();
        },
        grant: 'Services with node ports follow nodes: let ClusterRole albeit-forwarder list and watch nodes',
      },
      means,
    );
  }
}

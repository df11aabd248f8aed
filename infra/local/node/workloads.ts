/** Deployment and ReplicaSet controller, for a Kubernetes API that has none: carries out what the two plans say. */
import { isDeepStrictEqual } from 'node:util';
import type { Kube, KubeObject } from '#shared/kube/port.ts';
import type { Transport } from '#shared/kube/transport.ts';
import { type Change, type Followed, follow } from './follow.ts';
import { controllerOf, type Deployment, nameOf, type Pod, type ReplicaSet } from './objects.ts';
import { planReplicas } from './replica-plan.ts';
import { currentSet, planRollout, revisionAnnotation, revisionOf } from './rollout.ts';
import { rolloutStatus } from './rollout-status.ts';
import { createWorkQueue, type WorkQueue } from './work-queue.ts';

export interface Workloads {
  /** To be told of every change of a Pod. */
  podChanged(change: Change<Pod>): void;
  failures(): Readonly<Record<string, string>>;
  stop(): void;
}

interface Parts {
  readonly kube: Kube;
  readonly transport: Transport;
  /** Followed by the node anyway. */
  readonly pods: Followed<Pod>;
  readonly signal: AbortSignal;
}

/** Counts that are zero are left out by the API. */
const withoutZeros = (status: object | undefined): object =>
  Object.fromEntries(Object.entries(status ?? {}).filter(([, value]) => value !== 0 && value !== undefined));

const sameStatus = (known: object | undefined, next: object): boolean => {
  const { conditions: a = [], ...one } = withoutZeros(known) as { readonly conditions?: readonly { readonly type: string }[] };
  const { conditions: b = [], ...other } = withoutZeros(next) as { readonly conditions?: readonly { readonly type: string }[] };
  const sorted = (list: typeof a) => list.toSorted((x, y) => (x.type < y.type ? -1 : 1));
  return isDeepStrictEqual(one, other) && isDeepStrictEqual(sorted(a), sorted(b));
};

class Controller {
  readonly #kube: Kube;
  readonly #deployments: Followed<Deployment>;
  readonly #sets: Followed<ReplicaSet>;
  readonly #pods: Followed<Pod>;
  /** Pods that were told to go, until the watch says that they do: choosing another one would be one too many. */
  readonly #going = new Set<string>();
  /** Names of Pods that have gone, by the uid of their ReplicaSet. */
  readonly #retired = new Map<string, Set<string>>();
  readonly queue: WorkQueue;

  constructor({ kube, transport, pods, signal }: Parts) {
    this.#kube = kube;
    this.#pods = pods;
    this.queue = createWorkQueue({ run: (key) => this.#sync(key), parallel: 4 });
    this.#sets = follow<ReplicaSet>({
      ...{ transport, signal, kind: 'ReplicaSet' },
      changed: ({ key, before, now }) => {
        if (now === undefined) this.#retired.delete(before?.metadata.uid ?? '');
        this.queue.add(`ReplicaSet/${key}`);
        this.#wakeOwner(now ?? before, 'Deployment');
      },
    });
    this.#deployments = follow<Deployment>({
      ...{ transport, signal, kind: 'Deployment' },
      changed: ({ key }) => this.queue.add(`Deployment/${key}`),
    });
  }

  podChanged({ before, now }: Change<Pod>): void {
    if (now === undefined || now.metadata.deletionTimestamp !== undefined) this.#going.delete((now ?? before)?.metadata.uid ?? '');
    if (now === undefined && before !== undefined) this.#retire(before);
    this.#wakeOwner(now ?? before, 'ReplicaSet');
  }

  #retire(pod: Pod): void {
    const owner = controllerOf(pod);
    // A set that has gone itself makes no more Pods.
    if (owner === undefined || this.#sets.get(`${pod.metadata.namespace}/${owner.name}`)?.metadata.uid !== owner.uid) return;
    this.#retired.set(owner.uid, (this.#retired.get(owner.uid) ?? new Set()).add(pod.metadata.name));
  }

  #wakeOwner(object: KubeObject | undefined, kind: string): void {
    const owner = object === undefined ? undefined : controllerOf(object);
    if (owner?.kind === kind) this.queue.add(`${kind}/${object?.metadata.namespace ?? ''}/${owner.name}`);
  }

  async #sync(key: string): Promise<void> {
    // Before the first lists, everything would seem to be missing.
    await Promise.all([this.#deployments.synced, this.#sets.synced, this.#pods.synced]);
    const at = key.slice(key.indexOf('/') + 1);
    const deployment = key.startsWith('Deployment/') ? this.#deployments.get(at) : undefined;
    const set = key.startsWith('ReplicaSet/') ? this.#sets.get(at) : undefined;
    if (deployment !== undefined && deployment.metadata.deletionTimestamp === undefined) await this.#syncDeployment(deployment);
    if (set !== undefined) await this.#syncSet(set, key);
  }

  async #syncDeployment(deployment: Deployment): Promise<void> {
    const sets = this.#sets.all().filter((set) => controllerOf(set)?.uid === deployment.metadata.uid);
    const plan = planRollout(deployment, sets);
    if (plan.create !== undefined) await this.#kube.create(plan.create);
    // With its version: a count that was decided on an older state must not overwrite a newer one.
    for (const { set, replicas } of plan.scale) await this.#patch(set, 'ReplicaSet', { spec: { replicas } });
    for (const set of plan.remove) await this.#kube.remove(nameOf(set, 'ReplicaSet'), set.metadata.resourceVersion);
    await this.#number(deployment, currentSet(deployment, sets), plan.revision);
    const status = rolloutStatus(deployment, sets, Date.now());
    if (!sameStatus(deployment.status, status)) await this.#patchStatus(deployment, 'Deployment', status);
  }

  /** Writes the revision where kubectl looks for it. */
  async #number(deployment: Deployment, current: ReplicaSet | undefined, revision: number): Promise<void> {
    const annotations = { [revisionAnnotation]: String(revision) };
    if (current !== undefined && revisionOf(current) !== revision) await this.#patch(current, 'ReplicaSet', { metadata: { annotations } });
    if (deployment.metadata.annotations?.[revisionAnnotation] === String(revision)) return;
    await this.#kube.mergePatch(nameOf(deployment, 'Deployment'), { metadata: { annotations } });
  }

  async #syncSet(set: ReplicaSet, key: string): Promise<void> {
    const pods = this.#pods
      .all()
      .filter((pod) => pod.metadata.namespace === set.metadata.namespace && !this.#going.has(pod.metadata.uid ?? ''));
    const plan = planReplicas(set, pods, Date.now(), this.#retired.get(set.metadata.uid ?? ''));
    await Promise.all(plan.create.map((pod) => this.#kube.create(pod)));
    for (const pod of plan.remove) {
      this.#going.add(pod.metadata.uid ?? '');
      await this.#kube.remove(nameOf(pod, 'Pod'));
    }
    if (plan.lookAgainMs !== undefined) this.queue.add(key, plan.lookAgainMs);
    if (!sameStatus(set.status, plan.status)) await this.#patchStatus(set, 'ReplicaSet', plan.status);
  }

  async #patch(object: ReplicaSet, kind: 'ReplicaSet', patch: { readonly spec?: object; readonly metadata?: object }): Promise<void> {
    const metadata = { ...patch.metadata, resourceVersion: object.metadata.resourceVersion };
    await this.#kube.mergePatch(nameOf(object, kind), { ...patch, metadata });
  }

  /** A conflict is left to the pass that follows the newer version. */
  async #patchStatus(object: KubeObject, kind: 'ReplicaSet' | 'Deployment', status: object): Promise<void> {
    const metadata = { resourceVersion: object.metadata.resourceVersion };
    await this.#kube.mergePatch(nameOf(object, kind), { metadata, status }, 'status');
  }
}

/** Starts both controllers. */
export function startWorkloads(parts: Parts): Workloads {
  const controller = new Controller(parts);
  return {
    podChanged: (change) => controller.podChanged(change),
    failures: () => controller.queue.failures(),
    stop: () => controller.queue.stop(),
  };
}

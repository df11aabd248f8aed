/**
 * A Deployment on the test's clock, with what Kubernetes does for it: pods start, are ready once their gates are met, are replaced a few at
 * a time, and go on answering for a while after they were told to end. EndpointSlices follow, and what the forwarder would ask for is asked.
 */
import type { ObjectName } from '#shared/kube/port.ts';
import { podInterface } from './local-alb.ts';
import { type PodApp, startPodApp } from './pod-app.ts';
import type { Routed } from './routed.ts';
import { sliceOf } from './world-pods.ts';

export interface DeploymentDraft {
  readonly service: string;
  readonly replicas: number;
  readonly maxSurge: number;
  readonly maxUnavailable: number;
  /** From its creation until its containers are ready. */
  readonly startMs: number;
  /** How long a pod goes on as before after it was told to end; then it finishes what it was asked and ends. */
  readonly preStopMs: number;
  /** Condition types that a pod waits for. */
  readonly gates?: readonly string[];
}

/** Forwarder, queue and trigger. */
const deliverySeconds = 0.3;

interface Condition {
  readonly type: string;
  readonly status: string;
}

interface Replica {
  readonly name: string;
  readonly revision: number;
  readonly ip: string;
  readonly startedAt: number;
  readonly app: PodApp;
  containersReady: boolean;
  ready: boolean;
  deletedAt: number | undefined;
  /** Its program has been told to end. */
  ending: boolean;
  ended: boolean;
}

export class RollingDeployment {
  readonly #shop: Routed;
  readonly #draft: DeploymentDraft;
  #replicas: Replica[] = [];
  #started = 0;
  #revision = 1;
  #slices = '';
  /** It writes to the API server itself just now, as kubelet and controllers do. */
  writing = false;
  /** The smallest number of ready pods since the first rollout ended. */
  leastReady = Number.POSITIVE_INFINITY;

  constructor(shop: Routed, draft: DeploymentDraft) {
    this.#shop = shop;
    this.#draft = draft;
  }

  /** Before its first step. */
  async announce(): Promise<void> {
    await this.#shop.announce(() => this.#replicas.map((one) => podInterface(`eni-${one.name}`, one.ip, { socket: one.app.socket })));
  }

  /** Another template: from now on its pods are to be replaced. */
  roll(): void {
    this.#revision += 1;
    this.leastReady = this.#ready().length;
  }

  /** Every pod is of the present template and ready, and nothing else is left. */
  get rolledOut(): boolean {
    return (
      this.#replicas.length === this.#draft.replicas &&
      this.#replicas.every((one) => one.revision === this.#revision && one.ready && !leaves(one))
    );
  }

  get addresses(): readonly string[] {
    return this.#replicas.map((one) => one.ip).sort();
  }

  /** What everybody would have done by now. */
  async step(): Promise<void> {
    this.writing = true;
    await this.#step();
    this.writing = false;
  }

  async #step(): Promise<void> {
    for (const one of this.#replicas) await this.#keepPod(one);
    const ended = this.#replicas.filter((one) => one.ended);
    for (const one of ended) await this.#shop.bench.kube.remove(nameOf(one));
    this.#replicas = this.#replicas.filter((one) => !one.ended);
    await this.#replace();
    if (this.#revision > 1) this.leastReady = Math.min(this.leastReady, this.#ready().length);
    await this.#tellSlices();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#replicas.map((one) => one.app.kill()));
  }

  #ready(): readonly Replica[] {
    return this.#replicas.filter((one) => one.ready && !leaves(one));
  }

  get #now(): number {
    return this.#shop.bench.alb.clock.now();
  }

  /** Kubelet: conditions as they have become, and the end of a pod that was told to. */
  async #keepPod(one: Replica): Promise<void> {
    const { startMs, preStopMs, gates = [], service } = this.#draft;
    const { kube } = this.#shop.bench;
    if (one.deletedAt !== undefined && !one.ending && this.#now >= one.deletedAt + preStopMs) {
      one.ending = true;
      one.app.finish().then(() => {
        one.ended = true;
      });
    }
    const pod = await kube.get<KubePod>(nameOf(one));
    const told = pod?.status?.conditions ?? [];
    const containersReady = this.#now >= one.startedAt + startMs && !one.ending;
    const ready =
      containersReady && gates.every((type) => told.some((condition) => condition.type === type && condition.status === 'True'));
    if (containersReady === one.containersReady && ready === one.ready) return;
    Object.assign(one, { containersReady, ready });
    const mine: readonly Condition[] = [condition('ContainersReady', containersReady), condition('Ready', ready)];
    const conditions = [...told.filter(({ type }) => !mine.some((other) => other.type === type)), ...mine];
    await kube.mergePatch(nameOf(one), { status: { podIP: one.ip, conditions } }, 'status');
    // A pod that waits for its gate alone is in no slice as ready: the watch of pods wakes the lane.
    if (containersReady && !ready) this.#shop.bench.membersChanged('shop', service, { delaySeconds: deliverySeconds });
  }

  /** Deployment controller. */
  async #replace(): Promise<void> {
    const { replicas, maxSurge, maxUnavailable } = this.#draft;
    const staying = this.#replicas.filter((one) => !leaves(one));
    const fresh = staying.filter((one) => one.revision === this.#revision).length;
    const room = Math.min(replicas - fresh, replicas + maxSurge - staying.length);
    for (let times = 0; times < room; times++) await this.#create();
    const old = staying.filter((one) => one.revision !== this.#revision);
    // Those that answer nobody go first, and for nothing.
    const idle = old.filter((one) => !one.ready);
    const spare = Math.max(0, this.#ready().length - (replicas - maxUnavailable));
    for (const one of [...idle, ...old.filter((mine) => mine.ready).slice(0, spare)]) one.deletedAt = this.#now;
  }

  async #create(): Promise<void> {
    const { service, gates = [] } = this.#draft;
    const index = this.#started;
    this.#started += 1;
    const name = `${service}-r${this.#revision}-${index}`;
    const app = await startPodApp({ service, pod: name }, this.#shop.bench.alb.clock);
    const ip = `10.66.${index >> 8}.${(index & 255) + 1}`;
    const state = { containersReady: false, ready: false, deletedAt: undefined, ending: false, ended: false };
    this.#replicas.push({ name, revision: this.#revision, ip, startedAt: this.#now, app, ...state });
    const spec = { containers: [{ name: 'app' }], readinessGates: gates.map((conditionType) => ({ conditionType })) };
    await this.#shop.bench.kube.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'shop', labels: { app: service } },
      spec,
    } satisfies KubePod);
    await this.#shop.bench.kube.mergePatch(nameOf({ name }), { status: { podIP: ip } }, 'status');
  }

  /** Endpoint-slice controller. */
  async #tellSlices(): Promise<void> {
    const { service } = this.#draft;
    const { bench } = this.#shop;
    const pods = this.#replicas.map((one) => ({
      ...{ name: one.name, node: '', outside: false, addresses: [{ family: 'IPv4', ip: one.ip } as const] },
      conditions: { ready: one.ready && !leaves(one), serving: one.ready, terminating: leaves(one) },
    }));
    const text = JSON.stringify(pods);
    if (text === this.#slices) return;
    this.#slices = text;
    const slice = sliceOf('shop', service, 'IPv4', pods);
    await this.#shop.announce();
    const name: ObjectName = { kind: 'EndpointSlice', namespace: 'shop', name: slice.metadata.name };
    if ((await bench.kube.get(name)) === undefined) await bench.kube.create(slice);
    else await bench.kube.mergePatch(name, { endpoints: slice.endpoints });
    bench.membersChanged('shop', service, { delaySeconds: deliverySeconds });
  }
}

interface KubePod {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: object;
  readonly status?: { readonly conditions?: readonly Condition[] };
}

const leaves = (one: Replica): boolean => one.deletedAt !== undefined;
const nameOf = ({ name }: { readonly name: string }): ObjectName => ({ kind: 'Pod', namespace: 'shop', name });
const condition = (type: string, holds: boolean): Condition => ({ type, status: holds ? 'True' : 'False' });

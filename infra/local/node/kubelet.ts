/**
 * Kubelet of every node: runs Pods, reports their status, ends them. Every pass looks at one Pod as it is now, so
 * it does not matter which events led there, or whether the node was restarted in between.
 */
import type { Kube } from '#shared/kube/port.ts';
import type { LocalInterface } from '../alb/view.ts';
import { Addresses } from './addresses.ts';
import { type Followed, keyOf } from './follow.ts';
import { interfaceOf, interfaceOfNode, type Network } from './network.ts';
import { isVirtual, type LocalNode } from './nodes.ts';
import { nameOf, type Pod } from './objects.ts';
import type { PodCalls } from './pod-calls.ts';
import { PodRun } from './pod-runs.ts';
import { nextStatus } from './pod-status.ts';
import type { Scheduler } from './scheduler.ts';
import type { NodeSettings } from './settings.ts';
import { servesOnMs } from './termination.ts';

export interface KubeletParts {
  readonly kube: Kube;
  readonly calls: PodCalls;
  readonly pods: Pick<Followed<Pod>, 'get' | 'all'>;
  /** The machines that it plays. */
  readonly machines: readonly LocalNode[];
  readonly scheduler: Scheduler;
  /** Sockets of the open node ports of a node, by number. */
  readonly nodePorts: (node: string) => Readonly<Record<string, string>>;
  /** Absent: no cloud is told about addresses. */
  readonly network: Network | undefined;
  readonly settings: () => NodeSettings;
  readonly region: string;
  readonly now: () => number;
  /** Asks for another pass over a Pod. */
  readonly again: (key: string, delayMs?: number) => void;
  readonly note: (action: string, pod: Pod, facts?: Readonly<Record<string, string>>) => void;
}

/** One Pod as `GET /_/state` shows it. */
export interface PodState {
  readonly pod: string;
  readonly node: string;
  readonly address: string;
  readonly socket: string;
  readonly ready: boolean;
  readonly networkInterfaceId: string;
}

const finished = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

export class Kubelet {
  readonly #parts: KubeletParts;
  readonly #runs = new Map<string, PodRun>();
  readonly #addresses = new Addresses();

  constructor(parts: KubeletParts) {
    this.#parts = parts;
  }

  /**
   * Takes over the Pods that ran before a restart, with their addresses, before any new Pod gets one. All of them, so that the first list
   * the cloud is told is whole: what a list leaves out is gone.
   */
  async adopt(): Promise<void> {
    const { pods, again } = this.#parts;
    const ran = pods.all().flatMap((pod) => {
      const node = this.#machineOf(pod);
      return node === undefined || finished(pod) || pod.status?.podIP === undefined ? [] : [{ pod, node }];
    });
    for (const { pod } of ran) this.#addresses.adopt(pod.metadata.uid ?? '', pod.status?.podIP ?? '');
    const runs = ran.map(({ pod, node }) => ({ key: keyOf(pod), run: this.#runOf(keyOf(pod), pod, node) }));
    await Promise.all(runs.map(({ key, run }) => run.start(() => again(key))));
  }

  /** One pass over one Pod. */
  async sync(key: string): Promise<void> {
    const pod = this.#parts.pods.get(key);
    const run = this.#runs.get(key);
    if (run !== undefined && (pod === undefined || pod.metadata.uid !== run.uid || finished(pod))) await this.#forget(key, run);
    if (pod === undefined || finished(pod)) return;
    if (pod.spec.nodeName === undefined || pod.spec.nodeName === '') return this.#parts.scheduler.place(pod);
    const node = this.#machineOf(pod);
    if (node === undefined) return;
    if (pod.metadata.deletionTimestamp !== undefined) await this.#end(key, pod);
    else await this.#run(key, pod, node);
  }

  /** Network interfaces of what runs, for the cloud. */
  interfaces(): readonly LocalInterface[] {
    const { machines, nodePorts, region } = this.#parts;
    const own = machines.filter((node) => !isVirtual(node)).map((node) => interfaceOfNode(node, nodePorts(node.name), region));
    return [...own, ...[...this.#runs.values()].map((run) => interfaceOf(run, region))];
  }

  state(): readonly PodState[] {
    return [...this.#runs].map(([key, run]) => {
      const { networkInterfaceId } = interfaceOf(run, this.#parts.region);
      return { pod: key, node: run.node.name, address: run.address, socket: run.socket, ready: run.ready, networkInterfaceId };
    });
  }

  /** Where a port of a Pod is; `undefined` when nothing has the address, or listens there. */
  socketOf(address: string, port: number): string | undefined {
    for (const run of this.#runs.values()) if (run.address === address) return run.socketOf(port);
    return undefined;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#runs.values()].map((run) => run.stop()));
  }

  #machineOf(pod: Pod): LocalNode | undefined {
    return this.#parts.machines.find((node) => node.name === pod.spec.nodeName);
  }

  async #run(key: string, pod: Pod, node: LocalNode): Promise<void> {
    const { settings, now, again } = this.#parts;
    const run = this.#runOf(key, pod, node);
    const left = run.started ? 0 : run.createdAtMs + settings().startMs - now();
    if (left > 0) return again(key, left);
    if (!run.started) this.#parts.note('Start', pod, { address: run.address });
    await run.start(() => again(key));
    await this.#announce(run);
    await this.#report(key, pod, run);
  }

  #runOf(key: string, pod: Pod, node: LocalNode): PodRun {
    const known = this.#runs.get(key);
    known?.update(pod);
    if (known !== undefined) return known;
    const run = new PodRun(pod, { address: this.#addresses.of(pod.metadata.uid ?? ''), node }, this.#parts.now());
    this.#runs.set(key, run);
    return run;
  }

  /** The cloud knows an address before the Pod is ready: whoever hears of the Pod can look it up. */
  async #announce(run: PodRun): Promise<void> {
    const { told } = run;
    if (run.announced === told) return;
    await this.#parts.network?.announce();
    run.announced = told;
  }

  async #report(key: string, pod: Pod, run: PodRun): Promise<void> {
    const { address, startedAtMs, ready, problem, node } = run;
    const what = { address, hostAddress: node.address, startedAtMs, ready, ...(problem === undefined ? {} : { problem }) };
    const status = nextStatus(pod, what, this.#parts.now());
    if (status === undefined) return;
    // With its version: conditions are one list, and others write into it (readiness gates).
    const patch = { metadata: { resourceVersion: pod.metadata.resourceVersion }, status };
    const written = await this.#parts.kube.mergePatch(nameOf(pod, 'Pod'), patch, 'status');
    // The newer version is on its way through the watch; a pass follows then.
    if (written.kind === 'written')
      this.#parts.note('Status', pod, { ready: String(ready), version: written.object.metadata.resourceVersion ?? '' });
    else this.#parts.again(key, 50);
  }

  async #end(key: string, pod: Pod): Promise<void> {
    const { settings, now, again, calls, note } = this.#parts;
    const run = this.#runs.get(key);
    if (run?.started === true) {
      run.update(pod);
      run.endsAtMs ??= now() + servesOnMs(pod, settings().maximumGraceSeconds);
      if (run.endsAtMs > now()) {
        await this.#report(key, pod, run);
        return again(key, run.endsAtMs - now());
      }
      await run.stop();
    }
    await calls.finishDeletion(pod);
    note('End', pod);
  }

  /** The Pod is no more: its address may go to another one once the cloud has been told. */
  async #forget(key: string, run: PodRun): Promise<void> {
    await run.stop();
    if (this.#runs.get(key) === run) this.#runs.delete(key);
    await this.#parts.network?.announce().catch(() => undefined);
    this.#addresses.release(run.uid);
  }
}

/** What runs on the node: per Pod an address, a server, and whether it is ready. */

import { type EchoServer, startEcho } from './echo.ts';
import { environmentOf } from './environment.ts';
import type { LocalNode } from './nodes.ts';
import { conditionOf, type Pod } from './objects.ts';
import { type PodSockets, readPodSockets, socketAnnotation } from './pod-sockets.ts';
import { watchReadiness } from './readiness.ts';

/** How long running requests may take when their Pod ends (ms). */
const drainMs = 1_000;

export class PodRun {
  readonly uid: string;
  readonly address: string;
  readonly node: LocalNode;
  readonly createdAtMs: number;
  startedAtMs: number;
  ready = false;
  started = false;
  /** When the grace of a deletion is over; absent while nobody deletes it. */
  endsAtMs: number | undefined;
  /** The sockets that the cloud has been told, as `told` has them. */
  announced: string | undefined;
  #pod: Pod;
  #echo: EchoServer | undefined;
  readonly #ending = new AbortController();

  constructor(pod: Pod, { address, node }: { readonly address: string; readonly node: LocalNode }, nowMs: number) {
    this.uid = pod.metadata.uid ?? '';
    this.address = address;
    this.node = node;
    this.createdAtMs = nowMs;
    // A Pod that ran before this node was restarted goes on as it was.
    this.startedAtMs = Date.parse(pod.status?.startTime ?? '') || nowMs;
    this.#pod = pod;
  }

  /** Takes over what may change while the Pod runs: labels, annotations. */
  update(pod: Pod): void {
    this.#pod = pod;
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** Where its server is; empty when none has started, or when the user's is nowhere. */
  get socket(): string {
    if (this.problem !== undefined) return '';
    return this.#given?.socket ?? this.#echo?.socket ?? '';
  }

  /** Where servers of single ports are, by number. */
  get sockets(): Readonly<Record<string, string>> {
    return this.#given?.sockets ?? {};
  }

  /** Where one of its ports is; `undefined` when nothing listens there. */
  socketOf(port: number): string | undefined {
    return (this.sockets[port] ?? this.socket) || undefined;
  }

  /** Where it is, in a text that differs when it is elsewhere. */
  get told(): string {
    return JSON.stringify([this.socket, this.sockets]);
  }

  /** A socket that is none, in words. */
  get problem(): string | undefined {
    const given = this.#pod.metadata.annotations?.[socketAnnotation];
    if (given === undefined || this.#given !== undefined) return undefined;
    const examples = 'write 127.0.0.1:3000, and ", 9000=127.0.0.1:3001" after it for another port of the Pod';
    return `annotation ${socketAnnotation}: "${given}" is not a port of this machine; ${examples}`;
  }

  /** Starts the server and the readiness probe. */
  async start(changed: () => void): Promise<void> {
    if (this.started) return;
    this.#echo = await startEcho(() => this.#identity());
    this.started = true;
    const probe = this.#pod.spec.containers.find((container) => container.readinessProbe !== undefined)?.readinessProbe;
    this.ready = probe === undefined || conditionOf(this.#pod.status?.conditions, 'ContainersReady')?.status === 'True';
    if (probe === undefined) return;
    const set = (ready: boolean) => {
      this.ready = ready;
      changed();
    };
    const port = String(probe.httpGet?.port ?? probe.tcpSocket?.port);
    void watchReadiness({
      probe,
      socket: () => this.sockets[port] ?? this.socket,
      ready: this.ready,
      changed: set,
      signal: this.#ending.signal,
    });
  }

  /** Ends the server; running requests are finished. May be called twice. */
  async stop(): Promise<void> {
    this.#ending.abort();
    const echo = this.#echo;
    this.#echo = undefined;
    await echo?.stop(drainMs);
  }

  get #given(): PodSockets | undefined {
    const text = this.#pod.metadata.annotations?.[socketAnnotation];
    return text === undefined ? undefined : readPodSockets(text);
  }

  #identity() {
    const environment = environmentOf(this.#pod, this.address, this.node.address);
    return {
      namespace: environment.get('NAMESPACE') ?? this.#pod.metadata.namespace ?? '',
      ingress: environment.get('INGRESS_NAME') ?? '',
      service: environment.get('SERVICE_NAME') ?? '',
      pod: environment.get('POD_NAME') ?? this.#pod.metadata.name,
    };
  }
}

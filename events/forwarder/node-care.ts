/**
 * Which Services a change of a node concerns: those that have nodes for servers, and only where the node becomes another server to them, or
 * none. A heartbeat, a new image or a label that nobody asks for concerns none.
 */
import { hostsServers, isServerNode, type NodeFacts, type NodeWish } from '#shared/model/nodes.ts';
import type { Change } from './reflector.ts';
import type { NodePorts } from './service-facts.ts';

/** What a node is to a Service, as text; empty: nothing. */
function partOf(node: NodeFacts | undefined, wish: NodeWish): string {
  if (node === undefined) return '';
  if (isServerNode(node, wish)) return `server ${node.instanceId} ${node.internalIp}`;
  return hostsServers(node, wish) ? 'host of servers' : '';
}

export class NodeCare {
  readonly #caring = new Map<string, NodePorts>();
  /** Pods on them are reached by their own addresses, in whichever mode. */
  readonly #virtual = new Set<string>();
  #known = false;

  /** Some Service of ours has nodes for servers. */
  get isNeeded(): boolean {
    return this.#caring.size > 0;
  }

  /** Those Services, as `namespace/name`. */
  get services(): readonly string[] {
    return [...this.#caring.keys()];
  }

  /** The servers of this Service are nodes. */
  cares(service: string): boolean {
    return this.#caring.has(service);
  }

  set(service: string, nodePorts: NodePorts | undefined): void {
    if (nodePorts === undefined) this.#caring.delete(service);
    else this.#caring.set(service, nodePorts);
  }

  /** Nodes are listed: from now on it is known which are virtual. */
  listed(): void {
    this.#known = true;
  }

  /** Nobody follows nodes any more. */
  forget(): void {
    this.#known = false;
    this.#virtual.clear();
  }

  /** Whatever its endpoints, the servers of the Service stay the same. */
  isBeyondEndpoints(service: string): boolean {
    return this.#known && this.#virtual.size === 0 && this.#caring.get(service)?.anyNode === true;
  }

  /** The Services that a change of a node concerns, as `namespace/name`. */
  node({ before, after, initial }: Change<NodeFacts>): readonly string[] {
    if (before !== undefined) this.#virtual.delete(before.name);
    if (after?.virtual === true && after.usable) this.#virtual.add(after.name);
    if (initial) return [];
    return [...this.#caring].filter(([, wish]) => partOf(before, wish) !== partOf(after, wish)).map(([service]) => service);
  }
}

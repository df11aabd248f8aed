/** kube-proxy: opens the node ports of every node on this machine, and passes each connection to a Pod in turn. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { listenOnLoopback } from '../listen.ts';
import type { Followed } from './follow.ts';
import { type Backend, type EndpointSlice, nodePortsOf, type Service } from './node-port-plan.ts';
import { isVirtual, type LocalNode } from './nodes.ts';

export interface NodePortParts {
  readonly nodes: readonly LocalNode[];
  readonly services: Pick<Followed<Service>, 'all'>;
  readonly slices: Pick<Followed<EndpointSlice>, 'all'>;
  /** Where a Pod's port is on this machine: `127.0.0.1:43123`; `undefined` when no Pod has the address. */
  readonly socketOf: (address: string, port: number) => string | undefined;
  /** Called when node ports have opened or closed. */
  readonly changed: () => void;
}

/** One open node port of one node. */
class Door {
  readonly #server: Server;
  readonly #connections = new Set<Socket>();
  readonly #socketOf: NodePortParts['socketOf'];
  #backends: readonly Backend[] = [];
  #turn = 0;

  constructor(socketOf: NodePortParts['socketOf']) {
    this.#socketOf = socketOf;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#pass(client));
  }

  async open(): Promise<string> {
    return new URL(await listenOnLoopback(this.#server, 0, 'node port')).host;
  }

  /** For the connections to come; those that stand stay where they are. */
  lead(backends: readonly Backend[]): void {
    this.#backends = backends;
  }

  /** Accepts no more. `cut` ends what stands, too. */
  close(how: 'finish' | 'cut'): void {
    this.#server.close();
    if (how === 'cut') for (const socket of this.#connections) socket.destroy();
  }

  #pass(client: Socket): void {
    const backend = this.#backends[this.#turn++ % Math.max(1, this.#backends.length)];
    const socket = backend === undefined ? undefined : this.#socketOf(backend.address, backend.port);
    if (socket === undefined) {
      client.resetAndDestroy();
      return;
    }
    const colon = socket.lastIndexOf(':');
    const host = socket.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
    this.#join(client, connect({ host, port: Number(socket.slice(colon + 1)), allowHalfOpen: true }));
  }

  #join(client: Socket, server: Socket): void {
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#connections.add(from);
      from.setNoDelay().pipe(to);
      from.once('error', () => to.destroy());
      from.once('close', () => {
        this.#connections.delete(from);
        to.destroy();
      });
    }
  }
}

interface Opened {
  readonly door: Door;
  /** Absent while it is being opened. */
  socket?: string;
}

export class NodePorts {
  readonly #parts: NodePortParts;
  /** By `node/port`. */
  readonly #open = new Map<string, Opened>();
  #stopped = false;

  constructor(parts: NodePortParts) {
    this.#parts = parts;
  }

  /** Takes over what Services and slices say now. */
  async sync(): Promise<void> {
    const { nodes, services, slices } = this.#parts;
    const wanted = new Map<string, readonly Backend[]>();
    for (const { name } of nodes.filter((node) => !isVirtual(node))) {
      for (const [port, backends] of nodePortsOf(name, services.all(), slices.all())) wanted.set(`${name}/${port}`, backends);
    }
    const before = this.#told();
    for (const [key, { door }] of this.#open) if (!wanted.has(key)) this.#close(key, door);
    await Promise.all([...wanted].map(([key, backends]) => this.#lead(key, backends)));
    if (this.#told() !== before) this.#parts.changed();
  }

  /** Sockets of the open ports of a node, by number. */
  socketsOf(node: string): Readonly<Record<string, string>> {
    const own = [...this.#open].filter(([key, { socket }]) => key.startsWith(`${node}/`) && socket !== undefined);
    return Object.fromEntries(own.map(([key, { socket = '' }]) => [key.slice(node.length + 1), socket]));
  }

  stop(): void {
    this.#stopped = true;
    for (const { door } of this.#open.values()) door.close('cut');
    this.#open.clear();
  }

  async #lead(key: string, backends: readonly Backend[]): Promise<void> {
    const known = this.#open.get(key);
    const opened: Opened = known ?? { door: new Door(this.#parts.socketOf) };
    opened.door.lead(backends);
    if (known !== undefined || this.#stopped) return;
    this.#open.set(key, opened);
    opened.socket = await opened.door.open();
    if (this.#stopped) opened.door.close('cut');
  }

  #close(key: string, door: Door): void {
    this.#open.delete(key);
    door.close('finish');
  }

  #told(): string {
    return JSON.stringify([...this.#open].map(([key, { socket }]) => [key, socket]));
  }
}

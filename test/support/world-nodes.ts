/** Nodes of scenarios: an instance with an address and its node ports, behind which a stand-in for kube-proxy passes connections on. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { LocalInterface } from '#infra/local/alb/view.ts';
import type { Node } from '#shared/model/nodes.ts';
import { podInterface } from './local-alb.ts';

export interface NodeDraft {
  readonly labels?: Readonly<Record<string, string>>;
  /** Absent: `a`. */
  readonly zone?: 'a' | 'b';
  /** Absent: true. */
  readonly ready?: boolean;
  readonly unschedulable?: boolean;
  readonly taints?: readonly { readonly key: string; readonly effect: string }[];
  /** Has no instance; its pods have addresses of their own. */
  readonly virtual?: boolean;
  /** The Node object does not say its instance. */
  readonly silent?: boolean;
  /** Another machine under the same name and address. */
  readonly machine?: number;
}

interface Relay {
  readonly socket: string;
  stop(): Promise<void>;
}

/** Passes every connection on to where `pick` says, `127.0.0.1:43123`; refuses it when that is nowhere. */
async function startRelay(pick: () => string | undefined): Promise<Relay> {
  const open = new Set<Socket>();
  const kept = (socket: Socket): Socket => {
    open.add(socket.once('close', () => open.delete(socket)));
    return socket.on('error', () => socket.destroy());
  };
  const server: Server = createServer((client) => {
    kept(client);
    const target = pick();
    if (target === undefined) return client.destroy();
    const [host = '', port = ''] = target.split(':');
    const upstream = kept(connect(Number(port), host));
    client.pipe(upstream).pipe(client);
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => client.destroy());
    return undefined;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const one of open) one.destroy();
    });
  // A listening TCP server has an AddressInfo.
  return { socket: `127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}

/** Where a connection to a port of a node goes on to. */
export type PassOn = (node: string, nodePort: number) => string | undefined;

export class WorldNode {
  readonly name: string;
  readonly address: string;
  draft: NodeDraft;
  readonly #relays = new Map<number, Relay>();

  constructor(name: string, index: number, draft: NodeDraft) {
    this.name = name;
    this.address = `192.168.0.${index + 10}`;
    this.draft = draft;
  }

  /** The instance, and the id that its pods' interfaces name. */
  get instanceId(): string {
    return `i-${this.name}-${this.draft.machine ?? 1}`;
  }

  /** Opens the ports that are not open yet. */
  async open(ports: readonly number[], passOn: PassOn): Promise<void> {
    for (const port of this.draft.virtual === true ? [] : ports) {
      if (!this.#relays.has(port)) this.#relays.set(port, await startRelay(() => passOn(this.name, port)));
    }
  }

  interfaces(): readonly LocalInterface[] {
    if (this.draft.virtual === true) return [];
    const { zone = 'a' } = this.draft;
    const sockets = Object.fromEntries([...this.#relays].map(([port, relay]) => [String(port), relay.socket]));
    const place = { zoneId: `cn-local-${zone}`, vSwitchId: `vsw-local-${zone}`, instanceId: this.instanceId };
    return [podInterface(`eni-${this.instanceId}`, this.address, { ...place, primary: true, socket: '', sockets })];
  }

  object(): Node & { readonly metadata: { readonly name: string } } {
    const { labels = {}, ready = true, unschedulable, taints, virtual = false, silent = false } = this.draft;
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: this.name, labels: { ...(virtual ? { type: 'virtual-kubelet' } : {}), ...labels } },
      spec: {
        ...(virtual || silent ? {} : { providerID: `cn-local.${this.instanceId}` }),
        ...(unschedulable === undefined ? {} : { unschedulable }),
        ...(taints === undefined ? {} : { taints }),
      },
      status: {
        addresses: [{ type: 'InternalIP', address: this.address }],
        conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      },
    };
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#relays.values()].map((one) => one.stop()));
  }
}

/**
 * The data plane of the emulated ALB: really listens, routes and forwards, by what the view says is in force. It reads the view after
 * every change and never writes to it.
 */
import type { AlbView, ViewListener } from '../view.ts';
import { Certificates } from './certificates.ts';
import { Groups, type ServerHealth } from './groups.ts';
import { ListenerServer, type Surroundings } from './listener.ts';
import { LocalPorts } from './local-ports.ts';
import { Routes } from './routes.ts';
import { type DataPlaneSettings, defaultSettings } from './settings.ts';
import { realTimers, type Timers } from './timers.ts';
import { UpstreamAgents } from './upstream-agents.ts';
import { ZoneTurns } from './zones.ts';

export interface DataPlaneOptions {
  /** First of the ports that listeners get on this machine, counted up; `free` (default) takes any. */
  readonly ports?: number | 'free';
  readonly timers?: Timers;
  readonly settings?: Partial<DataPlaneSettings>;
}

/** Where a listener can be reached on this machine, with any `Host`. */
interface LocalListener {
  readonly loadBalancerId: string;
  readonly listenerId: string;
  readonly protocol: string;
  /** The load balancer's port, not the one of this machine. */
  readonly port: number;
  readonly url: string;
}

export interface DataPlane {
  /** Listeners that are open now. */
  describe(): readonly LocalListener[];
  /** How each server of a group is, for GetListenerHealthStatus. */
  health(serverGroupId: string): readonly ServerHealth[];
  configure(settings: Partial<DataPlaneSettings>): void;
  /** Whom clients of HTTPS listeners must trust, as PEM text. */
  authority(): Promise<string>;
  /** Resolves when the last change of the view seen so far is in force. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

/** QUIC is UDP, which Node does not speak: such a listener is in the API, and its port stays closed. */
const schemes: Readonly<Partial<Record<ViewListener['ListenerProtocol'], string>>> = { HTTP: 'http', HTTPS: 'https' };

interface Open {
  readonly server: ListenerServer;
  /** On this machine; 0 while it is being opened. */
  port: number;
}

class Plane implements DataPlane {
  readonly #view: AlbView;
  readonly #ports: LocalPorts;
  readonly #around: Surroundings;
  readonly #certificates = new Certificates();
  readonly #open = new Map<string, Open>();
  readonly #unsubscribe: () => void;
  #settings: DataPlaneSettings;
  #work: Promise<void> = Promise.resolve();
  #due = false;
  #stopped = false;

  constructor(view: AlbView, options: DataPlaneOptions) {
    this.#view = view;
    this.#ports = new LocalPorts(options.ports ?? 'free');
    this.#settings = { ...defaultSettings, ...options.settings };
    const settings = () => this.#settings;
    const timers = options.timers ?? realTimers;
    const agents = new UpstreamAgents();
    const groups = new Groups({ view, timers, agents, settings });
    this.#around = { agents, groups, timers, settings, certificates: this.#certificates, zones: new ZoneTurns() };
    this.#unsubscribe = view.onChange(() => this.#note());
    this.#note();
  }

  describe(): readonly LocalListener[] {
    return [...this.#open.values()]
      .filter(({ port }) => port !== 0)
      .map(({ server: { listener }, port }) => ({
        loadBalancerId: listener.LoadBalancerId,
        listenerId: listener.ListenerId,
        protocol: listener.ListenerProtocol,
        port: listener.ListenerPort,
        url: `${schemes[listener.ListenerProtocol] ?? 'http'}://127.0.0.1:${port}`,
      }));
  }

  health(serverGroupId: string): readonly ServerHealth[] {
    return this.#around.groups.health(serverGroupId);
  }

  configure(settings: Partial<DataPlaneSettings>): void {
    this.#settings = { ...this.#settings, ...settings };
  }

  async authority(): Promise<string> {
    return (await this.#certificates.authority()).certificate;
  }

  async settled(): Promise<void> {
    // Lets the pass that a change has just asked for run first.
    await Promise.resolve();
    await this.#work;
  }

  async stop(): Promise<void> {
    if (this.#stopped) return this.#work;
    this.#stopped = true;
    this.#unsubscribe();
    await this.#work;
    this.#around.groups.stop();
    await Promise.all([...this.#open.values()].map(({ server }) => server.close('cut')));
    this.#open.clear();
    this.#around.agents.stop();
  }

  /** A burst of changes is taken over once, before the next request. Opening ports takes a moment and follows. */
  #note(): void {
    if (this.#due) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      if (this.#stopped) return;
      this.#takeOver();
      this.#work = this.#work.then(() => this.#bindAll());
    });
  }

  #takeOver(): void {
    const wanted = new Map(this.#view.listeners().map((listener) => [listener.ListenerId, listener]));
    for (const [id, { server, port }] of this.#open) {
      if (wanted.has(id)) continue;
      this.#open.delete(id);
      if (port !== 0) void server.close('finish');
    }
    for (const listener of wanted.values()) if (listener.ListenerProtocol in schemes) this.#update(listener);
    const weightless = this.#settings.weightlessGroups === 'probed';
    this.#around.groups.update(new Set([...this.#open.values()].flatMap(({ server }) => server.routes.groups(weightless))));
  }

  #update(listener: ViewListener): void {
    const known = this.#open.get(listener.ListenerId);
    const routes = new Routes(listener, this.#view.rules(listener.ListenerId), known?.server.routes);
    if (known === undefined) this.#open.set(listener.ListenerId, { server: new ListenerServer(listener, routes, this.#around), port: 0 });
    else known.server.update(listener, routes);
  }

  async #bindAll(): Promise<void> {
    for (const [id, open] of this.#open) {
      if (open.port === 0) await this.#bind(open);
      await open.server.ready.catch(() => {});
      // Removed while its port was being opened.
      if (this.#open.get(id) !== open) await open.server.close('cut');
    }
  }

  async #bind(open: Open): Promise<void> {
    for (const candidate of this.#ports.candidates(open.server.listener)) {
      open.port = await open.server.listen(candidate).catch(() => 0);
      if (open.port === 0) continue;
      this.#ports.remember(open.server.listener, open.port);
      return;
    }
  }
}

/** Starts routing by the view. Ports open in the background: `settled` tells when. */
export const startDataPlane = (view: AlbView, options: DataPlaneOptions = {}): DataPlane => new Plane(view, options);

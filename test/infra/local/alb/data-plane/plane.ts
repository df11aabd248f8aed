/** A load balancer in memory with servers on loopback, for the tests of the data plane. */
import { createServer, type IncomingMessage, type RequestListener, type RequestOptions, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { type DataPlane, type DataPlaneOptions, startDataPlane } from '#infra/local/alb/data-plane/data-plane.ts';
import type { AlbView, ViewAction, ViewCondition, ViewGroup, ViewListener, ViewRule, ViewServer } from '#infra/local/alb/view.ts';

export const aListener = (with_: Partial<ViewListener> = {}): ViewListener => ({
  ListenerId: 'lsn-1',
  LoadBalancerId: 'alb-1',
  ListenerProtocol: 'HTTP',
  ListenerPort: 80,
  IdleTimeout: 15,
  RequestTimeout: 60,
  GzipEnabled: false,
  XForwardedForConfig: {},
  DefaultServerGroupId: 'sgp-default',
  ...with_,
});

export const aServer = (address: string, with_: Partial<ViewServer> = {}): ViewServer => ({
  ServerType: 'Eni',
  ServerId: `eni-${address}`,
  ServerIp: address,
  Port: 8080,
  Weight: 100,
  ...with_,
});

export const aGroup = (id: string, servers: readonly ViewServer[], with_: Partial<ViewGroup> = {}): ViewGroup => ({
  ServerGroupId: id,
  Protocol: 'HTTP',
  Scheduler: 'Wrr',
  HealthCheckConfig: { HealthCheckEnabled: false },
  Servers: servers,
  ...with_,
});

export const host = (...values: string[]): ViewCondition => ({ Type: 'Host', HostConfig: { Values: values } });
export const path = (...values: string[]): ViewCondition => ({ Type: 'Path', PathConfig: { Values: values } });

/** A rule that forwards to one group, or to several with weights. */
export const aRule = (priority: number, conditions: readonly ViewCondition[], groups: string | Record<string, number>): ViewRule => {
  const tuples = Object.entries(typeof groups === 'string' ? { [groups]: 100 } : groups);
  const ServerGroupTuples = tuples.map(([ServerGroupId, Weight]) => ({ ServerGroupId, Weight }));
  return {
    RuleId: `rule-${priority}`,
    Priority: priority,
    RuleConditions: conditions,
    RuleActions: [{ Type: 'ForwardGroup', Order: 1, ForwardGroupConfig: { ServerGroupTuples } }],
  };
};

type ActionPart = Omit<ViewAction, 'Order'> & { readonly Type: string };

/** An action with its config: `action('Rewrite', { Path: '/x' })`. */
export const action = (type: string, config: object): ActionPart => ({ Type: type, [`${type}Config`]: config });

/** The final action: one group, or several with weights. */
export const forwardTo = (groups: string | Record<string, number>, more: object = {}): ActionPart => {
  const tuples = Object.entries(typeof groups === 'string' ? { [groups]: 100 } : groups);
  return action('ForwardGroup', { ServerGroupTuples: tuples.map(([ServerGroupId, Weight]) => ({ ServerGroupId, Weight })), ...more });
};

export const fixed = (content: string, code = '200'): ActionPart =>
  action('FixedResponse', { HttpCode: code, ContentType: 'text/plain', Content: content });

/** A rule that does these things in this order. */
export const doing = (actions: readonly ActionPart[], with_: Partial<ViewRule> = {}): ViewRule => ({
  RuleId: `rule-${with_.Direction ?? 'Request'}-${with_.Priority ?? 1}`,
  Priority: 1,
  RuleConditions: [],
  RuleActions: actions.map((one, index) => ({ ...one, Order: index + 1 })),
  ...with_,
});

interface State {
  readonly listeners: readonly ViewListener[];
  readonly rules: readonly ViewRule[];
  readonly groups: readonly ViewGroup[];
}

/** The view of a load balancer whose state a test sets whole. */
export class MemoryView implements AlbView {
  #state: State;
  readonly #listeners = new Set<() => void>();
  readonly sockets = new Map<string, number>();
  /** Zones of servers by address. */
  readonly zones = new Map<string, string>();

  constructor(state: Partial<State>) {
    this.#state = { listeners: [aListener()], rules: [], groups: [], ...state };
  }

  set(state: Partial<State>): void {
    this.#state = { ...this.#state, ...state };
    for (const listener of this.#listeners) listener();
  }

  listeners = () => this.#state.listeners;
  rules = () => this.#state.rules;
  group = (id: string) => this.#state.groups.find((group) => group.ServerGroupId === id);
  socketOf: AlbView['socketOf'] = (address) => {
    const port = this.sockets.get(address);
    return port === undefined ? undefined : { host: '127.0.0.1', port };
  };
  zoneOf: AlbView['zoneOf'] = (address) => this.zones.get(address);
  onChange = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));

/** A server behind an address; by default it answers with that address. */
export async function serve(view: MemoryView, address: string, handler?: RequestListener): Promise<Server> {
  const server = createServer(handler ?? ((_, response) => response.end(address)));
  view.sockets.set(address, await listen(server));
  onTestFinished(() => void server.close().closeAllConnections());
  return server;
}

/** What a server was asked. */
export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A server behind an address that answers with what it was asked, and keeps it. */
export async function serveEcho(view: MemoryView, address: string, headers: Readonly<Record<string, string>> = {}): Promise<Asked[]> {
  const seen: Asked[] = [];
  await serve(view, address, (request, response) => {
    void read(request).then((body) => {
      const asked = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
      seen.push(asked);
      response.writeHead(Number(request.headers['x-answer'] ?? 200), headers).end(JSON.stringify(asked));
    });
  });
  return seen;
}

/** A data plane that ends with the test, its first listener open. */
export async function start(
  view: MemoryView,
  options: DataPlaneOptions = {},
): Promise<{ readonly plane: DataPlane; readonly url: string }> {
  const plane = startDataPlane(view, options);
  onTestFinished(() => plane.stop());
  await plane.settled();
  return { plane, url: plane.describe()[0]?.url ?? '' };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export const read = async (message: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
};

/** One request with any headers (fetch would not let a test set Host). */
export const call = (url: string, options: RequestOptions & { readonly body?: string } = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const outgoing = request(url, { agent: false, ...options }, (message) => {
      read(message).then((body) => resolve({ status: message.statusCode ?? 0, headers: message.headers, body }), reject);
    });
    outgoing.on('error', reject);
    outgoing.end(options.body);
  });

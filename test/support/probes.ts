/**
 * Requests that are asked again at every change of what is in force at the emulated ALB, however short-lived, so that a test can say where
 * each was sent meanwhile. The data plane's own routing answers; nothing is sent.
 */
import type { RequestFacts } from '#infra/local/alb/data-plane/request-facts.ts';
import { Routes } from '#infra/local/alb/data-plane/routes.ts';
import type { AlbView, ViewAction, ViewListener } from '#infra/local/alb/view.ts';
import { canonicalJson } from '#shared/model/stable-hash.ts';

export interface Probe {
  readonly protocol?: 'HTTP' | 'HTTPS';
  /** Absent: 80. */
  readonly port?: number;
  readonly host: string;
  readonly path: string;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: Readonly<Record<string, string>>;
}

export interface Probes {
  /** Where each probe goes now: the actions of its rule, `default` without one, or `closed` where no listener is. */
  now(): readonly string[];
  /** Every state of every probe since this was asked last, the present one included. */
  seen(): readonly (readonly string[])[];
  stop(): void;
}

const factsOf = ({ host, path, headers = {}, cookies = {} }: Probe): RequestFacts => ({
  method: 'GET',
  host,
  path,
  search: '',
  query: new URLSearchParams(),
  headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
  cookies: Object.entries(cookies),
  sourceIp: '192.0.2.1',
  sourcePort: 40_000,
});

const isFor = (listener: ViewListener, { protocol = 'HTTP', port = 80 }: Probe): boolean =>
  listener.ListenerProtocol === protocol && listener.ListenerPort === port;

/** What requests notice of an action: a group of weight 0 gets none, their order means nothing, nor does stickiness that is off. */
function asServed({ ForwardGroupConfig, ...action }: ViewAction) {
  if (ForwardGroupConfig === undefined) return action;
  const { ServerGroupTuples, ServerGroupStickySession: sticky, ...config } = ForwardGroupConfig;
  const tuples = ServerGroupTuples.filter((one) => one.Weight > 0).toSorted((a, b) => (a.ServerGroupId < b.ServerGroupId ? -1 : 1));
  const kept = sticky?.Enabled === true ? { ServerGroupStickySession: sticky } : {};
  return { ...action, ForwardGroupConfig: { ...config, ...kept, ServerGroupTuples: tuples } };
}

/** Starts to watch. Every change is seen at once: the view calls back before anything else happens. */
export function watchProbes(view: AlbView, probes: readonly Probe[]): Probes {
  const facts = probes.map(factsOf);
  const now = (): readonly string[] => {
    const routes = view.listeners().map((listener) => ({ listener, routes: new Routes(listener, view.rules(listener.ListenerId)) }));
    return probes.map((probe, index) => {
      const found = routes.find(({ listener }) => isFor(listener, probe));
      const asked = facts[index];
      if (found === undefined || asked === undefined) return 'closed';
      const target = canonicalJson(found.routes.find(asked).actions.map(asServed));
      // An empty group that no rule names: whatever listener it is of, nobody answers.
      return target.includes(found.listener.DefaultServerGroupId) ? 'default' : target;
    });
  };
  let states: (readonly string[])[] = [];
  const stop = view.onChange(() => {
    const state = now();
    if (JSON.stringify(state) !== JSON.stringify(states.at(-1))) states.push(state);
  });
  return {
    now,
    seen: () => {
      const all = [...states, now()];
      states = [];
      return all;
    },
    stop,
  };
}

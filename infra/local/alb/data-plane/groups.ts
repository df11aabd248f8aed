/** The server groups in use: who gets the next request, and how each server is. */

import type { AlbView, ViewGroup, ViewServer } from '../view.ts';
import { GroupHealth, keyOf } from './health.ts';
import type { RequestFacts } from './request-facts.ts';
import { SmoothRoundRobin, schedule } from './schedulers.ts';
import type { DataPlaneSettings } from './settings.ts';
import type { Timers } from './timers.ts';
import type { Reason } from './verdict.ts';

/** One server in the words of GetListenerHealthStatus; `Normal` ones are not listed there. */
export interface ServerHealth {
  readonly server: ViewServer;
  readonly status: 'Normal' | 'Initial' | 'Unhealthy' | 'Unused' | 'Unavailable';
  readonly reason?: Reason;
}

/** A server that is to answer one request; `release` when it has. */
export interface Chosen {
  readonly key: string;
  readonly group: ViewGroup;
  /** Where it is on this machine; `undefined` when nothing has its address. */
  readonly socket: { readonly host: string; readonly port: number } | undefined;
  release(): void;
}

interface State {
  readonly health: GroupHealth;
  readonly roundRobin: SmoothRoundRobin;
  /** Requests in flight by server. */
  readonly active: Map<string, number>;
}

export class Groups {
  readonly #view: AlbView;
  readonly #timers: Timers;
  readonly #settings: () => DataPlaneSettings;
  readonly #states = new Map<string, State>();

  constructor(view: AlbView, timers: Timers, settings: () => DataPlaneSettings) {
    this.#view = view;
    this.#timers = timers;
    this.#settings = settings;
  }

  /** Takes over the groups that listeners and rules refer to; only those are checked. */
  update(ids: ReadonlySet<string>): void {
    for (const [id, state] of this.#states) {
      if (ids.has(id) && this.#view.group(id) !== undefined) continue;
      state.health.stop();
      this.#states.delete(id);
    }
    for (const id of ids) {
      const group = this.#view.group(id);
      if (group !== undefined) this.#stateOf(id).health.update(group);
    }
  }

  /** The server for the next request, other than those already tried; `undefined` when none is in service. */
  choose(groupId: string, facts: RequestFacts, tried: ReadonlySet<string>): Chosen | undefined {
    const group = this.#view.group(groupId);
    if (group === undefined) return undefined;
    const { active, roundRobin } = this.#stateOf(groupId);
    const candidates = this.#inService(group)
      .map((server) => ({ key: keyOf(server), weight: server.Weight, server }))
      .filter((candidate) => !tried.has(candidate.key));
    const parameter = group.UchConfig?.Value;
    const chosen = schedule(group.Scheduler, { candidates, facts, roundRobin, parameter, active: ({ key }) => active.get(key) ?? 0 });
    if (chosen === undefined) return undefined;
    active.set(chosen.key, (active.get(chosen.key) ?? 0) + 1);
    const { ServerIp, ServerId, Port } = chosen.server;
    const socket = this.#view.socketOf(ServerIp === '' ? ServerId : ServerIp, Port);
    return { key: chosen.key, group, socket, release: () => leave(active, chosen.key) };
  }

  /** How every server of a group is. */
  health(groupId: string): readonly ServerHealth[] {
    const health = this.#states.get(groupId)?.health;
    return (this.#view.group(groupId)?.Servers ?? []).map((server) => {
      if (server.Weight === 0) return { server, status: 'Unused' };
      const checked = health?.statusOf(keyOf(server));
      if (checked === undefined) return { server, status: 'Unavailable' };
      return { server, status: checked.status, ...(checked.reason === undefined ? {} : { reason: checked.reason }) };
    });
  }

  stop(): void {
    this.update(new Set());
  }

  #stateOf(id: string): State {
    const known = this.#states.get(id);
    if (known !== undefined) return known;
    const state = {
      health: new GroupHealth(this.#view, this.#timers),
      roundRobin: new SmoothRoundRobin(),
      active: new Map<string, number>(),
    };
    this.#states.set(id, state);
    return state;
  }

  #inService(group: ViewGroup): readonly ViewServer[] {
    const health = this.#stateOf(group.ServerGroupId).health;
    const weighted = group.Servers.filter((server) => server.Weight > 0);
    const healthy = weighted.filter((server) => (health.statusOf(keyOf(server))?.status ?? 'Normal') === 'Normal');
    return healthy.length === 0 && this.#settings().whenAllUnhealthy === 'forward' ? weighted : healthy;
  }
}

function leave(active: Map<string, number>, key: string): void {
  const left = (active.get(key) ?? 1) - 1;
  if (left === 0) active.delete(key);
  else active.set(key, left);
}

/** The server groups in use: who gets the next request, how each server is, and what becomes of the requests of one that leaves. */

import type { AlbView, ViewGroup, ViewServer } from '../view.ts';
import { Attendance } from './attendance.ts';
import { type Flight, Flights } from './flights.ts';
import { drainMsOf, slowStartMsOf } from './group-settings.ts';
import { GroupHealth, keyOf } from './health.ts';
import { markOf } from './mark.ts';
import type { RequestFacts } from './request-facts.ts';
import { SmoothRoundRobin, schedule } from './schedulers.ts';
import type { DataPlaneSettings } from './settings.ts';
import { broughtMarks, type Passage, passageTo, stickinessOf } from './stickiness.ts';
import type { Timers } from './timers.ts';
import type { UpstreamAgents } from './upstream-agents.ts';
import type { Reason } from './verdict.ts';

/** One server in the words of GetListenerHealthStatus; `Normal` ones are not listed there. */
export interface ServerHealth {
  readonly server: ViewServer;
  readonly status: 'Normal' | 'Initial' | 'Unhealthy' | 'Unused' | 'Unavailable';
  readonly reason?: Reason;
}

/** A server that is to answer one request; `land` when it has. */
export interface Chosen extends Flight {
  readonly key: string;
  readonly group: ViewGroup;
  /** Where it is on this machine; `undefined` when nothing has its address. */
  readonly socket: { readonly host: string; readonly port: number } | undefined;
  readonly passage: Passage;
}

interface State {
  readonly health: GroupHealth;
  readonly roundRobin: SmoothRoundRobin;
  readonly attendance: Attendance;
}

interface Candidate {
  readonly key: string;
  readonly weight: number;
  readonly server: ViewServer;
}

/** What the groups need of the data plane. */
export interface GroupSurroundings {
  readonly view: AlbView;
  readonly timers: Timers;
  readonly agents: UpstreamAgents;
  readonly settings: () => DataPlaneSettings;
}

const addressOf = ({ ServerIp, ServerId }: ViewServer): string => (ServerIp === '' ? ServerId : ServerIp);

/** A server as one of a group. */
const placeOf = (groupId: string, key: string): string => `${groupId} ${key}`;

export class Groups {
  readonly #around: GroupSurroundings;
  readonly #flights: Flights;
  readonly #states = new Map<string, State>();

  constructor(around: GroupSurroundings) {
    this.#around = around;
    this.#flights = new Flights(around.timers);
  }

  /** Takes over the groups that listeners and rules refer to; only those are checked. */
  update(ids: ReadonlySet<string>): void {
    for (const [id, state] of this.#states) {
      if (ids.has(id) && this.#around.view.group(id) !== undefined) continue;
      state.health.stop();
      this.#states.delete(id);
    }
    for (const id of ids) {
      const group = this.#around.view.group(id);
      if (group === undefined) continue;
      const state = this.#stateOf(id);
      state.health.update(group);
      this.#attend(group, state);
    }
  }

  /** The server for the next request, other than those already tried; `undefined` when none is in service. */
  choose(groupId: string, facts: RequestFacts, tried: ReadonlySet<string>): Chosen | undefined {
    const { view, timers, settings } = this.#around;
    const group = view.group(groupId);
    if (group === undefined) return undefined;
    const state = this.#stateOf(groupId);
    const nowMs = timers.now();
    const candidates = this.#candidates(group, state, facts).filter(({ key }) => !tried.has(key));
    const stickiness = stickinessOf(group);
    const marks = stickiness === undefined ? [] : broughtMarks(stickiness, facts, nowMs);
    const former = candidates.find(({ key }) => marks.includes(markOf(key)));
    const chosen = former ?? this.#schedule(group, state, candidates, facts);
    if (chosen === undefined) return undefined;
    const { key, server } = chosen;
    const refresh = settings().stickyCookie === 'every-answer';
    return {
      ...this.#flights.begin(placeOf(groupId, key)),
      ...{ key, group },
      socket: view.socketOf(addressOf(server), server.Port),
      passage: passageTo(key, stickiness, { known: former !== undefined, refresh, nowMs }),
    };
  }

  /** How every server of a group is. */
  health(groupId: string): readonly ServerHealth[] {
    const health = this.#states.get(groupId)?.health;
    return (this.#around.view.group(groupId)?.Servers ?? []).map((server) => {
      if (server.Weight === 0) return { server, status: 'Unused' };
      const checked = health?.statusOf(keyOf(server));
      if (checked === undefined) return { server, status: 'Unavailable' };
      return { server, status: checked.status, ...(checked.reason === undefined ? {} : { reason: checked.reason }) };
    });
  }

  stop(): void {
    this.update(new Set());
    this.#flights.stop();
  }

  #stateOf(id: string): State {
    const known = this.#states.get(id);
    if (known !== undefined) return known;
    const turned = () => {
      const group = this.#around.view.group(id);
      if (group !== undefined && this.#states.get(id) === state) this.#attend(group, state);
    };
    const { view, timers } = this.#around;
    const state: State = {
      health: new GroupHealth(view, timers, turned),
      roundRobin: new SmoothRoundRobin(),
      attendance: new Attendance(),
    };
    this.#states.set(id, state);
    return state;
  }

  /** Servers that may be asked, healthy ones first of all, with the weight that each has now. */
  #candidates(group: ViewGroup, state: State, facts: RequestFacts): readonly Candidate[] {
    const { timers, settings } = this.#around;
    const weighted = this.#near(
      group,
      group.Servers.filter((server) => server.Weight > 0),
      facts.zone,
    );
    const healthy = weighted.filter((server) => isHealthy(state, server));
    const servers = healthy.length === 0 && settings().whenAllUnhealthy === 'forward' ? weighted : healthy;
    const slowStartMs = slowStartMsOf(group);
    return servers.map((server) => {
      const key = keyOf(server);
      return { key, server, weight: server.Weight * state.attendance.share(key, slowStartMs, timers.now()) };
    });
  }

  /** Of a group that does not forward across zones, the servers of the zone that the request came in by. */
  #near(group: ViewGroup, servers: readonly ViewServer[], zone: string | undefined): readonly ViewServer[] {
    if (group.CrossZoneEnabled !== false || zone === undefined) return servers;
    const state = this.#stateOf(group.ServerGroupId);
    const near = servers.filter((server) => this.#around.view.zoneOf(addressOf(server)) === zone);
    const served = near.some((server) => isHealthy(state, server));
    return !served && this.#around.settings().emptyZone === 'other-zones' ? servers : near;
  }

  #schedule(group: ViewGroup, { roundRobin }: State, candidates: readonly Candidate[], facts: RequestFacts): Candidate | undefined {
    const active = ({ key }: { readonly key: string }) => this.#flights.count(placeOf(group.ServerGroupId, key));
    return schedule(group.Scheduler, { candidates, facts, roundRobin, parameter: group.UchConfig?.Value, active });
  }

  /** Notes who has come into service and who has left it. */
  #attend(group: ViewGroup, state: State): void {
    const { timers, agents, settings } = this.#around;
    const { ServerGroupId: id } = group;
    const serving = new Set(group.Servers.filter((server) => isHealthy(state, server)).map(keyOf));
    const { came, left } = state.attendance.update(serving, slowStartMsOf(group), timers.now());
    for (const key of came) this.#flights.keep(placeOf(id, key));
    const lastMs = drainMsOf(group) ?? (settings().removedConnections === 'cut' ? 0 : undefined);
    for (const key of left) {
      agents.forget(id, key);
      if (lastMs !== undefined) this.#flights.endWithin(placeOf(id, key), lastMs);
    }
  }
}

/** Servers of a group without checks are taken to be. */
const isHealthy = (state: State, server: ViewServer): boolean => (state.health.statusOf(keyOf(server))?.status ?? 'Normal') === 'Normal';

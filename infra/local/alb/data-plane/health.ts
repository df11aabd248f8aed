/**
 * Health of the servers of one group. A new server of a checked group is `Initial` and gets no request until it has passed
 * `HealthyThreshold` probes in a row; it leaves service after `UnhealthyThreshold` failures in a row. Servers that were in service while
 * the checks were off stay in service until they fail: switching checks on interrupts nobody.
 */
import type { AlbView, ViewGroup, ViewServer } from '../view.ts';
import { type HealthCheck, healthCheckOf } from './health-settings.ts';
import { probe } from './probes.ts';
import type { Timers } from './timers.ts';
import type { Reason, Verdict } from './verdict.ts';

export type HealthStatus = 'Normal' | 'Initial' | 'Unhealthy';

interface Checked {
  status: HealthStatus;
  reason: Reason | undefined;
  /** Verdicts in a row that speak against the present status. */
  run: number;
  server: ViewServer;
  stop: () => void;
}

/** What makes a server the same one for the service. */
export const keyOf = (server: ViewServer): string => [server.ServerType, server.ServerId, server.ServerIp, server.Port].join('|');

export class GroupHealth {
  readonly #view: AlbView;
  readonly #timers: Timers;
  readonly #turned: () => void;
  readonly #servers = new Map<string, Checked>();
  #check: HealthCheck | undefined;
  #wasUnchecked = false;

  /** `turned` is called when the status of a server has changed by its probes. */
  constructor(view: AlbView, timers: Timers, turned: () => void) {
    this.#view = view;
    this.#timers = timers;
    this.#turned = turned;
  }

  /** Takes over the group's settings and servers. */
  update(group: ViewGroup): void {
    const check = healthCheckOf(group);
    if (JSON.stringify(check) !== JSON.stringify(this.#check)) this.#restart(check);
    const wanted = new Map(group.Servers.map((server) => [keyOf(server), server]));
    for (const [key, checked] of this.#servers) {
      if (wanted.has(key)) continue;
      checked.stop();
      this.#servers.delete(key);
    }
    for (const [key, server] of wanted) this.#adopt(key, server);
    this.#wasUnchecked = check === undefined;
  }

  /** `undefined` when the group is not checked. */
  statusOf(key: string): { readonly status: HealthStatus; readonly reason: Reason | undefined } | undefined {
    return this.#check === undefined ? undefined : this.#servers.get(key);
  }

  stop(): void {
    for (const checked of this.#servers.values()) checked.stop();
    this.#servers.clear();
  }

  #adopt(key: string, server: ViewServer): void {
    const known = this.#servers.get(key);
    if (known !== undefined) {
      known.server = server;
      return;
    }
    const checked: Checked = { status: 'Initial', reason: undefined, run: 0, server, stop: () => {} };
    this.#servers.set(key, checked);
    if (this.#check !== undefined) this.#schedule(checked, this.#check, 0);
  }

  #restart(check: HealthCheck | undefined): void {
    this.#check = check;
    for (const checked of this.#servers.values()) {
      checked.stop();
      checked.run = 0;
      if (this.#wasUnchecked) checked.status = 'Normal';
      if (check !== undefined) this.#schedule(checked, check, 0);
    }
  }

  #schedule(checked: Checked, check: HealthCheck, delayMs: number): void {
    let stopped = false;
    const cancel = this.#timers.after(delayMs, () => {
      void this.#probe(checked.server, check).then((verdict) => {
        if (stopped) return;
        const before = checked.status;
        judge(checked, check, verdict);
        this.#schedule(checked, check, check.intervalMs);
        if (checked.status !== before) this.#turned();
      });
    });
    checked.stop = () => {
      stopped = true;
      cancel();
    };
  }

  async #probe(server: ViewServer, check: HealthCheck): Promise<Verdict> {
    const address = server.ServerIp === '' ? server.ServerId : server.ServerIp;
    const socket = this.#view.socketOf(address, check.connectPort === 0 ? server.Port : check.connectPort);
    if (socket === undefined) return { ReasonCode: 'CONNECT_TIMEOUT' };
    return probe({ target: { ...socket, address }, check, timers: this.#timers });
  }
}

/** Counts a verdict; the status turns when enough of them in a row contradict it. */
function judge(checked: Checked, check: HealthCheck, verdict: Verdict): void {
  const passed = verdict === undefined;
  if (!passed) checked.reason = verdict;
  const agrees = passed ? checked.status === 'Normal' : checked.status === 'Unhealthy';
  // A server that is still Initial counts both ways; a change of direction starts the count again.
  const signed = passed ? 1 : -1;
  checked.run = agrees ? 0 : Math.sign(checked.run) === signed ? checked.run + signed : signed;
  if (checked.run >= check.healthyThreshold) Object.assign(checked, { status: 'Normal', reason: undefined, run: 0 });
  if (-checked.run >= check.unhealthyThreshold) Object.assign(checked, { status: 'Unhealthy', run: 0 });
}

/** What the nouns of the emulator work with. */
import type { Clock } from '../openapi/clock.ts';
import type { Call } from '../openapi/operation.ts';
import type { Jobs } from './jobs.ts';
import type { Settings } from './settings.ts';
import type { State } from './state.ts';
import type { ViewServer } from './view.ts';

/** How a data plane finds a server (GetListenerHealthStatus). */
export interface ServerHealth {
  readonly server: ViewServer;
  /** Normal, Initial, Unhealthy, Unused or Unavailable. */
  readonly status: string;
  readonly reason?: unknown;
}

export interface Cloud {
  readonly region: string;
  readonly clock: Clock;
  readonly state: State;
  readonly jobs: Jobs;
  settings(): Settings;
  /** How the servers of a group are; nothing is known while no data plane runs. */
  health(serverGroupId: string): readonly ServerHealth[];
}

/** A call in progress, with the cloud it acts on. */
export interface Acting extends Call {
  readonly cloud: Cloud;
}

/** ISO 8601 in UTC to the second, as the service writes it. */
export const isoSeconds = (unixMs: number): string => `${new Date(unixMs).toISOString().slice(0, 19)}Z`;

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

/** One element of `PUT /_/health`: servers of checked groups with this address, instance or interface are told to be so. */
export interface WishedHealth {
  /** ServerIp or ServerId. */
  readonly server: string;
  /** Absent: any port. */
  readonly port?: number | undefined;
  /** Absent: in any group. */
  readonly serverGroupId?: string | undefined;
  readonly status: 'Normal' | 'Initial' | 'Unhealthy';
  /** Of an unhealthy one. */
  readonly reasonCode?: string | undefined;
}

export interface Cloud {
  readonly region: string;
  readonly clock: Clock;
  readonly state: State;
  readonly jobs: Jobs;
  settings(): Settings;
  /** How the servers of a group are, as the data plane's checks find them; `undefined` where none are made. */
  health(serverGroupId: string): readonly ServerHealth[] | undefined;
  /** What scripts want servers to be told as (`PUT /_/health`); the first that fits counts. */
  wishedHealth(): readonly WishedHealth[];
}

/** A call in progress, with the cloud it acts on. */
export interface Acting extends Call {
  readonly cloud: Cloud;
}

/** ISO 8601 in UTC to the second, as the service writes it. */
export const isoSeconds = (unixMs: number): string => `${new Date(unixMs).toISOString().slice(0, 19)}Z`;

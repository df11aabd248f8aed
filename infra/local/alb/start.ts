/** Starts the emulated ALB (with VPC's and ECS's look-ups) on a loopback port. */
import * as z from 'zod';
import { createFaultBook } from '../fault-book.ts';
import { createJournal } from '../journal.ts';
import { createAuthenticator } from '../openapi/authenticate.ts';
import { createClientTokens } from '../openapi/client-tokens.ts';
import { type Clock, systemClock } from '../openapi/clock.ts';
import { commonDoors, type Doors } from '../openapi/doors.ts';
import type { Pipeline } from '../openapi/pipeline.ts';
import { startOpenApi } from '../openapi/server.ts';
import { createWriteRate } from '../openapi/write-rate.ts';
import type { LocalCredentials, LocalService } from '../service.ts';
import { jobOperations } from './async-jobs.ts';
import type { Cloud, ServerHealth, WishedHealth } from './cloud.ts';
import { viewOf } from './in-force.ts';
import { instanceOperations } from './instances.ts';
import { createJobs } from './jobs.ts';
import { healthOperations } from './listener-health.ts';
import { listenerOperations } from './listeners.ts';
import { loadBalancerOperations } from './load-balancers.ts';
import { networkInterfaceOperations } from './network-interfaces.ts';
import { ruleOperations } from './rules.ts';
import { serverGroupOperations } from './server-groups.ts';
import { serverOperations } from './servers.ts';
import { changeSettings, type Settings } from './settings.ts';
import { snapshot } from './snapshot.ts';
import { createState } from './state.ts';
import { tagOperations } from './tags.ts';
import { vSwitchOperations } from './v-switches.ts';
import type { AlbView } from './view.ts';
import { zoneOperations } from './zones.ts';

/** What routes the traffic of the emulated ALB. */
export interface AlbDataPlane {
  stop(): Promise<void>;
  /** Where the listeners can be reached on this machine. */
  describe(): readonly {
    readonly loadBalancerId: string;
    readonly listenerId: string;
    readonly protocol: string;
    readonly port: number;
    readonly url: string;
  }[];
  /** How the servers of a group are, as its health checks find them. */
  health?(serverGroupId: string): readonly ServerHealth[];
  /** Takes over changed switches. */
  configure?(settings: Settings['dataPlane']): void;
  /** Whom clients of HTTPS listeners must trust, as PEM text. */
  authority?(): Promise<string>;
}

export interface AlbOptions {
  /** Absent or 0: any free port. */
  readonly port?: number;
  readonly credentials: LocalCredentials;
  /** As for `PUT /_/settings`. */
  readonly settings?: unknown;
  /** Jobs, tokens and flow control go by it; the dates of signatures go by the machine's clock. */
  readonly clock?: Clock;
  readonly dataPlane?: (view: AlbView) => AlbDataPlane;
}

export interface AlbService extends LocalService {
  readonly view: AlbView;
}

const socket = z.string().regex(/^(.+:\d{1,5})?$/, 'must be host:port or empty');

const network = z.array(
  z.strictObject({
    networkInterfaceId: z.string().min(1),
    privateIp: z.union([z.ipv4(), z.ipv6()]),
    vpcId: z.string().min(1),
    vSwitchId: z.string().min(1),
    zoneId: z.string().min(1),
    instanceId: z.string(),
    primary: z.boolean().optional(),
    socket,
    sockets: z.record(z.string().regex(/^\d{1,5}$/, 'must be a port'), socket).optional(),
  }),
);

const health = z.array(
  z.strictObject({
    server: z.string().min(1),
    port: z.int().min(1).max(65_535).optional(),
    serverGroupId: z.string().optional(),
    status: z.enum(['Normal', 'Initial', 'Unhealthy']),
    reasonCode: z.string().optional(),
  }),
);

const operations = [
  ...loadBalancerOperations,
  ...listenerOperations,
  ...ruleOperations,
  ...serverGroupOperations,
  ...serverOperations,
  ...tagOperations,
  ...jobOperations,
  ...zoneOperations,
  ...healthOperations,
  ...vSwitchOperations,
  ...networkInterfaceOperations,
  ...instanceOperations,
];

/** Starts it; `settings` that are unknown or out of range are refused with a ZodError. */
export async function startAlb(options: AlbOptions): Promise<AlbService> {
  const clock = options.clock ?? systemClock;
  let settings = changeSettings(undefined, options.settings ?? {});
  const state = createState(options.credentials.region);
  let wishedHealth: readonly WishedHealth[] = [];
  const jobs = createJobs(clock, state);
  const view = viewOf(state);
  const dataPlane = options.dataPlane?.(view);
  dataPlane?.configure?.(settings.dataPlane);
  const cloud: Cloud = {
    region: options.credentials.region,
    clock,
    state,
    jobs,
    settings: () => settings,
    health: (serverGroupId) => dataPlane?.health?.(serverGroupId),
    wishedHealth: () => wishedHealth,
  };
  const journal = createJournal(clock.now);
  const faults = createFaultBook();
  const doors: Doors = {
    ...commonDoors(journal, faults),
    'GET /_/state': () => snapshot(cloud, dataPlane?.describe() ?? []),
    'GET /_/authority': async () => ({ type: 'application/x-pem-file', document: (await dataPlane?.authority?.()) ?? '' }),
    'GET /_/settings': () => settings,
    'PUT /_/settings': (body) => {
      settings = changeSettings(settings, body);
      dataPlane?.configure?.(settings.dataPlane);
      return settings;
    },
    'PUT /_/network': (body) => {
      state.setInterfaces(network.parse(body));
      return {};
    },
    'PUT /_/health': (body) => {
      wishedHealth = health.parse(body);
      return {};
    },
  };
  const count = createWriteRate(clock.now);
  const served = operations.map((serve) => serve(cloud));
  const writeActions = new Set(served.flatMap((one) => (one.write ? [one.action] : [])));
  const pipeline: Pipeline = {
    operations: served,
    clock,
    faults,
    tokens: createClientTokens(clock.now, () => settings),
    count: (action, rate, throttle) =>
      count(settings.writeRateScope === 'account' && writeActions.has(action) ? 'Any write' : action, rate, throttle),
    rules: () => ({ ...settings, writeRate: settings.writeRate ?? undefined, readRate: settings.readRate ?? undefined }),
  };
  const authenticate = createAuthenticator(options.credentials, Date.now);
  const parts = { name: 'ALB', port: options.port ?? 0, authenticate, pipeline, journal, doors };
  const service = await startOpenApi(parts).catch(async (error: unknown) => {
    await dataPlane?.stop();
    throw error;
  });
  const stop = async () => {
    jobs.stop();
    await service.stop();
    await dataPlane?.stop();
  };
  return { url: service.url, stop, view };
}

/** The forwarder without its process: five reflectors, the routing between them and the publisher. */
import { type Key, keyText, type Reason } from '#events/contract/messages.ts';
import { AlbeitError } from '#shared/errors.ts';
import type { KindName } from '#shared/kube/port.ts';
import { pause } from '#shared/kube/timers.ts';
import { projectAlbConfig, projectClass, projectIngress, projectService, projectSlice } from './projections.ts';
import { Publisher, type PublisherOptions } from './publisher.ts';
import { type Change, Reflector, type ReflectorMeans, type ReflectorOptions } from './reflector.ts';
import { Routing, type Target } from './routing.ts';
import type { Telemetry } from './telemetry.ts';

/** The part of a pino logger that is used: text is constant, what varies are fields. */
interface Log {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

export interface ForwarderOptions extends Omit<PublisherOptions, 'sent' | 'failed'>, Pick<ReflectorMeans, 'transport'> {
  readonly cluster: string;
  readonly log: Log;
  readonly telemetry: Telemetry;
}

export interface ForwarderState {
  /** Every kind was listed whole, and the resync of the start is on its way. */
  readonly ready: boolean;
  readonly kinds: readonly { readonly kind: KindName; readonly synced: boolean; readonly objects: number }[];
  readonly pendingKeys: number;
  readonly oldestPendingSeconds: number;
  /** Rounds of sending in a row in which something failed. */
  readonly failedRounds: number;
}

export interface Forwarder {
  /** Runs until `stop`. */
  start(): void;
  state(): ForwarderState;
  /** Stops listening, sends what is pending once, and returns how many keys could not be told. */
  stop(): Promise<number>;
}

export function createForwarder(options: ForwarderOptions): Forwarder {
  const ending = new AbortController();
  const publisher = createPublisher(options);
  const reflectors = createReflectors(options, ending.signal, publisher);
  const state = (): ForwarderState => {
    const { oldest } = publisher.pending;
    return {
      ready: reflectors.every((one) => one.reflector.isSynced),
      kinds: reflectors.map(({ kind, reflector }) => ({ kind, synced: reflector.isSynced, objects: reflector.size })),
      pendingKeys: publisher.pending.size,
      oldestPendingSeconds: oldest === undefined ? 0 : (options.now() - oldest) / 1000,
      failedRounds: publisher.failures,
    };
  };
  return {
    start: () => {
      for (const { kind, reflector } of reflectors) void keepRunning(kind, () => reflector.run(), ending.signal, options);
    },
    state,
    stop: async () => {
      ending.abort();
      // Not waiting for the reflectors: a list under way may take its whole deadline, and the pending keys have to go now.
      return publisher.stop();
    },
  };
}

function createPublisher(options: ForwarderOptions): Publisher {
  const { log, telemetry } = options;
  return new Publisher({
    ...options,
    sent: (queue, keys) => {
      telemetry.count('albeit_forwarder_messages_total', { queue }, keys.length);
      log.info({ queue, count: keys.length, keys: keys.map(keyText) }, 'keys told');
    },
    failed: (queue, error) => {
      const code = error instanceof AlbeitError ? error.code : 'BUG';
      telemetry.count('albeit_forwarder_publish_failures_total', { queue, code });
      log.warn({ queue, ...factsOf(error) }, 'keys not told yet');
    },
  });
}

const factsOf = (error: unknown): object =>
  error instanceof AlbeitError ? { code: error.code, error: error.message } : { code: 'BUG', error: String(error) };

interface Named {
  readonly kind: KindName;
  readonly reflector: { readonly isSynced: boolean; readonly size: number; run(): Promise<void> };
}

function createReflectors(options: ForwarderOptions, signal: AbortSignal, publisher: Publisher): readonly Named[] {
  const { cluster, log, telemetry, transport, timers, random } = options;
  const routing = new Routing();
  const means = { transport, timers, random, signal };
  const resync = (reason: Reason): void => publisher.mark({ kind: 'Cluster', cluster }, reason, '');

  /** An error of ours must not cost a key: the whole cluster is looked at instead. */
  const routed =
    <T>(kind: KindName, route: (change: Change<T>) => readonly Target[]) =>
    (change: Change<T>): void => {
      if (!change.initial) telemetry.count('albeit_forwarder_changes_total', { kind });
      try {
        for (const target of route(change)) publisher.mark(keyOf(cluster, target), reasonOf(target), change.version);
      } catch (error) {
        telemetry.count('albeit_forwarder_faults_total');
        log.error({ kind, ...factsOf(error) }, 'a change could not be read');
        resync('resync');
      }
    };

  const all: Named[] = [];
  const follow = <T>(kind: KindName, rest: Pick<ReflectorOptions<T>, 'project' | 'metadataOnly' | 'changed'>): void => {
    const reflector: Reflector<T> = new Reflector<T>(
      {
        ...rest,
        kind,
        synced: () => {
          log.info({ kind, objects: reflector.size }, 'listed');
          // Not before: what changes between a resync and the first list of a kind would be told by neither.
          if (all.every((one) => one.reflector.isSynced)) resync('resync');
        },
        ended: (how, error) => {
          telemetry.count('albeit_forwarder_watch_ends_total', { kind, how });
          if (error !== undefined) log.warn({ kind, how, ...factsOf(error) }, 'watch ended');
        },
      },
      means,
    );
    all.push({ kind, reflector });
  };

  follow('IngressClass', {
    metadataOnly: false,
    project: projectClass,
    changed: routed('IngressClass', (one) => routing.ingressClass(one)),
  });
  follow('Ingress', { metadataOnly: false, project: projectIngress, changed: routed('Ingress', (one) => routing.ingress(one)) });
  // Its status is ours to write; as metadata, a report of 35 KB is not sent back to us each time.
  follow('AlbConfig', { metadataOnly: true, project: projectAlbConfig, changed: routed('AlbConfig', (one) => routing.albConfig(one)) });
  follow('Service', { metadataOnly: false, project: projectService, changed: routed('Service', (one) => routing.service(one)) });
  follow('EndpointSlice', { metadataOnly: false, project: projectSlice, changed: routed('EndpointSlice', (one) => routing.slice(one)) });
  return all;
}

function keyOf(cluster: string, target: Target): Key {
  const { kind } = target;
  if (kind === 'Cluster') return { kind, cluster };
  return kind === 'Service' ? { kind, cluster, namespace: target.namespace, name: target.name } : { kind, cluster, name: target.name };
}

const reasons: Readonly<Record<Target['kind'], Reason>> = { AlbConfig: 'modified', Cluster: 'resync', Service: 'modified' };
const reasonOf = (target: Target): Reason => (target.kind === 'AlbConfig' ? target.reason : reasons[target.kind]);

/** Enough to keep a fault that comes back at once from filling the log. */
const restartMs = 5000;

/** A reflector does not end by itself. One that does has a fault; it alone is started again, and the others never notice. */
async function keepRunning(kind: KindName, run: () => Promise<void>, signal: AbortSignal, options: ForwarderOptions): Promise<void> {
  while (!signal.aborted) {
    try {
      await run();
    } catch (error) {
      options.telemetry.count('albeit_forwarder_faults_total');
      options.log.error({ kind, ...factsOf(error) }, 'a reflector stopped and is started again');
      await pause(options.timers, restartMs, signal);
    }
  }
}

/** The forwarder without its process: what it follows, the routing between them and the publisher. */
import { type Key, keyText, type Reason } from '#events/contract/messages.ts';
import { AlbeitError } from '#shared/errors.ts';
import type { KindName } from '#shared/kube/port.ts';
import type { Site } from '#shared/model/wish.ts';
import { type Followed, type Following, type FollowMeans, factsOf, follow, type Log } from './followed.ts';
import { NodeWatch } from './node-watch.ts';
import { PodWatches } from './pod-watches.ts';
import { projectAlbConfig, projectClass, projectIngress } from './projections.ts';
import { Publisher, type PublisherOptions } from './publisher.ts';
import type { Change, ReflectorMeans } from './reflector.ts';
import { Routing, type Target } from './routing.ts';
import { projectService } from './service-facts.ts';
import { projectSlice } from './slice-facts.ts';
import type { Telemetry } from './telemetry.ts';

export interface ForwarderOptions
  extends Omit<PublisherOptions, 'sent' | 'failed'>,
    Pick<ReflectorMeans, 'transport'>,
    Pick<Site, 'cluster' | 'podAddresses'> {
  readonly log: Log;
  readonly telemetry: Telemetry;
}

export interface ForwarderState {
  /** Every kind that is always followed was listed whole, and the resync of the start is on its way. */
  readonly ready: boolean;
  /** A kind that is followed only where it is needed counts as synced where it is not. */
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
  const followers = createFollowers(options, ending.signal, publisher);
  const state = (): ForwarderState => {
    const { oldest } = publisher.pending;
    return {
      ready: followers.ready(),
      kinds: followers.kinds(),
      pendingKeys: publisher.pending.size,
      oldestPendingSeconds: oldest === undefined ? 0 : (options.now() - oldest) / 1000,
      failedRounds: publisher.failures,
    };
  };
  return {
    start: () => followers.run(),
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

interface Followers {
  run(): void;
  ready(): boolean;
  kinds(): ForwarderState['kinds'];
}

function createFollowers(options: ForwarderOptions, signal: AbortSignal, publisher: Publisher): Followers {
  const { cluster } = options;
  const routing = new Routing();
  const resync = (): void => publisher.mark({ kind: 'Cluster', cluster }, { reason: 'resync', seen: '' });
  const tell = (targets: readonly Target[], seen: string): void => {
    for (const target of targets) publisher.mark(keyOf(cluster, target), { reason: reasonOf(target), seen, whole: isWhole(target) });
  };
  const means: FollowMeans = { ...options, signal, unread: resync };
  let resynced = false;
  const ready = (): boolean => always.every((one) => one.isSynced);
  /** Not before: what changes between a resync and the first list of a kind would be told by neither. */
  const settle = (): void => {
    if (resynced || !ready() || !nodes.isSettled) return;
    resynced = true;
    resync();
    // Whose Pods wait can be said only now that Services are known.
    pods.run();
  };
  // Until the resync nothing has to be asked again that nodes say: it is on its way.
  const nodes = new NodeWatch({ routing, means, settled: settle, tell: (targets, seen) => resynced && tell(targets, seen) });
  const pods = new PodWatches({ routing, means, tell });
  const routed =
    <T>(route: (change: Change<T>) => readonly Target[]) =>
    (change: Change<T>): void => {
      tell(route(change), change.version);
      nodes.review();
    };
  const always = followAlways({ routing, routed, listed: settle, means, options });
  return {
    run: () => {
      for (const followed of always) followed.run();
    },
    ready: () => resynced && ready(),
    kinds: () => [...always.map(({ kind, isSynced, size }) => ({ kind, synced: isSynced, objects: size })), nodes.state, ...pods.state],
  };
}

interface Always {
  readonly routing: Routing;
  readonly routed: <T>(route: (change: Change<T>) => readonly Target[]) => (change: Change<T>) => void;
  readonly listed: () => void;
  readonly means: FollowMeans;
  readonly options: Pick<ForwarderOptions, 'podAddresses'>;
}

/** The kinds without which nothing can be told, in every cluster. */
function followAlways({ routing, routed, listed, means, options }: Always): readonly Followed[] {
  const one = <T>(following: Omit<Following<T>, 'listed'>): Followed => follow({ ...following, listed }, means);
  return [
    one({ kind: 'IngressClass', metadataOnly: false, project: projectClass, changed: routed((change) => routing.ingressClass(change)) }),
    one({ kind: 'Ingress', metadataOnly: false, project: projectIngress, changed: routed((change) => routing.ingress(change)) }),
    // Its status is ours to write; as metadata, a report of 35 KB is not sent back to us each time.
    one({ kind: 'AlbConfig', metadataOnly: true, project: projectAlbConfig, changed: routed((change) => routing.albConfig(change)) }),
    one({ kind: 'Service', metadataOnly: false, project: projectService(options), changed: routed((change) => routing.service(change)) }),
    one({ kind: 'EndpointSlice', metadataOnly: false, project: projectSlice, changed: routed((change) => routing.slice(change)) }),
  ];
}

function keyOf(cluster: string, target: Target): Key {
  const { kind } = target;
  if (kind === 'Cluster') return { kind, cluster };
  return kind === 'Service' ? { kind, cluster, namespace: target.namespace, name: target.name } : { kind, cluster, name: target.name };
}

const reasons: Readonly<Record<Target['kind'], Reason>> = { AlbConfig: 'modified', Cluster: 'resync', Service: 'modified' };
const reasonOf = (target: Target): Reason => (target.kind === 'AlbConfig' ? target.reason : reasons[target.kind]);
const isWhole = (target: Target): boolean => target.kind === 'Service' && target.whole;
